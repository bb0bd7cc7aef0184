import bwipjs from 'bwip-js/node';
import type { Bitmap } from './bitmap';

/** A symbol as bwip-js computes it: a square of modules, or widths of bars and spaces in turn. */
export type RawSymbol =
  | { readonly pixs: readonly number[]; readonly pixx: number; readonly pixy: number }
  | { readonly sbs: readonly number[] };

/**
 * @param symbology as bwip-js names it
 * @returns undefined for data that the symbology cannot hold
 */
export function rawSymbol(symbology: string, data: string, options: string): RawSymbol | undefined {
  try {
    const symbols: readonly RawSymbol[] = bwipjs.raw(symbology, data, options);
    return symbols[0];
  } catch {
    return undefined;
  }
}

/**
 * A QR code of error correction M as a picture, for printers that draw none themselves.
 * @throws where it holds too much; a layout lets none through
 */
export function qrPicture(data: string, moduleDots: number): Bitmap {
  const symbol = rawSymbol('qrcode', data, 'eclevel=M');
  if (!symbol || !('pixs' in symbol)) throw new Error('no QR code holds so much');
  const { pixs, pixx, pixy } = symbol;
  const widthBytes = Math.ceil((pixx * moduleDots) / 8);
  const height = pixy * moduleDots;
  const dots = new Uint8Array(widthBytes * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < pixx * moduleDots; x += 1) {
      const isDark = pixs[Math.floor(y / moduleDots) * pixx + Math.floor(x / moduleDots)];
      const at = y * widthBytes + (x >> 3);
      if (isDark) dots[at] = (dots[at] ?? 0) | (0x80 >> (x & 7));
    }
  }
  return { widthBytes, height, data: dots };
}
