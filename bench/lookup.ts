/** From a scanned barcode to its item, through the contract. */
import { join } from 'node:path';
import { figure, percentile, progress, type Figure } from './figure';
import { good } from './goods';
import { fillCatalogue, message, numbersBelow, startTill, valueOf } from './till';

const ITEMS = 1_000_000;
const SAMPLES = 20_000;
const WARM_UP = 2_000;
const LIMIT_MS = 1;

export async function measure(scratch: string): Promise<Figure[]> {
  const dataDir = join(scratch, 'till');
  await fillCatalogue(dataDir, ITEMS);
  const { kiosk, close } = await startTill({ dataDir });
  progress(`looking up ${SAMPLES.toLocaleString('en')} barcodes`);
  const tookMs: number[] = [];
  const indices = numbersBelow(ITEMS);
  for (let sample = -WARM_UP; sample < SAMPLES; sample += 1) {
    const { barcode, name } = good(indices.next().value);
    const asked = message('catalogue.lookup', { code: barcode });
    const started = performance.now();
    const answer = await kiosk.dispatch({ role: 'till' }, asked);
    const elapsedMs = performance.now() - started;
    if (sample >= 0) tookMs.push(elapsedMs);
    if (valueOf('catalogue.lookup', answer)?.item.name !== name) throw new Error(`${barcode} is not ${name}`);
  }
  await close();
  return [
    figure({
      id: 'lookup/p99',
      what: `barcode to item through the contract, ${ITEMS.toLocaleString('en')} items, p99`,
      value: percentile(tookMs, 0.99),
      unit: 'ms',
      reference: LIMIT_MS,
      referenceWhat: 'the limit',
      target: { atMost: 1 },
    }),
  ];
}
