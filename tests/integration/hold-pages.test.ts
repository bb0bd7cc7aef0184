import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningKiosk } from '../../src/main/boot';
import { startServingTill, temporaryFolder, type ServingTill, type TestClient } from '../helpers/kiosk';

const LOAF = '5012345010779';
const folder = temporaryFolder();
let shop: ServingTill;
let running: RunningKiosk;
let till: TestClient;
let url: string;
let itemId: string;
let variantId: string;

beforeAll(async () => {
  shop = await startServingTill(folder.path, ['gallery', 'holds']);
  ({ running, till, url } = shop);
  const found = await till.call('catalogue.lookup', { code: LOAF });
  itemId = found?.item.itemId ?? '';
  variantId = found?.variantId ?? '';
});
afterAll(async () => {
  await shop.close();
  folder.remove();
});

const send = (path: string, fields: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(url + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: url },
    body: new URLSearchParams(fields).toString(),
  });
const read = async (path: string): Promise<string> => (await fetch(url + path)).text();

test('a phone holds, shows its code, and the till sells it; a form sent twice holds once', async () => {
  const item = await read(`/item/${itemId}`);
  const form = /href="(\/hold\/of\/[^"]+)"/.exec(item)?.[1] ?? '';
  const page = await read(form);
  const requestId = /name="requestId" value="([^"]+)"/.exec(page)?.[1] ?? '';
  const asked = { variantId, quantity: '2', requestId, name: '<b>Ada</b>', phone: '0191 498 0000', consent: 'yes' };
  const placed = await send(form, asked);
  expect(placed.status).toBe(303);
  const path = placed.headers.get('location') ?? '';
  expect((await send(form, asked)).headers.get('location')).toBe(path);

  const held = await read(path);
  // Whoever looks over a shoulder is told of nobody.
  expect(held).not.toMatch(/Ada|498 0000/);
  expect(held).toContain('Sourdough loaf');
  const { holds } = await till.until(({ holds: { holds: known } }) => known.length === 1, 'the hold');
  expect(holds.holds[0]?.heldFor).toEqual({ name: '<b>Ada</b>', phone: '0191 498 0000' });
  expect(held).toMatch(/<img src="data:image\/svg\+xml,/);
  expect(held).not.toMatch(/<script|\son\w+=|\sstyle=/i);
  const shortCode = /class="mono">([0-9A-Z]{3}-[0-9A-Z]{3})</.exec(held)?.[1] ?? '';

  // What the code says is no address.
  const { holdId = '' } = holds.holds[0] ?? {};
  expect(holdId.startsWith(shortCode.replace('-', ''))).toBe(true);
  const copied = `/hold/${holdId}`;
  expect(path).not.toContain(holdId);
  expect((await fetch(url + copied)).status).toBe(404);
  for (const button of ['more', 'give-up']) await send(`${copied}/${button}`, { requestId: randomUUID() });
  expect(await read(path)).toContain('10 more minutes');

  await till.call('cart.scan', { code: shortCode });
  await till.call('payment.cash', { givenMinor: 100_000 });
  const sold = await read(path);
  expect(sold).toContain('paid for at the stall');
  expect(sold).not.toMatch(/Ada|498 0000/);
});

test('a phone asks for more time once, on its page and from nowhere else', async () => {
  const form = `/hold/of/${itemId}`;
  const placed = await send(form, { variantId, quantity: '1', requestId: randomUUID() });
  const path = placed.headers.get('location') ?? '';
  const page = await read(path);
  expect(page).toContain('10 more minutes');
  const requestId = /name="requestId" value="([^"]+)"/.exec(page)?.[1] ?? '';
  const timesAsked = () => till.topics.holds.holds.find(({ phase }) => phase === 'open')?.timesAsked;
  await till.until(() => timesAsked() === 0, 'the hold');
  const elsewhere = await fetch(`${url}${path}/more`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://evil.example' },
    body: `requestId=${requestId}`,
  });
  expect(elsewhere.status).toBe(403);
  expect((await send(`${path}/more`)).status).toBe(303);
  expect(await read(path)).toContain('10 more minutes');
  const asked = await send(`${path}/more`, { requestId });
  expect([asked.status, asked.headers.get('location')]).toEqual([303, path]);
  const longer = await read(path);
  expect(longer).not.toContain('10 more minutes');
  expect(longer).toContain('Your extra minutes are in it');
  await till.until(() => timesAsked() === 1, 'more time');
  await send(`${path}/more`, { requestId: randomUUID() });
  const endsAt = (text: string): string | undefined => /Ends at ([^<.]+)/.exec(text)?.[1];
  expect(endsAt(await read(path))).toBe(endsAt(longer));
  expect((await send('/hold/AAAAAAAAAAAAAAAA/more', { requestId })).status).toBe(303);
  expect((await send(`${path}/give-up`, { requestId: randomUUID() })).status).toBe(303);
});

test('what cannot be held is said in words, and a name without consent is not taken', async () => {
  const form = `/hold/of/${itemId}`;
  const asked = { variantId, quantity: '1', requestId: randomUUID() };
  const nameless = await send(form, { ...asked, name: '"Ada" <b>', phone: '0191 498 0000' });
  expect(nameless.status).toBe(409);
  const again = await nameless.text();
  expect(again).toContain('Tick the box');
  // What was typed stands there again, and is nothing but text.
  expect(again).toContain('name="name" value="&#34;Ada&#34; &#60;b&#62;"');
  expect(again).toContain('value="0191 498 0000"');
  expect(again).not.toContain('checked');
  const wild = await send(form, { ...asked, quantity: '1e9' });
  expect(wild.status).toBe(409);
  const placed = await send(form, { ...asked, requestId: randomUUID() });
  const path = placed.headers.get('location') ?? '';
  expect((await send(`${path}/give-up`, { requestId: randomUUID() })).headers.get('location')).toBe(path);
  expect(await read(path)).toContain('You let it go');
  expect((await fetch(`${url}/hold/AAAAAAAAAAAAAAAA`)).status).toBe(404);
});

test('what is gone is not offered to be held', async () => {
  const { handle: _handle, ...item } = await till.call('catalogue.item', { itemId });
  const putStock = (stock: number): Promise<unknown> =>
    till.call('catalogue.put-item', { ...item, variants: item.variants.map((variant) => ({ ...variant, stock })) });
  await putStock(0);
  await expect.poll(() => read(`/item/${itemId}`)).not.toContain('/hold/of/');
  await putStock(3);
  await expect.poll(() => read(`/item/${itemId}`)).toContain('/hold/of/');
});

test('holds are offered only where the operator offers them', async () => {
  const { address, port, publicUrl } = till.topics.shop;
  await till.call('shop.serve', { isOn: true, address, port, publicUrl, offers: ['gallery'] });
  url = running.kiosk.stallServer.state().url ?? url;
  expect((await fetch(`${url}/hold/of/${itemId}`)).status).toBe(404);
  expect(await read(`/item/${itemId}`)).not.toContain('/hold/of/');
});
