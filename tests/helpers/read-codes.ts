import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';

let isReady: Promise<unknown> | null = null;

/** The QR codes in a picture, as a phone reads them. */
export async function readQrCodes(png: Uint8Array): Promise<string[]> {
  // The reader would fetch its program from the network otherwise.
  const file = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  isReady ??= prepareZXingModule({
    overrides: { wasmBinary: new Uint8Array(readFileSync(file)).buffer },
    fireImmediately: true,
  });
  await isReady;
  return (await readBarcodes(png, { formats: ['QRCode'], tryHarder: true })).map(({ text }) => text);
}
