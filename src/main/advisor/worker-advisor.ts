import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { TillUse } from '../core/till-use';
import type { AdviceQuestion, Advisor, AdvisorAnswer } from '../core/advisor';
import { AdvisorEngine } from './engine';

/** What the thread is started with. */
export interface AdvisorData {
  readonly dataDir: string;
  /** Of the till's `TillUse`. */
  readonly use: SharedArrayBuffer;
}

/** What the thread answers. */
export type AdvisorMessage =
  { readonly kind: 'answer'; readonly answer: AdvisorAnswer } | { readonly kind: 'failed'; readonly message: string };

/** Memory of the thread beyond which it is ended rather than the till. */
const MOST_HEAP_MIB = 150;
/** Orders that are read leave little behind: a small nursery is emptied more often, and takes less. */
const NURSERY_MIB = 8;

/** The advisor in a thread of its own, started when it is first asked. */
export class WorkerAdvisor implements Advisor {
  readonly #script: string;
  readonly #data: AdvisorData;
  #worker: Worker | null = null;
  #waiting: { readonly resolve: (answer: AdvisorAnswer) => void; readonly reject: (error: Error) => void } | null =
    null;

  /**
   * @param script the built worker, `out/main/advisor-worker.js`
   * @param use of the till it stands back for
   */
  constructor(script: string, dataDir: string, use: TillUse) {
    this.#script = script;
    this.#data = { dataDir, use: use.shared };
  }

  ask(question: AdviceQuestion): Promise<AdvisorAnswer> {
    if (this.#waiting !== null) return Promise.reject(new Error('the advisor is at work'));
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      worker.postMessage(question);
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#end(new Error('the advisor was closed'));
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#script, {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MIB, maxYoungGenerationSizeMb: NURSERY_MIB },
    });
    worker.on('message', (message: AdvisorMessage) => {
      const waiting = this.#waiting;
      this.#waiting = null;
      if (message.kind === 'answer') waiting?.resolve(message.answer);
      else waiting?.reject(new Error(message.message));
    });
    const ended = (error: Error): void => {
      // One that was replaced meanwhile says nothing about its successor.
      if (this.#worker === worker) this.#end(error);
    };
    worker.on('error', ended);
    worker.on('exit', () => ended(new Error('the advisor has ended')));
    return worker;
  }

  #end(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    this.#worker = null;
    waiting?.reject(error);
  }
}

/** An advisor in a thread where the thread is built, else in this one (tests run from the sources). */
export function startAdvisor(dataDir: string, use: TillUse): Advisor {
  const places = ['./advisor-worker.js', '../advisor-worker.js'].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  const script = places.find((place) => existsSync(place));
  return script === undefined ? new AdvisorEngine(dataDir) : new WorkerAdvisor(script, dataDir, use);
}
