/**
 * The messages of the loopback WebSocket, around the calls and topics of the contract. Documented for outside programs in
 * docs/protocol.md.
 */
import { z } from 'zod';
import { isRefusal, type Refusal } from '../domain/refusal';
import { callMessage, ROLES, TOPICS, type Topic } from './contract';
import { ERROR_CODES } from './errors';

/** Grows when a message changes its meaning. */
export const PROTOCOL_VERSION = 1;

/** The most bytes of one message: a photo of 12 MB in base64 with room around it. */
export const MAX_MESSAGE_BYTES = 17 * 1024 * 1024;

/** Close codes of our own (4000 to 4999 are the application's). */
export const CLOSE_CODES = {
  /** The first message was not a hello, or a later one was not a request. */
  badMessage: 4400,
  /** Wrong token, or a role this token may not take. */
  notAllowed: 4401,
  /** No hello in time. */
  helloTimeout: 4408,
  /** More requests than a person or a program in good order would send. */
  tooMany: 4429,
} as const;

/** Client to kiosk, first. */
export const helloMessage = z.object({ hello: z.object({ token: z.string().max(200), role: z.enum(ROLES) }) });

/** Kiosk to client, in answer to hello. Topic events flow from here on. */
export const welcomeMessage = z.object({ welcome: z.object({ protocol: z.int(), deviceId: z.string() }) });

/** Client to kiosk: a call, with a number of the client's choice that the answer carries. */
export const requestMessage = callMessage.extend({ id: z.int().min(0) });

export const callError = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  retryable: z.boolean(),
  // Details that only a newer till knows are left out: the words of the code remain.
  details: z.custom<Refusal>(isRefusal).optional().catch(undefined),
  retryAfterMs: z.int().optional(),
  variantId: z.string().optional(),
  incidentId: z.string().optional(),
});

/** How every call is answered, whichever door it came by; `value` is parsed by the call's own schema. */
export const callResult = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown(), seq: z.int().optional() }),
  z.object({ ok: z.literal(false), error: callError }),
]);

/** Kiosk to client: the answer to the request of the same number. */
export const responseMessage = z.object({ id: z.int(), result: callResult });

/** Kiosk to client: what a topic became; `state` is parsed by the topic's own schema in `TOPIC_CHANGES`. */
export const topicEnvelope = z.object({
  topic: z.enum(Object.keys(TOPICS) as [Topic, ...Topic[]]),
  seq: z.int(),
  state: z.unknown(),
});
export const eventMessage = z.object({ event: topicEnvelope });

/** Everything the kiosk sends. */
export const serverMessage = z.union([responseMessage, eventMessage, welcomeMessage]);
export type ServerMessage = z.infer<typeof serverMessage>;
