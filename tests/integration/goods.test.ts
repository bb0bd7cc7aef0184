import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningKiosk } from '../../src/main/boot';
import { verifyFolder } from '../../src/main/db/inspect';
import type { Item } from '../../src/domain/catalogue';
import type { CallInput } from '../../src/shared/contract';
import {
  connect,
  readyToSell,
  startKioskProcess,
  startTestTill,
  temporaryFolder,
  type TestClient,
} from '../helpers/kiosk';

type TypedItem = CallInput<'catalogue.put-item'>;
type TypedVariant = TypedItem['variants'][number];

const SOURDOUGH = '5012345010779';

let folder: ReturnType<typeof temporaryFolder>;
let running: RunningKiosk;
let till: TestClient;

async function start(): Promise<void> {
  ({ running, till } = await startTestTill({ dataDir: folder.path }));
}

beforeEach(async () => {
  folder = temporaryFolder();
  await start();
  await readyToSell(till);
});
afterEach(async () => {
  till.close();
  await running.close();
  expect((await verifyFolder(folder.path)).findings).toEqual([]);
  folder.remove();
});

const variant = (change: Partial<TypedVariant> = {}): TypedVariant => ({
  variantId: null,
  name: '',
  receiptName: '',
  sku: '',
  barcodes: [],
  pricing: 'each',
  priceMinor: 650,
  costMinor: null,
  taxRateId: 'zero',
  ...change,
});
const chutney = (change: Partial<TypedItem> = {}): TypedItem => ({
  itemId: null,
  name: 'Rhubarb chutney',
  category: 'Larder',
  description: '',
  photo: null,
  backdrop: null,
  variants: [variant({ barcodes: ['4006381333931'], stock: 6 })],
  ...change,
});
/** An item as a screen gives it back, nobody having counted. */
const asTyped = (item: Item, change: Partial<TypedItem> = {}): TypedItem => ({
  itemId: item.itemId,
  name: item.name,
  category: item.category,
  description: item.description,
  photo: item.photo,
  backdrop: item.backdrop,
  variants: item.variants.map(({ stock: _, barcodes, ...rest }) => ({ ...rest, barcodes: [...barcodes] })),
  ...change,
});
async function itemOf(code: string): Promise<Item> {
  const found = await till.call('catalogue.lookup', { code });
  if (!found) throw new Error(`nothing goes by ${code}`);
  return found.item;
}
const found = async (text: string): Promise<string[]> =>
  (await till.call('catalogue.search', { text, limit: 20 })).tiles.map(({ name }) => name);

test('an item added by hand is on the grid, found, scanned and sold', async () => {
  const { version, itemCount } = till.topics.catalogue;
  const { itemId } = await till.call('catalogue.put-item', chutney());
  expect(till.topics.catalogue.itemCount).toBe(itemCount + 1);
  expect(till.topics.catalogue.version).toBeGreaterThan(version);
  expect(await found('rhub chut')).toEqual(['Rhubarb chutney']);
  expect(await itemOf('4006381333931')).toMatchObject({ itemId, handle: 'rhubarb-chutney', variants: [{ stock: 6 }] });
  await till.call('cart.scan', { code: '4006381333931' });
  await till.call('payment.cash', { givenMinor: 650 });
  expect((await itemOf('4006381333931')).variants[0]?.stock).toBe(5);
});

test('an edit keeps what was sold meanwhile, unless somebody counted anew', async () => {
  await till.call('catalogue.put-item', chutney());
  const before = await itemOf('4006381333931');
  await till.call('cart.scan', { code: '4006381333931' });
  await till.call('payment.cash', { givenMinor: 650 });
  await till.call('catalogue.put-item', asTyped(before, { name: 'Rhubarb & ginger chutney' }));
  const after = await itemOf('4006381333931');
  expect(after).toMatchObject({ itemId: before.itemId, handle: before.handle, name: 'Rhubarb & ginger chutney' });
  expect(after.variants[0]).toMatchObject({ variantId: before.variants[0]?.variantId, stock: 5 });
  const [typed] = asTyped(after).variants;
  await till.call('catalogue.put-item', asTyped(after, { variants: [{ ...(typed as TypedVariant), stock: 40 }] }));
  expect((await itemOf('4006381333931')).variants[0]?.stock).toBe(40);
});

test('an item taken off is gone from grid, search and scanner; carts and old orders keep it', async () => {
  const item = await itemOf(SOURDOUGH);
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('payment.cash', { givenMinor: 450 });
  const sold = till.topics.sale.done?.order.orderId ?? '';
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('catalogue.remove-item', { itemId: item.itemId });
  expect(await found('sourdough loaf')).toEqual([]);
  expect(await till.call('catalogue.lookup', { code: SOURDOUGH })).toBeNull();
  expect(await till.failure('cart.scan', { code: SOURDOUGH })).toBe('unknown-code');
  expect(await till.failure('catalogue.item', { itemId: item.itemId })).toBe('unknown-item');
  expect(await till.failure('catalogue.remove-item', { itemId: item.itemId })).toBe('unknown-item');
  expect(await till.failure('catalogue.put-item', asTyped(item))).toBe('unknown-item');

  const [line] = till.topics.sale.cart.lines;
  await till.call('cart.set-quantity', { lineId: line?.lineId ?? '', quantity: 2 });
  await till.call('payment.cash', { givenMinor: 900 });
  const { order } = await till.call('order.get', { orderId: sold });
  expect(order.lines[0]?.name).toBe('Sourdough loaf');

  till.close();
  await running.close();
  await start();
  expect(await found('sourdough loaf')).toEqual([]);
});

test('its codes are free again once an item is taken off', async () => {
  expect(await till.failure('catalogue.put-item', chutney({ variants: [variant({ barcodes: [SOURDOUGH] })] }))).toBe(
    'code-taken',
  );
  // However long a scanner makes it.
  const padded = chutney({ variants: [variant({ barcodes: [`0${SOURDOUGH}`] })] });
  expect(await till.failure('catalogue.put-item', padded)).toBe('code-taken');
  await till.call('catalogue.remove-item', { itemId: (await itemOf(SOURDOUGH)).itemId });
  await till.call('catalogue.put-item', padded);
  expect((await itemOf(SOURDOUGH)).name).toBe('Rhubarb chutney');
});

test('names are tidied and markup is text', async () => {
  const name = ' <b>Jam</b>\u0000 & \u202e\ncream ';
  const { itemId } = await till.call('catalogue.put-item', chutney({ name }));
  expect(await till.call('catalogue.item', { itemId })).toMatchObject({ name: '<b>Jam</b> & cream' });
});

test.each<[string, Partial<TypedItem>, string]>([
  ['no name', { name: '\u200b \t' }, 'bad-item'],
  ['a name like a book', { name: 'x'.repeat(201) }, 'bad-item'],
  ['nothing to sell', { variants: [] }, 'bad-item'],
  ['a price below nothing', { variants: [variant({ priceMinor: -1 })] }, 'bad-item'],
  ['half a penny', { variants: [variant({ priceMinor: 0.5 })] }, 'bad-item'],
  ['a price nobody pays', { variants: [variant({ priceMinor: 1e15 })] }, 'bad-item'],
  ['half a pot in stock', { variants: [variant({ stock: 1.5 })] }, 'bad-item'],
  ['two variants without names', { variants: [variant(), variant()] }, 'bad-item'],
  ['one barcode twice', { variants: [variant({ barcodes: ['77', '77'] })] }, 'bad-item'],
  ['an empty barcode', { variants: [variant({ barcodes: [' '] })] }, 'bad-item'],
  ['a barcode with controls', { variants: [variant({ barcodes: ['7\u00007'] })] }, 'bad-item'],
  ['the code of a receipt', { variants: [variant({ barcodes: ['TR1:T1-0001'] })] }, 'bad-item'],
  ['the SKU of another', { variants: [variant({ sku: 'BAK-001' })] }, 'code-taken'],
  ['a tax rate of nowhere', { variants: [variant({ taxRateId: 'luxury' })] }, 'unknown-tax-rate'],
  ["another item's variant", { variants: [variant({ variantId: 'x' })] }, 'unknown-item'],
  ['a photo the till does not have', { photo: 'a'.repeat(64) }, 'bad-photo'],
  ['a photo that is a path', { photo: '../../etc/passwd' }, 'bad-request'],
])('an item cannot have %s', async (_what, change, code) => {
  const { version } = till.topics.catalogue;
  expect(await till.failure('catalogue.put-item', chutney(change))).toBe(code);
  expect(till.topics.catalogue.version).toBe(version);
});

test('a photo from a file is reduced, kept and shown; what is none is refused', async () => {
  const canvas = createCanvas(1600, 900);
  canvas.getContext('2d').fillRect(0, 0, 1600, 900);
  const photo = await till.call('catalogue.add-photo', { base64: canvas.toBuffer('image/png').toString('base64') });
  const { itemId } = await till.call('catalogue.put-item', chutney(photo));
  const item = await till.call('catalogue.item', { itemId });
  expect(item).toMatchObject(photo);
  const path = running.kiosk.findPhoto(photo.photo)?.path ?? '';
  expect(readFileSync(path).length).toBeGreaterThan(0);
  expect(path).toMatch(/\.webp$/);

  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  expect(await till.failure('catalogue.add-photo', { base64: base64('no picture') })).toBe('bad-photo');
  const script = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  expect(await till.failure('catalogue.add-photo', { base64: base64(script) })).toBe('bad-photo');
});

test('the built till reduces a photo in its worker, and says what is wrong with one', async () => {
  const other = temporaryFolder();
  const kiosk = await startKioskProcess(other.path, ['--demo', '--devices', 'none']);
  const client = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  await readyToSell(client);
  const canvas = createCanvas(1600, 900);
  canvas.getContext('2d').fillRect(0, 0, 1600, 900);
  const photo = await client.call('catalogue.add-photo', { base64: canvas.toBuffer('image/png').toString('base64') });
  expect(photo).toMatchObject({ photo: expect.stringMatching(/^[0-9a-f]{64}$/) as string, backdrop: {} });
  expect(existsSync(join(other.path, 'photos', photo.photo.slice(0, 2), `${photo.photo}.webp`))).toBe(true);
  expect(await client.failure('catalogue.add-photo', { base64: 'bm8gcGljdHVyZQ==' })).toBe('bad-photo');
  client.close();
  await kiosk.stop();
  other.remove();
});

test('goods are the operator’s to change', async () => {
  const item = await itemOf(SOURDOUGH);
  const ade = till.topics.session.staff.find(({ name }) => name === 'Ade')?.staffId ?? '';
  await till.call('staff.sign-on', { staffId: ade, pin: '1111' });
  expect(await till.failure('catalogue.put-item', chutney())).toBe('not-allowed');
  expect(await till.failure('catalogue.remove-item', { itemId: item.itemId })).toBe('not-allowed');
  expect(await till.failure('catalogue.add-photo', { base64: '' })).toBe('not-allowed');
});
