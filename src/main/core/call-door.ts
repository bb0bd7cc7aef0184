import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import {
  CALLS,
  callMessage,
  type CallMessage,
  type CallName,
  type CallOutput,
  type ClientRole,
} from '../../shared/contract';
import { ERROR_CODES, type CallError, type CallResult } from '../../shared/errors';
import type { Format } from '../../shared/format';
import { CallFailure } from './call-failure';
import type { Log } from './log';

/** Who is calling, as the door it came by has made sure of. */
export interface CallClient {
  readonly role: ClientRole;
}

/** What a handler learns besides its input. */
export interface CallContext {
  /** The id under which a command's result is kept; empty for queries. */
  readonly requestId: string;
  /** The person signed on, or null; null as well for what a shopper or a display does, who is nobody of the staff. */
  readonly staffId: string | null;
}

/** The same with who calls, for what differs between windows. */
export interface CallerContext extends CallContext, CallClient {}

/** One function per call of the contract; it throws `CallFailure` for everything a person can cause. */
export type CallHandlers = {
  readonly [N in CallName]: (
    input: z.output<(typeof CALLS)[N]['input']>,
    context: CallerContext,
  ) => CallOutput<N> | Promise<CallOutput<N>>;
};

export interface CallDoorOptions {
  readonly handlers: CallHandlers;
  /** Who is signed on now. */
  readonly signedOn: () => { readonly staffId: string; readonly role: 'operator' | 'cashier' } | null;
  /** The stored result of a command that was done before. */
  readonly resultOf: (
    requestId: string,
  ) => { readonly found: true; readonly value: unknown } | { readonly found: false };
  /** The number of the last event that will tell a role what was done up to now; undefined where it hears of nothing. */
  readonly toldBy: (role: ClientRole) => number | undefined;
  /** Somebody does something, and again when it is done. */
  readonly onCommand: () => void;
  /** What an error of the database means to a person; any other error as it is. */
  readonly explain: (error: unknown) => unknown;
  /** How English messages write amounts and times. */
  readonly format: () => Format;
  readonly log: Log;
}

/**
 * The one way into the core, used by every transport: parses the message, checks the window's role and the person's,
 * answers a repeated command with its stored result, runs the handler, and parses what it gives back.
 */
export class CallDoor {
  readonly #options: CallDoorOptions;
  /** Commands under way, so that a repeat that overtakes its first attempt waits for the same outcome. */
  readonly #running = new Map<string, Promise<CallResult<unknown>>>();

  constructor(options: CallDoorOptions) {
    this.#options = options;
  }

  /** Runs one call. Never rejects. */
  async dispatch(client: CallClient, raw: unknown): Promise<CallResult<unknown>> {
    const message = callMessage.safeParse(raw);
    if (!message.success) return failure('bad-request', 'A call is { call, requestId?, input }.');
    const { call: name, requestId } = message.data;
    if (!Object.hasOwn(CALLS, name)) return failure('unknown-call', `There is no call ${JSON.stringify(name)}.`);
    const call = name as CallName;
    if (!(CALLS[call].roles as readonly ClientRole[]).includes(client.role)) {
      return failure('not-allowed', `A ${client.role} may not call ${call}.`);
    }
    if (CALLS[call].kind === 'query') return this.#run(client, call, message.data);
    // What shoppers do on their own keeps nothing waiting that waits for a quiet till.
    if (isStaff(client)) this.#options.onCommand();
    if (requestId === undefined) return failure('bad-request', `${call} is a command and needs a requestId.`);
    const running = this.#running.get(requestId);
    if (running) return running;
    const run = this.#run(client, call, message.data);
    this.#running.set(requestId, run);
    try {
      return await run;
    } finally {
      this.#running.delete(requestId);
      // What the screen makes of the answer belongs to it.
      if (isStaff(client)) this.#options.onCommand();
    }
  }

  async #run(client: CallClient, call: CallName, { requestId = '', input }: CallMessage): Promise<CallResult<unknown>> {
    const { role } = client;
    const { kind, staff, input: inputSchema, output } = CALLS[call];
    try {
      const signedOn = this.#options.signedOn();
      if (staff !== 'none' && !signedOn) return failure('not-signed-on', 'Sign on first.');
      if (staff === 'operator' && signedOn?.role !== 'operator') {
        return failure('not-allowed', 'This needs an operator. Sign on as one.');
      }
      const parsed = inputSchema.safeParse(input);
      if (!parsed.success) return failure('bad-request', badRequestMessage(call, parsed.error));
      if (kind === 'command') {
        const stored = this.#options.resultOf(requestId);
        if (stored.found) return this.#answer(role, kind, output.parse(stored.value));
      }
      const handler = this.#options.handlers[call] as (input: unknown, context: CallerContext) => unknown;
      const staffId = isStaff(client) ? (signedOn?.staffId ?? null) : null;
      const value = await handler(parsed.data, { role, requestId, staffId });
      // Screens are told after the answer: whoever pays waits for the disk and for nothing else.
      return this.#answer(role, kind, output.parse(value));
    } catch (error) {
      return { ok: false, error: this.#explain(call, this.#options.explain(error)) };
    }
  }

  #answer(role: ClientRole, kind: 'query' | 'command', value: unknown): CallResult<unknown> {
    const seq = kind === 'command' ? this.#options.toldBy(role) : undefined;
    return { ok: true, value, ...(seq !== undefined && { seq }) };
  }

  #explain(call: CallName, error: unknown): CallError {
    if (error instanceof CallFailure) return error.toCallError(this.#options.format);
    // Store and importer have errors of their own that carry a code of the contract and name the mend.
    const known = error instanceof Error && 'code' in error && ERROR_CODES.find((code) => code === error.code);
    if (known) return { code: known, message: error.message, retryable: known === 'disk-full' };
    const incidentId = randomUUID();
    // The log gets the whole error; the caller gets a reference to it.
    this.#options.log.error({ call, incidentId, error }, 'A call failed');
    const message = `Something unforeseen happened. Log reference ${incidentId}.`;
    return { code: 'internal', message, retryable: false, incidentId };
  }
}

/** Whether a person of the stall may be calling. */
function isStaff({ role }: CallClient): boolean {
  return role === 'till' || role === 'service';
}

function failure(code: CallError['code'], message: string): { readonly ok: false; readonly error: CallError } {
  return { ok: false, error: { code, message, retryable: false } };
}

/** The first problem, with where it is; never the value, which may be long or private. */
function badRequestMessage(call: CallName, error: z.ZodError): string {
  const issue = error.issues[0];
  return `${call}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'not understood'}`;
}
