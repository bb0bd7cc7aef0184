import type { Backdrop } from '../../domain/catalogue';

/** Walls for items without a photo and colours of their own: calm market colours on which both inks read. */
const WALLS = [
  '#f0d9a8',
  '#e9b8a0',
  '#c9d6a3',
  '#a9cbb7',
  '#a8c7d6',
  '#c3bddb',
  '#e6bfc9',
  '#e2cdb4',
  '#d4c26a',
  '#9fb7a0',
  '#b7c4cf',
  '#e8c9a0',
];

/** How much darker the plank is than the wall it stands before. */
const PLANK_SHADE = 0.17;

type Rgb = readonly [number, number, number];

/** The plank that goes with a wall: the same colour, 17 % darker. */
export function plankOf(wall: string): string {
  return toHex(fromHex(wall).map((value) => value * (1 - PLANK_SHADE)) as unknown as Rgb);
}

/** The backdrop of an item without a photo: one wall to a category, so that a category looks like one shelf. */
export function backdropOfCategory(category: string): Backdrop {
  let hash = 0;
  for (const character of category.toLowerCase()) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  const wall = WALLS[hash % WALLS.length] ?? '#e2cdb4';
  return { wall, plank: plankOf(wall) };
}

/**
 * The backdrop that continues a photo beyond its edges: its most frequent border colour, softened.
 * @param pixels RGBA, row by row
 * @returns null when the border is mostly transparent
 */
export function backdropOfPixels(pixels: Uint8ClampedArray, width: number, height: number): Backdrop | null {
  const bins = new Map<number, { count: number; sum: [number, number, number] }>();
  let opaque = 0;
  let border = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (x > 0 && y > 0 && x < width - 1 && y < height - 1) continue;
      border += 1;
      const at = (y * width + x) * 4;
      if ((pixels[at + 3] ?? 0) < 128) continue;
      opaque += 1;
      const rgb: Rgb = [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
      // Eight steps to a channel: near colours count as one.
      const key = rgb.reduce((sum, value) => sum * 8 + (value >> 5), 0);
      const bin = bins.get(key) ?? { count: 0, sum: [0, 0, 0] };
      bin.count += 1;
      rgb.forEach((value, channel) => (bin.sum[channel as 0 | 1 | 2] += value));
      bins.set(key, bin);
    }
  }
  if (opaque * 2 < border) return null;
  const largest = [...bins.values()].reduce((best, bin) => (bin.count > best.count ? bin : best));
  const wall = toHex(soften(largest.sum.map((value) => value / largest.count) as unknown as Rgb));
  return { wall, plank: plankOf(wall) };
}

/** Keeps a wall out of the extremes, where neither the object nor its price ticket stands out. */
function soften(rgb: Rgb): Rgb {
  return rgb.map((value) => 40 + (value * 196) / 255) as unknown as Rgb;
}

function fromHex(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function toHex(rgb: Rgb): string {
  return `#${rgb.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
}
