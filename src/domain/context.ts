/** What a domain function needs of the world. Handed in, so that the same call with the same context gives the same answer. */
export interface Context {
  /** The present instant, UTC, ISO 8601 with milliseconds: `2026-06-13T10:31:07.250Z`. */
  readonly now: string;
  /** A new UUIDv7. */
  newId(): string;
}
