import { Refusal } from './exchange-store';

/** More keys than this are a flood of their own. Full buckets are forgotten first: they hold nobody back. */
const MAX_KEYS = 20_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** A token bucket per key: `burst` at once, `perSecond` for ever. */
export class RateLimit {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param nowMs monotonic */
  constructor(options: { readonly burst: number; readonly perSecond: number; readonly nowMs: () => number }) {
    this.#burst = options.burst;
    this.#perSecond = options.perSecond;
    this.#nowMs = options.nowMs;
  }

  /** Takes one token. Refuses with `too-many` and the time until there is one again. */
  take(key: string): void {
    this.requireOne(key);
    this.#bucket(key).tokens -= 1;
  }

  /** Refuses when there is no token, takes none. */
  requireOne(key: string): void {
    const { tokens } = this.#bucket(key);
    if (tokens >= 1) return;
    const retryAfterMs = Math.ceil(((1 - tokens) / this.#perSecond) * 1000);
    throw new Refusal('too-many', 'Too many requests: wait a moment.', { retryAfterMs });
  }

  #bucket(key: string): Bucket {
    const atMs = this.#nowMs();
    const known = this.#buckets.get(key);
    if (known) {
      known.tokens = Math.min(this.#burst, known.tokens + ((atMs - known.atMs) / 1000) * this.#perSecond);
      known.atMs = atMs;
      return known;
    }
    if (this.#buckets.size >= MAX_KEYS) this.#forget(atMs);
    const fresh = { tokens: this.#burst, atMs };
    this.#buckets.set(key, fresh);
    return fresh;
  }

  #forget(atMs: number): void {
    for (const [key, { tokens, atMs: sinceMs }] of this.#buckets) {
      if (tokens + ((atMs - sinceMs) / 1000) * this.#perSecond >= this.#burst) this.#buckets.delete(key);
    }
    if (this.#buckets.size >= MAX_KEYS) this.#buckets.clear();
  }
}
