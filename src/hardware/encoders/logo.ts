import { createCanvas, loadImage } from '@napi-rs/canvas';
import type { LogoImage } from '../../domain/receipt';

/** So that a logo fits the narrowest paper, and costs at most as much of it as a few lines. */
export const LARGEST_LOGO_DOTS = { width: 384, height: 240 } as const;
/** Grey from which a dot stays white, of 255. */
const MIDDLE = 128;

/** What becomes of greys: spread over the dots beside (Floyd and Steinberg, 1976), or black where they are dark. */
export type LogoTones = 'shades' | 'black';

/**
 * Makes a picture one of black dots on white: no larger than fits, white where it is transparent. Null where not one dot
 * is black.
 * @param file a PNG, JPEG, WebP, GIF or SVG
 * @throws where the file is no picture
 */
export async function drawLogo(file: Uint8Array, tones: LogoTones): Promise<LogoImage | null> {
  const picture = await loadImage(file);
  // Small pictures are not blown up into blocks.
  const scale = Math.min(LARGEST_LOGO_DOTS.width / picture.width, LARGEST_LOGO_DOTS.height / picture.height, 1);
  const widthDots = Math.max(8, Math.ceil((picture.width * scale) / 8) * 8);
  const heightDots = Math.max(1, Math.round(picture.height * scale));
  const context = createCanvas(widthDots, heightDots).getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, widthDots, heightDots);
  const drawnWidth = picture.width * scale;
  context.drawImage(picture, (widthDots - drawnWidth) / 2, 0, drawnWidth, heightDots);
  const { data: pixels } = context.getImageData(0, 0, widthDots, heightDots);
  const greys = Float32Array.from({ length: widthDots * heightDots }, (_, dot) => {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(dot * 4, dot * 4 + 3);
    // Luma of ITU-R BT.709.
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
  const dots = toDots(greys, widthDots, heightDots, tones);
  if (dots.every((byte) => byte === 0)) return null;
  return { widthDots, heightDots, data: Buffer.from(dots).toString('base64') };
}

function toDots(greys: Float32Array, width: number, height: number, tones: LogoTones): Uint8Array {
  const dots = new Uint8Array((width / 8) * height);
  const spread = (x: number, y: number, error: number): void => {
    if (x >= 0 && x < width && y < height) greys[y * width + x] = (greys[y * width + x] ?? 0) + error;
  };
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * width + x;
      const grey = greys[at] ?? 0;
      const isBlack = grey < MIDDLE;
      if (isBlack) dots[at >> 3] = (dots[at >> 3] ?? 0) | (0x80 >> (at & 7));
      if (tones === 'black') continue;
      const error = grey - (isBlack ? 0 : 255);
      spread(x + 1, y, (error * 7) / 16);
      spread(x - 1, y + 1, (error * 3) / 16);
      spread(x, y + 1, (error * 5) / 16);
      spread(x + 1, y + 1, error / 16);
    }
  }
  return dots;
}
