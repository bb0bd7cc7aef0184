import { timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import sirv from 'sirv';
import { WebSocketServer, type WebSocket } from 'ws';
import type { CallResult } from '../../shared/errors';
import type { ClientRole, TopicEvent } from '../../shared/contract';
import { CLOSE_CODES, helloMessage, MAX_MESSAGE_BYTES, PROTOCOL_VERSION, requestMessage } from '../../shared/wire';
import { themedPage, type Theme } from '../../shared/theme';
import { windowHeaders } from '../../shared/window-policy';
import type { PhotoFile } from '../core/photos';
import type { Log } from '../core/log';

const HELLO_TIMEOUT_MS = 5_000;
const PING_EVERY_MS = 15_000;
const MAX_CONNECTIONS = 32;
const MAX_CALLS_UNDER_WAY = 256;
/** Far above what a person or a benchmark sends one after the other; a runaway loop passes it at once. */
const MAX_CALLS_PER_SECOND = 20_000;
/** A client that reads nothing while this much waits for it is cut off; it fetches the state again when it returns. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;

/** The roles the token opens. Displays and shoppers get tokens of their own when they get calls of their own. */
const TOKEN_ROLES: readonly ClientRole[] = ['till', 'service'];

/** What the server needs of the kiosk. */
export interface ServedKiosk {
  readonly deviceId: string;
  dispatch(client: { readonly role: ClientRole }, message: unknown): Promise<CallResult<unknown>>;
  subscribe(listener: (event: TopicEvent) => void): () => void;
  findPhoto(photo: string): PhotoFile | null;
  readonly theme: Theme;
}

export interface LanServerOptions {
  readonly kiosk: ServedKiosk;
  /** 0 for any free port. */
  readonly port: number;
  readonly token: string;
  /** The built windows, or null to serve no pages. */
  readonly rendererDir: string | null;
  readonly log: Log;
}

export interface LanServer {
  readonly port: number;
  readonly token: string;
  /** Where the contract is spoken. */
  readonly socketUrl: string;
  /** Where the till runs in a browser of this machine, token included. */
  readonly tillUrl: string;
  close(): Promise<void>;
}

/**
 * Serves the contract on `ws://127.0.0.1:PORT/socket`, the built till on `/till/` and photos on `/photo/<sha256>`, to this
 * machine only. The token never travels in an address: it is in the fragment of the till's URL and in the first message.
 * @throws when the port is taken
 */
export async function startLanServer(options: LanServerOptions): Promise<LanServer> {
  const { kiosk, port, token, rendererDir, log } = options;
  const pages =
    rendererDir === null
      ? null
      : sirv(rendererDir, {
          setHeaders: (response, path) => {
            for (const [name, value] of Object.entries(windowHeaders(path))) response.setHeader(name, value);
          },
        });

  const http = createServer((request, response) => {
    if (!isOurs(request)) return answer(response, 403, 'This address serves its own machine only.');
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'Only GET.');
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path.startsWith('/photo/')) return sendPhoto(request, response, kiosk.findPhoto(path.slice('/photo/'.length)));
    if (!pages || rendererDir === null) return answer(response, 404, 'No pages are served here.');
    if (path === '/till/' || path === '/till/index.html') return void sendTill(response, rendererDir, kiosk.theme);
    pages(request, response, () => answer(response, 404, 'There is nothing here.'));
  });
  http.requestTimeout = 10_000;
  http.headersTimeout = 5_000;
  http.maxConnections = MAX_CONNECTIONS * 4;

  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  http.on('upgrade', (request, socket, head) => {
    if (request.url !== '/socket' || !isOurs(request) || sockets.clients.size >= MAX_CONNECTIONS) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => serve(client));
  });

  const alive = new WeakSet<WebSocket>();
  const pings = setInterval(() => {
    for (const client of sockets.clients) {
      if (!alive.has(client)) {
        client.terminate();
        continue;
      }
      alive.delete(client);
      client.ping();
    }
  }, PING_EVERY_MS);
  pings.unref();

  /** Host and Origin must name this very server: a page from elsewhere, or a name rebound to 127.0.0.1, does not. */
  function isOurs(request: IncomingMessage): boolean {
    const hosts = ['127.0.0.1', 'localhost'].map((name) => `${name}:${address.port}`);
    const { host, origin } = request.headers;
    return hosts.includes(host ?? '') && (origin === undefined || hosts.some((ours) => origin === `http://${ours}`));
  }

  function serve(client: WebSocket): void {
    let role: ClientRole | null = null;
    let stopEvents: () => void = () => undefined;
    let underWay = 0;
    let secondStartedMs = 0;
    let callsThisSecond = 0;
    alive.add(client);
    client.on('pong', () => alive.add(client));
    const helloTimer = setTimeout(() => client.close(CLOSE_CODES.helloTimeout, 'no hello'), HELLO_TIMEOUT_MS);

    function send(message: unknown): void {
      if (client.readyState !== client.OPEN) return;
      if (client.bufferedAmount > MAX_BUFFERED_BYTES) {
        client.terminate();
        return;
      }
      client.send(typeof message === 'string' ? message : JSON.stringify(message));
    }

    function greet(message: unknown): void {
      const hello = helloMessage.safeParse(message);
      if (!hello.success) return client.close(CLOSE_CODES.badMessage, 'say hello first');
      const asked = hello.data.hello;
      if (!sameToken(asked.token, token) || !TOKEN_ROLES.includes(asked.role)) {
        log.warn({ role: asked.role }, 'A connection was refused');
        return client.close(CLOSE_CODES.notAllowed, 'wrong token or role');
      }
      clearTimeout(helloTimer);
      role = asked.role;
      send({ welcome: { protocol: PROTOCOL_VERSION, deviceId: kiosk.deviceId } });
      stopEvents = kiosk.subscribe((event) => send(eventText(event)));
    }

    async function run(asRole: ClientRole, message: unknown): Promise<void> {
      const request = requestMessage.safeParse(message);
      if (!request.success) return client.close(CLOSE_CODES.badMessage, 'not a request');
      const { id, ...call } = request.data;
      const nowMs = Date.now();
      if (nowMs - secondStartedMs >= 1_000) {
        secondStartedMs = nowMs;
        callsThisSecond = 0;
      }
      callsThisSecond += 1;
      if (callsThisSecond > MAX_CALLS_PER_SECOND || underWay >= MAX_CALLS_UNDER_WAY) {
        return client.close(CLOSE_CODES.tooMany, 'too many calls');
      }
      underWay += 1;
      try {
        send({ id, result: await kiosk.dispatch({ role: asRole }, call) });
      } finally {
        underWay -= 1;
      }
    }

    client.on('message', (data, isBinary) => {
      const message = isBinary ? undefined : parseJson(String(data));
      if (message === undefined) return client.close(CLOSE_CODES.badMessage, 'not JSON text');
      if (role === null) greet(message);
      else void run(role, message);
    });
    client.on('error', (error) => log.warn({ error }, 'A connection failed'));
    client.on('close', () => {
      clearTimeout(helloTimer);
      stopEvents();
    });
  }

  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen({ port, host: '127.0.0.1' }, resolve);
  });
  const address = http.address() as AddressInfo;

  return {
    port: address.port,
    token,
    socketUrl: `ws://127.0.0.1:${address.port}/socket`,
    tillUrl: `http://127.0.0.1:${address.port}/till/#${token}`,
    async close() {
      clearInterval(pings);
      for (const client of sockets.clients) client.close(1001, 'the kiosk is stopping');
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      // A browser may take its time over the closing handshake; the till does not wait for it.
      setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
        http.closeAllConnections();
      }, 300);
      await closed;
    },
  };
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

function sameToken(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' });
  response.end(`${text}\n`);
}

async function sendTill(response: ServerResponse, rendererDir: string, theme: Theme): Promise<void> {
  try {
    const html = await readFile(join(rendererDir, 'till', 'index.html'), 'utf8');
    response.writeHead(200, { ...windowHeaders('/till/'), 'content-type': 'text/html; charset=utf-8' });
    response.end(themedPage(html, theme));
  } catch {
    answer(response, 404, 'The till is not built.');
  }
}

function sendPhoto(request: IncomingMessage, response: ServerResponse, photo: PhotoFile | null): void {
  if (!photo) return answer(response, 404, 'There is no such photo.');
  response.writeHead(200, photo.headers);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  createReadStream(photo.path)
    .on('error', () => response.destroy())
    .pipe(response);
}
