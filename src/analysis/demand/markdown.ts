import { normalQuantile } from '../distributions';
import { forecast } from './forecast';
import type { DemandModel } from './model';
import { atMost, scenariosOf, type Interval } from './price-advice';

export interface MarkdownQuestion {
  /** Milliseconds since 1970 of the local clock. */
  readonly at: number;
  readonly minutesLeft: number;
  /** Share of a usual day's sales between two instants, both in minutes from now. */
  readonly shareOfDay: (fromMinutes: number, toMinutes: number) => number;
  /** Share of a usual day's sales until now. */
  readonly shareSoFar: number;
  readonly soldToday: number;
  readonly onHand: number;
  /** Per unit, in the unit the model learned in. */
  readonly price: number;
  /** No price goes below. */
  readonly floor: number;
  /** What one unit left at closing is still worth. */
  readonly leftoverValue: number;
  readonly confidence: number;
}

export interface MarkdownStepAdvice {
  readonly beforeCloseMinutes: number;
  /** 2000 is 20 % off. */
  readonly basisPoints: number;
}

export interface MarkdownAdvice {
  /** At most two, the later the deeper; none when the price had better stay. */
  readonly steps: readonly MarkdownStepAdvice[];
  /** Units sold until closing without and with the steps. */
  readonly soldWithout: Interval;
  readonly soldWith: Interval;
  /** Money taken until closing, with what is left counted at its worth. */
  readonly worthWithout: number;
  readonly worthWith: number;
  /** How sure it is that the steps bring more than the price as it is. */
  readonly probabilityBetter: number;
  /** Units sold until closing at each reduction from now on, none first. Empty without steps. */
  readonly curve: readonly { readonly basisPoints: number; readonly sold: Interval }[];
}

const REDUCTIONS = [1000, 2000, 3000, 4000, 5000];
/** Instants at which a step may begin. */
const STARTS = 6;
/** Minutes that a step lasts at least: shorter ones nobody notices. */
const LEAST_MINUTES = 15;
/** No price makes a thing sell more than so many times as fast: there are only so many people in the market. */
const MOST_QUICKENING = 5;
/** Means up to which chance is reckoned count by count. */
const MOST_COUNTED = 500;
/** Strides through the scenarios, so that days good and bad meet elasticities low and high. */
const STRIDE = 7;

/**
 * The reductions that sell what is left by closing time for the most money, what is left over counted at its worth: all
 * paths of one or two steps are tried against equally likely ways the day may go (elasticity, base rate and how good the day
 * is, which what it has sold so far says something about). An item that sells out at its price gets no advice.
 */
export function adviseMarkdown(model: DemandModel, item: number, question: MarkdownQuestion): MarkdownAdvice {
  const { minutesLeft, onHand, price, floor, leftoverValue } = question;
  const scenarios = dayScenarios(model, item, question);
  const starts = startsOf(minutesLeft);
  const reductions = REDUCTIONS.filter((basisPoints) => price * (1 - basisPoints / 10_000) >= floor);
  const nothing = { sold: new Float64Array(scenarios.length), taken: new Float64Array(scenarios.length) };
  // What a whole day would sell at each price, in each way it may go.
  const wantedAt = new Map(
    [0, ...reductions].map((basisPoints) => {
      const part = 1 - basisPoints / 10_000;
      return [
        basisPoints,
        Float64Array.from(scenarios, ({ day, elasticity }) => day * Math.min(MOST_QUICKENING, part ** elasticity)),
      ];
    }),
  );
  const sell = (before: Outcomes, from: number, to: number, basisPoints: number): Outcomes =>
    phase(wantedAt.get(basisPoints) ?? nothing.sold, before, from, to, price * (1 - basisPoints / 10_000), question);
  const worth = ({ sold, taken }: Outcomes): number => {
    let sum = 0;
    for (let place = 0; place < taken.length; place += 1)
      sum += (taken[place] ?? 0) + leftoverValue * (onHand - (sold[place] ?? 0));
    return sum / taken.length;
  };
  const none = sell(nothing, 0, minutesLeft, 0);
  let best: { steps: readonly MarkdownStepAdvice[]; outcomes: Outcomes; worth: number } = {
    steps: [],
    outcomes: none,
    worth: worth(none),
  };
  const consider = (outcomes: Outcomes, ...steps: readonly MarkdownStepAdvice[]): void => {
    const own = worth(outcomes);
    if (own > best.worth) best = { steps, outcomes, worth: own };
  };
  for (const beforeCloseMinutes of starts) {
    const first = minutesLeft - beforeCloseMinutes;
    const before = sell(nothing, 0, first, 0);
    for (const basisPoints of reductions) {
      const step = { beforeCloseMinutes, basisPoints };
      consider(sell(before, first, minutesLeft, basisPoints), step);
      const deeper = reductions.filter((reduction) => reduction > basisPoints);
      for (const later of deeper.length === 0 ? [] : starts.filter((start) => start < beforeCloseMinutes)) {
        const second = minutesLeft - later;
        const between = sell(before, first, second, basisPoints);
        for (const deep of deeper) {
          const next = { beforeCloseMinutes: later, basisPoints: deep };
          consider(sell(between, second, minutesLeft, deep), step, next);
        }
      }
    }
  }
  const keptOf = ({ sold, taken }: Outcomes): Float64Array =>
    taken.map((one, place) => one - leftoverValue * (sold[place] ?? 0));
  const without = keptOf(none);
  const better = keptOf(best.outcomes).filter((one, place) => one > (without[place] ?? 0));
  const soldBy = (outcomes: Outcomes, steps: readonly MarkdownStepAdvice[]): Interval =>
    soldIn(outcomes, wantedBy(steps, wantedAt, question), question);
  const fromNow = (basisPoints: number): readonly MarkdownStepAdvice[] =>
    basisPoints === 0 ? [] : [{ beforeCloseMinutes: minutesLeft, basisPoints }];
  return {
    steps: best.steps,
    soldWithout: soldBy(none, []),
    soldWith: soldBy(best.outcomes, best.steps),
    curve:
      best.steps.length === 0
        ? []
        : [0, ...reductions].map((basisPoints) => ({
            basisPoints,
            sold: soldBy(sell(nothing, 0, minutesLeft, basisPoints), fromNow(basisPoints)),
          })),
    worthWithout: worth(none),
    worthWith: best.worth,
    probabilityBetter: best.steps.length === 0 ? 0 : better.length / scenarios.length,
  };
}

interface DayScenario {
  /** Units that a whole day would sell at the price of now. */
  readonly day: number;
  readonly elasticity: number;
}

/** Units sold and money taken so far, in each way the day may go. */
interface Outcomes {
  readonly sold: Float64Array;
  readonly taken: Float64Array;
}

function dayScenarios(model: DemandModel, item: number, question: MarkdownQuestion): DayScenario[] {
  const { at, price, soldToday, shareSoFar } = question;
  const { meanUnits, variance, restlessness } = forecast(model, item, { at, price, isPromoted: false, exposure: 1 });
  // What the day has sold so far, against a gamma-shaped belief in how good it is.
  const spreadOfDay = Math.max(0.02, variance + restlessness);
  const certainty = 1 / spreadOfDay;
  const expected = meanUnits * shareSoFar;
  const quickness = (certainty + soldToday) / (certainty + expected);
  const deviation = Math.sqrt(1 / (certainty + soldToday));
  const scenarios = scenariosOf(model, item);
  return scenarios.map(({ elasticity }, place) => ({
    elasticity,
    day:
      meanUnits *
      quickness *
      Math.exp(
        deviation * normalQuantile((((place * STRIDE) % scenarios.length) + 0.5) / scenarios.length) -
          (deviation * deviation) / 2,
      ),
  }));
}

/** What is sold and taken when one price goes on from what was before. Paths that begin alike share their beginning. */
function phase(
  wanted: Float64Array,
  before: Outcomes,
  from: number,
  to: number,
  price: number,
  { shareOfDay, onHand }: MarkdownQuestion,
): Outcomes {
  if (to <= from) return before;
  const share = shareOfDay(from, to);
  const sold = new Float64Array(wanted.length);
  const taken = new Float64Array(wanted.length);
  for (let place = 0; place < wanted.length; place += 1) {
    const soldBefore = before.sold[place] ?? 0;
    const units = atMost((wanted[place] ?? 0) * share, onHand - soldBefore);
    sold[place] = soldBefore + units;
    taken[place] = (before.taken[place] ?? 0) + units * price;
  }
  return { sold, taken };
}

/** Evenly from now to shortly before closing, in whole quarters of an hour before closing; the first is now. */
function startsOf(minutesLeft: number): number[] {
  const latest = Math.floor(minutesLeft / LEAST_MINUTES) * LEAST_MINUTES;
  const starts = Array.from({ length: STARTS }, (_, place) =>
    Math.max(LEAST_MINUTES, Math.round((latest * (STARTS - place)) / STARTS / LEAST_MINUTES) * LEAST_MINUTES),
  );
  return [...new Set(starts)].filter((start) => start <= minutesLeft);
}

/** Units wanted until closing, in each way the day may go. */
function wantedBy(
  steps: readonly MarkdownStepAdvice[],
  wantedAt: ReadonlyMap<number, Float64Array>,
  { minutesLeft, shareOfDay }: MarkdownQuestion,
): Float64Array {
  const all = new Float64Array(wantedAt.get(0)?.length ?? 0);
  let basisPoints = 0;
  let from = 0;
  for (const next of [...steps, { beforeCloseMinutes: 0, basisPoints: 0 }]) {
    const to = minutesLeft - next.beforeCloseMinutes;
    const share = to > from ? shareOfDay(from, to) : 0;
    wantedAt.get(basisPoints)?.forEach((wanted, place) => (all[place] = (all[place] ?? 0) + wanted * share));
    ({ basisPoints } = next);
    from = to;
  }
  return all;
}

/** Units sold on average, and the interval in which they fall: over the ways the day may go, and chance in each of them. */
function soldIn(
  { sold }: Outcomes,
  wanted: Float64Array,
  { onHand, confidence }: Pick<MarkdownQuestion, 'onHand' | 'confidence'>,
): Interval {
  const tail = (1 - confidence) / 2;
  return {
    value: sold.reduce((sum, units) => sum + units, 0) / sold.length,
    low: Math.min(onHand, quantileOfCounts(wanted, tail)),
    high: Math.min(onHand, quantileOfCounts(wanted, 1 - tail)),
  };
}

/** The least count that a Poisson variate, of one of these equally likely means, does not exceed with this probability. */
function quantileOfCounts(means: Float64Array, probability: number): number {
  const most = Math.max(...means);
  if (most > MOST_COUNTED) {
    // Of so many, chance is next to nothing beside what is not known of the day.
    return means.slice().sort()[Math.round(probability * (means.length - 1))] ?? 0;
  }
  const terms = means.map((mean) => Math.exp(-mean));
  let below = 0;
  for (let count = 0; count < most + 12 * Math.sqrt(most) + 12; count += 1) {
    for (let place = 0; place < terms.length; place += 1) {
      below += (terms[place] ?? 0) / terms.length;
      terms[place] = ((terms[place] ?? 0) * (means[place] ?? 0)) / (count + 1);
    }
    if (below >= probability) return count;
  }
  return most;
}
