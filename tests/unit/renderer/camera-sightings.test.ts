import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSightings } from '../../../src/renderer/lib/camera-scanner';

/** One look every so many milliseconds; `.` sees nothing. */
function look(seen: string, everyMs = 80): string {
  const sightings = createSightings();
  return [...seen].map((code, index) => sightings.see(code === '.' ? null : code, index * everyMs) ?? '').join('');
}

describe('what a camera sees', () => {
  test('a label is one scan for each time it is held up', () => {
    expect(look('AAAAAAAAAA')).toBe('A');
    expect(look('AAAA....AAAA')).toBe('A');
    expect(look('AAAA..............AAAA')).toBe('AA');
    expect(look('AABBAABB')).toBe('AB');
  });

  test('what only one look saw is none', () => {
    expect(look('..A....')).toBe('');
    expect(look('A..............A')).toBe('');
    expect(look('A.A')).toBe('A');
  });

  test('never more scans than times a label came into sight, however the looks fall', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('A', 'B', null), { maxLength: 60 }),
        fc.integer({ min: 20, max: 900 }),
        (seen, everyMs) => {
          const sightings = createSightings();
          const scans = seen.map((code, index) => sightings.see(code, index * everyMs));
          for (const label of ['A', 'B']) {
            const atMs = seen.flatMap((code, index) => (code === label ? [index * everyMs] : []));
            const appearances = atMs.filter((ms, index) => index === 0 || ms - (atMs[index - 1] ?? 0) > 1_000).length;
            expect(scans.filter((code) => code === label).length).toBeLessThanOrEqual(appearances);
          }
        },
      ),
    );
  });
});
