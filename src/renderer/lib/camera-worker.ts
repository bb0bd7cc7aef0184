/**
 * Reads codes out of pictures, beside the window's own thread: a frame may take longer to read than the next tap may wait.
 * Takes an `ImageBitmap`, answers with the code in it or null.
 */
import { prepareZXingModule } from 'zxing-wasm/reader';
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url';
import { readNearestCode, type CameraAnswer } from './camera-codes';

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
  return context && readNearestCode(context.getImageData(0, 0, width, height));
}
