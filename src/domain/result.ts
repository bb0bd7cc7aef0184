/**
 * The outcome of a domain function: a value, or an error a person can act on.
 * Domain functions never throw for anything a user can cause.
 */
export type Result<T, C extends string = string> = Ok<T> | Failure<C>;
export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}
export interface Failure<C extends string = string> {
  readonly ok: false;
  readonly error: DomainError<C>;
}
/** `code` is what programs branch on; `message` is one plain English sentence that names the mend. */
export interface DomainError<C extends string = string> {
  readonly code: C;
  readonly message: string;
}

export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}

export function fail<C extends string>(code: C, message: string): Failure<C> {
  return { ok: false, error: { code, message } };
}
