import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GlobalFonts } from '@napi-rs/canvas';
import { locate } from '../threads/locate';

const FOLDER = join('resources', 'fonts');
const registered = new Set<string>();

/** Makes a font that ships with us known to the canvas under a family name. Its file is read once. */
export function registerFont(family: string, file: string): void {
  if (registered.has(family)) return;
  const folder = locate(FOLDER, import.meta.url);
  if (folder === undefined) throw new Error('The folder resources/fonts is missing beside the program.');
  GlobalFonts.register(readFileSync(join(folder, file)), family);
  registered.add(family);
}

/** The letters of paper: of a fixed width, as printers' own are; `others` has what the two lack of European writing. */
export const PAPER_FONT = { regular: 'Trestle Paper', bold: 'Trestle Paper Bold', others: 'Trestle Mono' } as const;

export function registerPaperFonts(): void {
  registerFont(PAPER_FONT.regular, 'atkinson-hyperlegible-mono-400.woff2');
  registerFont(PAPER_FONT.bold, 'atkinson-hyperlegible-mono-700.woff2');
  registerFont(PAPER_FONT.others, 'receipt/noto-sans-mono.woff2');
}

/** Size at which a letter of the paper font is as wide as one of the printer's, and where it stands in its cell. */
export const PAPER_TYPE = {
  A: { fontPixels: 19, baseline: 18 },
  B: { fontPixels: 14.25, baseline: 13 },
} as const;
