import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startReports } from '../../src/main/core/report-thread';
import type { Reports } from '../../src/main/core/reports';
import { testPlan } from '../helpers/price-test';
import { makeItem, StallLife } from '../journal/stall-life';

const MINUTE = 60_000;
/** Needs `npm run build`. */
const built = join(process.cwd(), 'out', 'main');

let life: StallLife;
let here: Reports;
let apart: Reports;

beforeEach(() => {
  expect(existsSync(join(built, 'report-worker.js')), 'the thread is built').toBe(true);
  life = new StallLife();
  here = startReports(life.dataDir);
  apart = startReports(life.dataDir, pathToFileURL(join(built, 'index.js')).href);
});
afterEach(async () => {
  await apart.close();
  await here.close();
  life.end();
});

const at = (minute: number): string => new Date(START_MS + minute * MINUTE).toISOString();
const START_MS = Date.UTC(2026, 5, 13, 9);

/** Two hours of a price test, with somebody counting people and a sale every few minutes. */
function sellThrough(): void {
  const plan = testPlan({ itemId: 'item-7', variantIds: ['variant-7'], armsMinor: [107, 90], costMinor: 40 });
  life.nowMs = START_MS;
  life.put(makeItem(7));
  life.openShift();
  const switched = { testId: plan.testId, isOn: true, at: at(0), cause: 'person' as const };
  life.store.commit({
    actor: 'ada',
    drafts: [
      { kind: 'price-test.registered', body: { plan } },
      { kind: 'price-test.switched', body: switched },
    ],
    result: null,
  });
  for (let minute = 0; minute < 120; minute += 1) {
    life.nowMs = START_MS + minute * MINUTE;
    if (minute % 4 === 1) life.sell(['variant-7']);
    const body = { source: 'tap' as const, from: at(minute), to: at(minute + 1), count: minute % 5 };
    if (minute % 10 < 8) life.store.commit({ actor: null, drafts: [{ kind: 'footfall.counted', body }], result: null });
  }
}

describe('reports made in a thread', () => {
  it('say of people and of a price test what they say in place', async () => {
    sellThrough();
    const people = {
      from: at(0),
      to: at(120),
      stepMs: 60 * MINUTE,
      windows: [{ from: at(20), to: at(50) }],
      without: [{ from: at(20), to: at(50) }],
      pending: [{ source: 'display' as const, from: at(118), to: at(119), count: 3 }],
    };
    const report = await apart.footfall(people);
    expect(report).toEqual(await here.footfall(people));
    expect(report.steps).toMatchObject([
      { orders: 15, noticed: { display: 0 } },
      { orders: 15, noticed: { display: 3 } },
    ]);

    const test = { testId: 'test-1', now: at(120), looks: [9, 16] };
    const readOut = await apart.priceTest(test);
    expect(readOut).toEqual(await here.priceTest(test));
    expect(readOut?.rounds).toHaveLength(12);
    expect(readOut?.looks.map(({ round }) => round)).toEqual([9]);
    expect(readOut?.looks[0]?.readOut).toMatchObject({ roundsBehind: 9, lookRound: 9 });
    expect(await apart.priceTest({ ...test, testId: 'none' })).toBeNull();
  });
});
