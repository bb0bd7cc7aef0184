import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { z } from 'zod';
import {
  challengeResponse,
  EXCHANGE_PATHS,
  exchangeError,
  feedResponse,
  headsResponse,
  newCodeResponse,
  peopleFeed,
  serverCard,
} from '../../src/shared/exchange';
import { m } from '../../src/shared/i18n/generated/messages';
import { startHub, type TestHub } from '../helpers/hub';
import { startPostgres, type PostgresServer } from '../helpers/postgres';
import { saltAndBramble } from '../helpers/stall';

let postgres: PostgresServer;
let hub: TestHub;
let cookie: string;

beforeAll(async () => {
  postgres = await startPostgres();
  hub = await startHub({ databaseUrl: await postgres.newDatabase() });
});
afterAll(async () => {
  await hub.close();
  await postgres.stop();
});

const sameOrigin = { 'sec-fetch-site': 'same-origin' };

/** A page of the operator, or the answer to one of its forms. */
function open(path: string, form?: Record<string, string>, headers: Record<string, string> = sameOrigin) {
  return fetch(hub.address + path, {
    method: form ? 'POST' : 'GET',
    redirect: 'manual',
    headers: { cookie, ...headers },
    ...(form && { body: new URLSearchParams(form) }),
  });
}

test('the operator signs in with the token, and nobody without it sees a thing', async () => {
  cookie = '';
  await hub.newStall('Secret stall');
  const before = await open('/');
  expect(before.status).toBe(200);
  expect(await before.text()).not.toContain('Secret stall');
  expect((await open('/stalls', { name: 'x' })).status).toBe(403);
  expect((await open('/sign-in', { token: 'wrong' })).status).toBe(403);

  const signedIn = await open('/sign-in', { token: hub.hub.operatorToken ?? '' });
  expect(signedIn.status).toBe(303);
  const set = signedIn.headers.get('set-cookie') ?? '';
  expect(set).toMatch(/HttpOnly; SameSite=Strict/);
  cookie = set.split(';', 1)[0] ?? '';
  const page = await open('/');
  expect(await page.text()).toContain('Secret stall');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
});

test('whoever looks reads it in a language of their browser', async () => {
  for (const [asked, locale] of [
    ['de-CH, fr;q=0.5', 'de'],
    ['it, fr;q=0.5', 'fr'],
    ['*', 'en'],
  ] as const) {
    const page = await (await open('/', undefined, { ...sameOrigin, 'accept-language': asked })).text();
    expect(page).toContain(`<html lang="${locale}">`);
    expect(page).toContain(m.hub_stalls({}, { locale }));
  }
});

test('a form from another site does nothing', async () => {
  const others: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://elsewhere.example' },
  ];
  for (const headers of others) {
    expect((await open('/stalls', { name: 'Slipped in' }, headers)).status).toBe(400);
  }
  expect(await (await open('/')).text()).not.toContain('Slipped in');
});

test('a stall is added, a till joins with its code, is seen, and is shut out', async () => {
  const added = await open('/stalls', { name: 'Bramble <b>&</b> Rye' });
  const path = added.headers.get('location') ?? '';
  expect(await (await open(path)).text()).toContain('Bramble &#60;b&#62;&#38;&#60;/b&#62; Rye');

  const codePage = await (await open(`${path}/code`, {})).text();
  expect(codePage).toContain('<svg');
  expect(/[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}/.exec(codePage)).not.toBeNull();

  const stallId = decodeURIComponent(path.slice('/stalls/'.length));
  const till = await hub.join(stallId);
  till.device.sell();
  await till.push();
  await till.client.tellStatus({
    queued: 14,
    oldestQueuedAt: new Date(Date.now() - 22 * 60_000).toISOString(),
    errors: [{ code: 'printer-off', detail: 'No paper <since> noon', at: new Date().toISOString() }],
    version: '0.1.0',
  });
  const page = await (await open(path)).text();
  expect(page).toContain('T1, Test till');
  expect(page).toContain('22 minutes ago');
  expect(page).toContain('No paper &#60;since&#62; noon');

  const shutOut = `${path}/devices/${till.device.deviceId}/shut-out`;
  expect(await (await open(shutOut)).text()).toContain('Shut T1, Test till out?');
  expect((await open(shutOut, {})).status).toBe(303);
  await expect(till.client.heads()).rejects.toMatchObject({ code: 'revoked' });
  expect(await (await open(path)).text()).toContain('Shut out');
});

test('an entry that stands aside is shown with its content and its mend, and decided about', async () => {
  const stallId = await hub.newStall('Poisoned');
  const till = await hub.join(stallId);
  till.device.append('tomorrow.invented', { note: 'from <tomorrow>' });
  await till.push();
  const page = await (await open('/')).text();
  expect(page).toContain('From a newer till');
  expect(page).toContain('from &#60;tomorrow&#62;');
  const action = `/stalls/${stallId}/aside/${till.device.deviceId}/2`;
  expect(page).toContain(`action="${action}"`);
  expect((await open(action, { resolution: 'set-aside', back: '/' })).headers.get('location')).toBe('/');
  expect(await (await open('/')).text()).not.toContain('from &#60;tomorrow&#62;');
  expect(await (await open(`/stalls/${stallId}`)).text()).toContain('Left out');
});

test('a stall shows its shifts, its webhooks and its shop', async () => {
  const stallId = await hub.newStall('Trading');
  const { database, outward } = hub.hub;
  const till = await hub.join(stallId);
  const shift = { shiftId: 's1', openedAt: '2026-06-13T08:00:00.000Z', openedBy: 'p', floatMinor: 0, closed: null };
  till.device.append('stall.configured', { stall: { ...saltAndBramble, stallId } });
  till.device.append('shift.opened', { shift });
  await till.push();
  await outward.webhooks.add(stallId, {
    url: 'https://8.8.8.8/hook',
    description: 'Books <b>',
    types: ['order.placed', 'shift.reconciled'],
  });
  await database.query({
    name: 'test-shop',
    text: `INSERT INTO connector (stall_id, connector, address, last_error)
VALUES ('${stallId}', 'vendure', 'https://shop.example/admin-api', 'The shop <is> away.')`,
  });
  // Another look at the feed may be under way: then that one makes the shift.
  const page = await vi.waitFor(async () => {
    await outward.projector.catchUp();
    const text = await (await open(`/stalls/${stallId}`)).text();
    expect(text).toContain('0 orders, £0.00');
    return text;
  }, 10_000);
  expect(page).toContain('Books &#60;b&#62;');
  expect(page).toContain('order.placed shift.reconciled');
  expect(page).toContain('The shop &#60;is&#62; away.');
  expect(page).toContain('0 orders are in the shop, 0 wait, 0 were refused.');
});

test('the assets of the pages come from here and need nothing else', async () => {
  const css = await (await open('/operator/operator.css')).text();
  const fonts = [...css.matchAll(/url\(([^)]+)\)/g)].map(([, url]) => url as string);
  expect(fonts.length).toBeGreaterThan(3);
  for (const font of new Set(fonts)) {
    const answer = await open(`/operator/${font}`);
    expect([font, answer.status]).toEqual([font, 200]);
  }
  expect((await open('/operator/fonts/package.json')).status).toBe(404);
});

test('a new token ends every session', async () => {
  const { newOperatorToken } = await import('../../src/hub/hub-record');
  const token = await newOperatorToken(hub.hub.database, false);
  expect(await (await open('/')).text()).not.toContain('Poisoned');
  const signedIn = await open('/sign-in', { token: token ?? '' });
  cookie = signedIn.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  expect(await (await open('/')).text()).toContain('Poisoned');

  const metrics = (authorization: string) => fetch(`${hub.address}/metrics`, { headers: { authorization } });
  expect((await metrics('Bearer wrong')).status).toBe(401);
  const text = await (await metrics(`Bearer ${token}`)).text();
  expect(text).toMatch(/trestle_hub_entries_total\{outcome="quarantined"\} 1/);
  expect(text).toMatch(/trestle_hub_count\{of="stalls"\} 4/);
});

test('the OpenAPI document is that of the schemas, and real answers are what it says', async () => {
  const document = (await (await fetch(`${hub.address}/v1/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<
      string,
      Record<string, { responses: Record<string, { content: Record<string, { schema: object }> }> }>
    >;
  };
  expect(document.openapi).toBe('3.1.0');
  const described = Object.keys(document.paths);
  for (const path of Object.values(EXCHANGE_PATHS)) {
    if (path === EXCHANGE_PATHS.wake) continue;
    expect(described).toContain(path.replace(/:(\w+)/g, '{$1}'));
  }

  const photo = document.paths[EXCHANGE_PATHS.photo.replace(/:(\w+)/g, '{$1}')];
  expect(Object.keys(photo ?? {}).toSorted()).toEqual(['get', 'head', 'patch']);
  expect(Object.keys(photo?.['get']?.responses['206']?.content ?? {})).toEqual(['application/octet-stream']);

  const till = await hub.join(await hub.newStall('Described'));
  till.device.sell();
  await till.push();
  const headers = { authorization: `Bearer ${await till.client.token()}` };
  const get = async (path: string): Promise<unknown> =>
    (await fetch(`${hub.address}/v1${path}`, { headers: path.startsWith('/stalls') ? headers : {} })).json();
  const post = async (path: string, body: unknown): Promise<unknown> =>
    (
      await fetch(`${hub.address}/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    ).json();
  const stall = `/stalls/${till.stallId}`;
  const answers: readonly [string, 'get' | 'post', z.ZodObject, unknown][] = [
    ['/server', 'get', serverCard, await get('/server')],
    ['/token/challenge', 'post', challengeResponse, await post('/token/challenge', { deviceId: 'x' })],
    ['/stalls/{stall}/entries', 'get', feedResponse, await get(`${stall}/entries?after=0.0&own=all`)],
    ['/stalls/{stall}/heads', 'get', headsResponse, await get(`${stall}/heads`)],
    ['/stalls/{stall}/people', 'get', peopleFeed, await get(`${stall}/people`)],
    ['/stalls/{stall}/codes', 'post', newCodeResponse, await post(`${stall}/codes`, { name: 'one more' })],
    ['error', 'get', exchangeError, await get(`${stall}/nothing`)],
    ['error', 'post', exchangeError, await post('/enrol', { code: 7 })],
  ];
  for (const [path, method, schema, answer] of answers) {
    // Strict: an answer holds nothing that its schema does not name.
    const parsed = schema.strict().safeParse(answer);
    expect([path, parsed.error?.issues ?? []]).toEqual([path, []]);
    if (path === 'error') continue;
    const operation = document.paths[`/v1${path}`]?.[method];
    const said = operation?.responses['200']?.content['application/json']?.schema as { required?: string[] };
    expect(said.required?.toSorted()).toEqual(Object.keys(answer as object).toSorted());
  }
});

test('the process says that it lives and that it reaches its database', async () => {
  expect(await (await fetch(`${hub.address}/healthz`)).json()).toEqual({ ok: true });
  expect(await (await fetch(`${hub.address}/readyz`)).json()).toEqual({ ok: true, epoch: 1 });
  await postgres.kill();
  const away = await fetch(`${hub.address}/readyz`);
  expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await away.json()).toMatchObject({ error: { code: 'unavailable', retryable: true } });
  expect((await fetch(`${hub.address}/healthz`)).status).toBe(200);
  await postgres.start();
  await expect.poll(async () => (await fetch(`${hub.address}/readyz`)).status, { timeout: 30_000 }).toBe(200);
});
