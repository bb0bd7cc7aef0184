import type { Verdict } from '../../domain/refusal';
import type { Result } from '../../domain/result';
import type { CallError, ErrorCode, SentencedCode, WordedCode } from '../../shared/errors';
import { errorSentence } from '../../shared/error-words';
import type { Format } from '../../shared/format';

type About = Pick<CallError, 'details' | 'retryAfterMs' | 'variantId'>;

/** Thrown by services to answer a call with an error of the contract. Never a fault of the program. */
export class CallFailure extends Error {
  readonly code: ErrorCode;
  readonly #sentence: string | null;
  readonly #about: About;

  /** A code with words in every language, and what exactly is wrong where those do not tell. */
  constructor(code: WordedCode, about?: About);
  constructor(code: SentencedCode, sentence: string);
  constructor(code: ErrorCode, told: string | About = {}) {
    const [sentence, about] = typeof told === 'string' ? [told, {}] : [null, told];
    super(sentence ?? [code, about.details?.reason].filter(Boolean).join(': '));
    this.name = 'CallFailure';
    this.code = code;
    this.#sentence = sentence;
    this.#about = about;
  }

  /** @param format of amounts and times in the English message */
  toCallError(format: () => Format): CallError {
    const { code } = this;
    const message = this.#sentence ?? errorSentence({ code, ...this.#about }, format);
    return { code, message, retryable: false, ...this.#about };
  }
}

/**
 * The value of a domain result.
 * @throws {CallFailure} with the domain's own code and what it says of it when it is a failure
 */
export function unwrap<T>(result: Verdict<T, WordedCode> | Result<T, SentencedCode>): T {
  if (result.ok) return result.value;
  const { error } = result;
  if ('message' in error) throw new CallFailure(error.code, error.message);
  const { code, details } = error;
  throw new CallFailure(code, details && { details });
}
