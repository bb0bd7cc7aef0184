import { timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import sirv from 'sirv';
import type { ClientRole } from '../../shared/contract';
import { windowPage, type WindowLook } from '../../shared/theme';
import { windowHeaders } from '../../shared/window-policy';
import { answerClip, type ClipFile } from '../core/clips';
import type { PhotoFile } from '../core/photos';
import type { Log } from '../core/log';
import { CLOSE_PATIENCE_MS, openContractSockets, refuseUpgrade } from './contract-sockets';
import type { SpokenKiosk } from './speak-contract';

const MAX_CONNECTIONS = 32;
/** Far above what a person or a benchmark sends one after the other; a runaway loop passes it at once. */
const MAX_CALLS_PER_SECOND = 20_000;
/** A till's own window reads all it is sent; whoever does not is cut off here. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;

/** The roles the token opens. A tablet's display has a token of its own, and comes by another door. */
const TOKEN_ROLES: readonly ClientRole[] = ['till', 'service', 'display'];
/** The windows that are served, by the folder of their page. */
const WINDOWS = ['till', 'display'] as const;

/** What the server needs of the kiosk. */
export interface ServedKiosk extends SpokenKiosk {
  findPhoto(photo: string): PhotoFile | null;
  findClip(file: string): ClipFile | null;
  lookOf(window: 'till' | 'display'): WindowLook;
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
 * Serves the contract on `ws://127.0.0.1:PORT/socket`, the built till on `/till/`, the display on `/display/` photos on `/photo/<sha256>` and clips on `/media/<sha256>.<extension>`, to this
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
    if (path.startsWith('/media/')) return sendClip(request, response, kiosk.findClip(path.slice('/media/'.length)));
    if (!pages || rendererDir === null) return answer(response, 404, 'No pages are served here.');
    const window = WINDOWS.find((name) => path === `/${name}/` || path === `/${name}/index.html`);
    if (window !== undefined) return void sendWindow(response, join(rendererDir, window), kiosk.lookOf(window));
    pages(request, response, () => answer(response, 404, 'There is nothing here.'));
  });
  http.requestTimeout = 10_000;
  http.headersTimeout = 5_000;
  http.maxConnections = MAX_CONNECTIONS * 4;

  const sockets = openContractSockets({
    kiosk,
    maxConnections: MAX_CONNECTIONS,
    maxCallsPerSecond: MAX_CALLS_PER_SECOND,
    maxBufferedBytes: MAX_BUFFERED_BYTES,
    authorise: (hello) =>
      sameToken(hello.token, token) && TOKEN_ROLES.includes(hello.role) ? { role: hello.role } : null,
    onRefused: ({ role }) => log.warn({ role }, 'A connection was refused'),
    onProblem: (error) => log.warn({ error }, 'A connection failed'),
  });
  http.on('upgrade', (request, socket, head) => {
    if (request.url === '/socket' && isOurs(request)) sockets.upgrade(request, socket, head);
    else refuseUpgrade(socket);
  });

  /** Host and Origin must name this very server: a page from elsewhere, or a name rebound to 127.0.0.1, does not. */
  function isOurs(request: IncomingMessage): boolean {
    const hosts = ['127.0.0.1', 'localhost'].map((name) => `${name}:${address.port}`);
    const { host, origin } = request.headers;
    return hosts.includes(host ?? '') && (origin === undefined || hosts.some((ours) => origin === `http://${ours}`));
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
      sockets.close();
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      // A browser may take its time over the closing handshake; the till does not wait for it.
      setTimeout(() => http.closeAllConnections(), CLOSE_PATIENCE_MS);
      await closed;
    },
  };
}

function sameToken(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' });
  response.end(`${text}\n`);
}

async function sendWindow(response: ServerResponse, folder: string, look: WindowLook): Promise<void> {
  try {
    const html = await readFile(join(folder, 'index.html'), 'utf8');
    response.writeHead(200, { ...windowHeaders('/'), 'content-type': 'text/html; charset=utf-8' });
    response.end(windowPage(html, look));
  } catch {
    answer(response, 404, 'This window is not built.');
  }
}

function sendClip(request: IncomingMessage, response: ServerResponse, clip: ClipFile | null): void {
  if (!clip) return answer(response, 404, 'There is no such clip.');
  const { status, headers, part } = answerClip(clip, request.headers.range);
  response.writeHead(status, headers);
  if (request.method === 'HEAD' || part === null) {
    response.end();
    return;
  }
  sendFile(response, clip.path, part);
}

function sendPhoto(request: IncomingMessage, response: ServerResponse, photo: PhotoFile | null): void {
  if (!photo) return answer(response, 404, 'There is no such photo.');
  response.writeHead(200, photo.headers);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  sendFile(response, photo.path);
}

/** @param part the bytes to send, both ends included; all unless given */
function sendFile(
  response: ServerResponse,
  path: string,
  part?: { readonly start: number; readonly end: number },
): void {
  // A player that has seen enough hangs up; the file is closed then, too.
  pipeline(createReadStream(path, part), response, () => undefined);
}
