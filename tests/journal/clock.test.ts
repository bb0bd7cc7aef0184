import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HybridClock, wallMs } from '../../src/journal/clock';

const instantMs = fc.integer({ min: Date.parse('2020-01-01T00:00:00Z'), max: Date.parse('2100-01-01T00:00:00Z') });

describe('the hybrid clock', () => {
  it('never runs backwards as text, however the wall clock jumps and whatever it hears', () => {
    const steps = fc.array(fc.record({ wallMs: instantMs, heardMs: fc.option(instantMs) }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (walls) => {
        let now = 0;
        const clock = new HybridClock('b', () => new Date(now), null);
        let last = '';
        for (const { wallMs: wall, heardMs } of walls) {
          now = wall;
          if (heardMs !== null) {
            const heard = `${new Date(heardMs).toISOString()}-00a0-c`;
            clock.observe(heard);
            if (heard > last) last = heard;
          }
          const next = clock.next();
          expect(next > last).toBe(true);
          expect(wallMs(next)).toBeGreaterThanOrEqual(wall);
          last = next;
        }
      }),
    );
  });

  it('goes on from where it was after a restart with the wall clock set back', () => {
    const before = new HybridClock('a', () => new Date('2026-06-13T10:00:00.000Z'), null).next();
    const after = new HybridClock('a', () => new Date('2025-01-01T00:00:00.000Z'), before).next();
    expect(after > before).toBe(true);
  });

  it('moves to the next millisecond when the counter is used up', () => {
    const clock = new HybridClock('a', () => new Date('2026-06-13T10:00:00.000Z'), '2026-06-13T10:00:00.000Z-ffff-a');
    expect(clock.next()).toBe('2026-06-13T10:00:00.001Z-0000-a');
  });

  it('refuses what is no instant', () => {
    expect(() => new HybridClock('a', () => new Date(), 'yesterday')).toThrow('not a hybrid instant');
  });
});
