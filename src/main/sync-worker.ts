/**
 * Thread of the exchange with hub and neighbours: reads the journal on a connection of its own, packs, checks and talks HTTP,
 * so that the till goes on selling. What it writes, it asks the till to write.
 */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { TillUse } from './core/till-use';
import { JournalReader } from './db/journal-reader';
import { ShiftAccounts } from './db/shift-accounts';
import { SyncEngine } from './sync/engine';
import { engineOptions } from './sync/start-sync';
import { threadStore } from './sync/thread-store';
import { answerTo, Questions, type ThreadData, type ThreadMessage, type TillMessage } from './sync/worker-messages';

if (parentPort === null) throw new Error('sync-worker runs as a worker thread');
serve(parentPort, workerData as ThreadData);

function serve(port: MessagePort, { dataDir, version, use }: ThreadData): void {
  const tell = (message: ThreadMessage): void => port.postMessage(message);
  const questions = new Questions();
  const accounts = ShiftAccounts.open(dataDir);
  const store = threadStore(JournalReader.open(dataDir), accounts, (method, ...given) =>
    questions.ask((id) => tell({ kind: 'store', id, method, arguments: given })),
  );
  const now = (): Date => new Date();
  const engine = new SyncEngine(engineOptions({ store, accounts, dataDir, now, version, use: new TillUse(use) }));
  engine.onChange(() => tell({ kind: 'view', view: engine.view() }));

  port.on('message', (message: TillMessage) => {
    switch (message.kind) {
      case 'answer':
      case 'refusal':
        questions.settle(message);
        return;
      case 'tell':
        engine[message.what]();
        return;
      case 'call': {
        const call = engine[message.call].bind(engine) as (...given: readonly unknown[]) => unknown;
        void answerTo(message.id, () => call(...message.arguments)).then(tell);
      }
    }
  });
}
