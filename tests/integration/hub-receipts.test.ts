import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALWAYS } from '../../src/domain/pricing/rule';
import type { RunningKiosk } from '../../src/main/boot';
import { startHub, type TestHub } from '../helpers/hub';
import { startServingTill, temporaryFolder, type ServingTill, type TestClient } from '../helpers/kiosk';
import { startPostgres, type PostgresServer } from '../helpers/postgres';

const LOAF = '5012345010779';
const folder = temporaryFolder();
let shop: ServingTill;
let postgres: PostgresServer;
let hub: TestHub;
let running: RunningKiosk;
let till: TestClient;

beforeAll(async () => {
  postgres = await startPostgres();
  hub = await startHub({ databaseUrl: await postgres.newDatabase() });
  shop = await startServingTill(folder.path);
  ({ running, till } = shop);
});
afterAll(async () => {
  await shop.close();
  await hub.close();
  await postgres.stop();
  folder.remove();
});

/** Sells a loaf; answers where its receipt is, as the display says. */
async function sell(): Promise<string> {
  await till.call('cart.scan', { code: LOAF });
  await till.call('payment.open', {});
  await till.call('payment.cash', { givenMinor: 100_000 });
  const display = await running.kiosk.dispatch({ role: 'display' }, { call: 'display.get', input: {} });
  return (display as { value: { display: { scene: { receiptUrl: string } } } }).value.display.scene.receiptUrl;
}

async function read(url: string): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(url, { headers: { 'accept-language': 'en' } });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

test('the hub serves the stall’s own page once the order has reached it, and nothing at any other address', async () => {
  const { address, port } = till.topics.shop;
  const offers = ['receipts' as const];
  await till.call('shop.serve', { isOn: true, address, port, publicUrl: null, offers });
  const before = await sell();
  const path = new URL(before).pathname;
  const lost = await read(hub.address + path);
  expect(lost.status).toBe(404);

  const stallId = await hub.newStall();
  const policy = 'Back within 28 days.';
  const { name, place, vatNumber, receiptFooter, taxRates } = till.topics.session.stall;
  const words = { name, place, vatNumber, receiptFooter, taxRates: [...taxRates], refundPolicy: policy };
  await till.call('stall.change', words);
  await till.call('sync.enrol', { address: hub.address, code: await hub.newCode(stallId), name: 'Till' });
  await till.call('shop.serve', { isOn: true, address, port, publicUrl: hub.address, offers });
  const after = await sell();
  expect(after).toMatch(new RegExp(`^${hub.address}/r/`));

  const [there, here] = [after, running.kiosk.stallServer.url() + new URL(after).pathname];
  await expect.poll(async () => (await read(there)).status, { timeout: 60_000 }).toBe(200);
  // How an order was kept comes with an entry of its own.
  await expect.poll(async () => (await read(there)).text, { timeout: 60_000 }).toContain('data-flag="online"');
  const atHub = await read(there);
  expect(atHub.text).toContain(policy);
  expect(atHub.text).toBe((await read(here)).text);
  expect(atHub.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(Object.fromEntries(atHub.headers)).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-robots-tag': 'noindex, nofollow, noarchive',
  });
  expect(atHub.headers.get('set-cookie')).toBeNull();
  // What was sold before the stall had a hub is there as well.
  expect((await read(hub.address + path)).status).toBe(200);

  const pdf = await fetch(`${there}.pdf`);
  expect(pdf.headers.get('content-type')).toBe('application/pdf');
  expect(
    Buffer.from(await pdf.arrayBuffer())
      .subarray(0, 4)
      .toString(),
  ).toBe('%PDF');

  const [wrong, swapped, bare] = await Promise.all([
    read(`${there.slice(0, -3)}xyz`),
    read(`${there.slice(0, -22)}${path.slice(-22)}`),
    read(`${hub.address}/r/T1-0001`),
  ]);
  for (const one of [wrong, swapped, bare]) expect([one.status, one.text]).toEqual([404, lost.text]);
  const tries = await Promise.all(Array.from({ length: 40 }, () => read(`${hub.address}/r/T1-0001`)));
  expect(tries.map(({ status }) => status)).toContain(429);
  expect((await read(there)).status).toBe(200);
});

test('codes of goods and holds lead to the till that has them, though receipts lead to the hub', async () => {
  const { address, port } = till.topics.shop;
  const serving = { isOn: true, address, port, publicUrl: hub.address };
  await till.call('shop.serve', { ...serving, offers: ['gallery', 'holds', 'receipts'] });
  const itemId = (await till.call('catalogue.lookup', { code: LOAF }))?.item.itemId ?? '';
  await till.call('reel.put-playlist', {
    playlist: {
      playlistId: 'codes',
      name: 'Codes',
      isOn: true,
      when: ALWAYS,
      cards: [
        { cardId: 'one', caption: '', kind: 'item', itemId },
        { cardId: 'all', caption: '', kind: 'gallery' },
      ],
    },
  });
  await till.call('sale.next', {});
  const look = await till.call('display.look', { itemId });
  const display = await running.kiosk.dispatch({ role: 'display' }, { call: 'display.get', input: {} });
  const { scene } = (display as { value: { display: { scene: { cards: { url: string | null }[] } } } }).value.display;
  const codes = [look?.hold?.url ?? '', ...scene.cards.map(({ url }) => url ?? '')];
  expect(codes).toHaveLength(3);
  for (const code of codes) {
    const { origin } = new URL(code);
    expect([code, origin, (await read(code)).status]).toEqual([code, running.kiosk.stallServer.url(), 200]);
  }

  // And nowhere while they are not offered.
  await till.call('shop.serve', { ...serving, offers: ['receipts'] });
  expect((await till.call('display.look', { itemId }))?.hold).toBeNull();
  expect(running.kiosk.stallServer.addressOf('gallery')).toBeNull();
});
