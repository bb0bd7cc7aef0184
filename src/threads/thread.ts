import { Worker } from 'node:worker_threads';
import { locate } from './locate';

/** What goes to a thread of ours and comes back: one reply for each request. */
export interface ThreadRequest<Q> {
  readonly id: number;
  readonly question: Q;
}
export type ThreadReply<A> =
  { readonly id: number; readonly answer: A } | { readonly id: number; readonly problem: string };

/** Why a question has no answer that would have had one of a thread that lives: it died, was closed or took too long. */
export class ThreadEnded extends Error {
  override readonly name = 'ThreadEnded';
}

/** Work done beside the thread that must answer a person. */
export interface Thread<Q, A> {
  /**
   * Rejects when the work fails, and with `ThreadEnded` when the thread dies or is closed, or no answer comes in time.
   * @param moved memory of the question that the thread gets instead of a copy of it: nobody here can use it any more
   */
  ask(question: Q, moved?: readonly ArrayBuffer[]): Promise<A>;
  /** How many questions wait for their answer. */
  readonly waiting: number;
  close(): Promise<void>;
}

export interface ThreadOptions<Q, A> {
  /** The built file of the thread. */
  readonly file: string;
  /** `import.meta.url` of the module that asks. */
  readonly beside: string;
  /** How long an answer may take, those before it included; a thread that takes longer is ended. */
  readonly timeoutMs: number;
  /** The most memory the thread's objects may take, where a question may be meant to take all there is. */
  readonly mostHeapMib?: number;
  /** Does the work here when run from the sources, as tests are: there is no built thread to start. */
  readonly inPlace: (question: Q) => Promise<A>;
}

/**
 * Starts the thread when the first question comes, and again should it die and another one come: never more than one at a time.
 * Idle, it keeps no process alive.
 */
export function createThread<Q, A>(options: ThreadOptions<Q, A>): Thread<Q, A> {
  const { file, beside, timeoutMs, mostHeapMib, inPlace } = options;
  const waiting = new Map<number, { resolve: (answer: A) => void; reject: (error: Error) => void }>();
  let worker: Worker | null = null;
  let path: string | undefined;
  let lastId = 0;

  function rejectAll(error: Error): void {
    for (const asker of waiting.values()) asker.reject(error);
    waiting.clear();
  }

  function start(path: string): Worker {
    const started = new Worker(path, mostHeapMib ? { resourceLimits: { maxOldGenerationSizeMb: mostHeapMib } } : {});
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
    // What it threw before it ended.
    started.on('error', (error) =>
      died(new ThreadEnded(`The thread ${file} ended: ${error.message}`, { cause: error })),
    );
    started.on('exit', (code) => died(new ThreadEnded(`The thread ${file} ended with code ${code}.`)));
    return started;
  }

  async function end(reason: string): Promise<void> {
    const last = worker;
    worker = null;
    rejectAll(new ThreadEnded(`The thread ${file} ${reason}.`));
    await last?.terminate();
  }

  return {
    async ask(question, moved = []) {
      path ??= locate(file, beside);
      if (path === undefined) return inPlace(question);
      const current = (worker ??= start(path));
      current.ref();
      lastId += 1;
      const request: ThreadRequest<Q> = { id: lastId, question };
      let timer: NodeJS.Timeout | undefined;
      const answer = new Promise<A>((resolve, reject) => {
        waiting.set(request.id, { resolve, reject });
        timer = setTimeout(() => void end(`gave no answer in ${timeoutMs} ms`), timeoutMs);
      });
      current.postMessage(request, moved);
      return answer.finally(() => clearTimeout(timer));
    },
    get waiting() {
      return waiting.size;
    },
    close: () => end('was closed'),
  };
}

/** One question to a thread that ends with its answer: for work that nobody asks for all day. */
export function askOnce<Q, A>(options: ThreadOptions<Q, A>, question: Q): Promise<A> {
  const thread = createThread(options);
  return thread.ask(question).finally(() => thread.close());
}
