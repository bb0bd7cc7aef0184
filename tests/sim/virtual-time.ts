import { setImmediate as nextTurn } from 'node:timers/promises';

interface Appointment {
  readonly dueMs: number;
  readonly order: number;
  readonly work: () => unknown;
}

/**
 * Time that passes only when everybody has done what there was to do. Appointments are kept one by one, in the order of
 * their time and then of their making, so that a story has only one way to go.
 */
export class VirtualTime {
  #nowMs: number;
  #order = 0;
  readonly #appointments = new Map<number, Appointment>();
  #underWay = 0;
  #failure: unknown = null;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** @returns what calls it off */
  after(delayMs: number, work: () => unknown): () => void {
    this.#order += 1;
    const order = this.#order;
    this.#appointments.set(order, { dueMs: this.#nowMs + Math.max(0, Math.round(delayMs)), order, work });
    return () => this.#appointments.delete(order);
  }

  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Time stands still while real work, which takes real time, is under way. */
  async duringRealWork<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Keeps appointments up to an instant; those at the instant are kept as well. */
  async runUntil(untilMs: number): Promise<void> {
    await this.#settle();
    for (let next = this.#next(); next !== null && next.dueMs <= untilMs; next = this.#next()) {
      this.#appointments.delete(next.order);
      this.#nowMs = next.dueMs;
      Promise.resolve(next.work()).catch((error: unknown) => (this.#failure ??= error));
      await this.#settle();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  #next(): Appointment | null {
    let next: Appointment | null = null;
    for (const one of this.#appointments.values()) if (next === null || one.dueMs < next.dueMs) next = one;
    return next;
  }

  /** Waits until nobody has anything to do before time passes. */
  async #settle(): Promise<void> {
    do await nextTurn();
    while (this.#underWay > 0);
    // What was told last may have set off something more.
    await nextTurn();
    if (this.#underWay > 0) await this.#settle();
    if (this.#failure !== null) throw this.#failure;
  }
}
