import { PrinterTypes, ThermalPrinter } from 'node-thermal-printer';
import type { ReceiptDocument } from '../../domain/receipt';
import { ok } from '../../domain/result';
import type { PrinterProfile, PrintProof } from '../models/profile';
import type { DrawerPin, DrawerPulse } from '../ports';
import { bitmapOf, type Bitmap } from './bitmap';
import { COLUMN_DOTS, layOut, type PaperItem, type Typesetter } from './layout';
import { mark } from './mark';
import { encodeCharacter, isPlain, printableDocument, type Printable } from './printable-text';
import type { TextPainter } from './text-painter';

const ESC = 0x1b;
const FS = 0x1c;
const GS = 0x1d;

/** Dots from one base line to the next: a little tighter than the default 30, as type is set, and less paper. */
const LINE_SPACING_DOTS = 27;
/** A line of double size is as high as its letters. */
const DOUBLE_LINE_DOTS = 48;
/** The highest picture sent at once. */
const BAND_DOTS = 128;
const BARCODE_HEIGHT_DOTS = 64;
/** `GS k` number of Code 128. */
const CODE_128 = 73;
/** Blank paper above and below pictures and codes, so that a code's quiet zone is quiet. */
const CLEARANCE_DOTS = 12;
/** How far a printer without a cutter feeds so that the last line clears the tear bar. */
const TEAR_OFF_LINES = 4;

/** A QR code as a picture of so many dots to a module. */
export type DrawQr = (data: string, moduleDots: number) => Bitmap;

/** Whether the QR codes of a document come out on this printer only as pictures. */
export function drawsQrAsPictures({ blocks }: ReceiptDocument, { supportsQrCode, raster }: PrinterProfile): boolean {
  return !supportsQrCode && raster !== 'none' && blocks.some(({ kind }) => kind === 'qr');
}

/**
 * Turns a document into the bytes of one complete print job. Pure: the same document and profile give the same bytes.
 * The job begins with a reset, so that nothing a torn job left behind reaches it.
 * @param painter draws the lines that hold characters no code page has; without one they are refused
 * @param drawQr draws the QR codes of a printer that draws none itself; without it their words are printed
 * @returns `unprintable` with the character
 */
export function encodeReceipt(
  document: ReceiptDocument,
  profile: PrinterProfile,
  painter: TextPainter | null = null,
  drawQr: DrawQr | null = null,
): Printable<Uint8Array> {
  const { codePages } = profile;
  const printable = printableDocument(document, codePages, profile.raster === 'none' ? null : painter);
  if (!printable.ok) return printable;
  // Without an interface it only builds bytes; without a character set it adds none of its own.
  const builder = new ThermalPrinter({ type: PrinterTypes.EPSON, interface: '' });
  const write = (...bytes: number[]): void => builder.append(Buffer.from(bytes));

  // The library starts no job with a reset and never leaves a clone's Chinese mode, in which £ and € print as junk.
  write(ESC, 0x40);
  if (profile.cancelsKanji) write(FS, 0x2e);
  if (profile.setsMotionUnits) write(GS, 0x50, profile.dotsPerInch, profile.dotsPerInch);
  write(ESC, 0x52, 0, ESC, 0x74, codePages[0].number, ESC, 0x33, LINE_SPACING_DOTS);

  let current = codePages[0];
  const writeText = (text: string): void => {
    const bytes: number[] = [];
    for (const character of text) {
      let byte = encodeCharacter(character, current);
      if (byte === undefined) {
        const page = codePages.find((each) => encodeCharacter(character, each) !== undefined);
        byte = page && encodeCharacter(character, page);
        if (page === undefined || byte === undefined) throw new Error(`unclean text: ${character}`);
        bytes.push(ESC, 0x74, page.number);
        current = page;
      }
      bytes.push(byte);
    }
    builder.append(Buffer.from(bytes));
  };
  const writeLine = (line: Extract<PaperItem, { kind: 'line' }>): void => {
    const isDouble = line.size === 'double';
    if (isDouble) builder.setTextSize(1, 1);
    if (line.bold) builder.bold(true);
    writeText(line.text);
    builder.newLine();
    if (line.bold) builder.bold(false);
    if (isDouble) builder.setTextSize(0, 0);
  };
  const writeCentred = (writeContent: () => void): void => {
    builder.alignCenter();
    write(ESC, 0x4a, CLEARANCE_DOTS);
    writeContent();
    write(ESC, 0x4a, CLEARANCE_DOTS);
    builder.alignLeft();
  };

  const writePicture = (picture: Bitmap): void => {
    for (const band of bandsOf(picture)) builder.append(raster(band, profile.raster));
  };
  const writeDrawn = (line: Extract<PaperItem, { kind: 'drawn' }>): void => {
    if (painter === null) throw new Error('a line to draw and no painter');
    const isDouble = line.size === 'double';
    const minimumHeight = isDouble ? DOUBLE_LINE_DOTS : LINE_SPACING_DOTS;
    const widthBytes = profile.dotsWide / 8;
    writePicture(painter.paint({ cells: line.cells, isDouble, bold: line.bold, widthBytes, minimumHeight }));
  };

  const typesetter: Typesetter = {
    isPlain: (text) => isPlain(text, codePages),
    columnsOf: (text) =>
      painter === null || isPlain(text, codePages) ? text.length : Math.ceil(painter.widthOf(text) / COLUMN_DOTS),
  };
  const isQrDrawn = drawQr !== null && drawsQrAsPictures(printable.value, profile);
  const paper = { ...profile, supportsQrCode: profile.supportsQrCode || isQrDrawn };
  for (const item of layOut(printable.value, paper, typesetter)) {
    switch (item.kind) {
      case 'line':
        writeLine(item);
        break;
      case 'drawn':
        writeDrawn(item);
        break;
      case 'feed':
        if (item.lines > 0) write(ESC, 0x64, item.lines);
        break;
      case 'mark':
        if (profile.raster !== 'none') writeCentred(() => writePicture(mark()));
        break;
      case 'logo': {
        const logo = bitmapOf(item.image);
        const fits = profile.raster !== 'none' && logo.widthBytes * 8 <= profile.dotsWide;
        if (fits) writeCentred(() => writePicture(logo));
        break;
      }
      case 'qr':
        writeCentred(() => {
          if (isQrDrawn) writePicture(drawQr(item.data, item.moduleDots));
          else builder.append(qrCode(item.data, item.moduleDots));
        });
        break;
      case 'barcode':
        writeCentred(() =>
          builder.printBarcode(escapeCode128(item.data), CODE_128, {
            hriPos: 0,
            hriFont: 0,
            width: item.moduleDots,
            height: BARCODE_HEIGHT_DOTS,
          }),
        );
        break;
      case 'cut':
        // GS V 65/66 feeds to the cutter first; the library's cut adds eight blank lines and a second reset.
        if (profile.cutter === 'none') write(ESC, 0x64, TEAR_OFF_LINES);
        else write(GS, 0x56, profile.cutter === 'full' ? 65 : 66, 0);
        break;
    }
  }
  return ok(new Uint8Array(builder.getBuffer()));
}

/** Printers keep a picture until it is whole, the small ones little of it; printed one under the other the seams do not show. */
function bandsOf({ widthBytes, height, data }: Bitmap): Bitmap[] {
  return Array.from({ length: Math.ceil(height / BAND_DOTS) }, (_, index) => {
    const top = index * BAND_DOTS;
    const rows = Math.min(BAND_DOTS, height - top);
    return { widthBytes, height: rows, data: data.subarray(top * widthBytes, (top + rows) * widthBytes) };
  });
}

/** A picture, one dot for one dot: `GS v 0`, or `GS ( L` functions 112 (keep) and 50 (print), in one tone. */
function raster({ widthBytes, height, data }: Bitmap, command: PrinterProfile['raster']): Buffer {
  const word = (value: number): [number, number] => [value & 0xff, value >> 8];
  if (command === 'gs-v-0') return Buffer.from([GS, 0x76, 0x30, 0, ...word(widthBytes), ...word(height), ...data]);
  const stored = [0x30, 0x70, 0x30, 1, 1, 0x31, ...word(widthBytes * 8), ...word(height), ...data];
  return Buffer.from([GS, 0x28, 0x4c, ...word(stored.length), ...stored, GS, 0x28, 0x4c, 2, 0, 0x30, 0x32]);
}

/**
 * `GS ( k`: model 2, error correction M. Our own, since the library counts characters where the printer counts bytes and
 * stops at modules of eight dots.
 */
function qrCode(data: string, moduleDots: number): Buffer {
  const bytes = Buffer.from(data);
  const command = (...parameters: number[]): number[] => {
    const length = parameters.length + 1;
    return [GS, 0x28, 0x6b, length & 0xff, length >> 8, 0x31, ...parameters];
  };
  return Buffer.from([
    ...command(0x41, 0x32, 0),
    ...command(0x43, moduleDots),
    ...command(0x45, 0x31),
    ...command(0x50, 0x30, ...bytes),
    ...command(0x51, 0x30),
  ]);
}

/** `{` begins an escape in Code 128 data. */
function escapeCode128(data: string): string {
  return data.replaceAll('{', '{{');
}

/** Asks for the proof that everything before it was printed; empty where the printer has none. */
export function encodeProofRequest(proof: PrintProof, processId: string): Uint8Array {
  switch (proof) {
    case 'process-id':
      // GS ( H function 48: the printer answers 37 22 d1 d2 d3 d4 00 once the data before it is on paper.
      return Uint8Array.from([GS, 0x28, 0x48, 6, 0, 0x30, 0x30, ...Buffer.from(processId, 'latin1')]);
    case 'paper-status':
      return Uint8Array.from([GS, 0x72, 1]);
    case 'none':
      return new Uint8Array();
  }
}

/** 50 ms moves every solenoid we know of; 500 ms lets it cool. */
const DEFAULT_PULSE: DrawerPulse = { onMs: 50, offMs: 500 };
/** Shorter moves nothing; longer heats a coil that is made for moments. */
const PULSE_ON_MS = { least: 20, most: 250 };
/** Both times travel as one byte in units of 2 ms. */
const PULSE_UNIT_MS = 2;
const PULSE_OFF_MOST_MS = 255 * PULSE_UNIT_MS;

/** The pulse within what a coil bears and the command can say; the pause is never shorter than the pulse. */
export function safePulse({ onMs, offMs }: DrawerPulse): DrawerPulse {
  const safeOnMs = clamp(onMs, PULSE_ON_MS.least, PULSE_ON_MS.most, DEFAULT_PULSE.onMs);
  return { onMs: safeOnMs, offMs: clamp(offMs, safeOnMs, PULSE_OFF_MOST_MS, DEFAULT_PULSE.offMs) };
}

function clamp(value: number, least: number, most: number, otherwise: number): number {
  return Math.min(Math.max(Number.isFinite(value) ? value : otherwise, least), most);
}

/** `ESC p`: five bytes. The library's own is two bytes short of each pulse and prints a stray character. */
export function encodeDrawerPulse(pin: DrawerPin, pulse = DEFAULT_PULSE): Uint8Array {
  const { onMs, offMs } = safePulse(pulse);
  const units = [onMs, offMs].map((ms) => Math.round(ms / PULSE_UNIT_MS));
  return Uint8Array.from([ESC, 0x70, pin === 2 ? 0 : 1, ...units]);
}

/** `DLE DC4` function 1: the pulse that also works while the printer holds everything else back. Whole tenths of a second. */
export function encodeRealTimeDrawerPulse(pin: DrawerPin, pulse = DEFAULT_PULSE): Uint8Array {
  const tenths = Math.ceil(safePulse(pulse).onMs / 100);
  return Uint8Array.from([0x10, 0x14, 1, pin === 2 ? 0 : 1, tenths]);
}
