/**
 * Thread of the advisor: reads the stall's orders on a connection of its own and learns from them, so that the till goes on
 * selling. It writes nothing.
 */
import { constants, setPriority } from 'node:os';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { AdvisorEngine } from './advisor/engine';
import type { AdvisorMessage } from './advisor/worker-advisor';
import type { AdviceQuestion } from './core/advisor';

if (parentPort === null) throw new Error('advisor-worker runs as a worker thread');
// Linux counts a thread as a process of its own here; elsewhere the whole till would have to wait.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);
serve(parentPort, workerData as string);

function serve(port: MessagePort, dataDir: string): void {
  const engine = new AdvisorEngine(dataDir);
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
