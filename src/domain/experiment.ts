import type { Pricing } from './catalogue';
import { MAX_MINOR, type Minor } from './money';
import { RULE_LIMITS } from './pricing/limits';
import { ALWAYS, type PriceRule } from './pricing/rule';
import { fail, ok, type Result } from './result';
import { plainText } from './text';

/**
 * A price test: a switchback of the *displayed* price. Time is cut into blocks of one length; in each block everybody sees
 * the price of one arm. A **round** is as many blocks as there are arms, each arm on once, in an order drawn by chance. So
 * every comparison is between neighbours in time, and chance alone decided which of them got which price.
 *
 * Everything here is fixed and journalled before the first block. What may be said of the outcome is the business of
 * `src/analysis/price-test`, and rests on nothing but this plan and what was sold.
 */
export interface PriceTestPlan {
  readonly testId: string;
  readonly name: string;
  readonly itemId: string;
  /** The variants whose price is tested: all at one price now, all at one price in each arm. */
  readonly variantIds: readonly string[];
  readonly pricing: Pricing;
  /** What one piece (or kilogram) costs the stall; null when unknown, and then nothing is said of margin. */
  readonly costMinor: Minor | null;
  /** Two to four prices per piece or kilogram. The first is what the others are compared with: today's price. */
  readonly armsMinor: readonly Minor[];
  readonly measure: PriceTestMeasure;
  /**
   * The smallest difference that matters, in the measure per hour on sale: pieces or kilograms for `units`, minor units of
   * money for `revenue` and `margin`.
   */
  readonly minimumDifference: number;
  /** How often a winner may be named where there is no difference at all: 500 is 5 %. */
  readonly falseWinnerBasisPoints: number;
  readonly blockMs: number;
  /** What is sold in the first part of a block is not counted: people who saw the former price are still deciding. */
  readonly washoutMs: number;
  readonly stop: PriceTestStop;
  /** 32 hexadecimal digits, drawn when the test was set up: the source of every round's order. */
  readonly seed: string;
  /** UTC instant. */
  readonly registeredAt: string;
}

/** What a test is decided on; the other two are told as well. */
export type PriceTestMeasure = 'units' | 'revenue' | 'margin';

/** When a test is looked at, and ends by itself. Looks are fixed before the start: looking between them settles nothing. */
export interface PriceTestStop {
  /** Rounds after which it is looked at, in rising order. After the last it is over, whatever it says. */
  readonly lookRounds: readonly number[];
  /** Whether it ends at the look that settles it. */
  readonly whenSettled: boolean;
}

/** A stretch of time in which a test was on. It pauses while the stall is closed and begins a new round afterwards. */
export interface PriceTestRun {
  /** UTC instants; `to` is null while it is on. */
  readonly from: string;
  readonly to: string | null;
}

/** One block as it was, or is. */
export interface PriceTestBlock {
  /** From 0, over all runs. */
  readonly round: number;
  /** Which block of its round, from 0. */
  readonly position: number;
  /** Index into the arms of the plan. */
  readonly arm: number;
  /** UTC instants. A block that a pause cut short ends where the pause began. */
  readonly from: string;
  readonly to: string;
  /** Sales count from here on. */
  readonly countsFrom: string;
  /** Whether a pause cut it short. */
  readonly isCut: boolean;
}

/** Somewhere a test was switched on or off: by a person, or because the stall opened or closed. */
export interface PriceTestSwitch {
  /** UTC instant. */
  readonly at: string;
  readonly isOn: boolean;
}

/** What may spoil a comparison between neighbours. */
export const PRICE_TEST_NOTES = ['stock-out', 'drop', 'rain', 'clock-jump', 'other'] as const;
export type PriceTestNoteKind = (typeof PRICE_TEST_NOTES)[number];

/** Something that happened during a test. It spoils the rounds it touches. */
export interface PriceTestNote {
  readonly noteId: string;
  readonly kind: PriceTestNoteKind;
  /** UTC instants; `to` is null while it lasts. */
  readonly from: string;
  readonly to: string | null;
  /** What a person said of it; may be empty. */
  readonly text: string;
}

/** Why a test is over. */
export type PriceTestEnd = 'settled' | 'planned' | 'by-hand';

export const PRICE_TEST_LIMITS = {
  arms: { least: 2, most: 4 },
  blockMs: { least: 60_000, most: 4 * 3_600_000 },
  rounds: { least: 3, most: 200 },
  falseWinnerBasisPoints: { least: 10, most: 2_000 },
  nameLength: 120,
  noteLength: 200,
  variants: 200,
} as const;

/**
 * What a test is when its owner says no more than item and prices: blocks of five minutes of which the first is not counted,
 * so that two prices are looked at after an hour and a half and are done after four hours on sale. With so few and so late
 * looks it finds nearly as much as one look at the end would (see `src/analysis/price-test`).
 */
export const PRICE_TEST_DEFAULTS = {
  blockMs: 5 * 60_000,
  washoutMs: 60_000,
  lookRounds: [9, 16, 24],
  falseWinnerBasisPoints: 500,
  measure: 'revenue',
} as const;

/** Above the rules of every day, below drops. */
export const PRICE_TEST_PRIORITY = 800;

export type PriceTestProblem = 'bad-price-test';

/** Checks a plan, with its texts tidied: what a person may set, and what nobody could make sense of later. */
export function checkPriceTest(plan: PriceTestPlan): Result<PriceTestPlan, PriceTestProblem> {
  const { arms, blockMs, rounds, falseWinnerBasisPoints, nameLength, variants } = PRICE_TEST_LIMITS;
  const within = (value: number, { least, most }: { readonly least: number; readonly most: number }): boolean =>
    Number.isSafeInteger(value) && value >= least && value <= most;
  const refuse = (message: string): Result<PriceTestPlan, PriceTestProblem> => fail('bad-price-test', message);
  const { armsMinor, stop } = plan;
  const name = plainText(plan.name);
  if (name === '' || name.length > nameLength) return refuse(`Give the test a name of at most ${nameLength} letters.`);
  if (plan.variantIds.length === 0 || plan.variantIds.length > variants || !isEachOnce(plan.variantIds))
    return refuse('Choose what is tested.');
  if (!within(armsMinor.length, arms)) return refuse(`A test compares ${arms.least} to ${arms.most} prices.`);
  if (!armsMinor.every((priceMinor) => within(priceMinor, { least: 1, most: MAX_MINOR })))
    return refuse('Each price is more than nothing and one the till can charge.');
  if (plan.measure === 'margin' && plan.costMinor === null)
    return refuse('Say first what the item costs you: without it nobody knows the margin.');
  if (plan.costMinor !== null && armsMinor.some((priceMinor) => priceMinor < (plan.costMinor ?? 0)))
    return refuse('No price of the test may be below what the item costs you.');
  if (!(plan.minimumDifference > 0 && Number.isFinite(plan.minimumDifference)))
    return refuse('Say which difference would matter to you: more than nothing.');
  if (!within(plan.falseWinnerBasisPoints, falseWinnerBasisPoints))
    return refuse('A false winner may be risked in 0.1 % to 20 % of tests.');
  if (!within(plan.blockMs, blockMs)) return refuse('A block lasts from one minute to four hours.');
  if (!within(plan.washoutMs, { least: 0, most: plan.blockMs / 2 }))
    return refuse('At most the first half of a block may go uncounted.');
  if (!within(roundsOf(plan), rounds)) return refuse(`A test has ${rounds.least} to ${rounds.most} rounds.`);
  if (
    !stop.lookRounds.every((round, index) =>
      within(round, { least: (stop.lookRounds[index - 1] ?? 0) + 1, most: rounds.most }),
    )
  )
    return refuse('Each look is after a later round than the one before.');
  if (!/^[0-9a-f]{32}$/.test(plan.seed)) return refuse('The seed is 32 hexadecimal digits.');
  return ok({ ...plan, name });
}

function isEachOnce(ids: readonly string[]): boolean {
  return new Set(ids).size === ids.length;
}

/** Rounds of a test that nothing ends before. */
export function roundsOf({ stop }: Pick<PriceTestPlan, 'stop'>): number {
  return stop.lookRounds.at(-1) ?? 0;
}

/** How long a round lasts when nothing interrupts it. */
export function roundMs({ armsMinor, blockMs }: Pick<PriceTestPlan, 'armsMinor' | 'blockMs'>): number {
  return armsMinor.length * blockMs;
}

/**
 * The arms of every round in the order they are on: each round a permutation drawn by itself (permuted blocks: Matts and
 * Lachin, "Properties of permuted-block randomization in clinical trials", Controlled Clinical Trials 9, 1988), from the
 * recorded seed alone, so that anybody can draw them again.
 * @returns one permutation of 0 … arms − 1 for each round of the plan
 */
export function roundOrders(plan: Pick<PriceTestPlan, 'armsMinor' | 'stop' | 'seed'>): number[][] {
  const random = randomNumbers(plan.seed);
  return Array.from({ length: roundsOf(plan) }, () => {
    const order = plan.armsMinor.map((_, arm) => arm);
    // Fisher and Yates.
    for (let last = order.length - 1; last > 0; last -= 1) {
      const other = Math.floor(random() * (last + 1));
      [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
    }
    return order;
  });
}

/** Chris Doty-Humphrey's sfc32 (PractRand 0.92): 128 bits of state, of which the counter starts at 1 besides the seed. */
function randomNumbers(seed: string): () => number {
  let [a = 0, b = 0, c = 0, counter = 0] = [0, 8, 16, 24].map((at) => Number.parseInt(seed.slice(at, at + 8), 16) | 0);
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warm = 0; warm < 15; warm += 1) next();
  return next;
}

/**
 * The runs that switches make, in whatever order word of them came. Two devices may switch the same way twice: the first
 * time counts. After the test is stopped nothing switches it on.
 */
export function runsOf(switches: readonly PriceTestSwitch[], stoppedAt: string | null): PriceTestRun[] {
  const runs: PriceTestRun[] = [];
  const isBeforeStop = ({ at }: PriceTestSwitch): boolean => stoppedAt === null || at < stoppedAt;
  const ordered = switches.filter(isBeforeStop).toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  for (const { at, isOn } of [...ordered, ...(stoppedAt === null ? [] : [{ at: stoppedAt, isOn: false }])]) {
    const last = runs.at(-1);
    const isRunning = last?.to === null;
    if (isOn && !isRunning) runs.push({ from: at, to: null });
    if (!isOn && isRunning) runs[runs.length - 1] = { from: last.from, to: at };
  }
  return runs;
}

/**
 * Every block that began before an instant, in order. A pause ends its round: what is left of the round is lost, since its
 * blocks would no longer be neighbours.
 * @param until UTC instant
 */
export function blocksUntil(plan: PriceTestPlan, runs: readonly PriceTestRun[], until: string): PriceTestBlock[] {
  const orders = roundOrders(plan);
  const blocks: PriceTestBlock[] = [];
  const untilMs = Date.parse(until);
  let firstRound = 0;
  for (const run of runs) {
    const fromMs = Date.parse(run.from);
    const runEndMs = run.to === null ? Number.POSITIVE_INFINITY : Date.parse(run.to);
    const lastMs = Math.min(runEndMs, untilMs);
    let round = firstRound;
    for (let startMs = fromMs; startMs < lastMs && round < orders.length; round += 1) {
      for (const [position, arm] of (orders[round] ?? []).entries()) {
        if (startMs >= lastMs) break;
        const endMs = Math.min(startMs + plan.blockMs, runEndMs);
        blocks.push({
          round,
          position,
          arm,
          from: instantOf(startMs),
          to: instantOf(endMs),
          countsFrom: instantOf(Math.min(startMs + plan.washoutMs, endMs)),
          isCut: endMs < startMs + plan.blockMs,
        });
        startMs += plan.blockMs;
      }
    }
    firstRound = round;
  }
  return blocks;
}

/** The block that is on at an instant, or null while the test is paused, over or not begun. */
export function blockAt(plan: PriceTestPlan, runs: readonly PriceTestRun[], at: string): PriceTestBlock | null {
  // A block that begins at this very instant is on.
  const next = instantOf(Date.parse(at) + 1);
  const block = blocksUntil(plan, runs, next).at(-1);
  return block !== undefined && block.from <= at && at < block.to ? block : null;
}

/** Rounds that are behind at an instant: complete, or cut short. */
export function roundsBehind(plan: PriceTestPlan, runs: readonly PriceTestRun[], at: string): number {
  const current = blockAt(plan, runs, at);
  return current?.round ?? (blocksUntil(plan, runs, at).at(-1)?.round ?? -1) + 1;
}

/** When the last round ends if nothing interrupts it any more, or null while the test is paused. */
export function plannedEnd(plan: PriceTestPlan, runs: readonly PriceTestRun[]): string | null {
  const current = runs.at(-1);
  if (current === undefined || current.to !== null) return null;
  const before = roundsBehind(plan, runs.slice(0, -1), current.from);
  return instantOf(Date.parse(current.from) + (roundsOf(plan) - before) * roundMs(plan));
}

/** What spoils a block: it was cut short, or something noted touched it. Empty for a sound block. */
export function spoiltBy(
  block: Pick<PriceTestBlock, 'from' | 'to' | 'isCut'>,
  notes: readonly PriceTestNote[],
): (PriceTestNoteKind | 'closed')[] {
  const kinds = notes
    .filter(({ from, to }) => from < block.to && (to === null || to > block.from))
    .map(({ kind }) => kind);
  return [...new Set([...(block.isCut ? (['closed'] as const) : []), ...kinds])];
}

/**
 * The arms as price rules, one for each: what it costs in the blocks that are on or to come. None while the test is paused.
 * They stand alone, so that no other rule mixes into a price that is compared; only a drop, which stands before them, and
 * the cost floor do, and both are noted.
 */
export function rulesOfPriceTest(plan: PriceTestPlan, runs: readonly PriceTestRun[]): PriceRule[] {
  const run = runs.at(-1);
  const end = plannedEnd(plan, runs);
  if (run === undefined || end === null) return [];
  const blocks = blocksUntil(plan, runs, end).filter(({ from }) => from >= run.from);
  return plan.armsMinor.map((priceMinor, arm) => ({
    ruleId: `${plan.testId}-${arm}`,
    version: runs.length,
    name: plan.name.slice(0, RULE_LIMITS.nameLength),
    origin: 'test',
    originId: plan.testId,
    arm: String(arm),
    isOn: true,
    what: { kind: 'variants', variantIds: plan.variantIds },
    effect: { kind: 'unit-price', priceMinor },
    when: {
      ...ALWAYS,
      windows: blocks.filter((block) => block.arm === arm).map(({ from, to }) => ({ from, until: to })),
    },
    where: { kind: 'anywhere' },
    audience: 'everyone',
    stock: null,
    priority: PRICE_TEST_PRIORITY,
    stacking: 'alone',
    capBasisPoints: null,
    graceMs: plan.washoutMs,
  }));
}

function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}
