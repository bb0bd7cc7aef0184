/**
 * What a whole day leaves in memory: all processes of the real app with its window showing, while sales go through the
 * contract and their receipts to a printer, beside an app that is nothing but a window.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createVirtualPrinter } from '../src/hardware/virtual/printer-device';
import { startPrinterServer } from '../src/hardware/virtual/printer-server';
import { figure, median, progress, slope, type Figure } from './figure';
import { startTill } from './till';
import { callsOf, openEmptyWindow, openTill, untilReady, type AppWindow } from './window';

const SALES = 2_000;
/** Sales between two samples. */
const STRIDE = 25;
const TREND_SALES = 1_000;
const LINES = 3;
const SETTLE_MS = 3_000;
const MEBIBYTE = 2 ** 20;

export async function measure(scratch: string): Promise<Figure[]> {
  const emptyBytes = await settledBytes(openEmptyWindow(join(scratch, 'empty')));

  const dataDir = join(scratch, 'till');
  const prepared = await startTill({ dataDir });
  await prepared.close();
  // The printer is on the network, so that its paper is nobody's memory but this process's.
  const printer = await startPrinterServer({ printer: createVirtualPrinter({ paperWidthMillimetres: 80 }), port: 0 });
  const app = openTill(dataDir, ['--devices', 'real', '--printer', `${printer.host}:${printer.port}`]);
  const page = await app.page();
  await untilReady(page);
  const call = callsOf(page);
  const { tiles } = await call('catalogue.items', { category: null, offset: 0, limit: 500 });
  const variantIds = tiles.flatMap(({ variantId, pricing }) => (pricing === 'each' && variantId) || []);

  const samples: number[] = [];
  for (let sale = 1; sale <= SALES; sale += 1) {
    for (let line = 0; line < LINES; line += 1) {
      await call('cart.add', { variantId: String(variantIds[(sale * LINES + line) % variantIds.length]) });
    }
    const { cart } = (await call('state.get', {})).sale;
    await call('payment.cash', { givenMinor: cart.totalMinor + 500 });
    if (sale % 500 === 0) progress(`${sale.toLocaleString('en')} sales`);
    if (sale > SALES - TREND_SALES && sale % STRIDE === 0) samples.push(app.memoryBytes());
  }
  await pause(SETTLE_MS);
  const tillBytes = app.memoryBytes();
  await app.close();
  await printer.close();

  const perThousand = (slope(samples) / STRIDE) * 1000;
  return [
    figure({
      id: 'memory/total',
      what: `all processes after ${SALES.toLocaleString('en')} sales`,
      value: tillBytes / MEBIBYTE,
      unit: 'MiB',
      reference: emptyBytes / MEBIBYTE,
      referenceWhat: 'all processes of an empty Electron window',
      target: { atMost: 2 },
    }),
    figure({
      id: 'memory/slope',
      what: `growth over the last ${TREND_SALES.toLocaleString('en')} sales, as a straight line`,
      value: perThousand / MEBIBYTE,
      unit: 'MiB per 1,000 sales',
      reference: median(samples) / MEBIBYTE,
      referenceWhat: 'all processes, in MiB',
      target: { atMost: 0.02 },
    }),
  ];
}

async function settledBytes(app: AppWindow): Promise<number> {
  await app.page();
  await pause(SETTLE_MS);
  const bytes = app.memoryBytes();
  await app.close();
  return bytes;
}
