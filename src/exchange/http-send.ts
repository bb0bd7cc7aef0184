import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { ExchangeFailure } from './exchange-failure';

/** One request of the exchange, before it is HTTP. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  /** Path and query below the server's address. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  /** An answer of more bytes than this is refused unread. */
  readonly maxAnswerBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/**
 * Carries one request to a server and brings back whatever it answered.
 * Rejects with an `ExchangeFailure`: `unreachable`, `no-progress` or `answer-too-large`.
 */
export type HttpSend = (request: HttpRequest) => Promise<HttpAnswer>;

/** The connection and the means to give it up. */
export interface HttpConnection {
  readonly send: HttpSend;
  /** Ends what is under way and lets go of kept connections. */
  close(): void;
}

export interface HttpOptions {
  /** For how long not a byte may move, either way, before the other side counts as gone. */
  readonly noProgressMs?: number;
  /** The most one exchange may take, however busily bytes drip. */
  readonly wholeMs?: number;
}

const NO_PROGRESS_MS = 12_000;
const WHOLE_MS = 180_000;
const KEPT_CONNECTIONS = 2;

/**
 * HTTP to one server, over kept connections. Redirects are not followed: an exchange never redirects, a market hall's log-in
 * page does. A connection whose other end has gone without a word shows itself by no byte moving.
 * @param address `http://` or `https://`, with or without a path
 */
export function openHttp(address: string, options: HttpOptions = {}): HttpConnection {
  const { noProgressMs = NO_PROGRESS_MS, wholeMs = WHOLE_MS } = options;
  const base = address.replace(/\/+$/, '');
  const isSecure = base.startsWith('https:');
  const agent = new (isSecure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: KEPT_CONNECTIONS });
  const open = isSecure ? httpsRequest : httpRequest;

  function once(request: HttpRequest, mayRepeat: boolean): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const { method, path, body } = request;
      const length = body === null ? 0 : Buffer.byteLength(body);
      const headers = { ...request.headers, ...(body !== null && { 'content-length': String(length) }) };
      const outgoing: ClientRequest = open(base + path, { method, agent, headers });
      const whole = setTimeout(() => outgoing.destroy(noProgress()), wholeMs);
      outgoing.setTimeout(noProgressMs, () => outgoing.destroy(noProgress()));
      outgoing.once('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(whole);
        // The server closed a kept connection at the moment it was used again: nothing was read of the request.
        if (mayRepeat && outgoing.reusedSocket && error.code === 'ECONNRESET') {
          once(request, false).then(resolve, reject);
        } else reject(asFailure(error));
      });
      outgoing.once('response', (incoming) => {
        readBody(incoming, request.maxAnswerBytes).then(
          (bytes) => {
            clearTimeout(whole);
            resolve({ status: incoming.statusCode ?? 0, headers: plainHeaders(incoming), body: bytes });
          },
          (error: unknown) => {
            clearTimeout(whole);
            outgoing.destroy();
            reject(asFailure(error));
          },
        );
      });
      outgoing.end(body ?? undefined);
    });
  }

  return { send: (request) => once(request, true), close: () => agent.destroy() };
}

async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) {
      throw new ExchangeFailure('answer-too-large', `The server answered with more than ${maxBytes} bytes.`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts, bytes);
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}

function noProgress(): ExchangeFailure {
  return new ExchangeFailure('no-progress', 'The server stopped answering in the middle of it.');
}

function asFailure(error: unknown): ExchangeFailure {
  if (error instanceof ExchangeFailure) return error;
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException;
  return new ExchangeFailure('unreachable', `The server cannot be reached (${code || message}).`);
}
