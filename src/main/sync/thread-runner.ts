import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { SyncRunner, SyncView } from '../core/sync-runner';
import type { SyncStore } from './sync-store';
import {
  answerTo,
  Questions,
  type RunnerArguments,
  type RunnerCall,
  type ThreadData,
  type ThreadMessage,
  type TillMessage,
} from './worker-messages';

/** The exchange in a thread of its own. The thread begins with the first server to exchange with. */
export class ThreadRunner implements SyncRunner {
  readonly #script: string;
  readonly #data: ThreadData;
  readonly #store: SyncStore;
  readonly #onFault: (error: Error) => void;
  readonly #listeners = new Set<() => void>();
  #thread: { readonly worker: Worker; readonly questions: Questions } | null = null;
  #view: SyncView = { peers: [] };

  /** @param script the built thread, `out/main/sync-worker.js` */
  constructor(script: string, data: ThreadData, store: SyncStore, onFault: (error: Error) => void) {
    this.#script = script;
    this.#data = data;
    this.#store = store;
    this.#onFault = onFault;
  }

  async start(): Promise<void> {
    // A till that has joined nothing pays for no thread.
    if ((await this.#store.peers()).length > 0) await this.#call('start');
  }

  async stop(): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    this.#listeners.clear();
    await this.#call('stop');
    this.#thread = null;
    await thread.worker.terminate();
    thread.questions.end(new Error('the exchange was stopped'));
  }

  nudge(): void {
    if (this.#thread) this.#tell({ kind: 'tell', what: 'nudge' });
  }

  offer(): void {
    if (this.#thread) this.#tell({ kind: 'tell', what: 'offer' });
  }

  async syncNow(): Promise<void> {
    await this.#call('syncNow');
  }

  enrol(...given: RunnerArguments<'enrol'>): ReturnType<SyncRunner['enrol']> {
    return this.#call('enrol', ...given) as ReturnType<SyncRunner['enrol']>;
  }

  async meet(...given: RunnerArguments<'meet'>): Promise<void> {
    await this.#call('meet', ...given);
  }

  async leave(...given: RunnerArguments<'leave'>): Promise<void> {
    await this.#call('leave', ...given);
  }

  newCode(...given: RunnerArguments<'newCode'>): ReturnType<SyncRunner['newCode']> {
    return this.#call('newCode', ...given) as ReturnType<SyncRunner['newCode']>;
  }

  carryOut(...given: RunnerArguments<'carryOut'>): ReturnType<SyncRunner['carryOut']> {
    return this.#call('carryOut', ...given) as ReturnType<SyncRunner['carryOut']>;
  }

  carryBack(...given: RunnerArguments<'carryBack'>): ReturnType<SyncRunner['carryBack']> {
    return this.#call('carryBack', ...given) as ReturnType<SyncRunner['carryBack']>;
  }

  view(): SyncView {
    return this.#view;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #call<C extends RunnerCall>(call: C, ...given: RunnerArguments<C>): Promise<unknown> {
    const { questions } = this.#running();
    return questions.ask((id) => this.#tell({ kind: 'call', id, call, arguments: given }));
  }

  #tell(message: TillMessage): void {
    this.#thread?.worker.postMessage(message);
  }

  #running(): { readonly questions: Questions } {
    if (this.#thread) return this.#thread;
    const thread = { worker: new Worker(this.#script, { workerData: this.#data }), questions: new Questions() };
    this.#thread = thread;
    const end = (error: Error): void => {
      thread.questions.end(error);
      if (this.#thread !== thread) return;
      this.#thread = null;
      this.#onFault(error);
    };
    thread.worker.on('message', (message: ThreadMessage) => this.#hear(thread, message));
    thread.worker.on('error', end);
    thread.worker.on('exit', () => end(new Error('the thread of the exchange has ended')));
    return thread;
  }

  #hear({ questions }: { readonly questions: Questions }, message: ThreadMessage): void {
    switch (message.kind) {
      case 'answer':
      case 'refusal':
        questions.settle(message);
        return;
      case 'view':
        this.#view = message.view;
        for (const listener of [...this.#listeners]) listener();
        return;
      case 'store': {
        const method = this.#store[message.method].bind(this.#store) as (...given: readonly unknown[]) => unknown;
        void answerTo(message.id, () => method(...message.arguments)).then((answer) => this.#tell(answer));
      }
    }
  }
}

/** The built thread, or null in a tree that was not built. Built code lies in `out/main` or in `out/main/chunks`. */
export function builtSyncThread(): string | null {
  const places = ['./sync-worker.js', '../sync-worker.js'].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  return places.find((place) => existsSync(place)) ?? null;
}
