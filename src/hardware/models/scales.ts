import type { SerialTransportOptions } from '../transports/serial';

/** The words a scale is asked with and answers in. */
export type ScaleProtocolName = 'nci' | 'sics';

/** A scale as data. Speed and framing are what the maker ships; most can be changed in the scale's own menu. */
export interface ScaleProfile {
  readonly id: string;
  /** What a person sees when choosing it. */
  readonly name: string;
  readonly protocol: ScaleProtocolName;
  readonly serial: Required<Pick<SerialTransportOptions, 'baudRate' | 'dataBits' | 'parity' | 'stopBits'>>;
}

const SEVEN_EVEN = { baudRate: 9_600, dataBits: 7, parity: 'even', stopBits: 1 } as const;
const EIGHT_NONE = { baudRate: 9_600, dataBits: 8, parity: 'none', stopBits: 1 } as const;

/**
 * Every scale we know how to ask. `nci`: Weigh-Tronix SCP-01, "NCI standard", spoken by NCI, Weigh-Tronix, Avery Berkel,
 * Salter Brecknell and, as an option of their menus, by scales of CAS, Ohaus and Fairbanks. `sics`: Mettler-Toledo's
 * standard interface command set, level 0.
 */
export const SCALE_PROFILES = {
  'nci-7e1': { id: 'nci-7e1', name: 'NCI protocol, 7 data bits, even parity', protocol: 'nci', serial: SEVEN_EVEN },
  'nci-8n1': { id: 'nci-8n1', name: 'NCI protocol, 8 data bits, no parity', protocol: 'nci', serial: EIGHT_NONE },
  'avery-berkel-6700': {
    id: 'avery-berkel-6700',
    name: 'Avery Berkel 6702 and 6720',
    protocol: 'nci',
    serial: SEVEN_EVEN,
  },
  'brecknell-usb': { id: 'brecknell-usb', name: 'Brecknell PS-USB', protocol: 'nci', serial: EIGHT_NONE },
  'mettler-sics': { id: 'mettler-sics', name: 'Mettler-Toledo with SICS', protocol: 'sics', serial: EIGHT_NONE },
} as const satisfies Record<string, ScaleProfile>;

export type ScaleModel = keyof typeof SCALE_PROFILES;
