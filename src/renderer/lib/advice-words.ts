import type { Estimate } from '../../domain/advice';
import { portion, type Minor } from '../../domain/money';
import { markedDown, type MarkdownStep } from '../../domain/pricing/rule';
import type { TopicState } from '../../shared/contract';
import * as m from '../../shared/i18n/generated/messages.js';
import type { Format } from '../../shared/format';

export type ShownAdvice = TopicState<'advice'>['advice'][number];
/** Advice of one kind, as the till shows it. */
export type Shown<K extends ShownAdvice['advice']['kind']> = ShownAdvice & {
  readonly advice: Extract<ShownAdvice['advice'], { kind: K }>;
};

/** What the words of advice are made with. */
export interface AdviceWords {
  readonly format: Format;
  readonly locale: string;
  readonly nowMs: number;
}

const MINUTE_MS = 60_000;

export const isMarkdown = (shown: ShownAdvice): shown is Shown<'markdown'> => shown.advice.kind === 'markdown';
export const isDropTime = (shown: ShownAdvice): shown is Shown<'drop-time'> => shown.advice.kind === 'drop-time';
export const isBundle = (shown: ShownAdvice): shown is Shown<'bundle'> => shown.advice.kind === 'bundle';

/** The price after something came off. */
export function reduced(priceMinor: Minor, basisPoints: number): Minor {
  return priceMinor - portion(priceMinor, basisPoints);
}

/** What to do, as somebody at the next stall would say it. */
export function adviceTitle(shown: ShownAdvice, words: AdviceWords): string {
  if (isMarkdown(shown)) {
    const steps = stepsOf(shown).map((step) => stepPhrase(shown, step, words));
    return m.advice_do_markdown({ name: nameOf(shown), steps: steps.join(', '), time: shown.advice.closesAt });
  }
  if (isDropTime(shown)) {
    const { startsAt, minutes } = shown.advice;
    const { format } = words;
    const isToday = format.day(startsAt) === format.day(words.nowMs);
    const time = isToday ? format.time(startsAt) : `${format.time(startsAt)}, ${format.day(startsAt)}`;
    return m.advice_do_drop({ time, minutes });
  }
  const [first = '', second = ''] = shown.names;
  return m.advice_do_bundle({ first, second, percent: words.format.percent(offOf(shown)) });
}

/** The steps of a markdown as they are taken. */
export function stepsOf({ advice, adjustment }: Shown<'markdown'>): readonly MarkdownStep[] {
  return adjustment?.steps ?? advice.steps;
}

/** What comes off a bundle as it is taken, in basis points. */
export function offOf({ advice, adjustment }: ShownAdvice): number {
  return adjustment?.basisPoints ?? (advice.kind === 'bundle' ? advice.basisPoints : 0);
}

export function stepPhrase(shown: Shown<'markdown'>, step: MarkdownStep, { format, nowMs }: AdviceWords): string {
  const price = format.money(markedDown(step, priceOf(shown)));
  const begins = Date.parse(shown.until ?? '') - step.beforeCloseMinutes * MINUTE_MS;
  return begins <= nowMs ? m.advice_step_now({ price }) : m.advice_step({ price, time: format.time(begins) });
}

/** Of one piece or kilogram, before rules. */
export function priceOf({ priceMinor, advice }: Shown<'markdown'>): Minor {
  return priceMinor ?? advice.priceMinor;
}

export function nameOf({ names }: ShownAdvice): string {
  return names[0] ?? '';
}

/** What is expected of it, in one or two sentences. */
export function adviceHopes(shown: ShownAdvice, words: AdviceWords): string[] {
  const { format } = words;
  if (isMarkdown(shown)) {
    const { advice, pricing } = shown;
    const amount = (units: number): string => amountWords(units, pricing, words);
    const range = ({ value, low, high }: Estimate) => ({ sold: amount(value), low: amount(low), high: amount(high) });
    const left = amount(pricing === 'kg' ? advice.onHand / 1000 : advice.onHand);
    return [
      m.advice_hope({ ...range(advice.soldWith), left }),
      m.advice_hope_without({ ...range(advice.soldWithout), price: format.money(advice.priceMinor) }),
      m.advice_hope_gain({
        amount: format.money(advice.gainMinor),
        percent: sureness(advice.probabilityBetter, format),
      }),
    ];
  }
  if (isDropTime(shown)) {
    const { basis, expected, usual, probabilityBetter } = shown.advice;
    const whole = (value: number): string => amountWords(value, 'each', words);
    const range = { count: whole(expected.value), low: whole(expected.low), high: whole(expected.high) };
    return [
      basis === 'people' ? m.advice_hope_people(range) : m.advice_hope_sales(range),
      m.advice_hope_usual({
        count: whole(usual),
        percent: sureness(probabilityBetter, format),
      }),
    ];
  }
  const off = offOf(shown);
  return shown.priceMinor === null
    ? [m.advice_bundle_unknown()]
    : [
        m.advice_bundle_price({
          price: format.money(reduced(shown.priceMinor, off)),
          was: format.money(shown.priceMinor),
        }),
        m.advice_bundle_costs({ amount: format.money(portion(shown.priceMinor, off)) }),
      ];
}

/** Never quite: of what is to come nobody is. */
function sureness(probability: number, format: Format): string {
  return format.percent(Math.min(99, Math.round(probability * 100)) * 100);
}

/** What it rests on, point by point. */
export function adviceReasons(shown: ShownAdvice, words: AdviceWords): string[] {
  const { format } = words;
  const decimal = (value: number): string =>
    new Intl.NumberFormat(words.locale, { maximumFractionDigits: 1 }).format(value);
  if (isMarkdown(shown)) {
    const { advice, category, floorMinor } = shown;
    const { value, low, high } = advice.elasticity;
    const reasons = [
      m.advice_why_days({ days: advice.days, prices: advice.prices }),
      m.advice_why_elasticity({ value: decimal(-value), low: decimal(Math.max(0, -high)), high: decimal(-low) }),
    ];
    if (advice.strength) {
      const { likeGoods, ownShare } = advice.strength;
      const own = format.percent(Math.round(ownShare * 100) * 100);
      reasons.push(
        likeGoods > 0 && category !== ''
          ? m.advice_why_strength({ own, count: likeGoods, category })
          : m.advice_why_strength_alone({ own }),
      );
    }
    reasons.push(floorMinor === null ? m.advice_floor_none() : m.advice_floor({ price: format.money(floorMinor) }));
    return reasons;
  }
  if (isDropTime(shown)) {
    const { basis, days, hours } = shown.advice;
    return [
      basis === 'people' ? m.advice_why_people({ days, hours: Math.round(hours) }) : m.advice_why_sales({ days }),
      m.advice_why_drop(),
    ];
  }
  if (!isBundle(shown)) return [];
  const { advice, names } = shown;
  const { lift, falseShare, together, first, second, baskets } = advice;
  const [one = '', other = ''] = names;
  const chance = Math.max(10, Math.ceil(falseShare * 10_000));
  return [
    m.advice_why_baskets({ together, baskets, one, first, other, second }),
    m.advice_why_lift({ lift: decimal(lift.value), low: decimal(lift.low), high: decimal(lift.high) }),
    m.advice_why_false({ percent: format.percent(chance) }),
    m.advice_floor_bundle(),
  ];
}

/** Pieces, or kilograms with a decimal. */
export function amountWords(units: number, pricing: ShownAdvice['pricing'], { locale }: Pick<AdviceWords, 'locale'>) {
  const digits = pricing === 'kg' ? 1 : 0;
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(units);
  return pricing === 'kg' ? `${number} kg` : number;
}

/** What became of advice that was answered. */
export function answerWords(shown: ShownAdvice, nowMs: number): string {
  const { answer, ruleId, until } = shown;
  const isOver = until !== null && Date.parse(until) <= nowMs;
  if (answer === null) return m.advice_unanswered();
  if (answer === 'ignored') return m.advice_left();
  if (answer === 'accepted' && isDropTime(shown)) return m.advice_planned();
  if (isOver || ruleId === null) return m.advice_taken_over();
  return answer === 'accepted' ? m.advice_taken() : m.advice_adjusted();
}
