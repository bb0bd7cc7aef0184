import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { compareReadModels, verifyStore } from '../../src/journal/verify';
import { rebuildReadModels } from '../../src/journal/rebuild';
import { doing, perform } from './doings';
import { makeItem, StallLife } from './stall-life';

const lives: StallLife[] = [];
function newLife(): StallLife {
  const life = new StallLife();
  lives.push(life);
  return life;
}
afterEach(() => {
  for (const life of lives.splice(0)) life.end();
});

/** Runs `check` on a copy of the life's database and an empty one. */
function withCopies<T>(life: StallLife, check: (copy: Database.Database, scratch: Database.Database) => T): T {
  life.close();
  const folder = mkdtempSync(join(tmpdir(), 'trestle-replay-'));
  const copy = new Database(join(life.dataDir, 'trestle.db'));
  const scratch = new Database(join(folder, 'scratch.db'));
  try {
    return check(copy, scratch);
  } finally {
    copy.close();
    scratch.close();
    rmSync(folder, { recursive: true });
  }
}

describe('a replay of the journal', () => {
  it('gives the read models the living till has, whatever it did', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(doing, { minLength: 1, maxLength: 14 }), async (doings) => {
        const life = newLife();
        for (const one of doings) await perform(life, one);
        const report = withCopies(life, verifyStore);
        expect(report.findings).toEqual([]);
        expect(report.entryCount).toBeGreaterThan(0);
      }),
      { numRuns: 25 },
    );
  });

  it('keeps an edit made while an import is being applied, and the import where it came later', async () => {
    const life = newLife();
    const items = Array.from({ length: 600 }, (_, index) => makeItem(index));
    life.put(makeItem(1, { name: 'Edited before' }));
    let edited = false;
    await life.store.importItems({
      importId: 'import',
      source: 'stock.csv',
      actor: 'ada',
      items: [items],
      onProgress: ({ phase }) => {
        if (phase === 'applying' && !edited) {
          edited = true;
          life.put(makeItem(599, { name: 'Edited meanwhile' }));
        }
      },
    });
    expect(life.store.catalogue.item('item-599')?.name).toBe('Edited meanwhile');
    expect(life.store.catalogue.item('item-1')?.name).toBe(makeItem(1).name);
    expect(withCopies(life, verifyStore).findings).toEqual([]);
  });

  it('shows nothing of an import that was stopped', async () => {
    const life = newLife();
    const stop = new AbortController();
    const importing = life.store.importItems({
      importId: 'import',
      source: 'stock.csv',
      actor: 'ada',
      items: [Array.from({ length: 600 }, (_, index) => makeItem(index))],
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(importing).rejects.toThrow();
    expect(life.store.catalogue.itemCount()).toBe(0);
    expect(withCopies(life, verifyStore).findings).toEqual([]);
  });

  it('gives the same again when done in place', () => {
    const life = newLife();
    life.put(makeItem(1), makeItem(2), makeItem(3));
    life.sell(['variant-1', 'variant-2']);
    withCopies(life, (copy, scratch) => {
      verifyStore(copy, scratch);
      const { unreadable } = rebuildReadModels(copy);
      expect(unreadable).toEqual([]);
      expect(compareReadModels(copy, scratch)).toEqual([]);
    });
  });

  it('is told apart from tables that were changed by hand', () => {
    const life = newLife();
    life.put(makeItem(1), makeItem(2));
    life.sell(['variant-1']);
    for (const change of [
      `UPDATE item SET price_minor = price_minor + 1 WHERE item_id = 'item-1'`,
      `DELETE FROM barcode`,
      `UPDATE shift_total SET totals = '{}'`,
      `INSERT INTO item_search (rowid, words) VALUES (1, 'zebra')`,
    ]) {
      const findings = withCopies(life, (copy, scratch) => {
        copy.exec('BEGIN');
        copy.exec(change);
        copy.exec('COMMIT');
        const found = verifyStore(copy, scratch).findings;
        rebuildReadModels(copy);
        return found;
      });
      expect(findings.map(({ code }) => code)).toContain('read-model-differs');
    }
  });
});
