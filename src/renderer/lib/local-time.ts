import { Temporal } from 'temporal-polyfill';

/** `YYYY-MM-DDTHH:MM` on the clock of a zone, as a date-and-time field holds it; empty for no instant. */
export function toLocal(instant: string | null, timeZone: string): string {
  if (instant === null) return '';
  return Temporal.Instant.from(instant)
    .toZonedDateTimeISO(timeZone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'minute' });
}

/**
 * The UTC instant of a field's local time; null for an empty one. A time that the clocks skip is the one as far after the gap,
 * one that comes twice is the first.
 */
export function fromLocal(local: string, timeZone: string): string | null {
  if (local === '') return null;
  const zoned = Temporal.PlainDateTime.from(local).toZonedDateTime(timeZone, { disambiguation: 'compatible' });
  return new Date(zoned.epochMilliseconds).toISOString();
}

/** The days from an instant on, each with where it begins and ends; a day of a clock change is 23 or 25 hours long. */
export function daysFrom(
  instant: string,
  days: number,
  timeZone: string,
): { readonly fromMs: number; readonly untilMs: number }[] {
  const first = Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).startOfDay();
  return Array.from({ length: days }, (_, day) => ({
    fromMs: first.add({ days: day }).epochMilliseconds,
    untilMs: first.add({ days: day + 1 }).epochMilliseconds,
  }));
}
