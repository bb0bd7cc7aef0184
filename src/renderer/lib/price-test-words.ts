import type { PriceTestPlan } from '../../domain/experiment';
import type { CallOutput, PriceTestView } from '../../shared/contract';
import * as m from '../../shared/i18n/generated/messages.js';
import type { Format } from '../../shared/format';

type ReadOut = CallOutput<'price-test.read-out'>['readOut'];
type SpoiltBy = CallOutput<'price-test.read-out'>['rounds'][number]['spoiltBy'][number];

/** Longer than anybody tests a price: 200 hours on sale. */
const SEASON_MS = 200 * 3_600_000;

/** What a test is about, in the words of its screen. */
export function phaseWords({ phase, pausedBy, stopped }: PriceTestView): string {
  if (stopped) {
    return { settled: m.ptest_end_settled, planned: m.ptest_end_planned, 'by-hand': m.ptest_end_by_hand }[
      stopped.end
    ]();
  }
  if (phase === 'waiting') return m.ptest_phase_waiting();
  if (phase === 'running') return m.ptest_phase_running();
  return pausedBy === 'stall' ? m.ptest_phase_paused_stall() : m.ptest_phase_paused();
}

/** `1 h 30 min` in the words of the stall's language. */
export function durationWords(ms: number, locale: string): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  const unit = (value: number, name: 'hour' | 'minute'): string =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  // Of many hours nobody wants the minutes.
  if (hours >= 10 || (hours > 0 && rest === 0)) return unit(Math.round(minutes / 60), 'hour');
  return hours === 0 ? unit(rest, 'minute') : `${unit(hours, 'hour')} ${unit(rest, 'minute')}`;
}

/** An amount of a measure: money, pieces or kilograms, without its sign. */
export function measureWords(
  { measure, pricing }: Pick<PriceTestPlan, 'measure' | 'pricing'>,
  amount: number,
  format: Format,
  locale: string,
): string {
  if (measure !== 'units') return format.money(Math.round(Math.abs(amount)));
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(Math.abs(amount));
  return pricing === 'kg' ? `${number} kg` : number;
}

/** What a read-out comes to, and what to make of it. */
export function outcomeWords(
  plan: PriceTestPlan,
  { outcome, lookRound }: ReadOut,
  format: Format,
  locale: string,
): { readonly title: string; readonly detail: string; readonly tone: 'found' | 'alike' | 'open' } {
  if (outcome.kind === 'winner') {
    const price = format.money(plan.armsMinor[outcome.arm] ?? 0);
    return {
      title: outcome.arm === 0 ? m.ptest_keep({ price }) : m.ptest_winner({ price }),
      detail: '',
      tone: 'found',
    };
  }
  if (outcome.kind === 'no-difference') {
    const amount = measureWords(plan, plan.minimumDifference, format, locale);
    return { title: m.ptest_alike(), detail: m.ptest_alike_detail({ amount }), tone: 'alike' };
  }
  const longer =
    outcome.moreMs === null
      ? m.ptest_open_unknown()
      : outcome.moreMs > SEASON_MS
        ? m.ptest_open_long()
        : m.ptest_open_more({ time: durationWords(outcome.moreMs, locale) });
  const early = lookRound === null ? m.ptest_open_early({ round: plan.stop.lookRounds[0] ?? 0 }) : '';
  return { title: m.ptest_open(), detail: `${early} ${longer}`.trim(), tone: 'open' };
}

export function spoiltWords(kinds: Iterable<SpoiltBy>): string {
  const words: Readonly<Record<SpoiltBy, () => string>> = {
    'stock-out': m.ptest_spoilt_stock_out,
    drop: m.ptest_spoilt_drop,
    rain: m.ptest_spoilt_rain,
    'clock-jump': m.ptest_spoilt_clock_jump,
    other: m.ptest_spoilt_other,
    closed: m.ptest_spoilt_closed,
  };
  return [...new Set(kinds)].map((kind) => words[kind]()).join(', ');
}
