import { Temporal } from 'temporal-polyfill';
import type { TimedRule, TimedWindow } from '../../domain/pricing/book';
import type { LocalTime, MarkdownStep, PriceRule, Schedule, WeeklyWindow } from '../../domain/pricing/rule';

/** How far back and ahead local times are turned into instants: a window may have begun yesterday and graces follow it. */
const DAYS_BEHIND = 2;
const DAYS_AHEAD = 15;
const DAY_MS = 24 * 60 * 60_000;
const MINUTE_MS = 60_000;

interface LocalDay {
  readonly date: Temporal.PlainDate;
  /** UTC milliseconds of its midnight, and whether the clocks stand still until the next one's. */
  readonly startMs: number;
  readonly isPlain: boolean;
}

/** Some days in the zone of an event. */
export interface LocalDays {
  readonly timeZone: string;
  readonly days: readonly LocalDay[];
}

/**
 * The days around an instant in a time zone.
 * @param timeZone IANA
 */
export function localDays(aroundMs: number, timeZone: string): LocalDays {
  const today = Temporal.Instant.fromEpochMilliseconds(aroundMs).toZonedDateTimeISO(timeZone).toPlainDate();
  const days = Array.from({ length: DAYS_BEHIND + DAYS_AHEAD + 1 }, (_, index): LocalDay => {
    const date = today.add({ days: index - DAYS_BEHIND });
    const startMs = date.toZonedDateTime(timeZone).epochMilliseconds;
    const endMs = date.add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds;
    return { date, startMs, isPlain: endMs - startMs === DAY_MS };
  });
  return { timeZone, days };
}

/** Whether those days still are the days around an instant. */
export function areAround({ days }: LocalDays, atMs: number): boolean {
  const today = days[DAYS_BEHIND];
  const tomorrow = days[DAYS_BEHIND + 1];
  return today !== undefined && tomorrow !== undefined && atMs >= today.startMs && atMs < tomorrow.startMs;
}

/**
 * A rule with its times as UTC instants. A local time that the clocks skip counts as so much later as they skip, one that comes
 * twice as the first (RFC 5545, 3.3.5; `compatible` in Temporal). A window that so becomes empty does not open that day.
 */
export function timedRule(rule: PriceRule, local: LocalDays): TimedRule {
  let open = openWindows(rule.when, local);
  if (rule.effect.kind === 'markdown')
    open = common(markdownWindows(rule.effect.closesAt, rule.effect.steps, local), open);
  return { rule, windows: open };
}

/** When a schedule is open in those days, in rising order. */
export function openWindows({ from, until, windows, weekly }: Schedule, local: LocalDays): TimedWindow[] {
  const limits: TimedWindow = {
    fromMs: from === null ? Number.NEGATIVE_INFINITY : Date.parse(from),
    untilMs: until === null ? Number.POSITIVE_INFINITY : Date.parse(until),
  };
  let open: TimedWindow[] = [limits];
  if (windows !== undefined) {
    open = merged(windows.map((window) => ({ fromMs: Date.parse(window.from), untilMs: Date.parse(window.until) })));
    open = common(open, [limits]);
  }
  if (weekly.length > 0) open = common(open, merged(weekly.flatMap((window) => weeklyWindows(window, local))));
  return open;
}

function weeklyWindows({ days, from, until }: WeeklyWindow, local: LocalDays): TimedWindow[] {
  return local.days.flatMap((day, index) => {
    if (!days.includes(day.date.dayOfWeek)) return [];
    const last = until <= from ? local.days[index + 1] : day;
    if (last === undefined) return [];
    const fromMs = instantOf(day, from, local);
    const untilMs = instantOf(last, until, local);
    return fromMs < untilMs ? [{ fromMs, untilMs }] : [];
  });
}

function markdownWindows(closesAt: LocalTime, steps: readonly MarkdownStep[], local: LocalDays): TimedWindow[] {
  return local.days.flatMap((day) => {
    const closeMs = instantOf(day, closesAt, local);
    return steps.map((step, index) => {
      const next = steps[index + 1];
      return {
        fromMs: closeMs - step.beforeCloseMinutes * MINUTE_MS,
        untilMs: next === undefined ? closeMs : closeMs - next.beforeCloseMinutes * MINUTE_MS,
        step,
      };
    });
  });
}

function instantOf({ date, startMs, isPlain }: LocalDay, time: LocalTime, { timeZone }: LocalDays): number {
  if (!isPlain) return date.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds;
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return startMs + (hours * 60 + minutes) * MINUTE_MS;
}

/** Windows that overlap or touch become one. */
function merged(windows: readonly TimedWindow[]): TimedWindow[] {
  const all: TimedWindow[] = [];
  for (const window of [...windows].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = all.at(-1);
    if (last === undefined || window.fromMs > last.untilMs) all.push(window);
    else all[all.length - 1] = { fromMs: last.fromMs, untilMs: Math.max(last.untilMs, window.untilMs) };
  }
  return all;
}

/** What two lists of windows have in common; both in rising order. Keeps what the first ones say. */
function common(one: readonly TimedWindow[], other: readonly TimedWindow[]): TimedWindow[] {
  const both: TimedWindow[] = [];
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    const [a, b] = [one[i], other[j]];
    if (a === undefined || b === undefined) break;
    const fromMs = Math.max(a.fromMs, b.fromMs);
    const untilMs = Math.min(a.untilMs, b.untilMs);
    if (fromMs < untilMs) both.push({ ...a, fromMs, untilMs });
    if (a.untilMs < b.untilMs) i += 1;
    else j += 1;
  }
  return both;
}
