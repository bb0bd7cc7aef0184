/** Search as you type, through the contract, against MiniSearch with everything in memory. */
import { join } from 'node:path';
import MiniSearch from 'minisearch';
import { figure, percentile, progress, type Figure } from './figure';
import { good, goods } from './goods';
import { fillCatalogue, message, numbersBelow, startTill, valueOf } from './till';

const ITEMS = 100_000;
const SHOWN = 20;
/** Typed first, and not counted. */
const NAMES_WARM_UP = 1;
const NAMES = 16;

export async function measure(scratch: string): Promise<Figure[]> {
  const dataDir = join(scratch, 'till');
  await fillCatalogue(dataDir, ITEMS);
  const { kiosk, close } = await startTill({ dataDir });
  progress('indexing with MiniSearch');
  const peer = new MiniSearch({ idField: 'index', fields: ['name', 'category', 'sku', 'barcode'] });
  peer.addAll([...goods(ITEMS)]);

  const indices = numbersBelow(ITEMS);
  const oursMs: number[] = [];
  const peersMs: number[] = [];
  for (let typed = -NAMES_WARM_UP; typed < NAMES; typed += 1) {
    for (const text of typedTexts(good(indices.next().value).name)) {
      const asked = message('catalogue.search', { text, limit: SHOWN });
      const started = performance.now();
      const answer = await kiosk.dispatch({ role: 'till' }, asked);
      const ours = performance.now() - started;
      const peerStarted = performance.now();
      const peerFound = peer.search(text, { prefix: true, combineWith: 'AND' }).slice(0, SHOWN);
      const peers = performance.now() - peerStarted;
      const { tiles } = valueOf('catalogue.search', answer);
      if (tiles.length !== peerFound.length) {
        throw new Error(`"${text}" finds ${tiles.length} here and ${peerFound.length} there`);
      }
      if (typed < 0) continue;
      oursMs.push(ours);
      peersMs.push(peers);
    }
  }
  await close();
  return [0.5, 0.99].map((share) =>
    figure({
      id: `search/p${share * 100}`,
      what: `ranked search, first ${SHOWN} of ${ITEMS.toLocaleString('en')} items, through the contract, p${share * 100}`,
      value: percentile(oursMs, share),
      unit: 'ms',
      reference: percentile(peersMs, share),
      referenceWhat: 'MiniSearch in memory, prefix search, same texts',
      target: { timesFaster: 5 },
    }),
  );
}

/** What stands in the search field while a name is typed letter by letter. */
function typedTexts(name: string): string[] {
  return Array.from(name, (_, last) => name.slice(0, last + 1)).filter((text) => !text.endsWith(' '));
}
