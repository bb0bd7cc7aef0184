import type { Bitmap } from './bitmap';

/** The sign on a grid of 48: a table top and two pairs of spread legs. */
const TABLE_TOP = { left: 3, top: 9, right: 45, bottom: 17, radius: 2.5 };
const LEGS = [
  [13, 17, 7.5, 40],
  [13, 17, 18.5, 40],
  [35, 17, 29.5, 40],
  [35, 17, 40.5, 40],
] as const;
const LEG_HALF_WIDTH = 2.5;
const DOTS_PER_UNIT = 1.5;
const TOP = 8;
const BOTTOM = 43;

function isInk(x: number, y: number): boolean {
  const { left, top, right, bottom, radius } = TABLE_TOP;
  const insideX = Math.min(Math.max(x, left + radius), right - radius);
  const insideY = Math.min(Math.max(y, top + radius), bottom - radius);
  if (Math.hypot(x - insideX, y - insideY) <= radius) return true;
  return LEGS.some(([x1, y1, x2, y2]) => {
    const along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2);
    const part = Math.min(Math.max(along, 0), 1);
    return Math.hypot(x - x1 - part * (x2 - x1), y - y1 - part * (y2 - y1)) <= LEG_HALF_WIDTH;
  });
}

let drawn: Bitmap | null = null;

/** Our mark, the trestle sign, nine millimetres wide at eight dots to the millimetre: drawn when it is first printed. */
export function mark(): Bitmap {
  return (drawn ??= draw());
}

function draw(): Bitmap {
  const widthBytes = (48 * DOTS_PER_UNIT) / 8;
  const height = Math.ceil((BOTTOM - TOP) * DOTS_PER_UNIT);
  const data = new Uint8Array(widthBytes * height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < widthBytes * 8; column += 1) {
      if (!isInk((column + 0.5) / DOTS_PER_UNIT, TOP + (row + 0.5) / DOTS_PER_UNIT)) continue;
      const index = row * widthBytes + (column >> 3);
      data[index] = (data[index] ?? 0) | (0x80 >> (column & 7));
    }
  }
  return { widthBytes, height, data };
}
