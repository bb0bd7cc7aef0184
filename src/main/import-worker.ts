/**
 * Thread of one import: reads, checks and compares a catalogue file and prepares its photos, so that the till goes on
 * selling. Answers one question at a time (see import/worker-messages).
 */
import { parentPort, type MessagePort } from 'node:worker_threads';
import type { Item } from '../domain/catalogue';
import { LocalImportEngine, StalePlanError } from './import/engine';
import { PhotoError } from './import/photos';
import type { WorkerAnswer, WorkerQuestion } from './import/worker-messages';

/** A progress message at most this often: a bar does not move faster. */
const PROGRESS_EVERY_MS = 50;

if (parentPort === null) throw new Error('import-worker runs as a worker thread');
serve(parentPort);

function serve(port: MessagePort): void {
  const engine = new LocalImportEngine();
  let slices: AsyncIterator<Item[]> | null = null;
  const tell = (answer: WorkerAnswer) => port.postMessage(answer);
  const answer = async (question: WorkerQuestion): Promise<WorkerAnswer> => {
    switch (question.kind) {
      case 'preview': {
        slices = null;
        let toldAt = 0;
        const preview = await engine.preview(question.request, (done, total) => {
          if (Date.now() - toldAt < PROGRESS_EVERY_MS) return;
          toldAt = Date.now();
          tell({ kind: 'progress', done, total });
        });
        return { kind: 'preview', preview };
      }
      case 'next-slice': {
        slices ??= engine.slices()[Symbol.asyncIterator]();
        const next = await slices.next();
        return { kind: 'slice', items: next.done === true ? null : next.value };
      }
      case 'keep-photo':
        return { kind: 'photo', photo: await engine.keepPhoto(question.dataDir, Buffer.from(question.bytes)) };
    }
  };
  port.on('message', (question: WorkerQuestion) => {
    answer(question)
      .catch((error: unknown): WorkerAnswer => {
        if (error instanceof StalePlanError) return { kind: 'stale-plan' };
        if (error instanceof PhotoError) return { kind: 'photo-refused', code: error.code, message: error.message };
        const code = error instanceof Error && 'code' in error ? String(error.code) : '';
        return { kind: 'failed', code, message: error instanceof Error ? error.message : String(error) };
      })
      .then(tell, tell);
  });
}
