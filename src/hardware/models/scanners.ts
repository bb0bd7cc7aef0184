/** What is known of makes and models of scanners, as data. */

/**
 * USB vendor ids under which scanners are sold. Product ids change with a scanner's mode, so the usage page decides what
 * it is and these only suggest it.
 */
export const SCANNER_VENDORS: Readonly<Record<number, string>> = {
  0x05e0: 'Zebra',
  0x05f9: 'Datalogic',
  0x067e: 'Intermec',
  0x0c2e: 'Honeywell',
  0x1eab: 'Newland',
  0x23d0: 'Youjie',
};

/** Product ids of scanners in IBM/OPOS mode, which have no usage page of their own. */
export const OEM_SCANNER_PRODUCTS: readonly { readonly vendorId: number; readonly productId: number }[] = [
  { vendorId: 0x05e0, productId: 0x1300 },
  { vendorId: 0x05e0, productId: 0x1400 },
];

/** Where a scanner's data lies in its report, in bytes as node-hid delivers it: with the report id, where there are ids. */
export interface ScanReportLayout {
  /** 0 where the device has no report ids. */
  readonly reportId: number;
  readonly lengthAt: number | null;
  /** First of the three bytes of the AIM identifier. */
  readonly aimAt: number | null;
  readonly dataAt: number;
  /** How much data fits one report. */
  readonly dataBytes: number;
  /** The bit that says that the label goes on in the next report; without one, a full report says so. */
  readonly continuedBit: { readonly at: number; readonly mask: number } | null;
}

/**
 * The scanned data report of 64 bytes that nearly all HID POS scanners send (Honeywell USB Interfaces User's Guide,
 * page 1-11), for systems that do not hand out the report descriptor.
 */
const STANDARD: ScanReportLayout = {
  reportId: 2,
  lengthAt: 1,
  aimAt: 2,
  dataAt: 5,
  dataBytes: 56,
  continuedBit: { at: 63, mask: 1 },
};

/** The layouts of {@link STANDARD} and of those who depart from it. A report fits the first whose identifier is one. */
export const HID_POS_LAYOUTS = {
  /** Some models put the identifier, and the data after it, one byte later. */
  standard: [STANDARD, { ...STANDARD, aimAt: 3, dataAt: 6 }],
  /** Quio QU-R-302: no identifier. */
  quio: [{ ...STANDARD, aimAt: null, dataAt: 2 }],
  /** Microscan: another report, no identifier, no flag. */
  microscan: [{ reportId: 1, lengthAt: 1, aimAt: null, dataAt: 2, dataBytes: 62, continuedBit: null }],
} as const satisfies Record<string, readonly ScanReportLayout[]>;

export type HidPosLayout = keyof typeof HID_POS_LAYOUTS;

/** What a serial scanner is sent to make it complain: nothing, the bell character (Zebra, Newland), Honeywell's command. */
export const SERIAL_ERROR_BEEPS = {
  none: Uint8Array.of(),
  bell: Uint8Array.of(0x07),
  honeywell: Uint8Array.of(0x16, 0x07, 0x0d),
} as const;

export type SerialErrorBeep = keyof typeof SERIAL_ERROR_BEEPS;

export interface OemSymbology {
  /** AIM identifier (ISO/IEC 15424). */
  readonly aim: string;
  /** How many digits it may have where it holds digits only; the check digit may be left out. */
  readonly digits?: readonly number[];
}

/** Label identifiers of IBM/OPOS mode in hex (Datalogic's table of label ids), as AIM identifiers. */
export const OEM_SYMBOLOGIES: Readonly<Record<string, OemSymbology>> = {
  '16': { aim: ']E0', digits: [12, 13] },
  '0d': { aim: ']E0', digits: [11, 12] },
  '0a': { aim: ']E0', digits: [6, 7, 8] },
  '0c': { aim: ']E4', digits: [7, 8] },
  '00130b': { aim: ']E3', digits: [14, 15] },
  '00150b': { aim: ']E3', digits: [17, 18] },
  '00180b': { aim: ']C0' },
  '00250b': { aim: ']C1' },
  '000a0b': { aim: ']A0' },
  '000d0b': { aim: ']I0' },
  '00330b': { aim: ']Q1' },
  '00370b': { aim: ']Q3' },
  '002a0b': { aim: ']e0' },
  '002b0b': { aim: ']e0' },
  '00320b': { aim: ']d1' },
  '00360b': { aim: ']d2' },
};
