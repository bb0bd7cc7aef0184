/** Somebody sells while the last tap or scan is no older than this. Between two customers it passes many times. */
export const IN_USE_MS = 1_000;

/**
 * When somebody last did something at this till, for what can wait until nobody does: handing over a long queue, writing the
 * flags of orders placed long ago. Every thread reads it, without asking the one that sells.
 */
export class TillUse {
  /** What another thread makes its own `TillUse` of. */
  readonly shared: SharedArrayBuffer;
  readonly #lastNs: BigInt64Array;

  constructor(shared = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#lastNs = new BigInt64Array(shared);
  }

  /** Somebody does something now, or has just been answered. */
  note(): void {
    Atomics.store(this.#lastNs, 0, process.hrtime.bigint());
  }

  /** Milliseconds since somebody last did something; infinite where nobody ever did. */
  sinceMs(): number {
    const lastNs = Atomics.load(this.#lastNs, 0);
    return lastNs > 0n ? Number(process.hrtime.bigint() - lastNs) / 1e6 : Infinity;
  }

  /** Whether somebody is at it. */
  isInUse(): boolean {
    return this.sinceMs() < IN_USE_MS;
  }
}
