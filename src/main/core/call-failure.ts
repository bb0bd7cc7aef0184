import type { Failure, Result } from '../../domain/result';
import type { CallError, ErrorCode } from '../../shared/errors';

/** Thrown by services to answer a call with an error of the contract. Never a fault of the program. */
export class CallFailure extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, { retryable = false }: { retryable?: boolean } = {}) {
    super(message);
    this.name = 'CallFailure';
    this.code = code;
    this.retryable = retryable;
  }

  toCallError(): CallError {
    return { code: this.code, message: this.message, retryable: this.retryable };
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
