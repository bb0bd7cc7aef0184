import bwipjs from 'bwip-js/node';
import { isGtin } from '../domain/barcode';
import { LABEL_SHEETS, labelPlace, sheetCount, type LabelSheets } from '../domain/label-sheet';
import type { ShelfLabel } from '../domain/shelf-label';
import { Pdf, POINTS_PER_MILLIMETRE, type PdfLetters } from './pdf';

const MM = POINTS_PER_MILLIMETRE;
const INK = '#000';
/** What printers leave white or shift, of each edge of a label. */
const EDGE_MM = 2;
const BETWEEN_MM = 1.5;
/**
 * Widest and narrowest bars: 100 % of GS1's nominal size, and what office printers at 300 dots to the inch and scanners
 * at a hand's width still tell apart. GS1 General Specifications, table 5.12.3.1, ask for 0.264 mm and more of an EAN.
 */
const MODULE_MM = { most: 0.33, least: 0.19 } as const;
/** Modules left white on both sides together: 11 and 7 of an EAN, ten each of a Code 128. */
const QUIET_MODULES = 20;
const BARS_MM = { least: 6, most: 14 } as const;
/** Of a QR code with its white edge of four modules each side (ISO/IEC 18004). */
const QR_MM = { most: 26, quietModules: 4 } as const;
const DIGITS: PdfLetters = { face: 'regular', sizePoints: 6 };
const LEADING = 1.12;
/** Height of a capital or a digit, of the size. */
const CAPITAL = 0.72;
/** What a comma reaches below the line, of the size. */
const DESCENT = 0.14;
const MOST_PRICE_POINTS = 54;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A code as what is dark of it; widths are in modules. */
type Symbol =
  | { readonly kind: 'bars'; readonly widths: readonly number[]; readonly modules: number }
  | { readonly kind: 'qr'; readonly isDark: readonly number[]; readonly modules: number };

/**
 * Lays labels on A4 sheets, to be printed at full size: name, price, the old price struck through, and what is scanned.
 * Bars that would be too fine for the label become a QR code, which every camera and most scanners read as well.
 * @returns a PDF file that is tagged, so that it can be read aloud label by label, a code by what it says
 */
export function drawLabelSheets(sheets: LabelSheets, fontsFolder: string): Uint8Array {
  const { title, language } = sheets;
  const pdf = new Pdf({ title, language, fontsFolder }, { tagged: true });
  const root = pdf.document.struct('Document');
  pdf.document.addStructure(root);
  const { widthMillimetres, heightMillimetres } = LABEL_SHEETS[sheets.sheet];
  const labelCount = sheets.labels.reduce((sum, { copies }) => sum + copies, 0);
  let page = -1;
  let index = 0;
  for (const { label, copies } of sheets.labels) {
    for (let copy = 0; copy < copies; copy += 1, index += 1) {
      const place = labelPlace(sheets, index);
      if (place.page !== page) pdf.document.addPage();
      page = place.page;
      const section = pdf.document.struct('Sect');
      root.add(section);
      drawLabel(new TaggedPdf(pdf, section), label, {
        left: (place.leftMillimetres + EDGE_MM) * MM,
        top: (place.topMillimetres + EDGE_MM) * MM,
        width: (widthMillimetres - 2 * EDGE_MM) * MM,
        height: (heightMillimetres - 2 * EDGE_MM) * MM,
      });
      section.end();
    }
  }
  root.end();
  if (page + 1 !== sheetCount(sheets, labelCount)) throw new Error('labels and sheets do not add up');
  return pdf.bytes();
}

/** A label's part of the document's structure (ISO 32000-1, 14.8), and the PDF it is drawn in. */
class TaggedPdf {
  constructor(
    readonly pdf: Pdf,
    readonly section: PDFKit.PDFStructureElement,
  ) {}

  /** Draws something that is read: what is drawn, or what is said in its stead. */
  tag(tag: 'P' | 'Figure', draw: () => void, options: { readonly alt?: string; readonly actual?: string } = {}): void {
    this.section.add(this.pdf.document.struct(tag, options, draw));
  }

  /** Draws something there is nothing to read of. */
  decorate(draw: () => void): void {
    this.pdf.document.markContent('Artifact', { type: 'Layout' });
    draw();
    this.pdf.document.endMarkedContent();
  }
}

function drawLabel(sheet: TaggedPdf, label: ShelfLabel, box: Box): void {
  const { pdf } = sheet;
  const data = label.code?.data ?? '';
  const symbol = label.code === null ? null : symbolOf(label.code, box.width);
  if (symbol?.kind === 'qr') {
    const side = Math.min(box.height, QR_MM.most * MM, box.width / 2);
    drawWords(sheet, label, { ...box, width: box.width - side - BETWEEN_MM * MM });
    const corner = { left: box.left + box.width - side, top: box.top + (box.height - side) / 2 };
    sheet.tag('Figure', () => drawQr(pdf, symbol, { ...corner, side }), { alt: data });
  } else if (symbol?.kind === 'bars') {
    const digitsHeight = DIGITS.sizePoints * LEADING;
    const height = clamp(box.height * 0.34, BARS_MM) - digitsHeight;
    drawWords(sheet, label, { ...box, height: box.height - height - digitsHeight - BETWEEN_MM * MM });
    const below = { ...box, top: box.top + box.height - height - digitsHeight, height };
    const [line = ''] = pdf.lines(data, DIGITS, box.width, 1);
    const drawCode = (): void => {
      drawBars(pdf, symbol, below);
      pdf.draw(line, DIGITS, box.left + (box.width - pdf.width(line, DIGITS)) / 2, box.top + box.height);
    };
    sheet.tag('Figure', drawCode, { alt: data });
  } else {
    drawWords(sheet, label, box);
  }
}

/** The name above, the price below it as large as there is room, and beside or above that what it was. */
function drawWords(sheet: TaggedPdf, { name, price, was }: ShelfLabel, box: Box): void {
  const { pdf } = sheet;
  const nameSize = Math.min(14, Math.max(7, box.height * 0.2));
  const longestWord = Math.max(
    ...name.split(/\s/).map((word) => pdf.width(word, { face: 'bold', sizePoints: nameSize })),
  );
  // A little smaller rather than broken within a word.
  const nameLetters: PdfLetters = {
    face: 'bold',
    sizePoints: nameSize * Math.max(0.7, Math.min(1, box.width / longestWord)),
  };
  const wasLetters: PdfLetters = { face: 'regular', sizePoints: nameLetters.sizePoints * 0.95 };
  const nameLines = pdf.lines(name, nameLetters, box.width, box.height > 40 ? 2 : 1);
  const nameHeight = nameLines.length * nameLetters.sizePoints * LEADING;
  const drawName = (): void => {
    for (const [index, line] of nameLines.entries()) {
      pdf.draw(line, nameLetters, box.left, box.top + nameLetters.sizePoints * (CAPITAL + index * LEADING));
    }
  };
  sheet.tag('P', drawName, { actual: name });

  const wasWidth = was === null ? 0 : pdf.width(was.price, wasLetters) + BETWEEN_MM * 2 * MM;
  const room = box.height - nameHeight - BETWEEN_MM * MM * 0.5;
  const bySize = (sizePoints: number): PdfLetters => ({ face: 'price', sizePoints });
  const widthAt1 = pdf.width(price, bySize(100)) / 100;
  const largest = (width: number, height: number): number =>
    Math.min(width / widthAt1, height / (CAPITAL + DESCENT), MOST_PRICE_POINTS);
  // The old price stands where the new one can be the larger for it.
  const beside = largest(box.width - wasWidth, room);
  const beneath = largest(box.width, room - wasLetters.sizePoints * LEADING);
  const isBeside = was === null || beside >= beneath;
  const priceLetters = bySize(Math.max(6, isBeside ? beside : beneath));
  const bottom = box.top + box.height - priceLetters.sizePoints * DESCENT;
  sheet.tag('P', () => pdf.draw(price, priceLetters, box.left, bottom));
  if (was === null) return;
  const left = isBeside ? box.left + pdf.width(price, priceLetters) + BETWEEN_MM * 2 * MM : box.left;
  const baseline = isBeside ? bottom : bottom - priceLetters.sizePoints * CAPITAL - wasLetters.sizePoints * 0.35;
  // Nobody hears that it is struck through.
  sheet.tag('P', () => pdf.draw(was.price, wasLetters, left, baseline), { actual: was.words });
  const height = baseline - (wasLetters.sizePoints * CAPITAL) / 2;
  const right = left + pdf.width(was.price, wasLetters) + 1;
  sheet.decorate(() =>
    pdf.document
      .moveTo(left - 1, height)
      .lineTo(right, height)
      .lineWidth(wasLetters.sizePoints * 0.09)
      .stroke(INK),
  );
}

function symbolOf({ kind, data }: NonNullable<ShelfLabel['code']>, widthPoints: number): Symbol | null {
  const bars = kind === 'bars' ? barsOf(data) : null;
  if (bars && (bars.modules + QUIET_MODULES) * MODULE_MM.least * MM <= widthPoints) return bars;
  const qr = raw('qrcode', data, 'eclevel=M');
  return qr && 'pixs' in qr ? { kind: 'qr', isDark: qr.pixs, modules: qr.pixx } : null;
}

/** A product's own number as the product carries it, anything else as Code 128; null for what that has no signs for. */
function barsOf(data: string): (Symbol & { readonly kind: 'bars' }) | null {
  const name = (isGtin(data) && { 8: 'ean8', 12: 'upca', 13: 'ean13' }[data.length]) || 'code128';
  if (!/^[\x20-\x7e]+$/.test(data)) return null;
  const symbol = raw(name, data, '');
  if (!symbol || !('sbs' in symbol)) return null;
  return { kind: 'bars', widths: symbol.sbs, modules: symbol.sbs.reduce((sum, width) => sum + width, 0) };
}

/** A symbol as bwip-js computes it: a square of modules, or widths of bars and spaces in turn; undefined where it cannot be. */
function raw(
  symbology: string,
  data: string,
  options: string,
): { readonly pixs: readonly number[]; readonly pixx: number } | { readonly sbs: readonly number[] } | undefined {
  try {
    return (bwipjs.raw(symbology, data, options) as ReturnType<typeof raw>[])[0];
  } catch {
    return undefined;
  }
}

function drawBars(pdf: Pdf, { widths, modules }: Symbol & { readonly kind: 'bars' }, box: Box): void {
  const module = Math.min(MODULE_MM.most * MM, box.width / (modules + QUIET_MODULES));
  let left = box.left + (box.width - modules * module) / 2;
  for (const [index, width] of widths.entries()) {
    // Bars and spaces in turn.
    if (index % 2 === 0) pdf.document.rect(left, box.top, width * module, box.height);
    left += width * module;
  }
  pdf.document.fill(INK);
}

function drawQr(
  pdf: Pdf,
  { isDark, modules }: Symbol & { readonly kind: 'qr' },
  { left, top, side }: { readonly left: number; readonly top: number; readonly side: number },
): void {
  const module = side / (modules + 2 * QR_MM.quietModules);
  for (let row = 0; row < modules; row += 1) {
    for (let from = 0; from < modules; from += 1) {
      if (!isDark[row * modules + from]) continue;
      let to = from;
      // Side by side they are one, so that no white line comes between.
      while (to + 1 < modules && isDark[row * modules + to + 1]) to += 1;
      const across = (QR_MM.quietModules + from) * module;
      const down = (QR_MM.quietModules + row) * module;
      pdf.document.rect(left + across, top + down, (to - from + 1) * module, module);
      from = to;
    }
  }
  pdf.document.fill(INK);
}

function clamp(points: number, { least, most }: { readonly least: number; readonly most: number }): number {
  return Math.min(most * MM, Math.max(least * MM, points));
}
