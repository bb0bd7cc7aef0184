import { randomBytes } from 'node:crypto';
import { detectableUnits } from '../../analysis/price-test/reach';
import type { Variant } from '../../domain/catalogue';
import {
  blockAt,
  checkPriceTest,
  plannedEnd,
  PRICE_TEST_DEFAULTS,
  roundMs,
  roundsBehind,
  roundsOf,
  rulesOfPriceTest,
  type PriceTestEnd,
  type PriceTestMeasure,
  type PriceTestNote,
  type PriceTestPlan,
} from '../../domain/experiment';
import type { PriceRule } from '../../domain/pricing/rule';
import { systemClock, type Clock, type Unsubscribe } from '../../hardware/ports';
import type { EntryDraft } from '../../journal/kinds';
import type { CallInput, CallOutput, TopicState } from '../../shared/contract';
import type { StoredPriceTest } from '../db/price-test-reader';
import type { CallContext } from './call-door';
import { CallFailure, unwrap } from './call-failure';
import { attempt, requireStaff, type CoreContext } from './core-context';
import type { PriceTestReport, Reports } from './reports';

/** Tests a screen is told of, the newest first. */
const MOST_SHOWN = 20;
/** What was usual is what was sold in four weeks. */
const USUAL_MS = 28 * 24 * 3_600_000;
/** The smallest difference that matters, where nobody says: a fifth of what is usual, and no less than one sale an hour. */
const USUAL_DIFFERENCE = 0.2;
/** How long the till that set a test up may be away before another one reads a look out. */
const PATIENCE_MS = 5 * 60_000;
/** Timers count in 32 bits. */
const LOOK_AGAIN_MS = 3_600_000;

export interface PriceTestOptions {
  /** UTC milliseconds by the clock prices go by. */
  readonly nowMs: () => number;
  readonly clock?: Clock;
  readonly reports: Pick<Reports, 'priceTest'>;
  /** The prices of tests are others now. */
  readonly onRulesChanged: (testIds: readonly string[], actor: string | null) => void;
  /** Gives goods another price in the catalogue, as a person does. */
  readonly setPrice: (
    price: Pick<PriceTestPlan, 'testId' | 'itemId' | 'variantIds'> & { readonly priceMinor: number },
    context: CallContext,
  ) => void;
}

/**
 * Sets price tests up, runs their clock, reads their looks out and ends them by their own rule. What the blocks show follows
 * from journalled facts and the present instant alone, so every device of the stall shows the same price.
 */
export class PriceTestService {
  readonly #core: CoreContext;
  readonly #options: PriceTestOptions;
  /** Tests whose looks are being read out. */
  readonly #reading = new Set<string>();
  #active: readonly StoredPriceTest[] | null = null;
  #isStopped = false;
  #cancelTimer: Unsubscribe = () => undefined;

  constructor(core: CoreContext, options: PriceTestOptions) {
    this.#core = core;
    this.#options = options;
  }

  start(): void {
    this.#move();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  /** The arms that are on or to come, as rules: a source of the price book. */
  rules(): readonly PriceRule[] {
    return this.#tests().flatMap(({ plan, runs }) => rulesOfPriceTest(plan, runs));
  }

  state(): TopicState<'priceTests'> {
    const now = this.#now();
    return {
      tests: this.#core.store.priceTests.list(MOST_SHOWN).map((test) => {
        const { plan, runs, notes, stopped, pausedBy, readOutRounds } = test;
        const at = stopped?.at ?? now;
        const block = stopped ? null : blockAt(plan, runs, now);
        return {
          plan,
          phase: stopped
            ? ('over' as const)
            : block
              ? ('running' as const)
              : runs.length === 0
                ? ('waiting' as const)
                : ('paused' as const),
          pausedBy,
          block,
          roundsBehind: roundsBehind(plan, runs, at),
          plannedEnd: stopped ? null : plannedEnd(plan, runs),
          stopped,
          notes: notes.filter(({ to }) => to === null || to > now),
          readOutRounds,
        };
      }),
    };
  }

  /** What a test would be, and what it could find, before it is set up. */
  propose(input: CallInput<'price-test.propose'>): CallOutput<'price-test.propose'> {
    const { plan, unitsPerHour } = this.#planOf(input);
    const detectable = unitsPerHour === null ? null : detectableUnits(plan, unitsPerHour) * this.#worthOf(plan);
    return {
      plan,
      plannedMs: roundsOf(plan) * roundMs(plan),
      firstLookMs: (plan.stop.lookRounds[0] ?? 0) * roundMs(plan),
      unitsPerHour,
      detectable,
    };
  }

  register(
    { startNow, ...draft }: CallInput<'price-test.register'>,
    { requestId, staffId }: CallContext,
  ): CallOutput<'price-test.register'> {
    const { store } = this.#core;
    const { plan } = this.#planOf(draft);
    const other = this.#tests().find(({ plan: { variantIds } }) =>
      variantIds.some((one) => plan.variantIds.includes(one)),
    );
    if (other) {
      throw new CallFailure('price-test-running', {
        details: { reason: 'price-tested', name: other.plan.name },
      });
    }
    const result = { testId: plan.testId };
    const at = this.#now();
    const isOn = startNow && store.priceTests.isStallOpen();
    this.#commit(
      [
        { kind: 'price-test.registered', body: { plan } },
        {
          kind: 'price-test.switched',
          body: { testId: plan.testId, isOn, at, cause: isOn || !startNow ? 'person' : 'stall' },
        },
      ],
      [plan.testId],
      { requestId, staffId, result },
    );
    return result;
  }

  /** Lets its clock run, or stand still. */
  switch({ testId, isOn }: CallInput<'price-test.switch'>, context: CallContext): Record<string, never> {
    const { runs } = this.#activeTest(testId);
    const isRunning = runs.at(-1)?.to === null;
    if (isRunning === isOn) return {};
    if (isOn && !this.#core.store.priceTests.isStallOpen()) {
      throw new CallFailure('no-shift');
    }
    const body = { testId, isOn, at: this.#now(), cause: 'person' as const };
    this.#commit([{ kind: 'price-test.switched', body }], [testId], { ...context, result: {} });
    return {};
  }

  /** Notes something that spoils rounds, or that it is over. */
  note(
    { testId, noteId, kind, text, isOver }: CallInput<'price-test.note'>,
    context: CallContext,
  ): CallOutput<'price-test.note'> {
    const { notes } = this.#activeTest(testId);
    const now = this.#now();
    const before = noteId === null ? undefined : notes.find((note) => note.noteId === noteId);
    const note: PriceTestNote = {
      noteId: noteId ?? this.#core.newId(),
      kind: before?.kind ?? kind,
      from: before?.from ?? now,
      to: isOver ? now : null,
      text: text.trim() === '' && before ? before.text : text.trim(),
    };
    const result = { noteId: note.noteId };
    this.#commit([{ kind: 'price-test.noted', body: { testId, note } }], [], { ...context, result });
    return result;
  }

  /** Ends it before its time. */
  end({ testId }: CallInput<'price-test.stop'>, context: CallContext): Record<string, never> {
    this.#activeTest(testId);
    const body = { testId, at: this.#now(), end: 'by-hand' as const };
    this.#commit([{ kind: 'price-test.stopped', body }], [testId], { ...context, result: {} });
    return {};
  }

  /** Makes the price of one arm the price in the catalogue, once the test is over. */
  use({ testId, arm }: CallInput<'price-test.use'>, context: CallContext): Record<string, never> {
    const test = this.#core.store.priceTests.get(testId);
    const priceMinor = test?.plan.armsMinor[arm];
    if (!test || priceMinor === undefined) {
      throw new CallFailure('unknown-price-test');
    }
    if (!test.stopped) throw new CallFailure('price-test-running', { details: { reason: 'test-decides' } });
    const { itemId, variantIds } = test.plan;
    this.#options.setPrice({ testId, itemId, variantIds, priceMinor }, context);
    return {};
  }

  /** A test with everything that may be said of it now. */
  async readOut({ testId }: CallInput<'price-test.read-out'>): Promise<CallOutput<'price-test.read-out'>> {
    const report = await this.#options.reports.priceTest({ testId, now: this.#now(), looks: [] });
    if (!report) throw new CallFailure('unknown-price-test');
    const { readOut, rounds, notes } = report;
    return { readOut, rounds: [...rounds], notes: [...notes] };
  }

  /** A shift was opened or closed somewhere at the stall: tests run only while it sells. */
  stallChanged(): void {
    const isOpen = this.#core.store.priceTests.isStallOpen();
    const at = this.#now();
    for (const { plan, runs, pausedBy } of this.#tests()) {
      const isRunning = runs.at(-1)?.to === null;
      const isToSwitch = isOpen ? pausedBy === 'stall' : isRunning;
      if (!isToSwitch) continue;
      const body = { testId: plan.testId, isOn: isOpen, at, cause: 'stall' as const };
      this.#commit([{ kind: 'price-test.switched', body }], [plan.testId], null);
    }
  }

  /** Goods were sold or counted: notes what of a test is sold out, and what is back. */
  goodsChanged(): void {
    const at = this.#now();
    for (const { plan, runs, notes } of this.#tests()) {
      const noted = notes.find(({ kind, to }) => kind === 'stock-out' && to === null);
      const isOut = this.#variantsOf(plan.itemId, plan.variantIds).some(({ stock }) => stock !== null && stock <= 0);
      if (isOut === (noted !== undefined) || (isOut && runs.at(-1)?.to !== null)) continue;
      const note: PriceTestNote = noted
        ? { ...noted, to: at }
        : { noteId: this.#core.newId(), kind: 'stock-out', from: at, to: null, text: '' };
      this.#commit([{ kind: 'price-test.noted', body: { testId: plan.testId, note } }], [], null);
    }
  }

  /** Another device wrote of tests. */
  received(): void {
    // Those that were on, and those that are now.
    const before = this.#tests();
    this.#active = null;
    this.#changed([...new Set([...before, ...this.#tests()].map(({ plan }) => plan.testId))], null);
  }

  #commit(
    drafts: readonly EntryDraft[],
    testIds: readonly string[],
    by: { readonly requestId: string; readonly staffId: string | null; readonly result: unknown } | null,
  ): void {
    this.#core.store.commit({
      ...(by && { requestId: by.requestId }),
      actor: by === null ? null : requireStaff(by.staffId),
      drafts,
      result: by?.result ?? null,
    });
    this.#changed(testIds, by?.staffId ?? null);
  }

  #changed(testIds: readonly string[], actor: string | null): void {
    this.#active = null;
    if (testIds.length > 0) this.#options.onRulesChanged(testIds, actor);
    this.#core.topics.mark('priceTests');
    this.#setTimer();
  }

  /** Tests that are not over. */
  #tests(): readonly StoredPriceTest[] {
    return (this.#active ??= this.#core.store.priceTests.active());
  }

  #activeTest(testId: string): StoredPriceTest {
    const test = this.#core.store.priceTests.get(testId);
    if (!test) throw new CallFailure('unknown-price-test');
    if (test.stopped) throw new CallFailure('price-test-over');
    return test;
  }

  #now(): string {
    return new Date(this.#options.nowMs()).toISOString();
  }

  /** Reads out the looks that are over, ends what is to end, and waits for the next block. */
  #move(): void {
    for (const test of this.#tests()) this.#look(test);
    this.#core.topics.mark('priceTests');
    this.#setTimer();
  }

  /** Has what is due of a test read out, apart from this thread; a long test takes a second. */
  #look({ plan, runs, readOutRounds }: StoredPriceTest): void {
    const { testId } = plan;
    const looks = plan.stop.lookRounds.filter((round) => !readOutRounds.includes(round));
    if (looks[0] === undefined || roundsBehind(plan, runs, this.#now()) < looks[0] || this.#reading.has(testId)) return;
    this.#reading.add(testId);
    this.#options.reports
      .priceTest({ testId, now: this.#now(), looks })
      .finally(() => this.#reading.delete(testId))
      .then((report) => {
        if (report !== null && !this.#isStopped) this.#heard(testId, report);
      })
      .catch((error: unknown) => {
        if (!this.#isStopped) this.#core.log.warn({ error }, 'A price test could not be read out');
      });
  }

  /** Writes down the looks that nobody wrote meanwhile, and ends the test where its own rule does. */
  #heard(testId: string, { rounds, looks }: PriceTestReport): void {
    const test = this.#core.store.priceTests.get(testId);
    if (!test || test.stopped) return;
    const { plan, device, readOutRounds } = test;
    const isOwn = device === this.#core.store.device.deviceId;
    for (const { round, readOut } of looks) {
      const last = rounds[round - 1];
      if (last === undefined || readOutRounds.includes(round)) continue;
      if (!isOwn && this.#options.nowMs() < Date.parse(last.to) + PATIENCE_MS) return;
      const isSettled = plan.stop.whenSettled && readOut.outcome.kind !== 'not-enough-data';
      const end: PriceTestEnd | null = isSettled ? 'settled' : round === roundsOf(plan) ? 'planned' : null;
      const drafts: EntryDraft[] = [{ kind: 'price-test.read-out', body: { testId, readOut } }];
      if (end !== null) drafts.push({ kind: 'price-test.stopped', body: { testId, at: last.to, end } });
      this.#commit(drafts, end === null ? [] : [testId], null);
      if (end !== null) return;
    }
  }

  #setTimer(): void {
    this.#cancelTimer();
    const nowMs = this.#options.nowMs();
    const now = this.#now();
    const nextMs = this.#tests().flatMap(({ plan, runs }) => {
      const block = blockAt(plan, runs, now);
      return block ? [Date.parse(block.to) - nowMs] : runs.at(-1)?.to === null ? [PATIENCE_MS] : [];
    });
    if (nextMs.length === 0) return;
    this.#cancelTimer = (this.#options.clock ?? systemClock).after(Math.min(LOOK_AGAIN_MS, ...nextMs), () => {
      this.#setTimer();
      attempt(this.#core, 'A price test could not be read out', () => this.#move());
    });
  }

  /** The plan that a few words of a person make. */
  #planOf(draft: CallInput<'price-test.propose'>): {
    readonly plan: PriceTestPlan;
    readonly unitsPerHour: number | null;
  } {
    const { itemId, name, otherPricesMinor, measure, minimumDifference, blockMs, washoutMs, lookRounds } = draft;
    const item = this.#core.store.catalogue.item(itemId);
    if (!item) throw new CallFailure('unknown-item');
    const variants = this.#variantsOf(itemId, draft.variantIds);
    const [first] = variants;
    if (
      !first ||
      variants.some(({ priceMinor, pricing }) => priceMinor !== first.priceMinor || pricing !== first.pricing)
    ) {
      throw new CallFailure('bad-price-test', 'Choose variants that all cost the same: one price is tested at a time.');
    }
    const costs = new Set(variants.map(({ costMinor }) => costMinor));
    const variantIds = variants.map(({ variantId }) => variantId);
    const unitsPerHour = this.#usualUnits(itemId, variantIds, first.pricing);
    const plan = {
      testId: this.#core.newId(),
      name: name ?? item.name,
      itemId,
      variantIds,
      pricing: first.pricing,
      // Of variants that cost the stall more or less than each other nobody knows the margin.
      costMinor: costs.size === 1 ? first.costMinor : null,
      armsMinor: [first.priceMinor, ...otherPricesMinor],
      measure: measure ?? PRICE_TEST_DEFAULTS.measure,
      minimumDifference: 1,
      falseWinnerBasisPoints: draft.falseWinnerBasisPoints ?? PRICE_TEST_DEFAULTS.falseWinnerBasisPoints,
      blockMs: blockMs ?? PRICE_TEST_DEFAULTS.blockMs,
      washoutMs: washoutMs ?? PRICE_TEST_DEFAULTS.washoutMs,
      stop: { lookRounds: [...(lookRounds ?? PRICE_TEST_DEFAULTS.lookRounds)], whenSettled: true },
      seed: randomBytes(16).toString('hex'),
      registeredAt: this.#now(),
    };
    const usual = Math.max(1, Math.round(USUAL_DIFFERENCE * (unitsPerHour ?? 0))) * this.#worthOf(plan);
    return {
      plan: unwrap(checkPriceTest({ ...plan, minimumDifference: minimumDifference ?? usual })),
      unitsPerHour,
    };
  }

  /** What one piece or kilogram is in the measure of a test. */
  #worthOf({
    measure,
    armsMinor,
    costMinor,
  }: {
    measure: PriceTestMeasure;
    armsMinor: readonly number[];
    costMinor: number | null;
  }): number {
    const priceMinor = armsMinor[0] ?? 1;
    if (measure === 'units') return 1;
    return measure === 'revenue' ? priceMinor : Math.max(1, priceMinor - (costMinor ?? 0));
  }

  /** Pieces or kilograms sold in an hour of selling lately, or null where nothing was. */
  #usualUnits(itemId: string, variantIds: readonly string[], pricing: Variant['pricing']): number | null {
    const since = new Date(this.#options.nowMs() - USUAL_MS).toISOString();
    const { quantity, hours } = this.#core.store.priceTests.soldSince(itemId, variantIds, since);
    return quantity > 0 && hours > 0 ? quantity / hours / (pricing === 'kg' ? 1_000 : 1) : null;
  }

  #variantsOf(itemId: string, variantIds: readonly string[] | null): Variant[] {
    const variants = this.#core.store.catalogue.item(itemId)?.variants ?? [];
    return variants.filter(({ variantId }) => variantIds === null || variantIds.includes(variantId));
  }
}
