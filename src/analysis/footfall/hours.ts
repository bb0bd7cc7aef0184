import { countedStretches, type FootfallCount } from '../../domain/footfall';
import type { HourCount } from './expected';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * People counted, by the hour of the stall's clock. What lies across an hour's edge is shared out by time; two who count at the
 * same time make no more of the hour.
 * @param localMs the stall's clock at an instant, as milliseconds that read right in UTC
 */
export function peopleByHour(counts: readonly FootfallCount[], localMs: (utcMs: number) => number): HourCount[] {
  const hours = new Map<number, { hours: number; count: number }>();
  const share = (
    from: string,
    to: string,
    give: (hour: { hours: number; count: number }, part: number, ms: number) => void,
  ) => {
    const [startMs, endMs] = [localMs(Date.parse(from)), localMs(Date.parse(to))];
    const lengthMs = endMs - startMs;
    for (
      let hourMs = Math.floor(startMs / HOUR_MS) * HOUR_MS;
      hourMs < Math.max(endMs, startMs + 1);
      hourMs += HOUR_MS
    ) {
      const partMs = Math.max(0, Math.min(endMs, hourMs + HOUR_MS) - Math.max(startMs, hourMs));
      const hour = hours.get(hourMs) ?? { hours: 0, count: 0 };
      give(hour, lengthMs > 0 ? partMs / lengthMs : 1, partMs);
      hours.set(hourMs, hour);
    }
  };
  for (const { from, to } of countedStretches(counts))
    share(from, to, (hour, _part, ms) => (hour.hours += ms / HOUR_MS));
  for (const { from, to, count } of counts) share(from, to, (hour, part) => (hour.count += count * part));
  return [...hours].map(([hourMs, { hours: counted, count }]) => ({
    dayMs: Math.floor(hourMs / DAY_MS) * DAY_MS,
    hour: Math.floor((hourMs % DAY_MS) / HOUR_MS),
    hours: Math.min(1, counted),
    count,
  }));
}
