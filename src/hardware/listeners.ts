import type { Clock, Unsubscribe } from './ports';

/** Those who want to hear of one kind of fact. */
export interface Listeners<A extends unknown[]> {
  add(listener: (...facts: A) => void): Unsubscribe;
  tell(...facts: A): void;
}

export function createListeners<A extends unknown[]>(): Listeners<A> {
  const listeners = new Set<(...facts: A) => void>();
  return {
    add(listener) {
      // A wrapper of its own, so that the same function added twice is heard twice and removed once.
      const entry = (...facts: A): void => listener(...facts);
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    tell(...facts) {
      for (const listener of [...listeners]) listener(...facts);
    },
  };
}

/** What was waited for, or why it did not come. */
export type Answer<T> = { readonly answer: T } | 'timeout' | 'closed';

export interface AnswerOptions<Fact, T> {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly listen: (listener: (fact: Fact) => void) => Unsubscribe;
  /** Tells, perhaps at once, that nothing more will be heard. */
  readonly onClose: (listener: () => void) => Unsubscribe;
  /** Makes an answer of a fact; undefined of one that is none. */
  readonly answerOf: (fact: Fact) => T | undefined;
}

/** Waits, listening from now on, for the first fact that answers. Never rejects. */
export function awaitAnswer<Fact, T>(options: AnswerOptions<Fact, T>): Promise<Answer<T>> {
  const { clock, timeoutMs, listen, onClose, answerOf } = options;
  return new Promise((resolve) => {
    const endings: Unsubscribe[] = [];
    const settle = (answer: Answer<T>): void => {
      for (const end of endings) end();
      resolve(answer);
    };
    endings.push(
      clock.after(timeoutMs, () => settle('timeout')),
      listen((fact) => {
        const answer = answerOf(fact);
        if (answer !== undefined) settle({ answer });
      }),
    );
    endings.push(onClose(() => settle('closed')));
  });
}
