/**
 * A hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014): as close to the wall clock as it can be
 * without ever running backwards, on this device or against any entry it has seen.
 *
 * Instants are text, `2026-11-22T09:05:00.000Z-0000-<device>`: UTC milliseconds, a counter in hexadecimal, and the
 * device, which makes every instant different. They sort as text.
 */
/** Where the device begins in an instant. */
const DEVICE_AT = '2026-11-22T09:05:00.000Z-0000-'.length;

const COUNTER_MOST = 0xffff;

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z-[0-9a-f]{4}-/;

/**
 * Milliseconds since the epoch of a hybrid instant.
 * @throws when the text is none
 */
export function wallMs(at: string): number {
  const ms = INSTANT.test(at) ? Date.parse(at.slice(0, 24)) : Number.NaN;
  if (Number.isNaN(ms)) throw new Error(`not a hybrid instant: ${at}`);
  return ms;
}

/** The device that made a hybrid instant. */
export function deviceOf(at: string): string {
  return at.slice(DEVICE_AT);
}

/** Whether a text is a hybrid instant of this device. */
export function isInstantOf(at: string, device: string): boolean {
  return INSTANT.test(at) && !Number.isNaN(Date.parse(at.slice(0, 24))) && deviceOf(at) === device;
}

export class HybridClock {
  readonly #device: string;
  readonly #now: () => Date;
  #ms = 0;
  #counter = 0;

  /** @param last the newest instant this device has written or seen, or null */
  constructor(device: string, now: () => Date, last: string | null) {
    this.#device = device;
    this.#now = now;
    if (last !== null) this.observe(last);
  }

  /** The next instant: later than every one before, whatever the wall clock did meanwhile. */
  next(): string {
    const wall = this.#now().getTime();
    if (wall > this.#ms) {
      this.#ms = wall;
      this.#counter = 0;
    } else if (this.#counter < COUNTER_MOST) {
      this.#counter += 1;
    } else {
      this.#ms += 1;
      this.#counter = 0;
    }
    return `${new Date(this.#ms).toISOString()}-${this.#counter.toString(16).padStart(4, '0')}-${this.#device}`;
  }

  /** Takes note of another device's instant, so that what is written from now on comes after it. */
  observe(at: string): void {
    const ms = wallMs(at);
    const counter = Number.parseInt(at.slice(25, 29), 16);
    if (ms > this.#ms) {
      this.#ms = ms;
      this.#counter = counter;
    } else if (ms === this.#ms) this.#counter = Math.max(this.#counter, counter);
  }
}
