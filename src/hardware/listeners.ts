import type { Unsubscribe } from './ports';

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
