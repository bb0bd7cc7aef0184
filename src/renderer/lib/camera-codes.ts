import { readBarcodes, type ReaderOptions } from 'zxing-wasm/reader';

/** What the worker that reads a picture answers. */
export type CameraAnswer = { readonly code: string | null } | { readonly problem: string };

const OPTIONS: ReaderOptions = {
  formats: ['AllRetail', 'Code128', 'Code39', 'ITF', 'Codabar', 'QRCode', 'DataMatrix', 'PDF417', 'Aztec'],
  // Group separators stay what they are; the other modes write them out.
  textMode: 'Plain',
  maxNumberOfSymbols: 8,
};

/**
 * The code in a picture, as a scanner would deliver it: AIM identifier first. Of several the one nearest to the middle,
 * which is where a person holds what they mean. The library's program must be prepared.
 */
export async function readNearestCode(picture: ImageData): Promise<string | null> {
  const { width, height } = picture;
  const found = await readBarcodes(picture, OPTIONS);
  const [nearest] = found
    .filter(({ isValid, text }) => isValid && text !== '')
    .map(({ symbologyIdentifier, text, position: { topLeft, bottomRight } }) => ({
      code: symbologyIdentifier + text,
      distance: Math.hypot((topLeft.x + bottomRight.x - width) / 2, (topLeft.y + bottomRight.y - height) / 2),
    }))
    .sort((a, b) => a.distance - b.distance);
  return nearest?.code ?? null;
}
