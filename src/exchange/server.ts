import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
} from 'fastify';
import { hasZodFastifySchemaValidationErrors, validatorCompiler } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { takesAsIs } from '../shared/as-is';
import type { exchangeError, ExchangeErrorCode } from '../shared/exchange';
import { Refusal } from './exchange-store';
import { misfit } from './read-batch';
import { exchangeRoutes, type ExchangeOptions } from './routes';

/** What keeps a slow or broken client from holding a server up. */
export interface ServerLimits {
  /** Until the head of a request must have come. */
  readonly headersTimeoutMs: number;
  /** Until the whole of it must have come: a full batch over a slow uplink. */
  readonly requestTimeoutMs: number;
  /** A connection on which nothing moved for so long is closed. */
  readonly idleTimeoutMs: number;
  readonly maxConnections: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 120_000,
  idleTimeoutMs: 60_000,
  maxConnections: 8_192,
};

/** Answers to requests without a body or with a small one; routes that take more say so. */
const SMALL_BODY_BYTES = 64 * 1024;

const STATUS: Readonly<Record<ExchangeErrorCode, number>> = {
  'bad-request': 400,
  'too-large': 413,
  'too-many': 429,
  'not-enrolled': 401,
  'bad-code': 403,
  'bad-signature': 403,
  'token-expired': 401,
  revoked: 403,
  'wrong-stall': 403,
  'prefix-taken': 409,
  gap: 409,
  forked: 409,
  'not-found': 404,
  unavailable: 503,
  internal: 500,
};

/** Trying the same again may help. */
const RETRYABLE: ReadonlySet<ExchangeErrorCode> = new Set([
  'too-many',
  'token-expired',
  'gap',
  'unavailable',
  'internal',
]);

/**
 * A web server with the manners of the exchange and no routes yet: limits, request ids, schemas of zod, and one shape for
 * every refusal.
 */
export function newServer({
  log,
  limits = DEFAULT_LIMITS,
  trustProxy = false,
}: {
  readonly log: FastifyBaseLogger;
  readonly limits?: ServerLimits;
  /** Whether a proxy in front says who asks (`X-Forwarded-For`). */
  readonly trustProxy?: boolean;
}): FastifyInstance {
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy,
    bodyLimit: SMALL_BODY_BYTES,
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.idleTimeoutMs,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, limits.headersTimeoutMs),
    },
    genReqId: () => randomUUID(),
    // Schemas drop what they do not know, `__proto__` included.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    // Idle connections are closed at once, those with a request under way after it.
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    frameworkErrors: (error, _request, reply) => void answerRefusal(reply as FastifyReply, refusalOf(error)),
    clientErrorHandler: answerNoRequest,
  });
  app.server.maxConnections = limits.maxConnections;
  app.setValidatorCompiler<z.core.$ZodType>((route) => {
    const fits = takesAsIs(route.schema);
    const read = validatorCompiler(route);
    return (data: unknown) => (fits(data) ? { value: data } : read(data));
  });
  // Answers are built to their schemas and checked against them by tests; doing it here would cost more than the answer.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = refusalOf(error);
    if (refusal.code === 'internal') request.log.error({ error, url: request.url }, 'a request failed');
    else request.log.debug({ code: refusal.code, url: request.url, why: refusal.message }, 'a request was refused');
    return answerRefusal(reply, refusal);
  });
  app.setNotFoundHandler((_request, reply) =>
    answerRefusal(reply, new Refusal('not-found', 'There is nothing at this address.')),
  );
  return app;
}

/** A server that speaks the exchange and nothing else. */
export function createExchangeServer(options: ExchangeOptions & Parameters<typeof newServer>[0]): FastifyInstance {
  const app = newServer(options);
  void app.register(exchangeRoutes, options);
  return app;
}

function answerRefusal(reply: FastifyReply, { code, message, head, retryAfterMs }: Refusal): FastifyReply {
  if (retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(retryAfterMs / 1000));
  const body = wordsOf(code, message, {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(head && { head: { seq: head.seq, hash: head.hash } }),
  });
  return reply.status(STATUS[code]).type('application/json; charset=utf-8').send(body);
}

type Words = z.infer<typeof exchangeError>['error'];

function wordsOf(code: ExchangeErrorCode, message: string, more: Pick<Words, 'retryAfterMs' | 'head'> = {}): string {
  const error: Words = { code, message: message.slice(0, 500), retryable: RETRYABLE.has(code), ...more };
  return JSON.stringify({ error });
}

/** What was no request of HTTP, or did not come in time, is told so in the same words before its connection is closed. */
function answerNoRequest({ code: fault }: NodeJS.ErrnoException, socket: Socket): void {
  const [status, code, message]: [string, ExchangeErrorCode, string] =
    fault === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ['408 Request Timeout', 'unavailable', 'The request did not come in time: send it again.']
      : fault === 'HPE_HEADER_OVERFLOW'
        ? ['431 Request Header Fields Too Large', 'too-large', 'The headers of the request are too long.']
        : ['400 Bad Request', 'bad-request', 'This is no request of HTTP, or its length is another than it says.'];
  const body = wordsOf(code, message);
  const head = `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nContent-Type: application/json\r\n`;
  if (fault !== 'ECONNRESET' && socket.writable) socket.write(`${head}\r\n${body}`);
  socket.destroy();
}

function refusalOf(error: FastifyError | Refusal): Refusal {
  if (error instanceof Refusal) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const issues = error.validation.map(({ keyword, params, instancePath, message = '' }) => ({
      code: keyword,
      origin: String(params['origin']),
      path: instancePath.slice(1).split('/'),
      message,
    }));
    return misfit(error.validationContext ?? 'request', issues);
  }
  if (error.statusCode === 413) return new Refusal('too-large', 'The request is too large: send less at a time.');
  if (error.statusCode === 503) {
    return new Refusal('unavailable', 'The server is closing: try again shortly.', { retryAfterMs: 2_000 });
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new Refusal('bad-request', error.message);
  }
  return new Refusal('internal', 'Something went wrong at the server; its log says what.', { cause: error });
}
