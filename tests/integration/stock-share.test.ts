import { expect, test } from 'vitest';
import { v7 as newId } from 'uuid';
import { Store } from '../../src/main/db/store';
import { connect, readyToSell, startTestKiosk, temporaryFolder } from '../helpers/kiosk';
import { silentLog } from '../journal/stall-life';

test('a till sells its share of what is scarce, and no more', async () => {
  const folder = temporaryFolder();
  const start = async () => {
    const running = await startTestKiosk({ dataDir: folder.path, demo: true });
    if (!running.server) throw new Error('served on loopback');
    const till = await connect({ socketUrl: running.server.socketUrl, token: running.server.token });
    await readyToSell(till);
    const stop = async () => {
      till.close();
      await running.close();
    };
    return { till, stop };
  };
  const before = await start();
  const { tiles } = await before.till.call('catalogue.items', { category: null, offset: 0, limit: 50 });
  await before.stop();
  const [one, other] = tiles.filter(({ variantId, pricing }) => variantId !== null && pricing === 'each');
  if (!one?.variantId || !other?.variantId) throw new Error('the demo stall sells two things by the piece');
  const { itemId, variantId } = one;

  const open = () => Store.open({ dataDir: folder.path, now: () => new Date(), newId, log: silentLog });
  const store = open();
  const shares = [{ deviceId: store.device.deviceId, quantity: 3 }];
  store.commit({ actor: null, drafts: [{ kind: 'stock.shared', body: { itemId, variantId, shares } }], result: null });
  expect(store.shares.left(itemId, variantId)).toBe(3);
  store.close();

  const { till, stop } = await start();
  const { lineId } = await till.call('cart.add', { variantId });
  await till.call('cart.set-quantity', { lineId, quantity: 3 });
  expect(await till.failure('cart.set-quantity', { lineId, quantity: 4 })).toBe('share-spent');
  expect(await till.failure('cart.add', { variantId })).toBe('share-spent');
  // Less is always allowed, and so is what is not divided.
  await till.call('cart.set-quantity', { lineId, quantity: 2 });
  await till.call('payment.cash', { givenMinor: 2 * one.priceMinor });
  await till.call('cart.add', { variantId });
  expect(await till.failure('cart.add', { variantId })).toBe('share-spent');
  await till.call('cart.add', { variantId: other.variantId });
  await stop();

  const after = open();
  expect(after.shares.left(itemId, variantId)).toBe(1);
  after.close();
  folder.remove();
});
