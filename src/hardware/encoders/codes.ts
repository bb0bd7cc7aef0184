import type { PrinterProfile } from '../models/profile';

const MILLIMETRES_PER_INCH = 25.4;

/** What decides how large a code can be drawn. */
export type CodePaper = Pick<PrinterProfile, 'dotsWide' | 'dotsPerInch' | 'supportsQrCode' | 'supportsBarcode'>;

/**
 * Data codewords of a QR code at error correction level M, versions 1 to 25 (ISO/IEC 18004, table 7).
 * Version v has 17 + 4 × v modules a side.
 */
const QR_DATA_CODEWORDS = [
  16, 28, 44, 64, 86, 108, 124, 154, 182, 216, 254, 290, 334, 365, 415, 453, 507, 563, 627, 669, 714, 782, 860, 914,
  1000,
];
/** The largest module of `GS ( k` function 167. */
const MAXIMUM_QR_MODULE_DOTS = 16;
/** Fewer dots to a module are hard to read from thermal paper. */
const MINIMUM_QR_MODULE_DOTS = 3;
const QR_QUIET_MODULES = 4;
/** `GS w` widths that every printer has, best to read first. */
const BARCODE_MODULE_DOTS = [3, 2];
const BARCODE_QUIET_MODULES = 10;

/**
 * Dots of one module so that a QR code (level M) is at least as wide as asked and fits the paper with its quiet zone;
 * undefined where it cannot be drawn.
 */
export function qrModuleDots(data: string, minimumMillimetres: number, paper: CodePaper): number | undefined {
  const modules = qrModules(data);
  if (modules === undefined || !paper.supportsQrCode) return undefined;
  const largest = Math.min(MAXIMUM_QR_MODULE_DOTS, Math.floor(paper.dotsWide / (modules + 2 * QR_QUIET_MODULES)));
  if (largest < MINIMUM_QR_MODULE_DOTS) return undefined;
  const wanted = Math.ceil((minimumMillimetres * paper.dotsPerInch) / MILLIMETRES_PER_INCH / modules);
  return Math.min(Math.max(wanted, MINIMUM_QR_MODULE_DOTS), largest);
}

/** Modules a side, taking the alphanumeric mode where the data allows it, as printers do. */
function qrModules(data: string): number | undefined {
  const bytes = Buffer.byteLength(data);
  const isAlphanumeric = /^[0-9A-Z $%*+\-./:]*$/.test(data);
  const index = QR_DATA_CODEWORDS.findIndex((codewords, position) => {
    const isSmall = position < 9;
    const bits = isAlphanumeric
      ? 4 + (isSmall ? 9 : 11) + Math.ceil((bytes * 11) / 2)
      : 4 + (isSmall ? 8 : 16) + bytes * 8;
    return bits <= codewords * 8;
  });
  return index < 0 || bytes === 0 ? undefined : 17 + 4 * (index + 1);
}

/** Dots of the narrowest bar of a Code 128 (code set B); undefined where it does not fit or has other characters. */
export function barcodeModuleDots(data: string, paper: CodePaper): number | undefined {
  if (!paper.supportsBarcode || !/^[ -~]+$/.test(data)) return undefined;
  // Start, data, check character: 11 modules each; the stop has 13.
  const modules = (data.length + 2) * 11 + 13 + 2 * BARCODE_QUIET_MODULES;
  return BARCODE_MODULE_DOTS.find((dots) => modules * dots <= paper.dotsWide);
}
