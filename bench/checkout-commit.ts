/**
 * From the tap that pays to the order on the disk, beside the disk itself and beside a browser's store.
 *
 * The three take turns, one sample each, so that whatever else the machine does falls on all of them.
 */
import { closeSync, fdatasyncSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BrowserWindow, app, session } from 'electron';
import type { Order } from '../src/domain/order';
import { createVirtualPrinter } from '../src/hardware/virtual/printer-device';
import { startPrinterServer } from '../src/hardware/virtual/printer-server';
import { printerFlag } from '../src/main/flags';
import { figure, percentile, progress, type Figure } from './figure';
import { fillCatalogue, message, startTill, valueOf, type BenchTill } from './till';

export const runtime = 'electron';

const SAMPLES = 400;
const WARM_UP = 20;
const ROWS = 12;
/** About what a database writes for such an order. */
const RAW_BYTES = 16 * 1024;
/** The raw file is written round and round, as a write-ahead log is. */
const RAW_FILE_BYTES = 256 * RAW_BYTES;

export async function measure(scratch: string): Promise<Figure[]> {
  const dataDir = join(scratch, 'till');
  await fillCatalogue(dataDir, 1000);
  const printer = await startPrinterServer({ printer: createVirtualPrinter({ paperWidthMillimetres: 80 }), port: 0 });
  const till = await startTill({
    dataDir,
    devices: 'real',
    printer: printerFlag(`${printer.host}:${printer.port}`),
  });
  const raw = rawDisk(join(dataDir, 'raw.bin'));
  const browser = await browserStore(scratch);
  const { tiles } = await till.call('catalogue.items', { category: null, offset: 0, limit: 500 });
  const variantIds = tiles.flatMap(({ variantId }) => variantId ?? []);

  progress(`${SAMPLES} sales of ${ROWS} rows, each beside a raw sync and a strict IndexedDB transaction`);
  const tillMs: number[] = [];
  const rawMs: number[] = [];
  const browserMs: number[] = [];
  for (let sample = -WARM_UP; sample < SAMPLES; sample += 1) {
    const offset = (sample + WARM_UP) % (variantIds.length - ROWS);
    const { tookMs, order } = await sell(till, variantIds.slice(offset, offset + ROWS));
    const rawTookMs = raw.write();
    const browserTookMs = await browser.store(order);
    if (sample < 0) continue;
    tillMs.push(tookMs);
    rawMs.push(rawTookMs);
    browserMs.push(browserTookMs);
  }
  await till.close();
  await printer.close();
  raw.close();
  browser.close();

  return [
    { share: 0.5, timesRaw: 4 },
    { share: 0.99, timesRaw: 8 },
  ].flatMap(({ share, timesRaw }) => {
    const percent = `p${share * 100}`;
    const what = `durable ${ROWS}-row order, ${percent}`;
    const value = percentile(tillMs, share);
    return [
      figure({
        id: `checkout-commit/${percent}-raw`,
        what,
        value,
        unit: 'ms',
        reference: percentile(rawMs, share),
        referenceWhat: 'pwrite and fdatasync of 16 KB in the same folder',
        target: { atMost: timesRaw },
      }),
      figure({
        id: `checkout-commit/${percent}-indexeddb`,
        what,
        value,
        unit: 'ms',
        reference: percentile(browserMs, share),
        referenceWhat: 'the same order in IndexedDB, durability strict, same Electron and disk',
        target: { timesFaster: 4 },
      }),
    ];
  });
}

/** Sells one of each; what counts is the call that pays, from the door of the core and back. */
async function sell(
  { kiosk, call }: BenchTill,
  variantIds: readonly string[],
): Promise<{ tookMs: number; order: Order }> {
  for (const variantId of variantIds) await call('cart.add', { variantId });
  const { sale } = await call('state.get', {});
  const pay = message('payment.cash', { givenMinor: sale.cart.totalMinor + 1000 });
  const printed = untilPrinted(kiosk);
  const started = performance.now();
  const answer = await kiosk.dispatch({ role: 'till' }, pay);
  const tookMs = performance.now() - started;
  const { orderId } = valueOf('payment.cash', answer);
  if (orderId === null) throw new Error('the order was not placed');
  // So that no job writes while the others are measured.
  await printed;
  const { order } = await call('order.get', { orderId });
  if (order.lines.length !== ROWS) throw new Error(`the order has ${order.lines.length} rows`);
  return { tookMs, order };
}

/** Waits until the next order's receipt is on paper and the drawer open; throws what became of it otherwise. */
async function untilPrinted(kiosk: BenchTill['kiosk']): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = kiosk.subscribe('till', (event) => {
      if (event.topic !== 'sale' || event.state.done === null) return;
      const receipt = event.state.lastOrder?.receipt;
      if (receipt === undefined || receipt === 'waiting' || receipt === 'running') return;
      stop();
      if (receipt === 'acknowledged') resolve();
      else reject(new Error(`the receipt is ${receipt}`));
    });
  });
  await pause(5);
}

/** The least that anything durable costs here: bytes into a file that exists, and the disk's word for them. */
function rawDisk(path: string): { write(): number; close(): void } {
  writeFileSync(path, Buffer.alloc(RAW_FILE_BYTES));
  const file = openSync(path, 'r+');
  fdatasyncSync(file);
  const bytes = Buffer.alloc(RAW_BYTES, 0x5a);
  let position = 0;
  return {
    write() {
      const started = performance.now();
      writeSync(file, bytes, 0, bytes.length, position);
      fdatasyncSync(file);
      const tookMs = performance.now() - started;
      position = (position + RAW_BYTES) % RAW_FILE_BYTES;
      return tookMs;
    },
    close: () => closeSync(file),
  };
}

/** A web till's way: order and rows in one strict transaction of IndexedDB, timed in the page itself. */
async function browserStore(scratch: string): Promise<{ store(order: Order): Promise<number>; close(): void }> {
  const page = join(scratch, 'indexeddb.html');
  writeFileSync(page, '<!doctype html><title>IndexedDB</title>');
  await app.whenReady();
  const window = new BrowserWindow({
    show: false,
    webPreferences: { session: session.fromPath(join(scratch, 'browser')), backgroundThrottling: false },
  });
  await window.loadFile(page);
  await window.webContents.executeJavaScript(OPEN_STORE);
  return {
    store: ({ lines, ...order }) =>
      window.webContents.executeJavaScript(
        `store(${JSON.stringify(order)}, ${JSON.stringify(lines)})`,
      ) as Promise<number>,
    close: () => window.destroy(),
  };
}

const OPEN_STORE = `new Promise((resolve, reject) => {
  const request = indexedDB.open('till', 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('orders', { keyPath: 'orderId' });
    request.result.createObjectStore('rows', { keyPath: ['orderId', 'lineId'] });
  };
  request.onerror = () => reject(request.error);
  request.onsuccess = () => {
    const database = request.result;
    globalThis.store = (order, rows) => new Promise((resolve, reject) => {
      const started = performance.now();
      const transaction = database.transaction(['orders', 'rows'], 'readwrite', { durability: 'strict' });
      transaction.objectStore('orders').put(order);
      for (const row of rows) transaction.objectStore('rows').put({ orderId: order.orderId, ...row });
      transaction.oncomplete = () => resolve(performance.now() - started);
      transaction.onerror = () => reject(transaction.error);
    });
    resolve();
  };
})`;
