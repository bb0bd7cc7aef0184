import { uptime } from 'node:os';

/** Closer than this the wall clock is followed: a network sets it right bit by bit. */
const TOLERANCE_MS = 2_000;
/** A journal this far ahead of the clock was led there by another device, and says nothing of this clock. */
const BELIEVED_AHEAD_MS = 12 * 60 * 60_000;

/** Linux reads its uptime from a file, to a hundredth of a second: in between the monotonic clock carries it on. */
const READ_UPTIME_EVERY_MS = 100;
let readAtMs = Number.NEGATIVE_INFINITY;
let uptimeMs = 0;

/**
 * A clock that nobody sets. Where the system's uptime goes on while the machine sleeps, that is it (Linux counts CLOCK_BOOTTIME,
 * Windows GetTickCount64); on macOS it is derived from the wall clock, so there the monotonic one is taken.
 * @returns milliseconds since some moment; after a sleep it may take a tenth of a second until that counts
 */
export function steadyMs(): number {
  const nowMs = performance.now();
  if (process.platform === 'darwin') return nowMs;
  const sinceMs = nowMs - readAtMs;
  if (sinceMs < READ_UPTIME_EVERY_MS) return uptimeMs + sinceMs;
  // What was cut off of the last reading must not turn it back.
  uptimeMs = Math.max(uptime() * 1_000, uptimeMs + (Number.isFinite(sinceMs) ? sinceMs : 0));
  readAtMs = nowMs;
  return uptimeMs;
}

export interface PriceClockOptions {
  /** The wall clock. */
  readonly now: () => Date;
  readonly steadyMs: () => number;
  /** The newest instant of this device's journal, UTC milliseconds, or null. */
  readonly lastMs: number | null;
}

/**
 * The time prices go by: the wall clock's when the till started, carried on by a steady one. A wall clock that is set forward or
 * back neither ends a drop nor begins it again. It never starts before what the journal says was.
 */
export class PriceClock {
  readonly #now: () => Date;
  readonly #steadyMs: () => number;
  #anchorMs: number;
  #anchorSteadyMs: number;
  /** How far the wall clock was ahead when it was told last. */
  #toldMs = 0;

  constructor({ now, steadyMs: steady, lastMs }: PriceClockOptions) {
    this.#now = now;
    this.#steadyMs = steady;
    const wallMs = now().getTime();
    const isBehind = lastMs !== null && lastMs > wallMs && lastMs - wallMs < BELIEVED_AHEAD_MS;
    this.#anchorMs = isBehind ? lastMs : wallMs;
    this.#anchorSteadyMs = steady();
  }

  /** UTC milliseconds; never runs backwards. */
  nowMs(): number {
    return Math.round(this.#anchorMs + this.#steadyMs() - this.#anchorSteadyMs);
  }

  /** How far the wall clock is ahead of the prices', in milliseconds; below nothing when it is behind. */
  aheadMs(): number {
    const aheadMs = this.#now().getTime() - this.nowMs();
    return Math.abs(aheadMs) <= TOLERANCE_MS ? 0 : aheadMs;
  }

  /**
   * Compares the two clocks. Small differences are followed.
   * @returns by how much the wall clock has jumped since it was asked last, or null
   */
  look(): number | null {
    const wallMs = this.#now().getTime();
    const aheadMs = wallMs - this.nowMs();
    if (Math.abs(aheadMs) <= TOLERANCE_MS) {
      this.#toldMs = 0;
      if (aheadMs > 0) this.accept();
      return null;
    }
    const jumpedMs = aheadMs - this.#toldMs;
    if (Math.abs(jumpedMs) <= TOLERANCE_MS) return null;
    this.#toldMs = aheadMs;
    return jumpedMs;
  }

  /** Goes by the wall clock from now on: a person says that it is right. */
  accept(): void {
    this.#anchorMs = this.#now().getTime();
    this.#anchorSteadyMs = this.#steadyMs();
    this.#toldMs = 0;
  }
}
