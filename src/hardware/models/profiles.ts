import type { CodePage, PrinterProfile } from './profile';

/** Numbers as in Epson's `ESC t` table; many makes follow them, the profile of one that does not lists its own. */
const EPSON_CODE_PAGES: readonly [CodePage, ...CodePage[]] = [
  { number: 19, encoding: 'CP858' },
  { number: 16, encoding: 'WINDOWS1252' },
  { number: 18, encoding: 'CP852' },
  { number: 17, encoding: 'CP866' },
];

const generic80: PrinterProfile = {
  id: 'generic-80',
  name: 'ESC/POS printer, 80 mm',
  paperWidthMillimetres: 80,
  columns: 48,
  dotsWide: 576,
  dotsPerMillimetre: 8,
  codePages: EPSON_CODE_PAGES,
  cancelsKanji: true,
  supportsQrCode: true,
  supportsRaster: true,
  cutter: 'partial',
  proof: 'paper-status',
  answersStatus: true,
  drawerOpenLevel: 'high',
};

const generic58: PrinterProfile = {
  ...generic80,
  id: 'generic-58',
  name: 'ESC/POS printer, 58 mm',
  paperWidthMillimetres: 58,
  columns: 32,
  dotsWide: 384,
  // The small printers have a tear bar.
  cutter: 'none',
};

const epson80: PrinterProfile = {
  ...generic80,
  id: 'epson-tm-t20-like',
  name: 'Epson TM-T20 and alike',
  cancelsKanji: false,
  proof: 'process-id',
};

/** For printers that can only listen. */
const silent80: PrinterProfile = {
  ...generic80,
  id: 'silent-80',
  name: 'ESC/POS printer that answers nothing, 80 mm',
  proof: 'none',
  answersStatus: false,
};
const silent58: PrinterProfile = {
  ...generic58,
  id: 'silent-58',
  name: 'ESC/POS printer that answers nothing, 58 mm',
  proof: 'none',
  answersStatus: false,
};

/** The printer in our own process or on our own command line. It cuts on either width. */
const virtual80: PrinterProfile = { ...epson80, id: 'virtual-80', name: 'Virtual printer, 80 mm' };
const virtual58: PrinterProfile = {
  ...generic58,
  id: 'virtual-58',
  name: 'Virtual printer, 58 mm',
  cutter: 'partial',
  proof: 'process-id',
};

/** Every model we know, by its id. */
export const PRINTER_PROFILES = {
  'generic-80': generic80,
  'generic-58': generic58,
  'epson-tm-t20-like': epson80,
  'silent-80': silent80,
  'silent-58': silent58,
  'virtual-80': virtual80,
  'virtual-58': virtual58,
} as const satisfies Record<string, PrinterProfile>;

export type PrinterModel = keyof typeof PRINTER_PROFILES;
