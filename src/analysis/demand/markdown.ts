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
}

const REDUCTIONS = [1000, 2000, 3000, 4000, 5000];
/** Instants at which a step may begin. */
const STARTS = 6;
/** Minutes that a step lasts at least: shorter ones nobody notices. */
const LEAST_MINUTES = 15;
/** No price makes a thing sell more than so many times as fast: there are only so many people in the market. */
const MOST_QUICKENING = 5;
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
  const outcome = (steps: readonly MarkdownStepAdvice[]): readonly Outcome[] =>
    scenarios.map((scenario) => run(scenario, steps, question));
  const none = outcome([]);
  const mean = (outcomes: readonly Outcome[], what: (one: Outcome) => number): number =>
    outcomes.reduce((sum, one) => sum + what(one), 0) / outcomes.length;
  const worth = (outcomes: readonly Outcome[]): number =>
    mean(outcomes, ({ taken, sold }) => taken + leftoverValue * (onHand - sold));
  let best: { steps: readonly MarkdownStepAdvice[]; outcomes: readonly Outcome[] } = { steps: [], outcomes: none };
  const consider = (steps: readonly MarkdownStepAdvice[]): void => {
    const outcomes = outcome(steps);
    if (worth(outcomes) > worth(best.outcomes)) best = { steps, outcomes };
  };
  for (const beforeCloseMinutes of starts) {
    for (const basisPoints of reductions) {
      consider([{ beforeCloseMinutes, basisPoints }]);
      for (const later of starts.filter((start) => start < beforeCloseMinutes)) {
        for (const deeper of reductions.filter((reduction) => reduction > basisPoints)) {
          consider([
            { beforeCloseMinutes, basisPoints },
            { beforeCloseMinutes: later, basisPoints: deeper },
          ]);
        }
      }
    }
  }
  const better = best.outcomes.filter(({ taken, sold }, place) => {
    const without = none[place];
    return without !== undefined && taken - leftoverValue * sold > without.taken - leftoverValue * without.sold;
  });
  return {
    steps: best.steps,
    soldWithout: spread(none, question.confidence),
    soldWith: spread(best.outcomes, question.confidence),
    worthWithout: worth(none),
    worthWith: worth(best.outcomes),
    probabilityBetter: best.steps.length === 0 ? 0 : better.length / none.length,
  };
}

interface DayScenario {
  /** Units that a whole day would sell at the price of now. */
  readonly day: number;
  readonly elasticity: number;
}

interface Outcome {
  readonly sold: number;
  readonly taken: number;
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

/** Units sold and money taken until closing, phase by phase between the steps. */
function run(scenario: DayScenario, steps: readonly MarkdownStepAdvice[], question: MarkdownQuestion): Outcome {
  const { minutesLeft, shareOfDay, onHand, price } = question;
  let sold = 0;
  let taken = 0;
  let from = 0;
  let basisPoints = 0;
  for (let phase = 0; phase <= steps.length; phase += 1) {
    const step = steps[phase];
    const to = step === undefined ? minutesLeft : minutesLeft - step.beforeCloseMinutes;
    if (to > from) {
      const part = 1 - basisPoints / 10_000;
      const quickening = Math.min(MOST_QUICKENING, part ** scenario.elasticity);
      const units = atMost(scenario.day * shareOfDay(from, to) * quickening, onHand - sold);
      sold += units;
      taken += units * price * part;
    }
    from = Math.max(from, to);
    basisPoints = step?.basisPoints ?? basisPoints;
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

function spread(outcomes: readonly Outcome[], confidence: number): Interval {
  const sold = outcomes.map((outcome) => outcome.sold).sort((a, b) => a - b);
  const at = (share: number): number => sold[Math.round(share * (sold.length - 1))] ?? 0;
  return {
    value: sold.reduce((sum, units) => sum + units, 0) / sold.length,
    low: at((1 - confidence) / 2),
    high: at((1 + confidence) / 2),
  };
}
