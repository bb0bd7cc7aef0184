import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { Command } from 'commander';
import { v7 as newUuid } from 'uuid';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { registerRecoverCommand } from '../../src/cli/recover-command';
import { BASE32 } from '../../src/domain/bytes';
import { readOrderCopy } from '../../src/domain/order-copy';
import { parseEntryLine, type SealedEntry } from '../../src/journal/entry';
import { silentLog } from '../../src/main/core/log';
import { recoverReceipts, type RecoveryReport } from '../../src/main/core/receipt-recovery';
import { exportFolder, verifyFolder } from '../../src/main/db/inspect';
import { Store } from '../../src/main/db/store';
import { isPaper } from '../../src/hardware/virtual/paper';
import { drawPaper } from '../../src/hardware/virtual/paper-image';
import type { RunningKiosk } from '../../src/main/boot';
import { readyToSell, startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';
import { readQrCodes } from '../helpers/read-codes';

/** 0.420 kg of a cheddar at £18.00 a kilogram. */
const CHEDDAR_BY_WEIGHT = '2100031004207';
const SOURDOUGH = '5012345010779';

let folder: ReturnType<typeof temporaryFolder>;
let running: RunningKiosk;
let till: TestClient;
const lost = (): string => join(folder.path, 'lost');
const rebuilt = (): string => join(folder.path, 'rebuilt');

beforeEach(async () => {
  folder = temporaryFolder();
  mkdirSync(lost());
  ({ running, till } = await startTestTill({ dataDir: lost() }));
  await readyToSell(till);
});
afterEach(async () => {
  till.close();
  await running.close();
  folder.remove();
});

const openStore = (dataDir: string): Store =>
  Store.open({ dataDir, now: () => new Date(), newId: () => newUuid(), log: silentLog() });
const entriesOf = (dataDir: string): SealedEntry[] =>
  [...exportFolder(dataDir)].flatMap((line) => parseEntryLine(line) ?? []);

/** A day at the stall. */
async function sellADay(): Promise<void> {
  const { tiles } = await till.call('catalogue.items', { category: null, offset: 0, limit: 40 });
  const variantIds = tiles.flatMap((tile) => tile.variantId ?? []);
  for (let sale = 0; sale < 6; sale += 1) {
    for (let line = 0; line <= sale * 2; line += 1) {
      await till.call('cart.add', { variantId: variantIds[(sale * 3 + line) % variantIds.length] ?? '' });
    }
    if (sale === 1) await till.call('cart.scan', { code: CHEDDAR_BY_WEIGHT }).catch(() => undefined);
    if (sale === 2) {
      await till.call('cart.discount', {
        discount: { kind: 'percent', basisPoints: 1_000, reason: 'a friend of Ann' },
      });
    }
    if (sale === 3) {
      const lineId = till.topics.sale.cart.lines[0]?.lineId ?? '';
      const discount = { kind: 'amount', amountMinor: 25, reason: 'chipped' } as const;
      await till.call('cart.discount-line', { lineId, discount });
    }
    if (sale === 4) {
      await till.call('payment.open', {});
      const { tenderId } = await till.call('payment.card-start', { amountMinor: 300, provider: 'SumUp' });
      await till.call('payment.card-settle', { tenderId, outcome: 'approved', reference: 'TX 7' });
    }
    await till.call('payment.cash', { givenMinor: 90_000 });
    await till.call('sale.next', {});
  }
  await till.until(({ jobs }) => jobs.unprinted.length === 0, 'all paper is printed');
}

/** What the receipts say to whoever has nothing but the paper. */
async function scanPapers(): Promise<string[]> {
  const papers = running.virtualPrinter?.papers() ?? [];
  const codes = await Promise.all(
    papers.map(({ elements, dotsWide }) => readQrCodes(drawPaper({ elements: elements.filter(isPaper), dotsWide }))),
  );
  return codes.flat();
}

/** The orders and sums of a folder, without what no receipt says. */
function dayOf(dataDir: string, shiftId: string) {
  const store = openStore(dataDir);
  try {
    const { orders } = store.orders.list({ text: '', beforeSequence: null, limit: 50 });
    const stored = store.shifts.get(shiftId);
    return {
      orders: orders.map(({ order }) => ({
        ...{ orderId: order.orderId, number: order.number, placedAt: order.placedAt, taxes: order.taxes },
        ...{ totalMinor: order.totalMinor, savedMinor: order.savedMinor, roundingMinor: order.roundingMinor },
        lines: order.lines.map(({ variantId, itemId, quantity, unitPriceMinor, amountMinor, name }) => ({
          ...{ variantId, itemId, quantity, unitPriceMinor, amountMinor, name },
        })),
        tenders: order.tenders.map(({ kind, amountMinor }) => ({ kind, amountMinor })),
        receiptKey: order.receiptKey,
      })),
      shift: stored?.shift,
      totals: stored?.totals,
      stock: [...store.catalogue.everyItem()].map(({ itemId }) =>
        store.catalogue.item(itemId)?.variants.map(({ variantId, stock }) => [variantId, stock]),
      ),
    };
  } finally {
    store.close();
  }
}

/** `trestle recover` as typed, with its report. */
async function recoverCommand(...words: string[]): Promise<{ report: RecoveryReport; exitCode: number }> {
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const complain = vi.spyOn(console, 'error').mockImplementation((text) => void written.push(String(text)));
  try {
    process.exitCode = 0;
    const program = new Command();
    registerRecoverCommand(program);
    await program.parseAsync(['node', 'trestle', 'recover', '--json', ...words]);
    const exitCode = Number(process.exitCode);
    const said = written.join('');
    return { report: (exitCode === 2 ? { said } : JSON.parse(said)) as RecoveryReport, exitCode };
  } finally {
    process.exitCode = 0;
    write.mockRestore();
    complain.mockRestore();
  }
}

test('a day is rebuilt from its receipts alone, what is forged, doubled and missing is named, and the till counts nothing twice', async () => {
  // What the hub, a backup or another till has from before the day: the stall and its goods, no sale.
  const morning = join(folder.path, 'morning.jsonl');
  writeFileSync(morning, [...exportFolder(lost())].join(''));
  const shiftId = till.topics.session.shift?.shiftId ?? '';
  await sellADay();
  const codes = await scanPapers();
  expect(codes).toHaveLength(6);
  expect(codes.every((code) => code.startsWith('TR2:'))).toBe(true);
  // No name and no word that somebody typed is on it.
  for (const code of codes) expect(JSON.stringify(readOrderCopy(code)?.copy)).not.toMatch(/Ann|chipped|Ade/);
  till.close();
  await running.close();
  const day = dayOf(lost(), shiftId);
  const later = entriesOf(lost());
  rmSync(lost(), { recursive: true });

  const [first = '', second = '', third = '', ...rest] = codes;
  const letter = BASE32[(BASE32.indexOf(third.at(-3) ?? '') + 1) % BASE32.length] ?? '';
  const forged = `${third.slice(0, -3)}${letter}${third.slice(-2)}`;
  const file = join(folder.path, 'scanned.txt');
  writeFileSync(file, [first, second, forged, second, 'https://example.org/menu', ...rest].join('\r\n'));

  const once = await recoverCommand(file, '--data', rebuilt(), '--from', morning);
  expect([once.exitCode, once.report]).toMatchObject([1, { scanned: 8 }]);
  expect(once.report.recovered.map(({ number }) => number).sort()).toEqual(
    ['T1-0001', 'T1-0002', 'T1-0004', 'T1-0005', 'T1-0006'].sort(),
  );
  expect(once.report.doubled).toMatchObject([{ from: 'scanned.txt:4', number: 'T1-0002', firstFrom: 'scanned.txt:2' }]);
  expect(once.report.refused).toMatchObject([
    { from: 'scanned.txt:3', number: 'T1-0003', why: 'forged' },
    { from: 'scanned.txt:5', number: null, why: 'no-copy' },
  ]);
  expect(once.report.missing.map(({ numbers }) => numbers)).toEqual([['T1-0003']]);

  // The third receipt turns up after all. A folder of its own is added to only when asked.
  const found = join(folder.path, 'found.txt');
  writeFileSync(found, `${third}\n${first}\n`);
  expect((await recoverCommand(found, '--data', rebuilt())).exitCode).toBe(2);
  const again = await recoverCommand(found, '--data', rebuilt(), '--add');
  expect(again.exitCode).toBe(0);
  expect(again.report.recovered.map(({ number }) => number)).toEqual(['T1-0003']);
  expect(again.report.known.map(({ number }) => number)).toEqual(['T1-0001']);

  expect(dayOf(rebuilt(), shiftId)).toEqual(day);
  expect((await verifyFolder(rebuilt())).findings).toEqual([]);
  const store = openStore(rebuilt());
  expect(store.device.prefix).toBe('T1R2');
  expect(store.shifts.current()).toBeNull();
  // Its till's own word comes after all, from a hub: it takes the place of the receipts.
  store.receive(later, []);
  await store.applyImports();
  store.close();
  expect(dayOf(rebuilt(), shiftId)).toEqual(day);
  expect((await verifyFolder(rebuilt())).findings).toEqual([]);
  // And receipts that come after it change nothing.
  const late = await recoverCommand(file, '--data', rebuilt(), '--add');
  expect(late.report.recovered).toEqual([]);
  expect(dayOf(rebuilt(), shiftId)).toEqual(day);
}, 60_000);

test('a copy is believed by its till’s key alone; without a copy of the stall a key that was kept is enough', async () => {
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('payment.cash', { givenMinor: 1_000 });
  await till.until(({ jobs }) => jobs.unprinted.length === 0, 'all paper is printed');
  const [code = ''] = await scanPapers();
  const [registered] = entriesOf(lost());
  const { publicKey } = JSON.parse(registered?.body ?? '') as { publicKey: string };
  const scanned = [{ text: code, from: 'paper' }];
  const store = openStore(rebuilt());
  try {
    expect(recoverReceipts(store, scanned).refused).toEqual([
      { from: 'paper', number: 'T1-0001', why: 'unknown-till' },
    ]);
    // Another till's key, that of the new folder itself, signed nothing here.
    const own = store.stall.devices().map((device) => device.publicKey);
    expect(recoverReceipts(store, scanned, own).refused).toMatchObject([{ why: 'forged' }]);
    expect(recoverReceipts(store, scanned, [publicKey])).toMatchObject({
      recovered: [{ number: 'T1-0001', totalMinor: expect.any(Number) as number, unknownGoods: 1 }],
      shifts: [{ totals: { orderCount: 1 } }],
    });
  } finally {
    store.close();
  }
});

test('a folder of pictures of whatever kind is read, and what cannot be is named once', async () => {
  for (let sale = 0; sale < 3; sale += 1) {
    await till.call('cart.scan', { code: SOURDOUGH });
    await till.call('payment.cash', { givenMinor: 1_000 });
    await till.call('sale.next', {});
  }
  await till.until(({ jobs }) => jobs.unprinted.length === 0, 'all paper is printed');
  const [first, second, third] = (running.virtualPrinter?.papers() ?? []).map(({ elements, dotsWide }) =>
    drawPaper({ elements: elements.filter(isPaper), dotsWide }),
  );
  if (!first || !second || !third) throw new Error('three receipts were printed');
  const photos = join(folder.path, 'photos');
  mkdirSync(join(photos, 'not these'), { recursive: true });
  const put = (name: string, bytes: Uint8Array | string): void => writeFileSync(join(photos, name), bytes);
  const image = await loadImage(second);
  const canvas = createCanvas(image.width, image.height);
  canvas.getContext('2d').drawImage(image, 0, 0);
  put('1.PNG', first);
  put('2.webp', await canvas.encode('webp'));
  put('3.txt', (await readQrCodes(third)).join('\n'));
  // As telephones keep pictures that nothing here can open, with lines in it that are none.
  put('4.heic', Buffer.concat([Buffer.from('\0\0\0\x18ftypheic'), Buffer.alloc(4_000, 'a\n\xff', 'latin1')]));
  put('5.jpg', '');
  put('.hidden', 'nothing');

  const { report, exitCode } = await recoverCommand(photos, '--data', rebuilt(), '--from', lost());
  expect(report.known.map(({ number }) => number)).toEqual(['T1-0001', 'T1-0002', 'T1-0003']);
  expect(report.refused).toEqual([
    { from: '4.heic', number: null, why: 'unreadable' },
    { from: '5.jpg', number: null, why: 'unreadable' },
  ]);
  expect(exitCode).toBe(1);
});

test('without the stall’s wish the code holds the number alone', async () => {
  const { name, place, vatNumber, receiptFooter, taxRates } = till.topics.session.stall;
  await till.call('stall.change', {
    name,
    place,
    vatNumber,
    receiptFooter,
    taxRates: [...taxRates],
    receiptCopies: false,
  });
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('payment.cash', { givenMinor: 1_000 });
  await till.until(({ jobs }) => jobs.unprinted.length === 0, 'all paper is printed');
  expect(await scanPapers()).toEqual(['TR1:T1-0001']);
});
