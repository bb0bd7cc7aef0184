import type { CodePage, Encoding, PrinterProfile } from './profile';

/** Code pages by the number a make gives them, in the order they are tried. */
function pages(...list: readonly [number, Encoding][]): readonly [CodePage, ...CodePage[]] {
  const [first, ...others] = list.map(([number, encoding]): CodePage => ({ number, encoding }));
  if (first === undefined) throw new Error('A printer has at least one code page.');
  return [first, ...others];
}

/**
 * Two public sources at least agree on every number below; where they differ the page is left out, and its letters are
 * drawn. Besides the makers' references named at each table these are the profiles of escpos-printer-db and the tables of
 * receipt-printer-encoder, against which a test holds them.
 */

/** The pages every descendant of Epson's command set was found to share, `ESC t` in Epson's reference. */
const COMMON = pages([19, 'CP858'], [16, 'WINDOWS1252'], [18, 'CP852']);
const CLASSIC = pages(...numbersOf(COMMON), [17, 'CP866'], [0, 'CP437'], [3, 'CP860'], [4, 'CP863'], [5, 'CP865']);

/** TM-T20II, TM-T88V and later: Technical Reference Guides, appendix "Character code tables". */
const EPSON = pages(
  ...numbersOf(CLASSIC),
  [14, 'CP737'],
  [13, 'CP857'],
  [33, 'CP775'],
  [34, 'CP855'],
  [35, 'CP861'],
  [45, 'WINDOWS1250'],
  [46, 'WINDOWS1251'],
  [47, 'WINDOWS1253'],
  [48, 'WINDOWS1254'],
  [51, 'WINDOWS1257'],
);
/** TM-T88II and III: Technical Reference Guide. Sources differ on 18. */
const EPSON_OLD = pages(
  [19, 'CP858'],
  [16, 'WINDOWS1252'],
  [17, 'CP866'],
  [0, 'CP437'],
  [3, 'CP860'],
  [4, 'CP863'],
  [5, 'CP865'],
);
/** Samsung and Bixolon SRP operator's manuals, `ESC t`. */
const BIXOLON = pages(
  ...numbersOf(CLASSIC),
  [29, 'CP737'],
  [30, 'CP775'],
  [28, 'WINDOWS1251'],
  [24, 'WINDOWS1253'],
  [25, 'WINDOWS1254'],
  [26, 'WINDOWS1257'],
);
/** Citizen's own numbers below 10. Page 2 is PC850 in one source, PC858 in another; 16 has £ and € in both. */
const CITIZEN = pages(
  [16, 'WINDOWS1252'],
  [6, 'CP852'],
  [7, 'CP866'],
  [8, 'CP857'],
  [0, 'CP437'],
  [3, 'CP860'],
  [4, 'CP863'],
  [5, 'CP865'],
);
/** Xprinter: the list of the self-test. Manuals disagree on what 24 is. */
const XPRINTER = pages(...numbersOf(CLASSIC), [23, 'WINDOWS1251'], [25, 'WINDOWS1257']);
/** Rongta RP series and what is sold under other names with its board; 17 is not PC866 here. */
const RONGTA = pages(
  ...numbersOf(COMMON),
  [7, 'CP866'],
  [6, 'WINDOWS1251'],
  [24, 'CP737'],
  [25, 'WINDOWS1257'],
  [28, 'CP855'],
  [29, 'CP857'],
  [30, 'WINDOWS1250'],
  [31, 'CP775'],
  [32, 'WINDOWS1254'],
  [0, 'CP437'],
  [3, 'CP860'],
  [4, 'CP863'],
  [5, 'CP865'],
);
/** Zjiang and Netum: "POS-58" and "POS-80" of many names. */
const ZJIANG = pages(
  ...numbersOf(CLASSIC),
  [56, 'CP861'],
  [60, 'CP855'],
  [61, 'CP857'],
  [72, 'WINDOWS1250'],
  [25, 'WINDOWS1257'],
  [91, 'WINDOWS1254'],
  [95, 'CP775'],
);
/** Sunmi's own printers and the ones in its handhelds. */
const SUNMI = pages(...numbersOf(CLASSIC), [13, 'CP857'], [14, 'CP737'], [33, 'CP775'], [34, 'CP855']);
/** Munbyn ITPP047 program manual; 16 is unknown there. */
const MUNBYN = pages(
  [19, 'CP858'],
  [18, 'CP852'],
  [17, 'CP866'],
  [0, 'CP437'],
  [3, 'CP860'],
  [4, 'CP863'],
  [5, 'CP865'],
);

function numbersOf(list: readonly CodePage[]): [number, Encoding][] {
  return list.map(({ number, encoding }) => [number, encoding]);
}

const generic80: PrinterProfile = {
  id: 'generic-80',
  name: 'ESC/POS printer, 80 mm',
  paperWidthMillimetres: 80,
  columns: 48,
  dotsWide: 576,
  dotsPerInch: 203,
  codePages: COMMON,
  cancelsKanji: true,
  setsMotionUnits: false,
  supportsQrCode: true,
  supportsBarcode: true,
  raster: 'gs-v-0',
  cutter: 'partial',
  proof: 'paper-status',
  answersStatus: true,
  drawerOpenLevel: 'high',
};
/** The small printers have a tear bar. */
const paper58 = { paperWidthMillimetres: 58, columns: 32, dotsWide: 384, cutter: 'none' } as const;
/** Printers of 180 dots to the inch: as many millimetres, fewer columns. */
const dots180 = { columns: 42, dotsWide: 512, dotsPerInch: 180 } as const;

const generic58: PrinterProfile = {
  ...generic80,
  ...paper58,
  id: 'generic-58',
  name: 'ESC/POS printer, 58 mm',
};

const epson80: PrinterProfile = {
  ...generic80,
  id: 'epson-tm-t20-like',
  name: 'Epson TM-T20, T82, T83, m30',
  codePages: EPSON,
  cancelsKanji: false,
  setsMotionUnits: true,
  raster: 'gs-l',
  proof: 'process-id',
};
const epson58: PrinterProfile = { ...epson80, ...paper58, id: 'epson-tm-p20', name: 'Epson TM-P20, 58 mm' };
const epson180: PrinterProfile = { ...epson80, ...dots180, id: 'epson-tm-t88', name: 'Epson TM-T88V to VII, T70II' };
/** It knows neither QR codes nor `GS ( H`. */
const epsonOld: PrinterProfile = {
  ...epson180,
  id: 'epson-tm-t88-old',
  name: 'Epson TM-T88II, T88III',
  codePages: EPSON_OLD,
  supportsQrCode: false,
  raster: 'gs-v-0',
  proof: 'paper-status',
};

/** Star's own language is another; these are its printers switched to ESC/POS. */
const star80: PrinterProfile = {
  ...generic80,
  id: 'star-80',
  name: 'Star TSP650II, TSP100IV, mC-Print3 in ESC/POS mode',
  codePages: CLASSIC,
  cancelsKanji: false,
};
const star58: PrinterProfile = {
  ...star80,
  ...paper58,
  cutter: 'partial',
  id: 'star-58',
  name: 'Star mC-Print2 in ESC/POS mode',
};
const bixolon180: PrinterProfile = {
  ...generic80,
  ...dots180,
  id: 'bixolon-srp-350',
  name: 'Bixolon SRP-350III, SRP-330II',
  codePages: BIXOLON,
  setsMotionUnits: true,
};
const citizen80: PrinterProfile = {
  ...generic80,
  id: 'citizen-80',
  name: 'Citizen CT-S310II, CT-E351, CT-E651',
  codePages: CITIZEN,
  setsMotionUnits: true,
};
const xprinter80: PrinterProfile = {
  ...generic80,
  id: 'xprinter-80',
  name: 'Xprinter XP-N160, XP-T80, XP-Q800',
  codePages: XPRINTER,
};
const xprinter58: PrinterProfile = { ...xprinter80, ...paper58, id: 'xprinter-58', name: 'Xprinter XP-58' };
const rongta80: PrinterProfile = {
  ...generic80,
  id: 'rongta-80',
  name: 'Rongta RP80, RP326, RP332',
  codePages: RONGTA,
};
const rongta58: PrinterProfile = { ...rongta80, ...paper58, id: 'rongta-58', name: 'Rongta RP58, RPP02N' };
const zjiang80: PrinterProfile = {
  ...generic80,
  id: 'zjiang-80',
  name: 'POS-80, Zjiang, Netum, 80 mm',
  codePages: ZJIANG,
};
const zjiang58: PrinterProfile = {
  ...zjiang80,
  ...paper58,
  id: 'zjiang-58',
  name: 'POS-58, Zjiang, Netum, 58 mm',
};
const sunmi58: PrinterProfile = { ...generic58, id: 'sunmi-58', name: 'Sunmi, 58 mm', codePages: SUNMI };
const sunmi80: PrinterProfile = { ...generic80, id: 'sunmi-80', name: 'Sunmi, 80 mm', codePages: SUNMI };
const munbyn80: PrinterProfile = {
  ...generic80,
  columns: 42,
  dotsWide: 512,
  id: 'munbyn-80',
  name: 'Munbyn ITPP047',
  codePages: MUNBYN,
};
/** BT-UR056 and BTP programming manuals, `ESC t`: the classic pages. */
const snbc80: PrinterProfile = { ...generic80, id: 'snbc-80', name: 'SNBC BTP-R880, BTP-S80', codePages: CLASSIC };

/** For printers that can only listen. */
const silent = { proof: 'none', answersStatus: false } as const;
const silent80: PrinterProfile = {
  ...generic80,
  ...silent,
  id: 'silent-80',
  name: 'ESC/POS printer that answers nothing, 80 mm',
};
const silent58: PrinterProfile = {
  ...generic58,
  ...silent,
  id: 'silent-58',
  name: 'ESC/POS printer that answers nothing, 58 mm',
};

/** For a printer whose code pages nobody knows: whatever is not plain ASCII is drawn, so no £ turns into junk. */
const drawn = { codePages: pages([0, 'US-ASCII']) };
const drawn80: PrinterProfile = {
  ...generic80,
  ...drawn,
  id: 'drawn-80',
  name: 'Printer that garbles £ or accents, 80 mm',
};
const drawn58: PrinterProfile = {
  ...generic58,
  ...drawn,
  id: 'drawn-58',
  name: 'Printer that garbles £ or accents, 58 mm',
};

/** The printer in our own process or on our own command line. It cuts on either width. */
const virtual80: PrinterProfile = { ...epson80, id: 'virtual-80', name: 'Virtual printer, 80 mm' };
const virtual58: PrinterProfile = { ...epson58, id: 'virtual-58', name: 'Virtual printer, 58 mm', cutter: 'partial' };

/** Every model we know, by its id. */
export const PRINTER_PROFILES = {
  'generic-80': generic80,
  'generic-58': generic58,
  'epson-tm-t20-like': epson80,
  'epson-tm-t88': epson180,
  'epson-tm-t88-old': epsonOld,
  'epson-tm-p20': epson58,
  'star-80': star80,
  'star-58': star58,
  'bixolon-srp-350': bixolon180,
  'citizen-80': citizen80,
  'xprinter-80': xprinter80,
  'xprinter-58': xprinter58,
  'rongta-80': rongta80,
  'rongta-58': rongta58,
  'zjiang-80': zjiang80,
  'zjiang-58': zjiang58,
  'sunmi-80': sunmi80,
  'sunmi-58': sunmi58,
  'munbyn-80': munbyn80,
  'snbc-80': snbc80,
  'drawn-80': drawn80,
  'drawn-58': drawn58,
  'silent-80': silent80,
  'silent-58': silent58,
  'virtual-80': virtual80,
  'virtual-58': virtual58,
} as const satisfies Record<string, PrinterProfile>;

export type PrinterModel = keyof typeof PRINTER_PROFILES;
