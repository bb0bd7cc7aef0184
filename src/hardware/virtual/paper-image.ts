import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import { rawSymbol } from '../encoders/symbol';
import { PAPER_FONT, PAPER_TYPE, registerPaperFonts } from '../fonts';
import {
  CHARACTER_DOTS,
  type BarcodeSymbology,
  type DotImage,
  type PaperElement,
  type Place,
  type TextRun,
} from './paper';

/** A piece of paper to be drawn; what the printer keeps of a job, or any other run of elements. */
export interface PaperToDraw {
  readonly elements: readonly PaperElement[];
  readonly dotsWide: number;
}

const INK = '#17140d';
const PAPER = '#fffdf8';
const EDGE = '#d9d2c0';
const CUT_LINE = '#b9b19d';
/** Paper beside what the head reaches: rolls are 80 mm and 58 mm, the heads print 72 mm and 48 mm. */
const MARGIN_DOTS: Readonly<Record<number, number>> = { 576: 32, 384: 40 };
const TOP_DOTS = 44;
const BOTTOM_DOTS = 44;
/** The serrated edge of cutters and tear bars. */
const TOOTH_DOTS = { width: 16, height: 8 };
const CUT_LINE_DOTS = 24;
/** Heat spreads: thin strokes come out a little heavier on paper than they are drawn. */
const INK_SPREAD_DOTS = 0.55;

/** bwip-js names. */
const SYMBOLOGY_NAMES: Readonly<Record<BarcodeSymbology, string>> = {
  'upc-a': 'upca',
  'upc-e': 'upce',
  'ean-13': 'ean13',
  'ean-8': 'ean8',
  'code-39': 'code39',
  itf: 'interleaved2of5',
  codabar: 'rationalizedCodabar',
  'code-93': 'code93',
  'code-128': 'code128',
};

const PLAIN_RUN: TextRun = {
  text: '',
  xDots: 0,
  font: 'A',
  scaleX: 1,
  scaleY: 1,
  advanceDots: CHARACTER_DOTS.A.width,
  bold: false,
  underline: false,
  inverse: false,
  codePage: 0,
};

/** A thing to draw, once its height is known. */
interface Drawing {
  readonly heightDots: number;
  readonly draw: (context: SKRSContext2D, topDots: number) => void;
}

/**
 * Draws paper as a picture, one pixel for each of the 203 dots to the inch, with the unprinted margins of the roll and a
 * serrated edge above and below; what lies outside the paper is transparent. Takes some ten milliseconds: not for a
 * thread that must answer a person.
 * @returns a PNG file
 */
export function drawPaper(paper: PaperToDraw): Uint8Array {
  registerPaperFonts();
  const { dotsWide } = paper;
  const marginDots = MARGIN_DOTS[dotsWide] ?? TOP_DOTS;
  const drawings = trimBlankEnd(paper.elements).map((element) => drawingOf(element, dotsWide));
  const heightDots = drawings.reduce((total, drawing) => total + drawing.heightDots, 0);
  const width = dotsWide + 2 * marginDots;
  const height = TOP_DOTS + heightDots + BOTTOM_DOTS;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  drawSheet(context, width, height);
  context.translate(marginDots, 0);
  context.fillStyle = INK;
  let top = TOP_DOTS;
  for (const drawing of drawings) {
    drawing.draw(context, top);
    top += drawing.heightDots;
  }
  return canvas.toBuffer('image/png');
}

/** A paper that ends in a cut, or in nothing, ends at its edge: the cut is the edge. */
function trimBlankEnd(elements: readonly PaperElement[]): readonly PaperElement[] {
  let end = elements.length;
  while (end > 0 && ['cut', 'feed'].includes(elements[end - 1]?.kind ?? '')) end -= 1;
  return elements.slice(0, end);
}

function drawSheet(context: SKRSContext2D, width: number, height: number): void {
  const teeth = Math.ceil(width / TOOTH_DOTS.width);
  const tooth = width / teeth;
  context.beginPath();
  context.moveTo(0, TOOTH_DOTS.height);
  for (let index = 0; index < teeth; index += 1) {
    context.lineTo((index + 0.5) * tooth, 0);
    context.lineTo((index + 1) * tooth, TOOTH_DOTS.height);
  }
  context.lineTo(width, height - TOOTH_DOTS.height);
  for (let index = teeth; index > 0; index -= 1) {
    context.lineTo((index - 0.5) * tooth, height);
    context.lineTo((index - 1) * tooth, height - TOOTH_DOTS.height);
  }
  context.closePath();
  context.fillStyle = PAPER;
  context.fill();
  // So that the edge shows on white too.
  context.strokeStyle = EDGE;
  context.stroke();
}

function drawingOf(element: PaperElement, dotsWide: number): Drawing {
  switch (element.kind) {
    case 'line': {
      const { runs, heightDots } = element;
      // Characters of different height stand on one base line.
      const ascent = Math.max(...runs.map((run) => CHARACTER_DOTS[run.font].height * run.scaleY));
      return { heightDots, draw: (context, top) => runs.forEach((run) => drawRun(context, run, top + ascent)) };
    }
    case 'feed':
      return { heightDots: element.dots, draw: () => undefined };
    case 'image': {
      const { image, xDots } = element;
      return {
        heightDots: image.heightDots * image.scaleY,
        draw: (context, top) => drawDots(context, image, xDots, top),
      };
    }
    case 'qr':
      return drawingOfQr(element);
    case 'barcode':
      return drawingOfBarcode(element);
    case 'cut':
      return {
        heightDots: CUT_LINE_DOTS,
        draw(context, top) {
          context.fillStyle = CUT_LINE;
          for (let x = 0; x < dotsWide; x += 16) context.fillRect(x, top + CUT_LINE_DOTS / 2, 8, 2);
          context.fillStyle = INK;
        },
      };
  }
}

function drawRun(context: SKRSContext2D, run: TextRun, bottomDots: number): void {
  const cell = CHARACTER_DOTS[run.font];
  const { fontPixels, baseline } = PAPER_TYPE[run.font];
  const top = bottomDots - cell.height * run.scaleY;
  context.save();
  if (run.inverse) {
    context.fillRect(run.xDots, top, run.text.length * run.advanceDots, cell.height * run.scaleY);
    context.fillStyle = PAPER;
  }
  context.font = `${fontPixels}px "${run.bold ? PAPER_FONT.bold : PAPER_FONT.regular}", "${PAPER_FONT.others}"`;
  context.strokeStyle = context.fillStyle;
  context.lineWidth = INK_SPREAD_DOTS / run.scaleX;
  [...run.text].forEach((character, index) => {
    if (character === ' ') return;
    context.save();
    context.translate(run.xDots + index * run.advanceDots, top);
    context.scale(run.scaleX, run.scaleY);
    // Centred in its cell, so that a glyph the font lacks, borrowed from another, keeps the column.
    const left = (cell.width - context.measureText(character).width) / 2;
    context.fillText(character, left, baseline);
    if (!run.bold) context.strokeText(character, left, baseline);
    context.restore();
  });
  if (run.underline) context.fillRect(run.xDots, bottomDots - 2, run.text.length * run.advanceDots, 2);
  context.restore();
}

function drawDots(context: SKRSContext2D, image: DotImage, xDots: number, topDots: number): void {
  const widthBytes = Math.ceil(image.widthDots / 8);
  for (let y = 0; y < image.heightDots; y += 1) {
    for (let x = 0; x < image.widthDots; x += 1) {
      if (((image.data[y * widthBytes + (x >> 3)] ?? 0) & (0x80 >> (x & 7))) === 0) continue;
      context.fillRect(xDots + x * image.scaleX, topDots + y * image.scaleY, image.scaleX, image.scaleY);
    }
  }
}

function startDots(place: Place, widthDots: number): number {
  const spareDots = Math.max(0, place.widthDots - widthDots);
  return (
    place.leftDots + (place.align === 'left' ? 0 : place.align === 'right' ? spareDots : Math.floor(spareDots / 2))
  );
}

/** Data no symbol can be made of stands on the paper as words, so that it is seen. */
function drawingOfWords(words: string): Drawing {
  const run: TextRun = { ...PLAIN_RUN, text: words, inverse: true };
  const heightDots = CHARACTER_DOTS.A.height;
  return { heightDots, draw: (context, top) => drawRun(context, run, top + heightDots) };
}

function drawingOfQr(code: Extract<PaperElement, { kind: 'qr' }>): Drawing {
  const { data, moduleDots, correction, place } = code;
  const symbol = rawSymbol('qrcode', data, `eclevel=${correction}`);
  if (!symbol || !('pixs' in symbol)) return drawingOfWords(`QR: ${data}`);
  const { pixs, pixx, pixy } = symbol;
  const left = startDots(place, pixx * moduleDots);
  return {
    heightDots: pixy * moduleDots,
    draw(context, top) {
      pixs.forEach((dark, index) => {
        if (!dark) return;
        const x = left + (index % pixx) * moduleDots;
        context.fillRect(x, top + Math.floor(index / pixx) * moduleDots, moduleDots, moduleDots);
      });
    },
  };
}

function drawingOfBarcode(code: Extract<PaperElement, { kind: 'barcode' }>): Drawing {
  const { symbology, data, moduleDots, heightDots, text, place } = code;
  const symbol = rawSymbol(SYMBOLOGY_NAMES[symbology], data, '');
  if (!symbol || !('sbs' in symbol)) return drawingOfWords(`${symbology}: ${data}`);
  const { sbs } = symbol;
  const widthDots = sbs.reduce((total, modules) => total + modules, 0) * moduleDots;
  const left = startDots(place, widthDots);
  const textDots = CHARACTER_DOTS.A.height;
  const above = text === 'above' || text === 'both' ? textDots : 0;
  const below = text === 'below' || text === 'both' ? textDots : 0;
  const words: TextRun = {
    ...PLAIN_RUN,
    text: data,
    xDots: left + Math.max(0, Math.floor((widthDots - data.length * PLAIN_RUN.advanceDots) / 2)),
  };
  return {
    heightDots: above + heightDots + below,
    draw(context, top) {
      if (above) drawRun(context, words, top + textDots);
      let x = left;
      sbs.forEach((modules, index) => {
        // Bars and spaces take turns.
        if (index % 2 === 0) context.fillRect(x, top + above, modules * moduleDots, heightDots);
        x += modules * moduleDots;
      });
      if (below) drawRun(context, words, top + above + heightDots + textDots);
    },
  };
}
