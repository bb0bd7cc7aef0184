import type { WebSocket } from 'ws';
import type { z } from 'zod';
import type { ClientRole, TopicEvent } from '../../shared/contract';
import type { CallResult } from '../../shared/errors';
import { CLOSE_CODES, helloMessage, PROTOCOL_VERSION, requestMessage } from '../../shared/wire';
import type { CallClient } from '../core/call-door';

const HELLO_TIMEOUT_MS = 5_000;
const MAX_CALLS_UNDER_WAY = 256;
/** What a browser is told that may come back in a moment, as RFC 6455's registry names it. */
const TRY_AGAIN_LATER = 1013;

/** What speaking the contract needs of the kiosk. */
export interface SpokenKiosk {
  readonly deviceId: string;
  dispatch(client: CallClient, message: unknown): Promise<CallResult<unknown>>;
  subscribe(role: ClientRole, listener: (event: TopicEvent) => void): () => void;
}

export type Hello = z.infer<typeof helloMessage>['hello'];

export interface SpeakOptions {
  readonly kiosk: SpokenKiosk;
  readonly maxCallsPerSecond: number;
  /** A client that reads nothing while this much waits for it is cut off; it fetches the state again when it returns. */
  readonly maxBufferedBytes: number;
  /** Who says hello like this; null for somebody who may not come in. One that rejects lets the client try again later. */
  readonly authorise: (hello: Hello) => CallClient | null | Promise<CallClient | null>;
  /** Somebody was not let in. */
  readonly onRefused: (hello: Hello) => void;
  readonly onProblem: (error: unknown) => void;
}

/** Speaks the contract of `src/shared/wire.ts` with a client that says the right hello, and with no other. */
export function speakContract(client: WebSocket, options: SpeakOptions): void {
  const { kiosk, maxCallsPerSecond, maxBufferedBytes, authorise, onRefused, onProblem } = options;
  let caller: CallClient | null = null;
  let isGreeting = false;
  let stopEvents: () => void = () => undefined;
  let underWay = 0;
  let secondStartedMs = 0;
  let callsThisSecond = 0;
  const helloTimer = setTimeout(() => client.close(CLOSE_CODES.helloTimeout, 'no hello'), HELLO_TIMEOUT_MS);

  function send(message: unknown): void {
    if (client.readyState !== client.OPEN) return;
    if (client.bufferedAmount > maxBufferedBytes) {
      client.terminate();
      return;
    }
    client.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  async function greet(message: unknown): Promise<void> {
    const said = helloMessage.safeParse(message);
    if (isGreeting || !said.success) return client.close(CLOSE_CODES.badMessage, 'say hello first');
    isGreeting = true;
    const { hello } = said.data;
    try {
      // Who is known at once is let in at once: a request may follow the hello in the same packet.
      const known = authorise(hello);
      caller = known instanceof Promise ? await known : known;
    } catch (error) {
      onProblem(error);
      return client.close(TRY_AGAIN_LATER, 'try again later');
    }
    clearTimeout(helloTimer);
    if (!caller) {
      onRefused(hello);
      return client.close(CLOSE_CODES.notAllowed, 'wrong token or role');
    }
    if (client.readyState !== client.OPEN) return;
    send({ welcome: { protocol: PROTOCOL_VERSION, deviceId: kiosk.deviceId } });
    stopEvents = kiosk.subscribe(caller.role, (event) => send(eventText(event)));
  }

  async function run(from: CallClient, message: unknown): Promise<void> {
    const request = requestMessage.safeParse(message);
    if (!request.success) return client.close(CLOSE_CODES.badMessage, 'not a request');
    const { id, ...call } = request.data;
    const nowMs = Date.now();
    if (nowMs - secondStartedMs >= 1_000) {
      secondStartedMs = nowMs;
      callsThisSecond = 0;
    }
    callsThisSecond += 1;
    if (callsThisSecond > maxCallsPerSecond || underWay >= MAX_CALLS_UNDER_WAY) {
      return client.close(CLOSE_CODES.tooMany, 'too many calls');
    }
    underWay += 1;
    try {
      send({ id, result: await kiosk.dispatch(from, call) });
    } finally {
      underWay -= 1;
    }
  }

  client.on('message', (data, isBinary) => {
    const message = isBinary ? undefined : parseJson(String(data));
    if (message === undefined) return client.close(CLOSE_CODES.badMessage, 'not JSON text');
    if (caller === null) void greet(message);
    else void run(caller, message);
  });
  client.on('error', onProblem);
  client.on('close', () => {
    clearTimeout(helloTimer);
    stopEvents();
  });
}

/** The text of an event, made once however many clients hear it. */
const eventTexts = new WeakMap<TopicEvent, string>();
function eventText(event: TopicEvent): string {
  let text = eventTexts.get(event);
  if (text === undefined) {
    text = JSON.stringify({ event });
    eventTexts.set(event, text);
  }
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
