import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportFolder, verifyFolder } from '../../src/main/db/inspect';
import { SCHEMA_VERSION, schemaVersion } from '../../src/main/db/migrations';
import { StoreError } from '../../src/main/db/store-error';
import { makeItem, silentLog, stall, StallLife } from '../journal/stall-life';

let life: StallLife;
beforeEach(() => {
  life = new StallLife();
});
afterEach(() => life.end());

const thrownBy = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
};
const databasePath = () => join(life.dataDir, 'trestle.db');

describe('a data folder', () => {
  it('belongs to one till at a time, and says so to a second', () => {
    life.put(makeItem(1));
    const error = thrownBy(() => life.open());
    expect(error).toMatchObject({ code: 'store-locked' });
    expect((error as Error).message).toContain(life.dataDir);
    // The first is not disturbed, and gives the folder back when it closes.
    life.sell(['variant-1']);
    life.close();
    life.open().close();
  });

  it('is free again the moment its till is killed', async () => {
    life.open().close();
    const holder = spawn(
      process.execPath,
      [
        '-e',
        `const Database = require(process.argv[1]);
         const lock = new Database(process.argv[2]);
         lock.exec('BEGIN EXCLUSIVE');
         console.log('held');
         setInterval(() => {}, 1000);`,
        createRequire(import.meta.url).resolve('better-sqlite3'),
        join(life.dataDir, 'folder.lock'),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(holder.stdout, 'data');
    expect(thrownBy(() => life.open())).toMatchObject({ code: 'store-locked' });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(life.store.device.prefix).toBe('T1');
  });
});

describe('a database of another version', () => {
  it('from the build before is brought up to date, after a backup', async () => {
    const sql = readFileSync(new URL('../fixtures/store/version-1.sql', import.meta.url), 'utf8');
    const database = new Database(databasePath());
    database.exec(sql);
    expect(schemaVersion(database)).toBe(1);
    const entries = database.prepare('SELECT count(*) FROM journal').pluck().get();
    database.close();
    // The fixture's device had the first ids; this one's are others.
    const older = life;
    life = older.cutPower();
    older.end();

    const { store } = life;
    expect(store.orders.last()?.order.number).toBe('T1-0003');
    expect(store.catalogue.lookup(['5000000000001'])?.item.itemId).toBe('item-1');
    store.saveSale({ cart: life.cart(['variant-1']), markedLineId: null, payment: null, doneOrderId: null });
    // The fixture holds no key: the till goes on under the next name.
    expect(life.sell(['variant-1']).number).toBe('T1R2-0001');
    life.close();

    const backup = new Database(join(life.dataDir, 'backups', 'store-version-1.db'), { readonly: true });
    expect(schemaVersion(backup)).toBe(1);
    expect(backup.prepare('SELECT count(*) FROM journal').pluck().get()).toBe(entries);
    backup.close();
    const migrated = new Database(databasePath(), { readonly: true });
    expect(schemaVersion(migrated)).toBe(SCHEMA_VERSION);
    migrated.close();
    expect((await verifyFolder(life.dataDir)).findings).toEqual([]);
  });

  it('keeps the jobs, of which none said what its reason is about', () => {
    const database = new Database(databasePath());
    for (const version of [1, 2, 3, 4]) {
      database.exec(readFileSync(new URL(`../fixtures/store/version-${version}.sql`, import.meta.url), 'utf8'));
    }
    database.close();
    const older = life;
    life = older.cutPower();
    older.end();
    expect(life.store.jobs.ofReference('order-1')).toMatchObject([
      { id: 'job-1', state: 'failed', reason: 'unprintable', detail: null, document: null },
      { id: 'job-2', state: 'acknowledged', reason: null, detail: null, pin: 2 },
    ]);
  });

  it('keeps the sale in progress, whose lines were inside it', () => {
    const database = new Database(databasePath());
    for (const version of [1, 2]) {
      database.exec(readFileSync(new URL(`../fixtures/store/version-${version}.sql`, import.meta.url), 'utf8'));
    }
    database.close();
    const older = life;
    life = older.cutPower();
    older.end();
    expect(life.store.sale()).toEqual({
      cart: {
        cartId: 'cart-9',
        lines: [
          { lineId: 'line-1', name: 'Loaf' },
          { lineId: 'line-2', name: 'Jam, "hot"' },
        ],
        discount: null,
        note: '',
      },
      markedLineId: 'line-2',
      payment: null,
      doneOrderId: null,
    });
  });

  it('keeps the people and settings it has, before there was anybody to exchange them with', async () => {
    const database = new Database(databasePath());
    for (const version of [1, 2, 3]) {
      database.exec(readFileSync(new URL(`../fixtures/store/version-${version}.sql`, import.meta.url), 'utf8'));
    }
    expect(schemaVersion(database)).toBe(3);
    database.close();
    const older = life;
    life = older.cutPower();
    older.end();
    const { people, settings, sync } = life.store;
    expect(settings.get('theme')).toBe('evening');
    expect(people.nameOf('ada')).toBe('Ada');
    expect(sync.peers()).toEqual([]);
    // Whatever a device that dates its changes says is newer.
    const [before] = people.changes();
    const dated = {
      reference: 'ada',
      person: { name: 'Ada L.', pinHash: null },
      at: '2020-01-01T00:00:00.000Z-0000-d',
    };
    expect(before).toMatchObject({ reference: 'ada', person: { name: 'Ada' } });
    expect(people.receive([dated])).toBe(true);
    expect(people.nameOf('ada')).toBe('Ada L.');
  });

  it('has the same tables as a new one, however it came to be', () => {
    const tables = (path: string) => {
      const database = new Database(path, { readonly: true });
      const rows = database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all();
      database.close();
      return rows;
    };
    life.store.close();
    const fresh = tables(databasePath());
    const old = new StallLife();
    const database = new Database(join(old.dataDir, 'trestle.db'));
    database.exec(readFileSync(new URL('../fixtures/store/version-1.sql', import.meta.url), 'utf8'));
    database.close();
    old.store.close();
    expect(tables(join(old.dataDir, 'trestle.db'))).toEqual(fresh);
    old.end();
  });

  it('from a newer build is refused by name and left as it is', () => {
    life.put(makeItem(1));
    life.close();
    const database = new Database(databasePath());
    database.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    database.close();
    const before = readFileSync(databasePath());
    expect(thrownBy(() => life.open())).toMatchObject({ code: 'store-too-new' });
    expect(readFileSync(databasePath()).equals(before)).toBe(true);
    expect(existsSync(join(life.dataDir, 'quarantine'))).toBe(false);
  });

  it('with read models of another version gets them by replay', async () => {
    life.put(makeItem(1));
    life.sell(['variant-1']);
    life.close();
    const database = new Database(databasePath());
    database.exec(`UPDATE meta SET value = 0 WHERE key = 'read_model_version'; DELETE FROM item; DROP TABLE shift`);
    database.close();
    expect(life.store.catalogue.itemCount()).toBe(1);
    expect(life.store.shifts.current()?.totals.orderCount).toBe(1);
    life.close();
    expect((await verifyFolder(life.dataDir)).findings).toEqual([]);
  });

  it('with an entry nobody can read says so in a notice, and applies the others', () => {
    life.put(makeItem(1));
    life.put(makeItem(2));
    life.close();
    const database = new Database(databasePath());
    database.exec(`UPDATE meta SET value = 0 WHERE key = 'read_model_version'`);
    database.exec(`UPDATE journal SET kind = 'moon.landed' WHERE seq = 2`);
    database.close();
    expect(life.store.catalogue.itemCount()).toBe(1);
    const [notice] = life.store.notices.list();
    expect(notice).toMatchObject({ code: 'rebuilt' });
    expect(notice?.detail).toContain('moon.landed 2');
  });
});

/** Mounts a small disk; null where that is not allowed. */
function smallDisk(sizeBytes: number): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'trestle-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
}

const disk = smallDisk(6 * 1024 * 1024);
if (disk === null) console.warn('skipped: no file system may be mounted here, so no disk can be filled');

describe.skipIf(disk === null)('a full disk', () => {
  const folder = disk ?? '';
  const ballast = join(folder, 'ballast');

  afterAll(() => {
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });

  it('refuses the sale with a name, loses nothing, and sells again when there is room', async () => {
    writeFileSync(ballast, Buffer.alloc(1024 * 1024));
    const dataDir = join(folder, 'till');
    mkdirSync(dataDir);
    const small = new StallLife(dataDir);
    small.put(...Array.from({ length: 20 }, (_, number) => makeItem(number)));
    const placed: string[] = [];
    let refused: unknown = null;
    for (let sale = 0; sale < 2_000 && refused === null; sale += 1) {
      refused = thrownBy(() => placed.push(small.sell(['variant-1', 'variant-2', 'variant-3']).number));
    }
    expect(refused).toBeInstanceOf(StoreError);
    expect(refused).toMatchObject({ code: 'disk-full' });
    expect((refused as Error).message).toContain('free some space');

    const { store } = small;
    const next = store.nextOrderSequence();
    expect(store.orders.count()).toBe(placed.length);
    expect(next).toBe(placed.length + 1);
    // As large as the one that did not fit: a smaller one may.
    const another = thrownBy(() => small.sell(['variant-1', 'variant-2', 'variant-3']));
    expect(another).toMatchObject({ code: 'disk-full' });

    rmSync(ballast);
    expect(small.sell(['variant-1']).number).toBe(`T1-${String(next).padStart(4, '0')}`);
    const entries = [...exportFolder(dataDir)].length;
    small.close();
    expect((await verifyFolder(dataDir)).findings).toEqual([]);
    expect(small.store.orders.count()).toBe(placed.length + 1);
    expect([...exportFolder(dataDir)]).toHaveLength(entries);
    small.end();
  });

  /** Leaves no room for another byte. */
  function fill(): void {
    const file = openSync(ballast, 'w');
    const block = Buffer.alloc(4096);
    try {
      while (writeSync(file, block) === block.length);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      closeSync(file);
    }
  }

  for (const [what, isIdle] of [
    ['with a sale still to be copied', false],
    ['with nothing left to do', true],
  ] as const) {
    it(`is no reason not to close, ${what}: it is logged, and nothing is lost`, async () => {
      const dataDir = join(folder, 'till');
      mkdirSync(dataDir);
      const small = new StallLife(dataDir);
      const warnings: string[] = [];
      const store = small.open({ ...silentLog, warn: (_details, message) => warnings.push(message) });
      store.commit({ actor: null, drafts: [{ kind: 'stall.configured', body: { stall } }], result: null });
      // Somebody who reads beside it keeps the close from giving back the room of the log.
      const reader = new Database(join(dataDir, 'trestle.db'));
      if (isIdle) while (store.runIdleWork());
      reader.pragma('wal_checkpoint(TRUNCATE)');
      fill();
      expect(() => store.close()).not.toThrow();
      reader.close();
      expect(warnings).toEqual(['The store was closed without its last housekeeping']);

      rmSync(ballast);
      expect(small.store.stall.get()).toEqual(stall);
      expect(small.store.notices.list()).toEqual([]);
      small.close();
      expect((await verifyFolder(dataDir)).findings).toEqual([]);
      small.end();
    });
  }
});
