/**
 * A Shopify export of a large shop through the import calls of the contract, in Electron's main process: how long it
 * takes, and for how long the process can do nothing else meanwhile.
 */
import { join } from 'node:path';
import { watchBlocks } from './blocks';
import { figure, progress, type Figure } from './figure';
import { shopifyCsv } from './goods';
import { startTill, type Call } from './till';

export const runtime = 'electron';

const ROWS = 50_000;
const SLICE_BYTES = 1024 * 1024;
const LIMIT_S = 5;
const BLOCK_LIMIT_MS = 50;

export async function measure(scratch: string): Promise<Figure[]> {
  const csv = Buffer.from(shopifyCsv(ROWS));
  const { kiosk, call, session, close } = await startTill({ dataDir: join(scratch, 'till') });
  // A screen listens, as one always does.
  const stopHearing = kiosk.subscribe('till', () => undefined);
  progress(`importing ${ROWS.toLocaleString('en')} rows, ${(csv.length / 2 ** 20).toFixed(1)} MiB`);

  const watch = watchBlocks();
  const started = performance.now();
  const itemCount = await importFile(call, csv, session.stall.taxRates[0]?.id ?? '');
  const tookS = (performance.now() - started) / 1000;
  const longestMs = watch.stop();
  if (itemCount !== ROWS) throw new Error(`${itemCount} items were imported`);
  stopHearing();
  await close();

  const what = `${ROWS.toLocaleString('en')} Shopify rows`;
  return [
    figure({
      id: 'import/total',
      what: `${what}: upload, preview and commit`,
      value: tookS,
      unit: 's',
      reference: LIMIT_S,
      referenceWhat: 'the limit',
      target: { atMost: 1 },
    }),
    figure({
      id: 'import/longest-block',
      what: `${what}: longest time the main process did nothing else`,
      value: longestMs,
      unit: 'ms',
      reference: BLOCK_LIMIT_MS,
      referenceWhat: 'the limit',
      target: { atMost: 1 },
    }),
  ];
}

/** @returns the number of items written */
async function importFile(call: Call, csv: Buffer, taxRateId: string): Promise<number> {
  const { importId } = await call('import.open', { fileName: 'shop.csv', totalBytes: csv.length });
  for (let offset = 0; offset < csv.length; offset += SLICE_BYTES) {
    const slice = csv.subarray(offset, offset + SLICE_BYTES);
    await call('import.append', { importId, offset, base64: slice.toString('base64') });
  }
  const preview = await call('import.preview', { importId, format: 'auto', taxRateId });
  if (preview.errorCount > 0) throw new Error(preview.errors[0]?.message);
  return (await call('import.commit', { importId })).itemCount;
}
