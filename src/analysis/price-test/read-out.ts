import { roundMs, roundsOf, type PriceTestMeasure, type PriceTestPlan } from '../../domain/experiment';
import { normalQuantile } from '../distributions';
import { sumRounds, type ArmSums, type TestRecord, type TestRound } from './rounds';
import { errorSpent, intervalOfDifferences, type Interval, type Look } from './swap-test';

/** What may honestly be said of a price test. */
export interface PriceTestReadOut {
  /** Rounds that are over; of these, those that count; and those that were planned. */
  readonly roundsBehind: number;
  readonly roundsCounted: number;
  readonly roundsPlanned: number;
  /** The round of the look the intervals and the outcome rest on, or null before the first. */
  readonly lookRound: number | null;
  readonly outcome: PriceTestOutcome;
  /** By arm: what counted rounds sold per hour on sale. */
  readonly arms: readonly ArmRates[];
  /** Every arm but the first, against the first. */
  readonly comparisons: readonly ArmComparison[];
  /** Lines sold at another price than the one that was on, in all rounds. */
  readonly strays: number;
}

export type PriceTestOutcome =
  /** One price does better on the measure, and not by less than matters. */
  | { readonly kind: 'winner'; readonly arm: number }
  /** Every other price is alike, or worse. */
  | { readonly kind: 'no-difference' }
  /**
   * Nothing can be said yet. About so many more rounds that count would show the smallest difference that matters four times
   * out of five; null while nobody can tell.
   */
  | { readonly kind: 'not-enough-data'; readonly moreRounds: number | null; readonly moreMs: number | null };

export interface ArmRates {
  readonly priceMinor: number;
  readonly hours: number;
  /** Per hour; margin is null where the cost is unknown. */
  readonly units: number;
  readonly revenueMinor: number;
  readonly marginMinor: number | null;
}

export interface ArmComparison {
  readonly arm: number;
  readonly units: Difference;
  readonly revenueMinor: Difference;
  readonly marginMinor: Difference | null;
  /** The same with the rounds that were spoilt and yet complete, so that nobody has to wonder what leaving them out did. */
  readonly withSpoilt: { readonly units: number; readonly revenueMinor: number; readonly marginMinor: number | null };
}

/** This arm less the first, per hour on sale. The interval holds at all looks together. */
export interface Difference extends Interval {
  readonly estimate: number;
}

/** How often a difference that matters should be found when it is there, when saying how much longer. */
const WANTED_POWER = 0.8;
/** With fewer rounds nobody can tell how much sales vary. */
const LEAST_ROUNDS_TO_PLAN = 3;

/**
 * Reads a test out as it stands at an instant. Everybody may look at any time: the intervals and the outcome are those of the
 * last planned look, so looking more often does not find more.
 *
 * The swap test (`swap-test.ts`) is applied to the differences per hour of neighbouring blocks, one for each round that
 * counts. A round something spoilt is left out whole: what spoils one does not depend on the price unless the price matters,
 * so where there is no difference leaving rounds out favours no side. With several other prices each gets its part of the
 * allowed error (Bonferroni), so the chance that any false winner is named stays what was fixed.
 *
 * A price is better or worse than the first when its interval on the measure leaves out nothing, and alike when the interval
 * lies wholly within the difference that matters either way. The best of the better wins, or the first where all others are
 * worse; there is no difference that matters where all others are alike or worse. The error holds for each of these words.
 */
export function readOut(record: TestRecord, at: string): PriceTestReadOut {
  return readRounds(record.plan, sumRounds(record, at));
}

/** The same from rounds that are summed already. */
export function readRounds(plan: PriceTestPlan, rounds: readonly TestRound[]): PriceTestReadOut {
  const counted = rounds.filter((round) => round.spoiltBy.length === 0);
  const complete = rounds.filter(({ arms }) => arms.every((sums) => sums !== null));
  const looks = looksSoFar(plan, rounds);
  const comparisons = plan.armsMinor.slice(1).map((_, index): ArmComparison => {
    const arm = index + 1;
    const difference = (measure: PriceTestMeasure): Difference => compare(plan, counted, looks, arm, measure);
    const withSpoilt = (measure: PriceTestMeasure): number => mean(differences(plan, complete, arm, measure));
    const hasMargin = plan.costMinor !== null;
    return {
      arm,
      units: difference('units'),
      revenueMinor: difference('revenue'),
      marginMinor: hasMargin ? difference('margin') : null,
      withSpoilt: {
        units: withSpoilt('units'),
        revenueMinor: withSpoilt('revenue'),
        marginMinor: hasMargin ? withSpoilt('margin') : null,
      },
    };
  });
  return {
    roundsBehind: rounds.length,
    roundsCounted: counted.length,
    roundsPlanned: roundsOf(plan),
    lookRound: plan.stop.lookRounds.findLast((round) => round <= rounds.length) ?? null,
    outcome: outcomeOf(plan, comparisons, counted),
    arms: plan.armsMinor.map((priceMinor, arm) => ratesOf(plan, counted, arm, priceMinor)),
    comparisons,
    strays: rounds.reduce((sum, round) => sum + round.strays, 0),
  };
}

/**
 * The looks that are over, counted in rounds that count. What may be spent follows from how many of the planned rounds those
 * are; the last look may spend all that is left, since nothing comes after it.
 */
export function looksSoFar(plan: PriceTestPlan, rounds: readonly Pick<TestRound, 'spoiltBy'>[]): Look[] {
  const planned = roundsOf(plan);
  const allowed = plan.falseWinnerBasisPoints / 10_000 / (plan.armsMinor.length - 1);
  return plan.stop.lookRounds
    .filter((round) => round <= rounds.length)
    .map((round) => {
      const pairs = rounds.slice(0, round).filter(({ spoiltBy }) => spoiltBy.length === 0).length;
      return { pairs, spent: round === planned ? allowed : errorSpent(allowed, pairs / planned) };
    });
}

function compare(
  plan: PriceTestPlan,
  counted: readonly TestRound[],
  looks: readonly Look[],
  arm: number,
  measure: PriceTestMeasure,
): Difference {
  const all = differences(plan, counted, arm, measure);
  const seen = all.slice(0, looks.at(-1)?.pairs ?? 0);
  if (seen.length === 0) return { estimate: mean(all), low: null, high: null };
  const estimate = mean(seen);
  const { low, high } = intervalOfDifferences(seen, looks, estimate);
  const chance = leastChance(plan, counted.slice(0, seen.length), looks.at(-1)?.spent ?? 0, arm, measure);
  return {
    estimate,
    low: low === null ? null : Math.min(low, estimate - chance),
    high: high === null ? null : Math.max(high, estimate + chance),
  };
}

/**
 * How far off an estimate may be by chance if sales are no wilder than Poisson: no interval is narrower. Swapping takes the
 * sizes of differences as given, and where hardly anything was sold they are nothing, as if it were known that nothing ever
 * will be. The square under the root is that of a count that may have been 0 (Agresti and Coull, The American Statistician
 * 52, 1998, for proportions).
 */
function leastChance(
  plan: PriceTestPlan,
  rounds: readonly TestRound[],
  spent: number,
  arm: number,
  measure: PriceTestMeasure,
): number {
  const reach = normalQuantile(1 - spent / 2);
  const worth = (one: number): number => {
    const priceMinor = plan.armsMinor[one] ?? 0;
    return measure === 'units' ? 1 : measure === 'revenue' ? priceMinor : priceMinor - (plan.costMinor ?? 0);
  };
  const variance = [0, arm].reduce(
    (sum, one) => sum + worth(one) ** 2 * rounds.reduce((units, { arms }) => units + (arms[one]?.units ?? 0), 0),
    (reach * Math.max(worth(0), worth(arm))) ** 2,
  );
  return (reach * Math.sqrt(variance)) / (rounds.length * countedHours(plan));
}

function outcomeOf(
  plan: PriceTestPlan,
  comparisons: readonly ArmComparison[],
  counted: readonly TestRound[],
): PriceTestOutcome {
  const verdicts = comparisons.map((comparison) => {
    const { estimate, low, high } = differenceOn(plan.measure, comparison);
    const isAlike = low !== null && low > -plan.minimumDifference && high !== null && high < plan.minimumDifference;
    const verdict = isAlike ? 'alike' : (low ?? 0) > 0 ? 'better' : (high ?? 0) < 0 ? 'worse' : 'unclear';
    return { arm: comparison.arm, estimate, verdict };
  });
  const better = verdicts.filter(({ verdict }) => verdict === 'better').toSorted((a, b) => b.estimate - a.estimate);
  if (better[0]) return { kind: 'winner', arm: better[0].arm };
  if (verdicts.every(({ verdict }) => verdict === 'worse')) return { kind: 'winner', arm: 0 };
  if (verdicts.every(({ verdict }) => verdict !== 'unclear')) return { kind: 'no-difference' };
  const moreRounds = roundsStillNeeded(plan, counted);
  return { kind: 'not-enough-data', moreRounds, moreMs: moreRounds === null ? null : moreRounds * roundMs(plan) };
}

function differenceOn(measure: PriceTestMeasure, { units, revenueMinor, marginMinor }: ArmComparison): Difference {
  const difference = { units, revenue: revenueMinor, margin: marginMinor }[measure];
  if (difference === null) throw new Error('a test on margin knows what the goods cost');
  return difference;
}

/**
 * About how many more rounds that count would show the difference that matters with the wanted power, from how much rounds
 * differed so far: the usual sample size for a mean of paired differences. Null while too few rounds, or no sales, say
 * nothing of that.
 */
function roundsStillNeeded(plan: PriceTestPlan, counted: readonly TestRound[]): number | null {
  if (counted.length < LEAST_ROUNDS_TO_PLAN) return null;
  const allowed = plan.falseWinnerBasisPoints / 10_000 / (plan.armsMinor.length - 1);
  const reach = normalQuantile(1 - allowed / 2) + normalQuantile(WANTED_POWER);
  const variance = Math.max(
    ...plan.armsMinor.slice(1).map((_, index) => varianceOf(differences(plan, counted, index + 1, plan.measure))),
  );
  if (!(variance > 0)) return null;
  const needed = (reach ** 2 * variance) / plan.minimumDifference ** 2;
  return Math.max(1, Math.ceil(needed) - counted.length);
}

/** Per hour on sale: the arm's block less the first price's, of every round. */
function differences(
  plan: PriceTestPlan,
  rounds: readonly TestRound[],
  arm: number,
  measure: PriceTestMeasure,
): number[] {
  const hours = countedHours(plan);
  return rounds.map(({ arms }) => (amountOf(arms[arm], measure) - amountOf(arms[0], measure)) / hours);
}

function amountOf(sums: ArmSums | null | undefined, measure: PriceTestMeasure): number {
  return (measure === 'units' ? sums?.units : measure === 'revenue' ? sums?.revenueMinor : sums?.marginMinor) ?? 0;
}

function ratesOf(plan: PriceTestPlan, counted: readonly TestRound[], arm: number, priceMinor: number): ArmRates {
  const hours = counted.length * countedHours(plan);
  const perHour = (measure: PriceTestMeasure): number =>
    hours === 0 ? 0 : counted.reduce((sum, { arms }) => sum + amountOf(arms[arm], measure), 0) / hours;
  return {
    priceMinor,
    hours,
    units: perHour('units'),
    revenueMinor: perHour('revenue'),
    marginMinor: plan.costMinor === null ? null : perHour('margin'),
  };
}

function countedHours({ blockMs, washoutMs }: PriceTestPlan): number {
  return (blockMs - washoutMs) / 3_600_000;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function varianceOf(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}
