import type { PriceLogReason, PriceLogRow } from '../../shared/contract';
import type { Format } from '../../shared/format';
import * as m from '../../shared/i18n/generated/messages.js';

type Plain = Exclude<PriceLogReason['code'], 'named' | 'spent' | 'signed-set' | 'window'>;

const WORDS: Readonly<Record<Plain, () => string>> = {
  catalogue: m.log_why_catalogue,
  import: m.log_why_import,
  rule: m.log_why_rule,
  drop: m.log_why_drop,
  test: m.log_why_test,
  advice: m.log_why_advice,
  policy: m.log_why_policy,
  feed: m.log_why_feed,
  place: m.log_why_place,
  off: m.log_why_off,
  removed: m.log_why_removed,
  accepted: m.log_why_accepted,
  adjusted: m.log_why_adjusted,
  ignored: m.log_why_ignored,
  'taken-back': m.log_why_taken_back,
  'sold-out': m.log_why_sold_out,
  'by-hand': m.log_why_by_hand,
  fallback: m.log_why_fallback,
  cap: m.log_why_cap,
  floor: m.why_floor,
  grace: m.log_why_grace,
  clock: m.log_why_clock,
};

/** Why a price changed, as the price log shows it: somebody's own words, or ours in the window's language. */
export function reasonWords({ reasons, why }: Pick<PriceLogRow, 'reasons' | 'why'>, format: Format): string {
  return reasons ? reasons.map((reason) => oneReason(reason, format)).join(', ') : why;
}

function oneReason(reason: PriceLogReason, format: Format): string {
  if (reason.code === 'named') return reason.name;
  if (reason.code === 'spent') return m.log_why_spent({ name: reason.name });
  if (reason.code === 'signed-set') return m.log_why_signed_set({ version: String(reason.version) });
  if (reason.code === 'window')
    return m.log_why_window({ from: format.moment(reason.from), until: format.moment(reason.until) });
  return WORDS[reason.code]();
}

/** What a row of the price log is about. */
export function subjectWords({ kind, subject, more }: Pick<PriceLogRow, 'kind' | 'subject' | 'more'>): string {
  if (more !== undefined) return m.log_and_more({ count: String(more) });
  return kind === 'policy' ? m.log_why_policy() : subject;
}
