/**
 * Reads codes out of pictures, beside the window's own thread: a frame may take longer to read than the next tap may wait.
 * Takes an `ImageBitmap`, answers with the code nearest to its middle, AIM identifier first, or null.
 */
import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader';
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url';

export type CameraAnswer = { readonly code: string | null } | { readonly problem: string };

const OPTIONS: ReaderOptions = {
  formats: ['AllRetail', 'Code128', 'Code39', 'ITF', 'Codabar', 'QRCode', 'DataMatrix', 'PDF417', 'Aztec'],
  // Group separators stay what they are; the other modes write them out.
  textMode: 'Plain',
  maxNumberOfSymbols: 8,
  eanAddOnSymbol: 'Read',
};

const port = globalThis as unknown as Pick<Worker, 'postMessage' | 'onmessage'>;
// The library's own place to look for its program would be on the network.
const prepared = prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });
prepared.catch(() => undefined);
const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext('2d', { willReadFrequently: true });

port.onmessage = ({ data }: MessageEvent<ImageBitmap>) => {
  void read(data).then(
    (code) => port.postMessage({ code } satisfies CameraAnswer),
    (error: unknown) => port.postMessage({ problem: String(error) } satisfies CameraAnswer),
  );
};

async function read(frame: ImageBitmap): Promise<string | null> {
  await prepared;
  const { width, height } = frame;
  canvas.width = width;
  canvas.height = height;
  context?.drawImage(frame, 0, 0);
  frame.close();
  if (!context) return null;
  const found = await readBarcodes(context.getImageData(0, 0, width, height), OPTIONS);
  const [nearest] = found
    .filter(({ isValid, text }) => isValid && text !== '')
    .map(({ symbologyIdentifier, text, position: { topLeft, bottomRight } }) => ({
      code: symbologyIdentifier + text,
      distance: Math.hypot((topLeft.x + bottomRight.x - width) / 2, (topLeft.y + bottomRight.y - height) / 2),
    }))
    .sort((a, b) => a.distance - b.distance);
  return nearest?.code ?? null;
}
