import type { Failure, Result } from '../../domain/result';
import type { CallError, ErrorCode } from '../../shared/errors';

/** Thrown by services to answer a call with an error of the contract. Never a fault of the program. */
export class CallFailure extends Error {
  readonly code: ErrorCode;
  readonly #about: Pick<CallError, 'retryAfterMs' | 'variantId'>;

  constructor(code: ErrorCode, message: string, about: Pick<CallError, 'retryAfterMs' | 'variantId'> = {}) {
    super(message);
    this.name = 'CallFailure';
    this.code = code;
    this.#about = about;
  }

  toCallError(): CallError {
    const { code, message } = this;
    return { code, message, retryable: false, ...this.#about };
  }
}

/**
 * The value of a domain result.
 * @throws {CallFailure} with the domain's own code and words when it is a failure
 */
export function unwrap<T>(result: Result<T, ErrorCode>): T {
  if (result.ok) return result.value;
  const { code, message } = (result as Failure<ErrorCode>).error;
  throw new CallFailure(code, message);
}
