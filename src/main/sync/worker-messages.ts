import type { SyncRunner, SyncView } from '../core/sync-runner';
import type { SyncStore } from './sync-store';

/** What the thread asks the till to read or write. */
export type StoreMethod = keyof SyncStore;

/** What a call of the engine from outside may be; each answers once. */
export type RunnerCall =
  'start' | 'stop' | 'syncNow' | 'enrol' | 'meet' | 'leave' | 'newCode' | 'carryOut' | 'carryBack';
export type RunnerArguments<C extends RunnerCall> = Parameters<SyncRunner[C]>;

interface Answer {
  readonly kind: 'answer';
  readonly id: number;
  readonly value: unknown;
}
interface Refusal {
  readonly kind: 'refusal';
  readonly id: number;
  /** Of the exchange, or empty for what nobody foresaw. */
  readonly code: string;
  readonly message: string;
}

/** From the thread to the till. */
export type ThreadMessage =
  | Answer
  | Refusal
  | {
      readonly kind: 'store';
      readonly id: number;
      readonly method: StoreMethod;
      readonly arguments: readonly unknown[];
    }
  | { readonly kind: 'view'; readonly view: SyncView };

/** From the till to the thread. */
export type TillMessage =
  | Answer
  | Refusal
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly call: RunnerCall;
      readonly arguments: readonly unknown[];
    }
  | { readonly kind: 'tell'; readonly what: 'nudge' | 'offer' };

export interface ThreadData {
  readonly dataDir: string;
  readonly version: string;
  /** Of a `TillUse`. */
  readonly use: SharedArrayBuffer;
}

/** Questions that wait for their answers. */
export class Questions {
  readonly #waiting = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
  >();
  #lastId = 0;

  /** @param send gets the number of the question */
  ask(send: (id: number) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      this.#waiting.set(this.#lastId, { resolve, reject });
      send(this.#lastId);
    });
  }

  settle(message: Answer | Refusal): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'answer') waiting?.resolve(message.value);
    else waiting?.reject(Object.assign(new Error(message.message), message.code !== '' && { code: message.code }));
  }

  /** Nobody answers any more. */
  end(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** Runs what was asked and says how it ended. */
export async function answerTo(id: number, work: () => unknown): Promise<Answer | Refusal> {
  try {
    return { kind: 'answer', id, value: await work() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return { kind: 'refusal', id, code, message: error instanceof Error ? error.message : String(error) };
  }
}
