import { Worker } from 'node:worker_threads';
import { locate } from './locate';

/** What goes to a thread of ours and comes back: one reply for each request. */
export interface ThreadRequest<Q> {
  readonly id: number;
  readonly question: Q;
}
export type ThreadReply<A> =
  { readonly id: number; readonly answer: A } | { readonly id: number; readonly problem: string };

/** Work done beside the thread that must answer a person. */
export interface Thread<Q, A> {
  /** Rejects when the work fails, the thread dies, or it is closed. */
  ask(question: Q): Promise<A>;
  close(): Promise<void>;
}

export interface ThreadOptions<Q, A> {
  /** The built file of the thread. */
  readonly file: string;
  /** `import.meta.url` of the module that asks. */
  readonly beside: string;
  /** Does the work here when run from the sources, as tests are: there is no built thread to start. */
  readonly inPlace: (question: Q) => Promise<A>;
}

/** Starts the thread when the first question comes, and again should it die. Idle, it keeps no process alive. */
export function createThread<Q, A>({ file, beside, inPlace }: ThreadOptions<Q, A>): Thread<Q, A> {
  const waiting = new Map<number, { resolve: (answer: A) => void; reject: (error: Error) => void }>();
  let worker: Worker | null = null;
  let lastId = 0;

  function rejectAll(error: Error): void {
    for (const asker of waiting.values()) asker.reject(error);
    waiting.clear();
  }

  function start(path: string): Worker {
    const started = new Worker(path);
    started.unref();
    started.on('message', (reply: ThreadReply<A>) => {
      const asker = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (waiting.size === 0) started.unref();
      if ('answer' in reply) asker?.resolve(reply.answer);
      else asker?.reject(new Error(reply.problem));
    });
    const died = (error: Error): void => {
      if (worker !== started) return;
      worker = null;
      rejectAll(error);
    };
    started.on('error', died);
    started.on('exit', (code) => died(new Error(`The thread ${file} ended with code ${code}.`)));
    return started;
  }

  return {
    async ask(question) {
      const path = locate(file, beside);
      if (path === undefined) return inPlace(question);
      const current = (worker ??= start(path));
      current.ref();
      return new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        const request: ThreadRequest<Q> = { id: lastId, question };
        current.postMessage(request);
      });
    },
    async close() {
      const last = worker;
      worker = null;
      rejectAll(new Error(`The thread ${file} was closed.`));
      await last?.terminate();
    },
  };
}
