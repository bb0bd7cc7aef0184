import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startStallServer } from '../../src/main/lan/stall-server';
import { STALL_SITES } from '../../src/main/lan/stall-sites';
import { kioskLink } from '../../src/main/lan/stall-thread';
import { projectFolder } from '../../src/main/project-folder';
import type { RunningKiosk } from '../../src/main/boot';
import { ROLES, CALLS, type ClientRole } from '../../src/shared/contract';
import { sellSimple, startServingTill, temporaryFolder, type ServingTill, type TestClient } from '../helpers/kiosk';
import { openSocket, rawRequest, sendRaw } from '../helpers/raw-http';

const folder = temporaryFolder();
let shop: ServingTill;
let running: RunningKiosk;
let till: TestClient;
let url: string;
let port: number;

beforeAll(async () => {
  shop = await startServingTill(folder.path);
  ({ running, till, url, port } = shop);
});
afterAll(async () => {
  await shop.close();
  folder.remove();
});

describe('a page from elsewhere', () => {
  test.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1.nip.io', 'localhost', ''])(
    'gets nothing under the name %j, whatever it made its name point to',
    async (host) => {
      const { status, body } = await sendRaw(port, rawRequest(port, '/', { headers: { Host: host } }));
      // An empty name is no request that HTTP/1.1 knows.
      expect([400, 421]).toContain(status);
      expect(body).not.toContain('Sourdough');
    },
  );

  test.each([
    ['another origin', { Origin: 'http://evil.example' }],
    ['an origin with our name in it', { Origin: 'http://127.0.0.1.evil.example' }],
    ['no origin', {}],
    ['a hidden origin', { Origin: 'null' }],
    ['another site, as the browser says', { 'Sec-Fetch-Site': 'cross-site' }],
    ['our origin, but another site as the browser says', { 'Sec-Fetch-Site': 'same-site' }],
  ])('cannot send a form from %s', async (_what, headers) => {
    const sent = await sendRaw(
      port,
      rawRequest(port, '/', {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
        body: 'quantity=1',
      }),
    );
    expect(sent.status).toBe(403);
  });

  test('may not read what it fetched, frame a page, or be told where a shopper was', async () => {
    const { headers } = await fetch(url);
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('referrer-policy')).toBe('same-origin');
  });
});

describe('a path that leads elsewhere', () => {
  test.each([
    '/../../../../etc/passwd',
    '/photo/../../store.db',
    '/photo/..%2f..%2fjournal.db',
    '/photo/%2e%2e/%2e%2e/store.db',
    '/photo/..%252f..%252fstore.db',
    '/photo/..%c0%af..%c0%afstore.db',
    '/photo/..\\..\\store.db',
    '/look/../../package.json',
    '/look/%2e%2e%2f%2e%2e%2fpackage.json',
    '/look/atkinson-hyperlegible-next.woff2%00.json',
    `/photo/${'0'.repeat(64)}-320.webp%00`,
    `/item/${'a'.repeat(3_000)}`,
    '/item/__proto__',
    '/item/%ff%fe',
    '//etc/passwd',
    '/%',
    'http://evil.example/',
  ])('%s ends in a clear answer', async (path) => {
    const { status, body } = await sendRaw(port, rawRequest(port, path));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body).not.toMatch(/root:|SQLite|"name": "trestle"/);
  });

  test.each(['/socket', '/till/', '/till/index.html', '/display', '/v1/stalls'])(
    'and nothing of the till is at %s',
    async (path) => {
      expect((await fetch(url + path)).status).toBe(404);
    },
  );
});

describe('a flood', () => {
  test('of connections, half-said requests and silence is held off, while the till sells', async () => {
    const attackers: Socket[] = [];
    for (let index = 0; index < 200; index += 1) {
      // 50 phones, 4 connections each: as many as a shop full of people makes.
      const socket = await openSocket(port, `127.0.0.${10 + (index % 50)}`);
      if (socket === null) continue;
      attackers.push(socket);
      socket.on('error', () => undefined);
      socket.write(index % 2 === 0 ? 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ' : '');
    }
    expect(attackers.length).toBe(200);
    await sellSimple(till);
    expect((await fetch(url)).status).toBe(200);
    for (const socket of attackers) socket.destroy();
  });

  test('from one address gets so many connections and no more', async () => {
    const sockets = await Promise.all(Array.from({ length: 60 }, () => openSocket(port, '127.0.0.77')));
    let openCount = 0;
    for (const socket of sockets) {
      if (socket === null || socket.destroyed) continue;
      openCount += 1;
      socket.on('error', () => undefined);
      socket.on('close', () => (openCount -= 1));
      socket.resume();
    }
    await expect.poll(() => openCount).toBeLessThanOrEqual(24);
    for (const socket of sockets) socket?.destroy();
    expect((await fetch(url)).status).toBe(200);
  });

  test('of requests is told to wait, and nobody else is', async () => {
    const request = `GET /q HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept-Language: es\r\n\r\n`;
    const requests = request.repeat(299) + rawRequest(port, '/q');
    const { head, body } = await sendRaw(port, requests, { from: '127.0.0.78' });
    const statuses = [...`${head}\r\n\r\n${body}`.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
    expect(statuses).toContain(429);
    expect(statuses.filter((status) => status === 303).length).toBeLessThan(200);
    expect(body).toMatch(/retry-after: \d/i);
    expect(body).toContain('Hay mucha gente mirando');
    expect((await fetch(url)).status).toBe(200);
  });

  test('of bytes is cut off: a header, a form, a kind of body nobody sends', async () => {
    const header = await sendRaw(port, rawRequest(port, '/', { headers: { 'X-Long': 'x'.repeat(20_000) } }));
    expect(header.status).toBe(431);
    const form = { Origin: url, 'Content-Type': 'application/x-www-form-urlencoded' };
    const long = await sendRaw(
      port,
      rawRequest(port, '/', { method: 'POST', headers: form, body: 'x'.repeat(40_000) }),
    );
    expect([404, 413]).toContain(long.status);
    const endless = rawRequest(port, '/', { method: 'POST', headers: { ...form, 'Transfer-Encoding': 'chunked' } });
    expect([404, 413]).toContain((await sendRaw(port, `${endless}${'ffff\r\n'}${'x'.repeat(0xffff)}\r\n`)).status);
  });

  test('of one phone on one connection ends with the connection', async () => {
    const request = `GET /q HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    const { head, body } = await sendRaw(port, request.repeat(1_500), { from: '127.0.0.79' });
    expect(`${head}\r\n\r\n${body}`.match(/HTTP\/1\.1 \d{3}/g)?.length).toBeLessThan(300);
    expect(body).toMatch(/connection: close/i);
  });
});

test('while the till answers nobody, everybody is told to wait', async () => {
  const problems: unknown[] = [];
  const busy = { ok: false, error: { code: 'disconnected', message: 'Too many.', retryable: true } } as const;
  const server = await startStallServer({
    host: '127.0.0.1',
    port: 0,
    link: { ...kioskLink(running.kiosk), dispatch: () => Promise.resolve(busy) },
    dataDir: folder.path,
    projectFolder,
    sites: STALL_SITES,
    onProblem: (error) => problems.push(error),
  });
  for (const path of ['/', '/nowhere', '/item/any', '/hold/any', '/display/']) {
    const answer = await fetch(server.url + path);
    expect([path, answer.status, answer.headers.get('retry-after')]).toEqual([path, 503, '2']);
    expect(answer.headers.get('content-type')).toContain('text/plain');
  }
  expect(problems).toEqual([]);
  await server.close();
});

describe('goods with tricks in their names', () => {
  const trick = '<img src=x onerror=alert(1)>"\'`{{7*7}}\u202Eevil\u2066';

  test('are text, and turn nothing round that stands beside them', async () => {
    const { itemId } = await till.call('catalogue.put-item', {
      itemId: null,
      name: trick,
      category: '</title><script>alert(2)</script>',
      description: '</style><script>alert(3)</script>',
      photo: null,
      backdrop: { wall: '#ffffff', plank: '#000000' },
      variants: [
        {
          variantId: null,
          name: '',
          receiptName: '',
          sku: 'TRICK',
          barcodes: [],
          pricing: 'each',
          priceMinor: 100,
          costMinor: null,
          taxRateId: running.kiosk.stall.taxRates[0]?.id ?? '',
          stock: 3,
        },
      ],
    });
    const page = await fetch(`${url}/item/${itemId}`);
    const text = await page.text();
    expect(page.status).toBe(200);
    expect(text).not.toMatch(/<script|<img src=x/);
    expect(text).toContain('&#60;img src=x');
    // In markup each name is an isolate of its own; in the title, where there is no markup, controls do the same.
    const [, title = ''] = /<title>([\s\S]*?)<\/title>/.exec(text) ?? [];
    expect(title).not.toMatch(/[\u202A-\u202E]/);
    expect(title.match(/\u2068/g)).toHaveLength(2);
    expect(title.match(/\u2069/g)).toHaveLength(2);
    expect(text).toMatch(/<h1><bdi>&#60;img/);
  });
});

test('a photo that is an SVG with script is sent as the picture it draws, with none of its bytes', async () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200" onload="alert(1)"><script>alert(2)</script><rect width="200" height="200" fill="red"/></svg>';
  const photo = createHash('sha256').update(svg).digest('hex');
  // Past every check of the till: straight into the folder of photos, and into the catalogue.
  mkdirSync(join(folder.path, 'photos', photo.slice(0, 2)), { recursive: true });
  writeFileSync(join(folder.path, 'photos', photo.slice(0, 2), `${photo}.svg`), svg);
  const { tiles } = await till.call('catalogue.search', { text: 'sourdough', limit: 1 });
  const { handle: _handle, ...item } = await till.call('catalogue.item', { itemId: tiles[0]?.itemId ?? '' });
  await till.call('catalogue.put-item', { ...item, variants: [...item.variants], photo } as never);
  const sent = await fetch(`${url}/photo/${photo}-320.webp`);
  const bytes = Buffer.from(await sent.arrayBuffer());
  expect(sent.headers.get('content-type')).toBe('image/webp');
  expect(bytes.subarray(8, 12).toString()).toBe('WEBP');
  expect(bytes.includes('script')).toBe(false);
  expect(existsSync(join(folder.path, 'fitted-photos', photo.slice(0, 2), `${photo}-320.webp`))).toBe(true);

  // Nor is it where displays find their photos, paired or not.
  const { address, port: kept, offers, publicUrl } = till.topics.shop;
  const wanted = { isOn: true, address, port: kept, publicUrl };
  await till.call('shop.serve', { ...wanted, offers: ['gallery', 'display'] });
  const shown = Buffer.from(await (await fetch(`${url}/display/photo/${photo}`)).arrayBuffer());
  expect(shown.subarray(8, 12).toString()).toBe('WEBP');
  expect((await fetch(`${url}/display/photo/${'0'.repeat(64)}`)).status).toBe(404);
  await till.call('shop.serve', { ...wanted, offers: [...offers] });
});

describe('whoever asks to be the till', () => {
  test.each(ROLES)('as %s is asked who they are, in the till’s own thread', async (role) => {
    const link = kioskLink(running.kiosk);
    const answers = await Promise.all(
      Object.entries(CALLS)
        .filter(([, { roles }]) => !(roles as readonly ClientRole[]).includes('shopper'))
        .filter(([, { roles }]) => !(roles as readonly ClientRole[]).includes('display'))
        .map(([call]) => link.dispatch(role as never, { call, requestId: `attack-${call}`, input: {} })),
    );
    expect(answers.length).toBeGreaterThan(80);
    expect(answers.map((answer) => (answer.ok ? 'done' : answer.error.code))).toEqual(answers.map(() => 'not-allowed'));
  });

  test('by trying one pairing code after the other is told to wait', async () => {
    const { offers } = running.kiosk.stallServer.wanted();
    const { dispatch, ...link } = kioskLink(running.kiosk);
    const server = await startStallServer({
      host: '127.0.0.1',
      port: 0,
      link: {
        ...link,
        async dispatch(role, message) {
          const result = await dispatch(role, message);
          const isFront = (message as { readonly call: string }).call === 'shop.front';
          if (!isFront || !result.ok) return result;
          return { ...result, value: { ...(result.value as object), offers: [...offers, 'display'] } };
        },
      },
      dataDir: folder.path,
      projectFolder,
      sites: STALL_SITES,
      onProblem: () => undefined,
    });
    const statuses: number[] = [];
    for (let guess = 10; guess < 30; guess += 1) {
      const answer = await fetch(`${server.url}/display/pair`, {
        method: 'POST',
        headers: { Origin: server.url },
        body: new URLSearchParams({ code: `AAAA-AA${guess}`, name: '' }),
      });
      statuses.push(answer.status);
    }
    await server.close();
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(403));
    expect(statuses.at(-1)).toBe(429);
  });

  test.each(['/socket', '/', '/display', '/display/socket'])(
    'by a WebSocket at %s without pairing hears nothing',
    async (path) => {
      const heard: unknown[] = [];
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { origin: url });
      const ended = await new Promise<string>((resolve) => {
        socket.on('open', () => socket.send(JSON.stringify({ hello: { token: 'guess', role: 'till' } })));
        socket.on('message', (message) => heard.push(String(message)));
        socket.on('error', (error) => resolve(error.message));
        socket.on('close', (code) => resolve(String(code)));
      });
      expect(ended).toMatch(/403|404|44\d\d/);
      expect(heard).toEqual([]);
    },
  );

  test('by an upgrade that is refused and never hangs up is hung up on', async () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.resume();
    const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', Origin: url };
    socket.write(rawRequest(port, '/nowhere', { headers: upgrade }));
    await new Promise((resolve) => socket.once('end', resolve));
    // Only a connection that is gone on the other side too answers this.
    const more = setInterval(() => socket.write('more'), 10);
    await closed;
    clearInterval(more);
  });

  test('by a WebSocket of another origin is turned away before it is heard', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, { origin: 'http://evil.example' });
    const why = await new Promise<string>((resolve) => socket.on('error', (error) => resolve(error.message)));
    expect(why).toContain('403');
  });
});

test('after all that the till sells', async () => {
  await sellSimple(till);
});
