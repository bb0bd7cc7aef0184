import { Worker } from 'node:worker_threads';
import { locate } from './locate';
import type { PaperToDraw } from './paper-image';

/** What goes to the drawing thread and comes back. */
export interface DrawRequest {
  readonly id: number;
  readonly paper: PaperToDraw;
}
export type DrawReply =
  { readonly id: number; readonly png: Uint8Array } | { readonly id: number; readonly problem: string };

/** Draws paper without holding up the thread that asks. */
export interface PaperRenderer {
  /** @returns a PNG file; rejects when it cannot be drawn or the renderer is closed */
  draw(paper: PaperToDraw): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Starts the drawing thread when the first paper comes, and again should it die. */
export function createPaperRenderer(): PaperRenderer {
  const waiting = new Map<number, { resolve: (png: Uint8Array) => void; reject: (error: Error) => void }>();
  let worker: Worker | null = null;
  let lastId = 0;

  function startWorker(file: string): Worker {
    const started = new Worker(file);
    // Idle, it keeps nobody alive.
    started.unref();
    started.on('message', (reply: DrawReply) => {
      const asker = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (waiting.size === 0) started.unref();
      if ('png' in reply) asker?.resolve(reply.png);
      else asker?.reject(new Error(reply.problem));
    });
    const died = (error: Error): void => {
      if (worker !== started) return;
      worker = null;
      for (const asker of waiting.values()) asker.reject(error);
      waiting.clear();
    };
    started.on('error', died);
    started.on('exit', (code) => died(new Error(`The drawing thread ended with code ${code}.`)));
    return started;
  }

  return {
    async draw(paper) {
      const file = locate('paper-worker.js', import.meta.url);
      if (file === undefined) {
        // Run from the sources, as tests are: there is no built thread to start.
        const { drawPaper } = await import('./paper-image');
        return drawPaper(paper);
      }
      const current = (worker ??= startWorker(file));
      current.ref();
      return new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        const request: DrawRequest = { id: lastId, paper };
        current.postMessage(request);
      });
    },
    async close() {
      const last = worker;
      worker = null;
      for (const asker of waiting.values()) asker.reject(new Error('The renderer was closed.'));
      waiting.clear();
      await last?.terminate();
    },
  };
}
