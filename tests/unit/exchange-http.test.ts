import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { readServerCard } from '../../src/exchange/client';
import type { ExchangeFailure } from '../../src/exchange/exchange-failure';
import { openHttp, type HttpConnection } from '../../src/exchange/http-send';
import { EXCHANGE_VERSION } from '../../src/shared/exchange';

const CARD = {
  trestle: 'exchange',
  version: EXCHANGE_VERSION,
  serverId: 'hub',
  role: 'hub',
  publicKey: 'AAAA',
  epoch: 1,
  recipient: null,
  now: '2026-06-13T09:00:00.000Z',
};

let server: Server;
let http: HttpConnection;

/** For whoever never ends; a server that answers has all the time a busy machine needs. */
const SOON = { noProgressMs: 200, wholeMs: 900 };
const PATIENT = { noProgressMs: 30_000, wholeMs: 60_000 };

async function serve(answer: RequestListener, limits = PATIENT): Promise<HttpConnection> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  http = openHttp(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, limits);
  return http;
}

afterEach(async () => {
  http.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function failure(answer: RequestListener, limits = PATIENT): Promise<ExchangeFailure> {
  const { send } = await serve(answer, limits);
  return readServerCard(send).then(
    () => Promise.reject(new Error('it was taken')),
    (error: ExchangeFailure) => error,
  );
}

const json = (status: number, body: unknown): RequestListener => {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
};

/** Sends a byte now and then, for ever. */
const drip: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 50);
  response.on('close', () => clearInterval(timer));
};

test('a server says who it is', async () => {
  const { send } = await serve(json(200, CARD));
  expect(await readServerCard(send)).toEqual(CARD);
});

test.each<[string, RequestListener]>([
  ['no-exchange', (_request, response) => response.end('<!doctype html>Welcome to Market Hall Wi-Fi')],
  ['redirected', (_request, response) => response.writeHead(302, { location: 'http://login.example/' }).end()],
  ['too-large', (_request, response) => response.writeHead(413).end('<h1>Request Entity Too Large</h1>')],
  ['answer-too-large', json(200, { ...CARD, more: 'x'.repeat(1024 * 1024) })],
  ['bad-answer', json(200, { ...CARD, epoch: 'one' })],
  ['too-new', json(200, { ...CARD, version: EXCHANGE_VERSION + 1 })],
  ['unavailable', (_request, response) => response.writeHead(503).end('<h1>Bad gateway</h1>')],
  ['unreachable', (request) => request.socket.destroy()],
])('%s is told apart', async (code, answer) => {
  expect((await failure(answer)).code).toBe(code);
});

test.each<[string, RequestListener]>([
  ['halts', (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{')],
  ['drips', drip],
])('an answer that %s is given up', async (_how, answer) => {
  expect((await failure(answer, SOON)).code).toBe('no-progress');
});

test('a server that asks to be left alone is, but not for ever', async () => {
  const error = { code: 'too-many', message: 'Later.', retryable: true };
  const busy = await failure((_request, response) => {
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '7' });
    response.end(JSON.stringify({ error }));
  });
  expect(busy.retryAfterMs).toBe(7_000);
  http.close();
  server.closeAllConnections();
  server.close();
  const forEver = await failure(json(429, { error: { ...error, retryAfterMs: 10 ** 9 } }));
  expect(forEver.retryAfterMs).toBe(600_000);
});

test.each([
  // By the server's own clock, whatever ours says.
  ['Mon, 05 Jan 2026 09:01:30 GMT', 90_000],
  ['Tue, 06 Jan 2026 09:00:00 GMT', 600_000],
  ['Mon, 05 Jan 2026 08:00:00 GMT', null],
  ['in a while', null],
  ['-3', null],
])('a proxy that asks for patience until %s is understood', async (after, retryAfterMs) => {
  const busy = await failure((_request, response) => {
    response.writeHead(503, { 'retry-after': after, date: 'Mon, 05 Jan 2026 09:00:00 GMT' }).end('<h1>Later</h1>');
  });
  expect([busy.code, busy.retryAfterMs]).toEqual(['unavailable', retryAfterMs]);
});
