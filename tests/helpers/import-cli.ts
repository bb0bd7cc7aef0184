import { spawn } from 'node:child_process';
import { v7 as newUuid } from 'uuid';
import { Store, type StoreLog } from '../../src/main/db/store';

/** What a run of the built command line left. `code` is null when the process was killed. */
export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `trestle` with these arguments. */
export async function runTrestle(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliRun> {
  const child = spawn(process.execPath, ['out/main/trestle.js', ...args], {
    env: { ...process.env, TRESTLE_DATA_DIR: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => (stdout += String(text)));
  child.stderr.on('data', (text) => (stderr += String(text)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

const SILENT: StoreLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Opens a data folder as a till does, works on it and closes it. */
export function withStore<T>(dataDir: string, work: (store: Store) => T): T {
  const store = Store.open({ dataDir, now: () => new Date(), newId: () => newUuid(), log: SILENT });
  try {
    return work(store);
  } finally {
    store.close();
  }
}

/** Makes the data folder of a stall that has nothing to sell yet. */
export function setUpStall(dataDir: string): void {
  withStore(dataDir, (store) =>
    store.commit({
      actor: null,
      drafts: [
        {
          kind: 'stall.configured',
          body: {
            stall: {
              stallId: 'stall',
              name: 'Stall',
              place: '',
              currency: 'GBP',
              locale: 'en-GB',
              timeZone: 'Europe/London',
              taxIncluded: true,
              taxRates: [
                { id: 'standard', name: 'VAT 20%', basisPoints: 2000 },
                { id: 'reduced', name: 'VAT 5%', basisPoints: 500 },
                { id: 'zero', name: 'Zero rated', basisPoints: 0 },
              ],
              vatNumber: '',
              receiptFooter: '',
              labelRules: [],
              categories: [],
              cardProviders: [],
              denominations: [100],
            },
          },
        },
      ],
      result: null,
    }),
  );
}
