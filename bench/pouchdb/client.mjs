/**
 * A till's side with PouchDB: keeps documents in a LevelDB of its own, then replicates all of them to a server as often as it
 * is asked. Reads lines of JSON on standard input and answers each with one:
 *
 *     {"put":[document, …]}                                  -> {"documents":N}
 *     {"replicateTo":url,"batchSize":N,"batchesLimit":N}     -> {"tookMs":N,"written":N,"there":N}
 *
 *     node client.mjs FOLDER
 */
import { createInterface } from 'node:readline';
import PouchDB from 'pouchdb';

const [folder] = process.argv.slice(2);
const local = new PouchDB(`${folder}/till`);

/** @param {{ put?: object[], replicateTo?: string, batchSize?: number, batchesLimit?: number }} question */
async function answer({ put, replicateTo, batchSize, batchesLimit }) {
  if (put) {
    const rejected = (await local.bulkDocs(put)).filter((result) => 'error' in result);
    if (rejected.length > 0) throw new Error(`${rejected.length} documents were not taken`);
    return { documents: (await local.info()).doc_count };
  }
  const remote = new PouchDB(replicateTo);
  const started = performance.now();
  const { docs_written: written } = await local.replicate.to(remote, {
    batch_size: batchSize,
    batches_limit: batchesLimit,
  });
  const tookMs = performance.now() - started;
  return { tookMs, written, there: (await remote.info()).doc_count };
}

for await (const line of createInterface(process.stdin)) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
