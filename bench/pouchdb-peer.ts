/**
 * The peer of the drain: the same orders in a PouchDB, replicated to another behind express-pouchdb. Two processes, as till and
 * hub are, with packages of their own (`bench/pouchdb`). Both keep LevelDB on the disk with their defaults, which do not wait
 * for the disk before they say that a document is there; a hub does.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const FOLDER = 'bench/pouchdb';
const DOCUMENTS_PER_PUT = 500;

/** PouchDB's own options of a replication. */
export interface ReplicationBatches {
  readonly batchSize: number;
  readonly batchesLimit: number;
}

export interface PouchDbPeer {
  /** Puts documents into the till's side. */
  put(documents: readonly object[]): Promise<void>;
  /** Replicates all of them to a new database of the server. @returns the milliseconds it took */
  replicate(batches: ReplicationBatches): Promise<number>;
  stop(): Promise<void>;
}

export async function startPouchDb(scratch: string): Promise<PouchDbPeer> {
  if (!existsSync(join(FOLDER, 'node_modules')))
    throw new Error('PouchDB is not installed: node scripts/setup.mjs --for bench');
  const server = startProcess('server.mjs', join(scratch, 'pouchdb-server'));
  const till = startProcess('client.mjs', join(scratch, 'pouchdb-till'));
  const { address } = (await server.nextLine()) as { address: string };
  const ask = (question: object): Promise<unknown> => {
    till.child.stdin?.write(`${JSON.stringify(question)}\n`);
    return till.nextLine();
  };
  let documents = 0;
  let replications = 0;
  return {
    async put(all) {
      for (let from = 0; from < all.length; from += DOCUMENTS_PER_PUT) {
        await ask({ put: all.slice(from, from + DOCUMENTS_PER_PUT) });
      }
      documents += all.length;
    },
    async replicate(batches) {
      replications += 1;
      const url = `${address}/orders-${replications}`;
      const told = (await ask({ replicateTo: url, ...batches })) as { tookMs: number; written: number; there: number };
      if (told.written !== documents || told.there !== documents) throw new Error(`${told.there} documents arrived`);
      return told.tookMs;
    },
    async stop() {
      await Promise.all([server.stop(), till.stop()]);
    },
  };
}

interface TalkingProcess {
  readonly child: ChildProcess;
  /** The next thing it says; rejects when it ends instead. */
  nextLine(): Promise<unknown>;
  stop(): Promise<void>;
}

function startProcess(file: string, folder: string): TalkingProcess {
  mkdirSync(folder, { recursive: true });
  const child = spawn(process.execPath, [join(FOLDER, file), folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    child,
    async nextLine() {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${file} ended`);
      return JSON.parse(value) as unknown;
    },
    async stop() {
      child.kill();
      await ended;
    },
  };
}
