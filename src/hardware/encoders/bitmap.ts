import type { LogoImage } from '../../domain/receipt';

/** A picture of one bit per dot, rows of whole bytes, the leftmost dot in the highest bit. */
export interface Bitmap {
  readonly widthBytes: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The dots of a kept logo. */
export function bitmapOf({ widthDots, heightDots, data }: LogoImage): Bitmap {
  const widthBytes = Math.ceil(widthDots / 8);
  const bytes = new Uint8Array(widthBytes * heightDots);
  bytes.set(Buffer.from(data, 'base64').subarray(0, bytes.length));
  return { widthBytes, height: heightDots, data: bytes };
}
