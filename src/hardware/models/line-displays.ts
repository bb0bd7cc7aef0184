import type { SerialTransportOptions } from '../transports/serial';
import type { CodePage } from './profile';

/** A customer display of two lines of 20 characters, as data. */
export interface LineDisplayProfile {
  readonly id: string;
  /** What a person sees when choosing it. */
  readonly name: string;
  /** Its command set, chosen by switches on most: Epson's, or the CD5220's of Partner and many clones. */
  readonly commands: 'epson' | 'cd5220';
  readonly serial: Required<Pick<SerialTransportOptions, 'baudRate' | 'dataBits' | 'parity' | 'stopBits'>>;
  /** Pages in the order of preference. A display with one only is not told to select it. */
  readonly codePages: readonly [CodePage, ...CodePage[]];
}

const SERIAL = { baudRate: 9_600, dataBits: 8, parity: 'none', stopBits: 1 } as const;

/** Every display we know how to write on. Epson's page numbers are those of its printers (DM-D110 specification, `ESC t`). */
export const LINE_DISPLAY_PROFILES = {
  'epson-dm-d': {
    id: 'epson-dm-d',
    name: 'Epson DM-D110, DM-D210 and alike',
    commands: 'epson',
    serial: SERIAL,
    codePages: [
      { number: 19, encoding: 'CP858' },
      { number: 16, encoding: 'WINDOWS1252' },
      { number: 18, encoding: 'CP852' },
      { number: 17, encoding: 'CP866' },
    ],
  },
  'epson-plain': {
    id: 'epson-plain',
    name: 'Display in Epson mode, no euro sign',
    commands: 'epson',
    serial: SERIAL,
    codePages: [{ number: 0, encoding: 'CP437' }],
  },
  cd5220: {
    id: 'cd5220',
    name: 'Display in CD5220 mode',
    commands: 'cd5220',
    serial: SERIAL,
    codePages: [{ number: 0, encoding: 'CP437' }],
  },
} as const satisfies Record<string, LineDisplayProfile>;

export type LineDisplayModel = keyof typeof LINE_DISPLAY_PROFILES;
