import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { WebSocketServer, type WebSocket } from 'ws';
import { Refusal } from '../../exchange/exchange-store';
import { isOwnForm } from '../../exchange/own-form';
import { RateLimit } from '../../exchange/rate-limit';
import { chooseLocale, inLocale, type PageLocale } from '../../pages/language';
import { PAGE_FONTS } from '../../pages/look';
import { problemPage, problemWords, type PageProblem } from '../../pages/problem';
import { createFormat, type Format } from '../../shared/format';
import { localeFor } from '../../shared/language';
import type { StallFront, StallOffer } from '../../shared/shop-schemas';
import type { OpenStallServer, StallPlace } from '../core/stall-switch';
import { pacedLink } from './call-pace';
import { PhotosBusy } from './fitted-photos';
import { PageShelf, readyPage, sendPage } from './page-shelf';
import { CallRefused, callFor, type StallLink } from './stall-link';
import type { PageWorld, StallPages, StallSite } from './stall-site';

/** A market's worth of phones, each with the few connections a browser opens. */
const MOST_CONNECTIONS = 1_024;
const MOST_CONNECTIONS_EACH = 24;
const MOST_SOCKETS = 64;
const MOST_SOCKETS_EACH = 8;
/** A page with its photos at once; then as fast as anybody looks. */
const RATE_EACH = { burst: 120, perSecond: 20 };
const RATE_ALL = { burst: 3_000, perSecond: 1_500 };
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 10_000;
const MOST_HEADER_BYTES = 8 * 1024;
const MOST_BODY_BYTES = 16 * 1024;
const MOST_MESSAGE_BYTES = 64 * 1024;
/** Then a phone connects anew, and waits in line like everybody. */
const MOST_REQUESTS_PER_SOCKET = 500;
/** The same phone is one person for this long. */
const SAME_PERSON_MS = 15 * 60_000;
const MOST_REMEMBERED = 5_000;
const TOLD_EVERY_MS = 1_000;

const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  // Forms say where they come from, other sites hear nothing.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  // Whatever says nothing else is nobody's to keep.
  'cache-control': 'no-store',
};

export interface StallServerOptions extends StallPlace {
  readonly link: StallLink;
  readonly dataDir: string;
  /** The folder with `resources/`. */
  readonly projectFolder: string;
  readonly sites: readonly StallSite[];
  /** Something went wrong that no shopper can mend. */
  readonly onProblem: (error: unknown) => void;
}

/**
 * Serves shoppers' phones and displays on one address of this machine. It reaches the kiosk by a link that knows no other
 * roles than theirs; no request names a file; whatever a stranger sends is bounded in size, time and number.
 * @throws the system's error when the port is taken or the address is not this machine's
 */
export async function startStallServer(options: StallServerOptions): Promise<OpenStallServer> {
  const { host, port, dataDir, projectFolder, sites, onProblem } = options;
  const link = pacedLink(options.link);
  const nowMs = (): number => performance.now();
  const each = new RateLimit({ ...RATE_EACH, nowMs });
  const all = new RateLimit({ ...RATE_ALL, nowMs });
  const shelf = new PageShelf();
  // A name rebound to this address by somebody else's DNS is not among these. None is until it is known where this listens.
  let hosts: ReadonlySet<string> = new Set();
  const isOurHost = (asked: string | undefined): boolean => asked !== undefined && hosts.has(asked.toLowerCase());

  const app = Fastify({
    loggerInstance: undefined,
    logger: false,
    bodyLimit: MOST_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_TIMEOUT_MS,
    keepAliveTimeout: IDLE_TIMEOUT_MS / 2,
    maxRequestsPerSocket: MOST_REQUESTS_PER_SOCKET,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      maxHeaderSize: MOST_HEADER_BYTES,
      connectionsCheckingInterval: 1_000,
    },
    forceCloseConnections: true,
    return503OnClosing: false,
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    frameworkErrors: (_error, _request, reply) => void plain(reply, 400, 'That address cannot be read.'),
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  limitEach(app);

  // Forms, and nothing else that a browser sends by itself.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(COMMON_HEADERS);
    // A target with a host of its own (RFC 9112, 3.2.2) is meant for a proxy.
    if (!isOurHost(request.headers.host) || !(request.raw.url ?? '').startsWith('/')) {
      return plain(reply, 421, 'This stall is not called that. Scan its code again.');
    }
    all.take('all');
    each.take(request.ip);
    if (request.method === 'POST' && !isOwnForm(request)) {
      return plain(reply, 403, 'Forms of the stall are sent from its own pages.');
    }
    return undefined;
  });

  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    if (error instanceof Refusal) {
      if (error.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(error.retryAfterMs / 1000));
      // Whoever does not wait has to knock again, and is counted at the door.
      return plain(reply.header('connection', 'close'), 429, inShort(request, 'busy'));
    }
    if (error instanceof PhotosBusy) return plain(reply.header('retry-after', 2), 503, inShort(request, 'busy'));
    if (error instanceof CallRefused) {
      try {
        return await stall.sorry(request, reply, problemOf(error));
      } catch (still) {
        // Nor can the till be asked for what stands around a page.
        if (!(still instanceof CallRefused)) throw still;
        return plain(reply.header('retry-after', 2), 503, inShort(request, 'busy'));
      }
    }
    const { statusCode = 500 } = error;
    if (statusCode >= 400 && statusCode < 500) return plain(reply, statusCode, inShort(request, 'refused'));
    onProblem(error);
    return plain(reply, 500, inShort(request, 'failed'));
  });
  app.setNotFoundHandler((request, reply) => stall.sorry(request, reply, 'not-found'));

  const front = keptFront(link);
  const formats = new Map<string, Format>();
  const formatOf = ({ currency, timeZone, locale }: StallFront, asked: PageLocale): Format => {
    const written = localeFor(asked, locale);
    const key = `${currency} ${timeZone} ${written}`;
    const format = formats.get(key) ?? createFormat({ currency, timeZone, locale: written });
    formats.set(key, format);
    return format;
  };
  const worldFor = async (request: FastifyRequest): Promise<PageWorld> => {
    const shown = await front();
    const locale = chooseLocale(request.headers['accept-language'], shown.locale);
    return {
      front: shown,
      frame: { locale, stallName: shown.name, home: shown.offers.includes('gallery') ? '/' : null },
      format: formatOf(shown, locale),
      now: new Date().toISOString(),
    };
  };

  const socketPaths = new Map<string, { readonly offer: StallOffer; readonly serve: SocketServe }>();
  const came = peopleCounter(link, onProblem);

  const fontsFolder = join(projectFolder, 'resources', 'fonts');
  const stall: Omit<StallPages, 'socket'> = {
    link,
    dataDir,
    fontsFolder,
    rendererDir: join(projectFolder, 'out', 'renderer'),
    onProblem,
    front,
    came,
    async show(request, reply, { key, read, draw, status = 200 }) {
      const world = await worldFor(request);
      const make = async () => {
        const data = await read();
        return readyPage(inLocale(world.frame.locale, () => draw(data, world)));
      };
      const page =
        key === null ? await make() : await shelf.get(`${world.frame.locale} ${key}`, world.front.version, make);
      return sendPage(request, reply, page, { isShared: key !== null, status });
    },
    async sorry(request, reply, problem) {
      const world = await worldFor(request);
      const page = readyPage(inLocale(world.frame.locale, () => problemPage(world.frame, problem)));
      return sendPage(request, reply, page, { isShared: false, status: PROBLEM_STATUS[problem] });
    },
  };

  for (const site of sites) {
    void app.register((scope, _given, done) => {
      scope.addHook('onRequest', async (request, reply) => {
        const { offers } = await front();
        return offers.includes(site.offer) ? undefined : stall.sorry(request, reply, 'not-found');
      });
      site.register(scope, {
        ...stall,
        socket: (path, serve) => socketPaths.set(path, { offer: site.offer, serve }),
      });
      done();
    });
  }
  await serveFonts(app, fontsFolder);

  const sockets = serveSockets(app, {
    paths: socketPaths,
    isWelcome: ({ headers }) => isOurHost(headers.host) && headers.origin === `http://${headers.host}`,
    offers: async () => (await front()).offers,
    take: (address) => {
      all.take('all');
      each.take(address);
    },
  });

  await app.listen({ host, port });
  const { port: opened } = app.server.address() as AddressInfo;
  const names = [host, hostname(), `${hostname()}.local`].map((name) => `${name.toLowerCase()}:${opened}`);
  hosts = new Set(opened === 80 ? [...names, ...names.map((name) => name.replace(/:80$/, ''))] : names);

  return {
    url: `http://${host}:${opened}`,
    async close() {
      came.stop();
      front.stop();
      sockets.close();
      await app.close();
    },
  };
}

type SocketServe = (client: WebSocket, request: IncomingMessage) => void;

const PROBLEM_STATUS: Readonly<Record<PageProblem, number>> = {
  'not-found': 404,
  busy: 503,
  refused: 400,
  failed: 500,
};

/** A problem in a line of plain text, where a page would ask the till or cost more than the answer is worth. */
function inShort({ headers }: FastifyRequest, problem: PageProblem): string {
  return inLocale(chooseLocale(headers['accept-language'], 'en'), () => {
    const { title, detail } = problemWords(problem);
    return `${title}. ${detail}`;
  });
}

function problemOf({ error: { code, retryable } }: CallRefused): PageProblem {
  if (code === 'unknown-item' || code === 'bad-request') return 'not-found';
  if (retryable) return 'busy';
  return code === 'internal' ? 'failed' : 'refused';
}

/** A short answer for programs and strangers; a shopper gets a page. */
function plain(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.headers(COMMON_HEADERS).status(status).type('text/plain; charset=utf-8').send(`${text}\n`);
}

/** What is shown of the stall now: asked for once after each change. */
function keptFront(link: StallLink): { (): Promise<StallFront>; stop(): void } {
  let kept: { readonly front: Promise<StallFront>; readonly untilMs: number } | null = null;
  const stop = link.onAged(() => (kept = null));
  async function front(): Promise<StallFront> {
    if (kept !== null && performance.now() < kept.untilMs) return kept.front;
    const asked = callFor(link, 'shop.front', {});
    const mine = { front: asked, untilMs: Number.POSITIVE_INFINITY };
    kept = mine;
    try {
      const { freshForMs } = await asked;
      // Unless something changed meanwhile: what was asked for is old already, and is asked for again by the next.
      if (kept === mine && freshForMs !== null) kept = { front: asked, untilMs: performance.now() + freshForMs };
      return await asked;
    } catch (error) {
      if (kept === mine) kept = null;
      throw error;
    }
  }
  return Object.assign(front, { stop });
}

/** Counts people who come by a code or look at goods, each phone once in a while; told together, and who it was is forgotten. */
function peopleCounter(
  link: StallLink,
  onProblem: (error: unknown) => void,
): { (request: FastifyRequest): void; stop(): void } {
  const seenMs = new Map<string, number>();
  let people = 0;
  function tell(): void {
    if (people === 0) return;
    const came = Math.min(people, 1_000);
    people = 0;
    callFor(link, 'shop.came', { people: came }, randomUUID()).catch(onProblem);
  }
  const timer = setInterval(tell, TOLD_EVERY_MS);
  timer.unref();
  function came({ ip }: FastifyRequest): void {
    const nowMs = performance.now();
    const last = seenMs.get(ip);
    if (last !== undefined && nowMs - last < SAME_PERSON_MS) return;
    seenMs.delete(ip);
    seenMs.set(ip, nowMs);
    for (const [old] of seenMs) {
      if (seenMs.size <= MOST_REMEMBERED) break;
      seenMs.delete(old);
    }
    people += 1;
  }
  return Object.assign(came, {
    stop() {
      clearInterval(timer);
      tell();
    },
  });
}

/** No single address takes all connections there are. */
function limitEach(app: FastifyInstance): void {
  const open = new Map<string, number>();
  app.server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    if (count > MOST_CONNECTIONS_EACH) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}

/** The fonts of the pages, read once: an address names one of them or nothing. */
async function serveFonts(app: FastifyInstance, folder: string): Promise<void> {
  for (const name of PAGE_FONTS) {
    const bytes = await readFile(join(folder, name));
    app.get(`/look/${name}`, (_request, reply) =>
      reply.type('font/woff2').header('cache-control', 'public, max-age=31536000, immutable').send(bytes),
    );
  }
}

/** WebSockets at the paths of the sites; any other request to upgrade is turned away. */
function serveSockets(
  app: FastifyInstance,
  {
    paths,
    isWelcome,
    offers,
    take,
  }: {
    readonly paths: ReadonlyMap<string, { readonly offer: StallOffer; readonly serve: SocketServe }>;
    readonly isWelcome: (request: IncomingMessage) => boolean;
    readonly offers: () => Promise<readonly StallOffer[]>;
    /** Throws when there were too many. */
    readonly take: (address: string) => void;
  },
): { close(): void } {
  const server = new WebSocketServer({ noServer: true, maxPayload: MOST_MESSAGE_BYTES, perMessageDeflate: false });
  const open = new Map<string, number>();
  const refuse = (socket: Duplex, status: string): void => {
    // Nobody times it any more: whoever does not hang up would keep it, and more that they send would never be read.
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
  };
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const address = request.socket.remoteAddress ?? '';
    const path = paths.get(request.url ?? '');
    if (!isWelcome(request)) return refuse(socket, '403 Forbidden');
    try {
      take(address);
    } catch {
      return refuse(socket, '429 Too Many Requests');
    }
    if (path === undefined || !(await offers()).includes(path.offer)) return refuse(socket, '404 Not Found');
    const count = open.get(address) ?? 0;
    if (server.clients.size >= MOST_SOCKETS || count >= MOST_SOCKETS_EACH) {
      return refuse(socket, '503 Service Unavailable');
    }
    server.handleUpgrade(request, socket, head, (client) => {
      open.set(address, (open.get(address) ?? 0) + 1);
      client.once('close', () => {
        const left = (open.get(address) ?? 1) - 1;
        if (left === 0) open.delete(address);
        else open.set(address, left);
      });
      client.on('error', () => client.terminate());
      path.serve(client, request);
    });
  };
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    upgrade(request, socket, head).catch(() => socket.destroy());
  });
  return {
    close() {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}
