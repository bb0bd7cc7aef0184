import { z } from 'zod';
import { parseAsIs } from '../shared/as-is';
import {
  challengeResponse,
  enrolResponse,
  EXCHANGE_PATHS,
  EXCHANGE_VERSION,
  exchangeError,
  feedResponse,
  headsResponse,
  MAX_BATCH_BYTES,
  MAX_BATCH_ENTRIES,
  MAX_PHOTO_BYTES,
  newCodeResponse,
  peopleFeed,
  pushResponse,
  reconcileResponse,
  serverCard,
  tokenResponse,
  type deviceStatus,
  type enrolRequest,
  type peoplePush,
  type pushRequest,
  type shiftSums,
} from '../shared/exchange';
import { ExchangeFailure, type ExchangeFailureCode } from './exchange-failure';
import type { HttpAnswer, HttpRequest, HttpSend } from './http-send';
import { isSignedBy, signedTexts } from './signatures';

export type ServerCard = z.infer<typeof serverCard>;
export type EnrolRequest = z.infer<typeof enrolRequest>;
export type EnrolResponse = z.infer<typeof enrolResponse>;
export type PushRequest = z.infer<typeof pushRequest>;
export type PushResponse = z.infer<typeof pushResponse>;
export type FeedResponse = z.infer<typeof feedResponse>;
export type HeadsResponse = z.infer<typeof headsResponse>;
export type DeviceStatus = z.infer<typeof deviceStatus>;
export type NewCodeResponse = z.infer<typeof newCodeResponse>;
export type PeoplePush = z.infer<typeof peoplePush>;
export type PeopleFeed = z.infer<typeof peopleFeed>;
export type ShiftSums = z.infer<typeof shiftSums>;
export type ReconcileResponse = z.infer<typeof reconcileResponse>;

/** Answers that are no feed and no photo are small. */
const SMALL_ANSWER_BYTES = 256 * 1024;
/** A page of the feed is cut like a batch; escapes and envelopes are on top. */
const LARGE_ANSWER_BYTES = 4 * MAX_BATCH_BYTES;
/** Longest pause a server may ask for: more would strand a queue. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

const nothing = z.object({});

/** A batch as it travels. */
export function packBatch(request: PushRequest): Uint8Array {
  return Buffer.from(JSON.stringify(request));
}

/** Who answers at an address, before anything is believed of it. */
export async function readServerCard(send: HttpSend): Promise<ServerCard> {
  const answer = await send(plainRequest('GET', EXCHANGE_PATHS.card, null));
  // A newer version may say things of itself that this one has no words for.
  const { version } = read(answer, z.looseObject({ trestle: z.literal('exchange'), version: z.int() }));
  if (version > EXCHANGE_VERSION) {
    throw new ExchangeFailure(
      'too-new',
      `The server speaks version ${version} of the exchange, this till ${EXCHANGE_VERSION}: update the till.`,
    );
  }
  return read(answer, serverCard);
}

/**
 * Joins the stall of a code, or continues a former device.
 * @param card of the server, as `readServerCard` gave it: another one answering is refused
 */
export async function enrol(send: HttpSend, request: EnrolRequest, card: ServerCard): Promise<EnrolResponse> {
  const answer = await send(plainRequest('POST', EXCHANGE_PATHS.enrol, request));
  const enrolled = read(answer, enrolResponse);
  const { server } = enrolled;
  if (server.serverId !== card.serverId || server.publicKey !== card.publicKey) throw wrongServer();
  return enrolled;
}

export interface ExchangeClientOptions {
  readonly send: HttpSend;
  /** The server as it was when the device enrolled: nobody else is believed. */
  readonly server: { readonly serverId: string; readonly publicKey: string };
  readonly stallId: string;
  readonly deviceId: string;
  /** Ed25519 with the device's key over a text, base64. */
  readonly sign: (text: string) => string | Promise<string>;
  /** An unguessable text, another one each time. */
  readonly newNonce: () => string;
}

/**
 * One device's side of the exchange with one server. Answers are parsed, and what only this server can say is checked by
 * its signature. A token that has run out is renewed and the request repeated; which is safe, since every request of the
 * exchange may arrive twice.
 */
export class ExchangeClient {
  readonly #options: ExchangeClientOptions;
  #token: string | null = null;
  #tokenUnderWay: Promise<string> | null = null;

  constructor(options: ExchangeClientOptions) {
    this.#options = options;
  }

  /** What the server says of itself now. Rejects with `wrong-server` when it is another one. */
  async card(): Promise<ServerCard> {
    const card = await readServerCard(this.#options.send);
    const { serverId, publicKey } = this.#options.server;
    if (card.serverId !== serverId || card.publicKey !== publicKey) throw wrongServer();
    return card;
  }

  /** A token for a request that is not made here, the wake-up socket's. */
  token(): Promise<string> {
    if (this.#token !== null) return Promise.resolve(this.#token);
    this.#tokenUnderWay ??= this.#newToken().finally(() => (this.#tokenUnderWay = null));
    return this.#tokenUnderWay;
  }

  /** Throws the token away, so that the next request shows who this is again. */
  forgetToken(): void {
    this.#token = null;
  }

  /**
   * Hands a batch over. The answer's signature is checked: what it acknowledges is durable at the server that was enrolled
   * with.
   * @param packed the same batch as it travels, where that was made ahead of time
   */
  async push(request: PushRequest, packed = packBatch(request)): Promise<PushResponse> {
    const pushed = await this.#ask('POST', this.#path('entries'), pushResponse, packed);
    const { head, epoch, signature } = pushed;
    this.#requireSigned(signedTexts.acknowledgement(request.head.device, head, epoch), signature);
    return pushed;
  }

  feed(query: {
    readonly after: string;
    readonly own: 'all' | 'others';
    readonly limit?: number;
  }): Promise<FeedResponse> {
    const { after, own, limit = MAX_BATCH_ENTRIES } = query;
    const path = `${this.#path('entries')}?${new URLSearchParams({ after, own, limit: String(limit) }).toString()}`;
    return this.#ask('GET', path, feedResponse, null, LARGE_ANSWER_BYTES);
  }

  heads(): Promise<HeadsResponse> {
    return this.#ask('GET', this.#path('heads'), headsResponse, null, LARGE_ANSWER_BYTES);
  }

  async tellStatus(status: DeviceStatus): Promise<void> {
    await this.#ask('POST', this.#path('status'), nothing, status);
  }

  newCode(name: string): Promise<NewCodeResponse> {
    return this.#ask('POST', this.#path('codes'), newCodeResponse, { name });
  }

  pushPeople(push: PeoplePush): Promise<unknown> {
    return this.#ask('POST', this.#path('people'), nothing, push);
  }

  /** People changed after a version of the server's. */
  people(after: number): Promise<PeopleFeed> {
    return this.#ask('GET', `${this.#path('people')}?after=${after}`, peopleFeed, null, LARGE_ANSWER_BYTES);
  }

  reconcile(sums: ShiftSums): Promise<ReconcileResponse> {
    return this.#ask('POST', this.#path('reconcile'), reconcileResponse, sums, LARGE_ANSWER_BYTES);
  }

  /** How many bytes of a photo the server has; 0 while nothing has come. */
  photoOffset(sha256: string): Promise<number> {
    const request = { ...plainRequest('GET', this.#photoPath(sha256), null), method: 'HEAD' as const };
    return this.#authorised(request, (answer) => (answer.status === 404 ? 0 : photoOffsetOf(answer)));
  }

  /**
   * Adds a part of a photo, at most `MAX_PHOTO_PART_BYTES`.
   * @returns how many bytes of it the server has now
   */
  putPhotoPart(
    sha256: string,
    part: { readonly offset: number; readonly totalBytes: number; readonly bytes: Uint8Array },
  ): Promise<number> {
    const request: HttpRequest = {
      method: 'PATCH',
      path: this.#photoPath(sha256),
      headers: {
        accept: 'application/json',
        'content-type': 'application/octet-stream',
        'upload-offset': String(part.offset),
        'upload-length': String(part.totalBytes),
      },
      body: part.bytes,
      maxAnswerBytes: SMALL_ANSWER_BYTES,
    };
    return this.#authorised(request, photoOffsetOf);
  }

  /** The next bytes of a photo, or null when the server has not all of it. */
  photoPart(
    sha256: string,
    offset: number,
    most: number,
  ): Promise<{ readonly bytes: Uint8Array; readonly isWhole: boolean } | null> {
    const request: HttpRequest = {
      ...plainRequest('GET', this.#photoPath(sha256), null),
      headers: { accept: 'application/octet-stream', range: `bytes=${offset}-${offset + most - 1}` },
      maxAnswerBytes: MAX_PHOTO_BYTES,
    };
    return this.#authorised(request, (answer) => {
      if (answer.status === 404) return null;
      if (answer.status >= 300) throw refusal(answer);
      const total = Number(/^bytes \d+-\d+\/(\d+)$/.exec(answer.headers['content-range'] ?? '')?.[1] ?? Number.NaN);
      if (answer.status !== 206 || !Number.isSafeInteger(total) || answer.body.length === 0) {
        throw new ExchangeFailure('bad-answer', 'The server sends a photo otherwise than it was asked to.');
      }
      return { bytes: answer.body, isWhole: offset + answer.body.length === total };
    });
  }

  #photoPath(sha256: string): string {
    return this.#path('photo').replace(':sha256', sha256);
  }

  #path(name: keyof typeof EXCHANGE_PATHS): string {
    return EXCHANGE_PATHS[name].replace(':stall', encodeURIComponent(this.#options.stallId));
  }

  #ask<T extends z.ZodType>(
    method: 'GET' | 'POST',
    path: string,
    schema: T,
    body: unknown,
    maxAnswerBytes = SMALL_ANSWER_BYTES,
  ): Promise<z.output<T>> {
    const request = { ...plainRequest(method, path, body), maxAnswerBytes };
    return this.#authorised(request, (answer) => read(answer, schema));
  }

  async #authorised<T>(request: HttpRequest, readAnswer: (answer: HttpAnswer) => T): Promise<T> {
    for (let isSecond = false; ; isSecond = true) {
      const token = await this.token();
      const headers = { ...request.headers, authorization: `Bearer ${token}` };
      const answer = await this.#options.send({ ...request, headers });
      try {
        return readAnswer(answer);
      } catch (error) {
        if (isSecond || !(error instanceof ExchangeFailure) || error.code !== 'token-expired') throw error;
        // Whoever was quicker may have a new one already.
        if (this.#token === token) this.#token = null;
      }
    }
  }

  async #newToken(): Promise<string> {
    const { send, deviceId, sign, newNonce } = this.#options;
    const asked = await send(plainRequest('POST', EXCHANGE_PATHS.challenge, { deviceId }));
    const { challenge } = read(asked, challengeResponse);
    const nonce = newNonce();
    const signature = await sign(signedTexts.token(challenge, nonce));
    const answer = await send(plainRequest('POST', EXCHANGE_PATHS.token, { deviceId, challenge, signature, nonce }));
    const given = await this.#tokenOf(answer);
    this.#requireSigned(signedTexts.server(nonce, deviceId, given.epoch), given.signature);
    if (given.stallId !== this.#options.stallId) {
      throw new ExchangeFailure('wrong-stall', 'The server knows this device as one of another stall.');
    }
    this.#token = given.token;
    return given.token;
  }

  async #tokenOf(answer: HttpAnswer): Promise<z.output<typeof tokenResponse>> {
    try {
      return read(answer, tokenResponse);
    } catch (error) {
      // Whoever does not know this device may be another server altogether.
      if (error instanceof ExchangeFailure && error.code === 'not-enrolled') await this.card();
      throw error;
    }
  }

  #requireSigned(text: string, signature: string): void {
    if (!isSignedBy(text, signature, this.#options.server.publicKey)) throw wrongServer();
  }
}

function plainRequest(method: 'GET' | 'POST', path: string, body: unknown): HttpRequest {
  const type = { 'content-type': 'application/json' };
  return {
    method,
    path,
    headers: { accept: 'application/json', ...(body !== null && type) },
    body: body === null || body instanceof Uint8Array ? body : JSON.stringify(body),
    maxAnswerBytes: SMALL_ANSWER_BYTES,
  };
}

function photoOffsetOf(answer: HttpAnswer): number {
  if (answer.status >= 300) throw refusal(answer);
  const offset = Number(answer.headers['upload-offset'] ?? Number.NaN);
  if (Number.isSafeInteger(offset)) return offset;
  throw new ExchangeFailure('bad-answer', 'The server does not say how much of a photo it has.');
}

/** The value of an answer, or an `ExchangeFailure` that says what it is instead. */
function read<T extends z.ZodType>(answer: HttpAnswer, schema: T): z.output<T> {
  if (answer.status >= 300) throw refusal(answer);
  const json = answer.status === 204 ? {} : jsonOf(answer);
  const parsed = parseAsIs(schema, json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ExchangeFailure(
    'bad-answer',
    `The server's answer cannot be understood: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
  );
}

function refusal(answer: HttpAnswer): ExchangeFailure {
  const { status, headers } = answer;
  if (status >= 300 && status < 400) {
    return new ExchangeFailure(
      'redirected',
      `The network sends us elsewhere${headers['location'] ? `, to ${headers['location'].slice(0, 100)}` : ''}: log in to it first.`,
    );
  }
  const parsed = exchangeError.safeParse(jsonOf(answer));
  if (!parsed.success) {
    return new ExchangeFailure(
      WORDLESS.get(status) ?? 'no-exchange',
      `What answered with status ${status} is no exchange.`,
      retryAfter(headers),
    );
  }
  const { code, message, retryAfterMs, head } = parsed.data.error;
  return new ExchangeFailure(code, message, { ...retryAfter(headers, retryAfterMs), head });
}

/** What a status says without words of ours: the answer to HEAD has none, and a proxy in front of the hub has its own. */
const WORDLESS: ReadonlyMap<number, ExchangeFailureCode> = new Map([
  [401, 'token-expired'],
  [413, 'too-large'],
  [502, 'unavailable'],
  [503, 'unavailable'],
  [504, 'unavailable'],
]);

function retryAfter(headers: HttpAnswer['headers'], saidMs?: number): { readonly retryAfterMs?: number } {
  const ms = saidMs ?? retryAfterHeaderMs(headers);
  return Number.isFinite(ms) && ms >= 0 ? { retryAfterMs: Math.min(ms, LONGEST_RETRY_AFTER_MS) } : {};
}

/** `Retry-After` as RFC 9110 has it: seconds, or an instant, which is compared with the answer's own; our clock may be wrong. */
function retryAfterHeaderMs({ 'retry-after': after = '', date = '' }: HttpAnswer['headers']): number {
  return /^\d+$/.test(after.trim()) ? Number(after) * 1000 : Date.parse(after) - Date.parse(date);
}

function jsonOf({ status, headers, body }: HttpAnswer): unknown {
  const type = headers['content-type'] ?? '';
  if (/^application\/([a-z.+-]+\+)?json\b/i.test(type)) {
    try {
      return JSON.parse(Buffer.from(body).toString('utf8')) as unknown;
    } catch {
      // Falls through: what says it is JSON and is not speaks no exchange either.
    }
  }
  if (status >= 300) return undefined;
  throw new ExchangeFailure(
    'no-exchange',
    `What answers there is no exchange: it sends ${type || 'something unnamed'}.`,
  );
}

function wrongServer(): ExchangeFailure {
  return new ExchangeFailure(
    'wrong-server',
    'Another server answers at this address than the one this till has joined. Nothing that it says counts.',
  );
}
