import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileFaultShim } from '../helpers/faults';
import { runTrestle, setUpStall, withStore } from '../helpers/import-cli';

/**
 * An import of several slices over an older catalogue, killed at writes spread over all of it and at its last ones, and
 * run on a disk that is full from such a write on: the catalogue is wholly the old or wholly the new one, and a second
 * try succeeds.
 */
const shim = compileFaultShim();
const unavailable = 'unavailable' in shim ? shim.unavailable : null;
if (unavailable !== null) console.warn(`skipped: ${unavailable}`);

/** Three slices of items and one left over. */
const ITEMS = 751;

function catalogue(priceMinor: number): string {
  const rows = Array.from(
    { length: ITEMS },
    (_, index) => `item-${index},Item ${index},SKU-${index},${priceMinor / 100}`,
  );
  return `handle,name,sku,price\n${rows.join('\n')}\n`;
}

describe.skipIf(unavailable !== null)('an import cut off at a write', () => {
  if ('unavailable' in shim) return;
  const lane = shim.lane('import');
  const folder = mkdtempSync(join(tmpdir(), 'trestle-import-crash-'));
  const template = join(folder, 'template');
  const dataDir = join(folder, 'till');
  const file = join(folder, 'new.csv');
  let writes = 0;

  /** The price every item has, or all the prices there are when they differ. */
  function prices(): number[] {
    return withStore(dataDir, ({ catalogue: reader }) => {
      expect(reader.itemCount()).toBe(ITEMS);
      const { tiles } = reader.tiles({ category: null, offset: 0, limit: ITEMS });
      return [...new Set(tiles.map(({ priceMinor }) => priceMinor))];
    });
  }

  async function importUnder(mode: 'count' | 'kill' | 'torn' | 'full', at: number) {
    rmSync(dataDir, { recursive: true, force: true });
    cpSync(template, dataDir, { recursive: true });
    lane.arm();
    const run = await runTrestle(['import', file, '--data', dataDir], lane.env({ mode, at, dataDir }));
    lane.disarm();
    return run;
  }

  /** Numbers of writes, spread over the import, with the last ones each. */
  function cuts(most: number): number[] {
    const spread = Array.from({ length: most }, (_, index) => 1 + Math.floor((index * (writes - 1)) / most));
    return [...new Set([...spread, writes - 2, writes - 1, writes])].filter((at) => at > 0);
  }

  beforeAll(async () => {
    setUpStall(template);
    const old = join(folder, 'old.csv');
    writeFileSync(old, catalogue(100));
    writeFileSync(file, catalogue(250));
    expect(await runTrestle(['import', old, '--data', template])).toMatchObject({ code: 0 });
    expect(await importUnder('count', 0)).toMatchObject({ code: 0 });
    writes = lane.count();
    expect(prices()).toEqual([250]);
  });
  afterAll(() => {
    shim.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(['kill', 'torn'] as const)('by %s leaves the old catalogue or the new one', async (mode) => {
    const seen = new Set<number>();
    for (const at of cuts(9)) {
      const { code } = await importUnder(mode, at);
      const [price, ...others] = prices();
      expect(others, `${mode} at write ${at} of ${writes}`).toEqual([]);
      expect([100, 250]).toContain(price);
      // A command that said it was done is done.
      if (code === 0) expect(price).toBe(250);
      seen.add(price ?? 0);
    }
    // The cuts lie on both sides of the one write that matters.
    expect([...seen].sort()).toEqual([100, 250]);
    expect(await runTrestle(['import', file, '--data', dataDir])).toMatchObject({ code: 0 });
    expect(prices()).toEqual([250]);
  });

  test('by a full disk says so and leaves the old catalogue or the new one', async () => {
    let failures = 0;
    for (const at of cuts(6)) {
      const { code, stderr } = await importUnder('full', at);
      const [price, ...others] = prices();
      expect(others, `full from write ${at} of ${writes}`).toEqual([]);
      if (code === 0) expect(price).toBe(250);
      else {
        failures += 1;
        expect(stderr, `full from write ${at} of ${writes}`).toContain('disk is full');
      }
      expect(await runTrestle(['import', file, '--data', dataDir])).toMatchObject({ code: 0 });
      expect(prices()).toEqual([250]);
    }
    expect(failures).toBeGreaterThan(0);
  });
});
