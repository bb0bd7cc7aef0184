import type { ExchangeErrorCode } from '../shared/exchange';

/** What can go wrong before a server of the exchange has said so itself. */
export const CLIENT_FAILURES = [
  /** No connection: no network, no such name, nobody at the port, a certificate that is not right. */
  'unreachable',
  /** A connection on which no byte moves any more. */
  'no-progress',
  /** Somebody wants us to go elsewhere: a log-in page of the network. */
  'redirected',
  /** Something answered that does not speak the exchange: HTML, another program. */
  'no-exchange',
  /** It speaks the exchange, but this answer is not of the shape it must have. */
  'bad-answer',
  'answer-too-large',
  /** It is not the server that was enrolled with: another id or key, or it could not sign. */
  'wrong-server',
  /** It speaks a newer version of the exchange. */
  'too-new',
] as const;

export type ExchangeFailureCode = ExchangeErrorCode | (typeof CLIENT_FAILURES)[number];

/** Why an exchange did not succeed; `code` is what programs branch on, the message one sentence for a person. */
export class ExchangeFailure extends Error {
  override readonly name = 'ExchangeFailure';
  readonly code: ExchangeFailureCode;
  /** How long the server asked to be left alone. */
  readonly retryAfterMs: number | null;
  /** Of `gap` and `forked`: what the server has, or the last entry both agree on. */
  readonly head: { readonly seq: number; readonly hash: string } | null;

  constructor(
    code: ExchangeFailureCode,
    message: string,
    details: {
      readonly retryAfterMs?: number | undefined;
      readonly head?: { readonly seq: number; readonly hash: string } | undefined;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.head = details.head ?? null;
  }
}
