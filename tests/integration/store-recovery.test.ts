import { randomFillSync } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  openSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { exportFolder, verifyFolder } from '../../src/main/db/inspect';
import { JournalCopy } from '../../src/main/db/journal-copy';
import { makeItem, stall, StallLife } from '../journal/stall-life';

const lives: StallLife[] = [];
afterEach(() => {
  for (const life of lives.splice(0)) life.end();
});
function keep(life: StallLife): StallLife {
  lives.push(life);
  return life;
}

const SALES = 12;
const NUMBERS = Array.from({ length: SALES }, (_, at) => `T1-${String(at + 1).padStart(4, '0')}`);

/** A stall after a morning's sales, with a cart in progress. */
async function tradedStall(sales = SALES): Promise<StallLife> {
  const life = keep(new StallLife());
  life.store.commit({ actor: null, drafts: [{ kind: 'stall.configured', body: { stall } }], result: null });
  await life.store.people.put('ada', 'Ada', '1234');
  life.store.settings.set('theme', 'evening');
  life.put(...Array.from({ length: 200 }, (_, number) => makeItem(number)));
  for (let sale = 0; sale < sales; sale += 1) life.sell([`variant-${sale}`, 'variant-100']);
  life.store.saveSale({ cart: life.cart(['variant-7']), markedLineId: null, payment: null, doneOrderId: null });
  return life;
}

const databaseOf = (life: StallLife) => join(life.dataDir, 'trestle.db');

function overwrite(path: string, offset: number, bytes: Buffer): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
}

const PAGE = 4096;
const noise = (length: number) => randomFillSync(Buffer.alloc(length));

/** Ways a database comes to harm; each leaves the plain copy of the journal as it is. */
const HARMS: Readonly<Record<string, (path: string) => void>> = {
  'its header overwritten': (path) => overwrite(path, 0, noise(100)),
  'its first page overwritten': (path) => overwrite(path, 0, noise(PAGE)),
  'every third page zeroed': (path) => {
    for (let page = 2; page < statSync(path).size / PAGE; page += 3) overwrite(path, page * PAGE, Buffer.alloc(PAGE));
  },
  'every second page full of noise': (path) => {
    for (let page = 1; page < statSync(path).size / PAGE; page += 2) overwrite(path, page * PAGE, noise(PAGE));
  },
  'its second half cut off': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  'a torn last page': (path) => truncateSync(path, statSync(path).size - 1000),
  'a text file in its place': (path) => writeFileSync(path, 'shopping list: eggs, flour, twine\n'.repeat(50)),
  'nothing in it': (path) => truncateSync(path, 0),
  'the file gone': (path) => rmSync(path),
};

/** What must hold whatever happened to the file: nothing that was recorded is missing. */
async function expectNothingMissing({ store }: StallLife): Promise<void> {
  const { orders } = store.orders.list({ text: '', beforeSequence: null, limit: 100 });
  expect(orders.map(({ order }) => order.number).reverse()).toEqual(NUMBERS);
  expect(store.catalogue.itemCount()).toBe(200);
  expect(store.catalogue.lookup(['5000000000150'])?.item.itemId).toBe('item-150');
  expect(store.stall.get()).toEqual(stall);
  expect(store.shifts.current()?.totals.orderCount).toBe(SALES);
  expect(await store.people.isPin('ada', '1234')).toBe(true);
  expect(store.settings.get('theme')).toBe('evening');
}

/** What must hold after a recovery that lost nothing. */
async function expectRecovered(before: StallLife, after: StallLife): Promise<void> {
  await expectNothingMissing(after);
  const { store } = after;
  const [notice] = store.notices.list();
  expect(notice).toMatchObject({ code: 'store-recovered' });
  expect(notice?.detail).toMatch(/ 0 lost\. The damaged files are kept in quarantine/);
  const [folder] = readdirSync(join(after.dataDir, 'quarantine'));
  expect(readdirSync(join(after.dataDir, 'quarantine', folder ?? '')).length).toBeGreaterThan(0);

  // Nobody can say what was printed: nothing is printed again by itself, and no number is used twice.
  expect(store.jobs.list({ states: ['waiting', 'running', 'held'], limit: 10 })).toEqual([]);
  expect(store.device.deviceId).not.toBe(before.store.device.deviceId);
  expect(after.sell(['variant-3']).number).toBe('T1R2-0001');
  after.close();

  const entries = [...exportFolder(after.dataDir)].map((line) => JSON.parse(line) as { kind: string });
  expect(entries.filter(({ kind }) => kind === 'store.recovered')).toHaveLength(1);
  expect((await verifyFolder(after.dataDir)).findings).toEqual([]);

  // It was one recovery, not one at every start.
  const { deviceId } = after.store.device;
  after.close();
  expect(after.store.device.deviceId).toBe(deviceId);
  expect(readdirSync(join(after.dataDir, 'quarantine'))).toHaveLength(1);
  expect(after.sell(['variant-3']).number).toBe('T1R2-0002');
}

describe('a store found damaged at start', () => {
  for (const [harm, inflict] of Object.entries(HARMS)) {
    it(`with ${harm} after a clean close is recovered whole`, async () => {
      const before = await tradedStall();
      before.close();
      const after = keep(before.cutPower());
      inflict(databaseOf(after));
      await expectRecovered(before, after);
    });

    it(`with ${harm} after a power cut misses nothing`, async () => {
      const before = await tradedStall();
      while (before.store.runIdleWork());
      const after = keep(before.cutPower());
      inflict(databaseOf(after));
      // The write-ahead log may still hold every page and mend the file by itself.
      await expectNothingMissing(after);
      after.sell(['variant-3']);
      after.close();
      expect((await verifyFolder(after.dataDir)).findings).toEqual([]);
    });
  }

  it('whose log is garbage takes what was in it from the copy', async () => {
    const before = await tradedStall(SALES - 3);
    while (before.store.runIdleWork());
    for (let sale = 0; sale < 3; sale += 1) before.sell(['variant-5']);
    // The copy is written, the log not yet moved into the database.
    const reader = new Database(databaseOf(before), { readonly: true });
    new JournalCopy(before.dataDir).writeNext(reader);
    reader.close();
    const after = keep(before.cutPower());
    overwrite(`${databaseOf(after)}-wal`, 0, noise(statSync(`${databaseOf(after)}-wal`).size));
    await expectRecovered(before, after);
  });

  it('whose log is garbage before the copy was written opens with what the database has', async () => {
    const before = await tradedStall();
    while (before.store.runIdleWork());
    for (let sale = 0; sale < 3; sale += 1) before.sell(['variant-5']);
    const after = keep(before.cutPower());
    overwrite(`${databaseOf(after)}-wal`, 0, noise(statSync(`${databaseOf(after)}-wal`).size));
    expect(after.store.orders.count()).toBe(SALES);
    expect((await verifyFolder(after.dataDir)).findings).toEqual([]);
  });

  it('of which no copy was written yet is read page by page', async () => {
    const before = await tradedStall();
    before.close();
    const after = keep(before.cutPower());
    rmSync(join(after.dataDir, 'journal-copy'), { recursive: true });
    overwrite(databaseOf(after), 0, noise(100));
    await expectRecovered(before, after);
  });

  it('keeps the entries after a break aside, and says how many were lost', async () => {
    const before = await tradedStall();
    before.close();
    const after = keep(before.cutPower());
    rmSync(join(after.dataDir, 'journal-copy'), { recursive: true });
    const database = new Database(databaseOf(after));
    const lastSeq = database.prepare('SELECT max(seq) FROM journal').pluck().get() as number;
    // A sale in the middle is gone, and the file is damaged besides.
    database.exec(`DELETE FROM journal WHERE seq = ${lastSeq - 5}`);
    database.close();
    overwrite(databaseOf(after), 0, noise(100));
    const [notice] = after.store.notices.list();
    expect(notice?.detail).toContain(`${lastSeq - 6} entries were recovered, 6 lost`);
    const [folder] = readdirSync(join(after.dataDir, 'quarantine'));
    const aside = readFileSync(join(after.dataDir, 'quarantine', folder ?? '', 'later-entries.jsonl'), 'utf8');
    expect(aside.trim().split('\n')).toHaveLength(5);
    after.close();
    expect((await verifyFolder(after.dataDir)).findings).toEqual([]);
  });

  it('does not take a forged copy for the truth', async () => {
    const before = await tradedStall();
    before.close();
    const after = keep(before.cutPower());
    const copy = join(after.dataDir, 'journal-copy', '000001.jsonl');
    writeFileSync(copy, readFileSync(copy, 'utf8').replace('"T1-0003"', '"T1-9003"'));
    overwrite(databaseOf(after), 0, noise(100));
    // The database's own pages have the true entry.
    await expectRecovered(before, after);
  });

  it('does not take a forged database for the truth', async () => {
    const before = await tradedStall();
    before.close();
    const after = keep(before.cutPower());
    const database = new Database(databaseOf(after));
    database.exec(`UPDATE journal SET body = replace(body, '"T1-0003"', '"T1-9003"')`);
    database.close();
    overwrite(databaseOf(after), 0, noise(100));
    await expectRecovered(before, after);
  });

  it('is told from a folder that was never used, and from a first start cut short', () => {
    const fresh = keep(new StallLife());
    expect(fresh.store.notices.list()).toEqual([]);
    expect(existsSync(join(fresh.dataDir, 'quarantine'))).toBe(false);
    const cut = keep(new StallLife());
    writeFileSync(join(cut.dataDir, 'trestle.db'), '');
    expect(cut.store.device.prefix).toBe('T1');
    expect(cut.store.notices.list()).toEqual([]);
  });

  it('that lost its key goes on under a new name', async () => {
    const before = await tradedStall();
    before.close();
    const after = keep(before.cutPower());
    writeFileSync(join(after.dataDir, 'device.json'), '{ torn');
    expect(after.store.orders.count()).toBe(SALES);
    expect(after.sell(['variant-3']).number).toBe('T1R2-0001');
    after.close();
    expect((await verifyFolder(after.dataDir)).findings).toEqual([]);
  });
});

describe('the plain copy of the journal', () => {
  it('has every line of the journal after a close, and goes on after a torn line', async () => {
    const life = await tradedStall();
    life.close();
    const copy = () => readFileSync(join(life.dataDir, 'journal-copy', '000001.jsonl'), 'utf8');
    expect(copy()).toBe([...exportFolder(life.dataDir)].join(''));
    truncateSync(join(life.dataDir, 'journal-copy', '000001.jsonl'), Buffer.byteLength(copy()) - 30);
    life.sell(['variant-1']);
    life.close();
    expect(copy()).toBe([...exportFolder(life.dataDir)].join(''));
  });
});
