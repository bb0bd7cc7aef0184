import type { CallInput, CallName, CallOutput, ClientRole, Topic, TopicEvent } from '../../shared/contract';
import type { CallError, CallResult } from '../../shared/errors';

/** Who may speak to the kiosk through the stall server. Nothing else passes, whoever asks for it. */
export const STALL_ROLES = ['shopper', 'display'] as const satisfies readonly ClientRole[];
export type StallRole = (typeof STALL_ROLES)[number];

/** What ages everything a shopper is shown. */
export const SHOWN_TO_SHOPPERS: readonly Topic[] = ['catalogue', 'prices', 'session', 'shop'];

/** The kiosk as the stall server reaches it: beside it, or from a thread of its own. */
export interface StallLink {
  /** Runs one call of the contract in a role that shoppers and displays have. Never rejects. */
  dispatch(role: StallRole, message: unknown): Promise<CallResult<unknown>>;
  /** Hears the topics of a display. */
  subscribe(listener: (event: TopicEvent) => void): () => void;
  /** Hears that what shoppers are shown became something else. */
  onAged(listener: () => void): () => void;
}

/** A call that was refused, with its code. */
export class CallRefused extends Error {
  readonly error: CallError;

  constructor(error: CallError) {
    super(error.message);
    this.name = 'CallRefused';
    this.error = error;
  }
}

/**
 * A shopper's call, typed.
 * @throws {CallRefused}
 */
export async function callFor<N extends CallName>(
  link: Pick<StallLink, 'dispatch'>,
  call: N,
  input: CallInput<N>,
  requestId?: string,
): Promise<CallOutput<N>> {
  const result = await link.dispatch('shopper', { call, input, ...(requestId !== undefined && { requestId }) });
  if (!result.ok) throw new CallRefused(result.error);
  return result.value as CallOutput<N>;
}
