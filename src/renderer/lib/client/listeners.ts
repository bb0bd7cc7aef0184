import type { Unsubscribe } from './transport';

/** Those who want to hear of one kind of fact. */
export class Listeners<T> {
  readonly #listeners = new Set<(fact: T) => void>();

  add(listener: (fact: T) => void): Unsubscribe {
    // A wrapper of its own, so that the same function added twice is heard twice and removed once.
    const entry = (fact: T): void => listener(fact);
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  tell(fact: T): void {
    for (const listener of [...this.#listeners]) listener(fact);
  }
}
