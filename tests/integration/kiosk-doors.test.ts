import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { RunningKiosk } from '../../src/main/boot';
import { createClient } from '../../src/renderer/lib/client/client';
import { socketTransport, type SocketLike } from '../../src/renderer/lib/client/socket-transport';
import { CLOSE_CODES, MAX_MESSAGE_BYTES } from '../../src/shared/wire';
import { connect, startTestKiosk, temporaryFolder } from '../helpers/kiosk';

const folder = temporaryFolder();
let running: RunningKiosk;
let port: number;
let token: string;

beforeAll(async () => {
  running = await startTestKiosk({ dataDir: folder.path, devices: 'none' });
  if (!running.server) throw new Error('the test kiosk serves its contract');
  ({ port, token } = running.server);
});
afterAll(async () => {
  await running.close();
  folder.remove();
});

/** What a connection was told, until it was closed and why. */
function talk(
  messages: readonly (string | Buffer)[],
  headers: Record<string, string> = {},
): Promise<{ heard: unknown[]; code: number }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, { headers });
    const heard: unknown[] = [];
    socket.on('open', () => messages.forEach((message) => socket.send(message)));
    socket.on('message', (text) => heard.push(JSON.parse(String(text))));
    socket.on('close', (code) => resolve({ heard, code }));
    socket.on('error', reject);
  });
}
const hello = (role: string, withToken = token): string => JSON.stringify({ hello: { token: withToken, role } });

describe('the WebSocket', () => {
  test.each([
    ['a wrong token', () => hello('till', 'wrong'), CLOSE_CODES.notAllowed],
    ['a longer token', () => hello('till', `${token}x`), CLOSE_CODES.notAllowed],
    ['a role without calls', () => hello('shopper'), CLOSE_CODES.notAllowed],
    ['a role that does not exist', () => hello('owner'), CLOSE_CODES.badMessage],
    ['a call before the hello', () => '{"id":1,"call":"state.get","input":{}}', CLOSE_CODES.badMessage],
    ['something that is not JSON', () => 'hello', CLOSE_CODES.badMessage],
  ])('closes on %s, having said nothing', async (_what, message, code) => {
    expect(await talk([message()])).toEqual({ heard: [], code });
  });

  test('closes on binary, on a request without a number, and on a message over its size', async () => {
    expect((await talk([hello('till'), Buffer.from('{}')])).code).toBe(CLOSE_CODES.badMessage);
    expect((await talk([hello('till'), '{"call":"state.get","input":{}}'])).code).toBe(CLOSE_CODES.badMessage);
    expect((await talk([hello('till'), 'x'.repeat(MAX_MESSAGE_BYTES + 1)])).code).toBe(1009);
  });

  test.each([
    [{ origin: 'https://example.com' }],
    [{ origin: 'null' }],
    [{ host: 'till.example.com' }],
    [{ host: '127.0.0.1' }],
  ])('refuses a page from elsewhere: %j', async (headers) => {
    await expect(talk([hello('till')], headers)).rejects.toThrow('403');
  });

  test('answers our own page', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, { origin: `http://127.0.0.1:${port}` });
    const welcome = await new Promise((resolve) => {
      socket.on('open', () => socket.send(hello('till')));
      socket.on('message', (text) => resolve(JSON.parse(String(text))));
    });
    socket.close();
    expect(welcome).toMatchObject({ welcome: { protocol: 1 } });
  });
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}
/** Asks for exactly this path, which `fetch` would tidy up. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let body = '';
      response.on('data', (text) => (body += String(text)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });
}

describe('the web server', () => {
  test.each(['/..%2f..%2fpackage.json', '/../package.json', '/till/../../../package.json', '/photo/../trestle.db'])(
    'gives away nothing outside: %s',
    async (path) => {
      const { status, body } = await get(path);
      expect(status).toBe(404);
      expect(body).not.toContain('trestle');
    },
  );

  test('answers only its own name, and only reads', async () => {
    expect((await get('/photo/x', { host: 'evil.example' })).status).toBe(403);
    expect((await get('/photo/x', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await get('/photo/x', {}, 'POST')).status).toBe(405);
  });

  test('serves a photo for good, and lets an SVG run nothing', async () => {
    const sha = 'ab'.repeat(32);
    mkdirSync(join(folder.path, 'photos', 'ab'), { recursive: true });
    writeFileSync(join(folder.path, 'photos', 'ab', `${sha}.svg`), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    const { status, headers, body } = await get(`/photo/${sha}`);
    expect(status).toBe(200);
    expect(body).toContain('<svg');
    expect(headers['content-type']).toBe('image/svg+xml');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toContain('immutable');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*sandbox/);
    expect((await get(`/photo/${'cd'.repeat(32)}`)).status).toBe(404);
    writeFileSync(join(folder.path, 'private.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    expect((await get('/photo/./../private')).status).toBe(404);
  });
});

test('the client finds its way back when the kiosk restarts', async () => {
  const other = temporaryFolder();
  let kiosk = await startTestKiosk({ dataDir: other.path, devices: 'none', server: { port: 0, token: 'same' } });
  const server = kiosk.server;
  if (!server) throw new Error('the test kiosk serves its contract');
  const till = await connect(server);
  await till.call('settings.set-theme', { theme: 'evening' });

  await kiosk.close();
  await new Promise<void>((resolve) => {
    if (till.client.connection === 'disconnected') resolve();
    till.client.onConnection((connection) => connection === 'disconnected' && resolve());
  });
  // Asked while nobody answers: it waits, and is answered by the kiosk that comes back.
  const waiting = till.call('settings.set-theme', { theme: 'daylight' });
  kiosk = await startTestKiosk({ dataDir: other.path, devices: 'none', server: { port: server.port, token: 'same' } });
  await waiting;
  await till.until(({ session }) => session.theme === 'daylight', 'the new theme');
  till.close();
  await kiosk.close();
  other.remove();
});

test('a client with a token that no longer holds is told so, and does not wait for better times', async () => {
  const openSocket = (url: string): SocketLike => new WebSocket(url) as unknown as SocketLike;
  const url = `ws://127.0.0.1:${port}/socket`;
  const client = createClient(socketTransport({ url, token: 'old', role: 'till', openSocket }));
  await new Promise<void>((resolve) => client.onConnection((connection) => connection === 'refused' && resolve()));
  expect(await client.call('state.get', {})).toMatchObject({ ok: false, error: { code: 'disconnected' } });
  client.close();
});
