import { describe, expect, it } from 'vitest';
import type { TimedWindow } from '../../src/domain/pricing/book';
import { areAround, localDays, timedRule } from '../../src/main/core/price-windows';
import type { Schedule } from '../../src/domain/pricing/rule';
import { ruleOf } from '../helpers/price-rules';

const ZONE = 'Europe/London';
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];

/** Windows of a daily rule that overlap a local day, as UTC text. */
function windowsOn(day: string, from: string, until: string, zone = ZONE): string[] {
  const noonMs = Date.parse(`${day}T12:00:00Z`);
  const when: Schedule = { from: null, until: null, weekly: [{ days: EVERY_DAY, from, until }] };
  const { windows } = timedRule(ruleOf({ when }), localDays(noonMs, zone));
  return windows.map(asText).filter((text) => text.startsWith(day));
}
const asText = ({ fromMs, untilMs }: TimedWindow): string =>
  `${new Date(fromMs).toISOString().slice(0, 16)} ${new Date(untilMs).toISOString().slice(0, 16)}`;

describe('a window by the clock of the event', () => {
  it('is an hour earlier in UTC in summer', () => {
    expect(windowsOn('2026-01-10', '10:00', '12:00')).toEqual(['2026-01-10T10:00 2026-01-10T12:00']);
    expect(windowsOn('2026-06-13', '10:00', '12:00')).toEqual(['2026-06-13T09:00 2026-06-13T11:00']);
  });

  it('across midnight ends on the next day', () => {
    expect(windowsOn('2026-01-10', '22:00', '02:00')).toEqual(['2026-01-10T22:00 2026-01-11T02:00']);
  });

  // On 29 March 2026 the clocks in London go from 01:00 to 02:00.
  it('that begins in the hour the clocks skip begins so much later', () => {
    expect(windowsOn('2026-03-29', '01:30', '03:00')).toEqual(['2026-03-29T01:30 2026-03-29T02:00']);
    expect(windowsOn('2026-03-29', '00:30', '02:30')[0]).toBe('2026-03-29T00:30 2026-03-29T01:30');
  });

  it('that lies in that hour whole is as long as ever', () => {
    expect(windowsOn('2026-03-29', '01:15', '01:45')).toEqual(['2026-03-29T01:15 2026-03-29T01:45']);
  });

  // On 25 October 2026 the hour from 01:00 to 02:00 comes twice.
  it('in the hour that comes twice counts its times as the first', () => {
    expect(windowsOn('2026-10-25', '01:15', '01:45')).toEqual(['2026-10-25T00:15 2026-10-25T00:45']);
    expect(windowsOn('2026-10-25', '01:30', '03:00')).toEqual(['2026-10-25T00:30 2026-10-25T03:00']);
  });

  it('in a zone half an hour off, and in one whose midnight is skipped', () => {
    expect(windowsOn('2026-06-13', '10:00', '12:00', 'Asia/Kolkata')).toEqual(['2026-06-13T04:30 2026-06-13T06:30']);
    // Beirut puts the clocks on at midnight: 29 March 2026 begins at 01:00.
    expect(windowsOn('2026-03-29', '10:00', '12:00', 'Asia/Beirut')).toEqual(['2026-03-29T07:00 2026-03-29T09:00']);
  });

  it('is on the days that were chosen, and never outside the rule’s own limits', () => {
    const local = localDays(Date.parse('2026-06-13T12:00:00Z'), ZONE);
    const when: Schedule = {
      from: '2026-06-13T10:00:00.000Z',
      until: '2026-06-20T09:30:00.000Z',
      weekly: [{ days: [6], from: '10:00', until: '12:00' }],
    };
    expect(timedRule(ruleOf({ when }), local).windows.map(asText)).toEqual([
      '2026-06-13T10:00 2026-06-13T11:00',
      '2026-06-20T09:00 2026-06-20T09:30',
    ]);
  });
});

describe('a markdown', () => {
  it('steps down towards closing, by the clock of the event', () => {
    const steps = [
      { beforeCloseMinutes: 60, basisPoints: 2_000 },
      { beforeCloseMinutes: 20, basisPoints: 5_000 },
    ];
    const rule = ruleOf({
      effect: { kind: 'markdown', closesAt: '16:00', steps },
      when: { from: null, until: null, weekly: [{ days: [6], from: '00:00', until: '23:59' }] },
    });
    const { windows } = timedRule(rule, localDays(Date.parse('2026-06-13T12:00:00Z'), ZONE));
    expect(windows.slice(0, 2).map((window) => [asText(window), window.step?.basisPoints])).toEqual([
      ['2026-06-13T14:00 2026-06-13T14:40', 2_000],
      ['2026-06-13T14:40 2026-06-13T15:00', 5_000],
    ]);
  });
});

describe('the days that are kept', () => {
  it('hold until midnight at the event', () => {
    const local = localDays(Date.parse('2026-06-13T12:00:00Z'), ZONE);
    expect(areAround(local, Date.parse('2026-06-13T22:59:59Z'))).toBe(true);
    expect(areAround(local, Date.parse('2026-06-13T23:00:00Z'))).toBe(false);
  });
});
