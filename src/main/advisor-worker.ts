/**
 * Thread of the advisor: reads the stall's orders on a connection of its own and learns from them, so that the till goes on
 * selling. It writes nothing, and it rests while somebody uses the till.
 */
import { constants, setPriority } from 'node:os';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { AdvisorData, AdvisorMessage } from './advisor/worker-advisor';
import type { AdviceQuestion } from './core/advisor';

if (parentPort === null) throw new Error('advisor-worker runs as a worker thread');
// Linux counts a thread as a process of its own here; elsewhere the whole till would have to wait.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);
await serve(parentPort, workerData as AdvisorData);

async function serve(port: MessagePort, { dataDir, use }: AdvisorData): Promise<void> {
  // Loaded from here on, behind the till's thread already.
  const [{ AdvisorEngine }, { givingWayTo }, { TillUse }] = await Promise.all([
    import('./advisor/engine'),
    import('./advisor/giving-way'),
    import('./core/till-use'),
  ]);
  const engine = new AdvisorEngine(dataDir, givingWayTo(new TillUse(use)));
  const tell = (message: AdvisorMessage): void => port.postMessage(message);
  const failed = (error: unknown): void =>
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  port.on('message', (question: AdviceQuestion) => {
    try {
      engine.ask(question).then((answer) => tell({ kind: 'answer', answer }), failed);
    } catch (error) {
      failed(error);
    }
  });
}
