/** What a domain function may know of the world: the instant and fresh ids. Everything else is in its arguments. */
export interface Context {
  /** UTC, ISO 8601 with milliseconds: `2026-11-22T09:05:00.000Z`. */
  readonly now: string;
  /** A new UUIDv7. */
  newId(): string;
}
