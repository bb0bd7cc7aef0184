import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PriceRule } from '../../src/domain/pricing/rule';
import { CallFailure } from '../../src/main/core/call-failure';
import type { CoreContext } from '../../src/main/core/core-context';
import { FootfallService } from '../../src/main/core/footfall-service';
import { PriceTestService } from '../../src/main/core/price-test-service';
import { startReports } from '../../src/main/core/report-thread';
import type { Reports } from '../../src/main/core/reports';
import type { CallInput } from '../../src/shared/contract';
import { manualClock, type ManualClock } from '../helpers/manual-clock';
import { makeItem, StallLife, stall } from '../journal/stall-life';

const MINUTE = 60_000;
const by = (requestId: string) => ({ requestId, staffId: 'ada' });

/** A till of the stall with its price tests and its counter, on a clock set by hand. */
class Till {
  readonly clock: ManualClock = manualClock(Date.UTC(2026, 5, 13, 9));
  readonly tests: PriceTestService;
  readonly footfall: FootfallService;
  /** Which tests' prices were said to have changed. */
  readonly told: string[] = [];

  constructor(
    readonly life: StallLife,
    reports: Reports = startReports(life.dataDir),
  ) {
    const core = {
      store: life.store,
      topics: { mark: () => undefined },
      log: { warn: () => undefined },
      stall,
      now: () => new Date(this.clock.now()),
      newId: () => life.newId(),
    } as unknown as CoreContext;
    this.tests = new PriceTestService(core, {
      nowMs: () => this.clock.now(),
      clock: this.clock,
      reports,
      onRulesChanged: (testIds) => this.told.push(...testIds),
      setPrice: () => undefined,
    });
    this.footfall = new FootfallService(core, reports, this.clock);
    this.tests.start();
  }

  async pass(minutes: number): Promise<void> {
    await this.clock.advance(minutes * MINUTE);
    this.life.nowMs = this.clock.now();
  }

  /** What a rule shows now, or null while none applies. */
  shownMinor(): number | null {
    const now = new Date(this.clock.now()).toISOString();
    const isOn = ({ when }: PriceRule): boolean =>
      when.windows?.some(({ from, until }) => from <= now && now < until) ?? false;
    const effects = this.tests
      .rules()
      .filter(isOn)
      .map(({ effect }) => effect);
    if (effects.length > 1) throw new Error('two arms at once');
    return effects[0]?.kind === 'unit-price' ? effects[0].priceMinor : null;
  }

  /** Sells one at the price that is shown, as sales do: whatever the catalogue says. */
  sell(): void {
    this.life.nowMs = this.clock.now();
    const priceMinor = this.shownMinor() ?? 107;
    const item = makeItem(7);
    this.life.put({ ...item, variants: item.variants.map((one) => ({ ...one, priceMinor, stock: 900 })) });
    this.life.sell(['variant-7']);
  }

  view() {
    return this.tests.state().tests[0]!;
  }
}

const draft: CallInput<'price-test.register'> = {
  itemId: 'item-7',
  variantIds: null,
  name: null,
  otherPricesMinor: [90],
  measure: 'units',
  minimumDifference: 2,
  blockMs: null,
  washoutMs: null,
  lookRounds: null,
  falseWinnerBasisPoints: null,
  startNow: true,
};

let life: StallLife;
let till: Till;

beforeEach(() => {
  life = new StallLife();
  life.put(makeItem(7));
  till = new Till(life);
});
afterEach(() => {
  till.tests.stop();
  life.end();
});

const codeOf = (call: () => unknown): string => {
  try {
    call();
    return 'ok';
  } catch (error) {
    if (error instanceof CallFailure) return error.code;
    throw error;
  }
};

describe('a price test at the till', () => {
  it('needs item and price and no more, and says what it could find', () => {
    const { plan, unitsPerHour, detectable, firstLookMs, plannedMs } = till.tests.propose({
      ...draft,
      minimumDifference: null,
    });
    expect(plan).toMatchObject({
      name: 'Crème brûlée 7',
      armsMinor: [107, 90],
      minimumDifference: 1,
    });
    expect([unitsPerHour, detectable]).toEqual([null, null]);
    expect([firstLookMs, plannedMs]).toEqual([90 * MINUTE, 240 * MINUTE]);
    life.openShift();
    for (let sale = 0; sale < 30; sale += 1) till.sell();
    const again = till.tests.propose({ ...draft, minimumDifference: null });
    expect(again.unitsPerHour).toBe(30);
    expect(again.plan.minimumDifference).toBe(6);
    expect(again.detectable).toBeGreaterThan(10);
    expect(again.detectable).toBeLessThan(30);
    expect(till.view()).toBeUndefined();
  });

  it('runs from when the stall opens, pauses while it is closed, and is on where it was after a restart', async () => {
    till.tests.register(draft, by('r1'));
    expect(till.view()).toMatchObject({ phase: 'waiting', pausedBy: 'stall', block: null });
    expect(till.shownMinor()).toBeNull();
    life.openShift();
    till.tests.stallChanged();
    expect(till.view()).toMatchObject({ phase: 'running', block: { round: 0, position: 0 } });
    await till.pass(25);
    const { block } = till.view();
    expect(block).toMatchObject({ round: 2, position: 1 });
    expect(till.shownMinor()).toBe([107, 90][block!.arm]);

    const restarted = new Till(life);
    await restarted.pass(25);
    expect(restarted.view().block).toEqual(block);
    expect(restarted.shownMinor()).toBe(till.shownMinor());
    restarted.tests.stop();

    life.nowMs = till.clock.now();
    life.closeShift();
    till.tests.stallChanged();
    expect(till.view()).toMatchObject({ phase: 'paused', pausedBy: 'stall', roundsBehind: 3 });
    expect(till.shownMinor()).toBeNull();
    await till.pass(600);
    life.openShift();
    till.tests.stallChanged();
    expect(till.view()).toMatchObject({ phase: 'running', block: { round: 3, position: 0 } });
  });

  it('is not switched on by an opening stall once a person has paused it', async () => {
    life.openShift();
    const { testId } = till.tests.register(draft, by('r1'));
    till.tests.switch({ testId, isOn: false }, by('r2'));
    till.tests.stallChanged();
    expect(till.view()).toMatchObject({ phase: 'paused', pausedBy: 'person' });
    till.tests.switch({ testId, isOn: true }, by('r3'));
    expect(till.view().phase).toBe('running');
    expect(till.told).toEqual([testId, testId, testId]);
  });

  it('ends by its own rule at the look that settles it, and says so once', async () => {
    life.openShift();
    const { testId } = till.tests.register(draft, by('r1'));
    // Six an hour at today's price, thirty at the other.
    for (let minute = 0; minute < 95; minute += 1) {
      if (till.shownMinor() === 90 || minute % 5 === 3) till.sell();
      await till.pass(1);
    }
    const { phase, stopped, readOutRounds } = till.view();
    expect([phase, stopped?.end, readOutRounds]).toEqual(['over', 'settled', [9]]);
    expect(Date.parse(stopped!.at) - Date.parse(till.view().plan.registeredAt)).toBe(90 * MINUTE);
    expect(till.shownMinor()).toBeNull();
    const { readOut, rounds } = await till.tests.readOut({ testId });
    expect(readOut).toMatchObject({ outcome: { kind: 'winner', arm: 1 }, lookRound: 9, roundsCounted: 9 });
    expect(rounds.every(({ arms }) => arms[1]!.units === 4 && arms[0]!.units === 1)).toBe(true);
    await till.pass(300);
    expect(life.store.priceTests.get(testId)!.readOutRounds).toEqual([9]);
    expect(codeOf(() => till.tests.end({ testId }, by('r9')))).toBe('price-test-over');
  });

  it('is read out once there is room, where a disk was full when it was due', async () => {
    life.openShift();
    till.tests.register({ ...draft, lookRounds: [3, 6] }, by('r1'));
    const commit = vi.spyOn(life.store, 'commit').mockImplementation(() => {
      throw new Error('database or disk is full');
    });
    await till.pass(59);
    expect(till.view().readOutRounds).toEqual([]);
    commit.mockRestore();
    await till.pass(2);
    expect(till.view()).toMatchObject({ phase: 'over', readOutRounds: [3, 6] });
  });

  it('goes to its planned end where nothing is sold, and says that nobody can tell', async () => {
    life.openShift();
    const { testId } = till.tests.register({ ...draft, lookRounds: [3, 6] }, by('r1'));
    await till.pass(59);
    expect(till.view()).toMatchObject({ phase: 'running', readOutRounds: [3] });
    await till.pass(2);
    expect(till.view()).toMatchObject({ phase: 'over', stopped: { end: 'planned' }, readOutRounds: [3, 6] });
    const { outcome } = (await till.tests.readOut({ testId })).readOut;
    expect(outcome).toEqual({ kind: 'not-enough-data', moreRounds: null, moreMs: null });
  });

  it('marks the rounds in which it was sold out, or it rained', async () => {
    life.openShift();
    const { testId } = till.tests.register(draft, by('r1'));
    await till.pass(12);
    const out = makeItem(7);
    life.put({ ...out, variants: out.variants.map((one) => ({ ...one, stock: 0 })) });
    till.tests.goodsChanged();
    till.tests.goodsChanged();
    expect(till.view().notes).toMatchObject([{ kind: 'stock-out', to: null }]);
    await till.pass(3);
    life.put(makeItem(7));
    till.tests.goodsChanged();
    expect(till.view().notes).toEqual([]);
    await till.pass(20);
    const rain = { testId, kind: 'rain', text: '' } as const;
    const { noteId } = till.tests.note({ ...rain, noteId: null, isOver: false }, by('r2'));
    await till.pass(6);
    till.tests.note({ ...rain, noteId, isOver: true }, by('r3'));
    await till.pass(20);
    const { rounds } = await till.tests.readOut({ testId });
    expect(rounds.map(({ spoiltBy }) => spoiltBy)).toEqual([[], ['stock-out'], [], ['rain'], ['rain'], []]);
  });

  it('counts a drop and a jump of the clock as what spoils it', async () => {
    life.openShift();
    const { testId } = till.tests.register(draft, by('r1'));
    await till.pass(11);
    const startsAt = new Date(till.clock.now()).toISOString();
    const endsAt = new Date(till.clock.now() + 45 * MINUTE).toISOString();
    life.nowMs = till.clock.now();
    const drop = {
      dropId: 'drop-1',
      name: 'Lunch',
      what: { kind: 'everything' },
      effect: { kind: 'percent-off', basisPoints: 1_000 },
      startsAt,
      endsAt,
      unitCap: null,
      shares: [],
      graceMs: 0,
    } as const;
    const endedAt = new Date(till.clock.now() + 5 * MINUTE).toISOString();
    const jumpedAt = new Date(till.clock.now() + 25 * MINUTE).toISOString();
    life.store.commit({
      actor: 'ada',
      drafts: [
        { kind: 'drop.scheduled', body: { drop } },
        { kind: 'drop.ended', body: { dropId: 'drop-1', at: endedAt, reason: 'sold-out' } },
        { kind: 'clock.jumped', body: { byMs: -2 * MINUTE, at: jumpedAt } },
      ],
      result: null,
    });
    await till.pass(60);
    const { rounds } = await till.tests.readOut({ testId });
    expect(rounds.map(({ spoiltBy }) => spoiltBy[0] ?? '')).toEqual(['', 'drop', '', 'clock-jump', '', '', '']);
  });

  it('refuses what makes no sense', async () => {
    life.openShift();
    const { testId } = till.tests.register(draft, by('r1'));
    expect(codeOf(() => till.tests.register(draft, by('r2')))).toBe('price-test-running');
    expect(codeOf(() => till.tests.propose({ ...draft, otherPricesMinor: [-90] }))).toBe('bad-price-test');
    expect(codeOf(() => till.tests.propose({ ...draft, measure: 'margin' }))).toBe('bad-price-test');
    expect(codeOf(() => till.tests.propose({ ...draft, itemId: 'gone' }))).toBe('unknown-item');
    await expect(till.tests.readOut({ testId: 'none' })).rejects.toMatchObject({ code: 'unknown-price-test' });
    till.tests.end({ testId }, by('r3'));
    expect(till.view()).toMatchObject({ phase: 'over', stopped: { end: 'by-hand' } });
    expect(codeOf(() => till.tests.switch({ testId, isOn: true }, by('r4')))).toBe('price-test-over');
    till.tests.register(draft, by('r5'));
  });

  it('is read out by another till when the one that set it up is away', async () => {
    life.openShift();
    const { testId } = till.tests.register({ ...draft, lookRounds: [3] }, by('r1'));
    till.tests.stop();
    const other = life.another();
    const away = new Till(other);
    const chain = life.store.sync.journal.entriesAfter(life.store.device.deviceId, 0, { entries: 1e6, bodyBytes: 1e9 });
    other.store.receive(chain, []);
    away.tests.received();
    expect(away.told).toEqual([testId]);
    expect(away.shownMinor()).toBe(till.shownMinor());
    await away.pass(33);
    expect(away.view()).toMatchObject({ phase: 'paused' });
    expect(away.view().stopped).toBeNull();
    await away.pass(4);
    expect(away.view()).toMatchObject({ phase: 'over', stopped: { end: 'planned' } });
    expect(other.store.priceTests.get(testId)!.readOutRounds).toEqual([3]);
    away.tests.stop();
    other.end();
  });
});

describe('the counter of people', () => {
  const counted = (): number[] => {
    const to = new Date(till.clock.now() + MINUTE).toISOString();
    return life.store.footfall.between('2026-06-13T08:00:00.000Z', to).map(({ count }) => count);
  };

  it('journals people in batches, and nobody too', async () => {
    till.footfall.tap({ people: 1 }, by('t1'));
    till.footfall.tap({ people: 1 }, by('t1'));
    till.footfall.tap({ people: 4 }, by('t2'));
    till.footfall.tap({ people: -1 }, by('t3'));
    expect(counted()).toEqual([]);
    expect(till.footfall.state()).toMatchObject({ lastHour: 4, isCalibrated: false });
    await till.pass(0.6);
    expect(counted()).toEqual([4]);
    till.footfall.tap({ people: 40 }, by('t4'));
    expect(counted()).toEqual([4, 40]);
    await till.pass(10.5);
    expect(counted()).toEqual([4, 40, 0]);
    till.footfall.counting({ isOn: false });
    expect(till.footfall.state().countingSince).toBeNull();
    await till.pass(30);
    expect(counted()).toHaveLength(4);
  });

  it('keeps what a full disk refuses, writes it once there is room, and ends in good order without', async () => {
    const commit = vi.spyOn(life.store, 'commit').mockImplementation(() => {
      throw new Error('database or disk is full');
    });
    till.footfall.tap({ people: 40 }, by('t1'));
    till.footfall.stop();
    expect(till.clock.pending()).toBe(0);
    expect(till.footfall.state().lastHour).toBe(40);

    till.footfall.tap({ people: 2 }, by('t2'));
    commit.mockRestore();
    await till.pass(1);
    expect(counted()).toEqual([42]);
    till.footfall.stop();
  });

  it('takes a tap back that a report has seen', async () => {
    const [from, to] = ['2026-06-13T09:00:00.000Z', '2026-06-13T10:00:00.000Z'];
    const people = async (): Promise<number> =>
      (await till.footfall.report({ from, to, stepMs: 60 * MINUTE, windows: [] })).steps[0]!.counted;
    till.footfall.tap({ people: 5 }, by('t1'));
    expect(await people()).toBe(5);
    expect(counted()).toEqual([]);
    till.footfall.tap({ people: -1 }, by('t2'));
    expect(await people()).toBe(4);
  });

  it('takes back no more than was tapped just now', () => {
    till.footfall.tap({ people: -1 }, by('t1'));
    till.footfall.tap({ people: 2 }, by('t2'));
    till.footfall.counting({ isOn: false });
    expect(counted()).toEqual([2]);
  });

  it('reports conversion by the hour and by window', async () => {
    life.openShift();
    till.footfall.counting({ isOn: true });
    for (let minute = 0; minute < 60; minute += 1) {
      till.footfall.tap({ people: 2 }, by(`m${minute}`));
      if (minute % 5 === 0) till.sell();
      await till.pass(1);
    }
    till.footfall.counting({ isOn: false });
    till.footfall.calibrate({ counted: 45, seen: 60 }, by('c1'));
    const [from, to] = ['2026-06-13T09:00:00.000Z', '2026-06-13T11:00:00.000Z'];
    const window = { from, to: '2026-06-13T09:30:00.000Z' };
    const report = await till.footfall.report({ from, to, stepMs: 60 * MINUTE, windows: [window] });
    expect(report.isCalibrated).toBe(true);
    expect(report.caughtShare).toBeCloseTo(49 / 65);
    const [hour, next] = report.steps;
    expect(hour).toMatchObject({ counted: 120, orders: 12, countedMs: 60 * MINUTE });
    expect(hour!.visitors!.middle).toBeGreaterThan(150);
    expect(hour!.conversion!.middle).toBeGreaterThan(0.06);
    expect(hour!.conversion!.middle).toBeLessThan(0.09);
    expect(next).toMatchObject({ visitors: null, conversion: null });
    expect(report.windows).toMatchObject([{ orders: 6 }]);
    await expect(till.footfall.report({ from, to: from, stepMs: 60 * MINUTE, windows: [] })).rejects.toMatchObject({
      code: 'bad-request',
    });
  });
});
