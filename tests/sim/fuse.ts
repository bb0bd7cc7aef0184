/** The power went: nothing of this process runs any more. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

/** Stands between a process and its disk, and blows at a chosen write: before it happened, or after it and before anybody knew. */
export class Fuse {
  #left = Number.POSITIVE_INFINITY;
  #moment: 'before' | 'after' = 'before';
  #isBlown = false;
  readonly #onBlown: () => void;

  /** @param onBlown called once, at the moment itself: the disk is as the power cut leaves it */
  constructor(onBlown: () => void) {
    this.#onBlown = onBlown;
  }

  get isBlown(): boolean {
    return this.#isBlown;
  }

  /** Lets it blow at the n-th write from now, from 1. */
  set(writes: number, moment: 'before' | 'after'): void {
    this.#left = writes;
    this.#moment = moment;
  }

  /** Blows now. */
  blow(): void {
    if (this.#isBlown) return;
    this.#isBlown = true;
    this.#onBlown();
  }

  /** @throws PowerCut */
  pass<T>(write: () => T): T {
    if (this.#isBlown) throw new PowerCut();
    this.#left -= 1;
    if (this.#left === 0 && this.#moment === 'before') this.#cut();
    const value = write();
    if (this.#left === 0) this.#cut();
    return value;
  }

  #cut(): never {
    this.blow();
    throw new PowerCut();
  }
}

/** An object whose named methods pass the fuse; the others work as long as there is power. */
export function fused<T extends object>(target: T, fuse: Fuse, writes: ReadonlySet<string>): T {
  return new Proxy(target, {
    get(_, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        if (fuse.isBlown) throw new PowerCut();
        const call = (): unknown => Reflect.apply(value, target, given);
        return typeof key === 'string' && writes.has(key) ? fuse.pass(call) : call();
      };
    },
  });
}

/** The same for a port whose caller goes on after a failure: without power it never hears anything again. */
export function fusedPort<T extends object>(target: T, fuse: Fuse, writes: ReadonlySet<string>): T {
  const guarded = fused(target, fuse, writes);
  return new Proxy(target, {
    get(_, key) {
      const value: unknown = Reflect.get(guarded, key);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        try {
          return (value as (...given: unknown[]) => unknown)(...given);
        } catch (error) {
          if (error instanceof PowerCut) return new Promise(() => undefined);
          throw error;
        }
      };
    },
  });
}
