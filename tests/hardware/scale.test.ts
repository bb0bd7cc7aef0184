import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createScale } from '../../src/hardware/drivers/scale';
import { SCALE_PROTOCOLS, toGrams } from '../../src/hardware/drivers/scale-protocols';
import { SCALE_PROFILES, type ScaleProfile } from '../../src/hardware/models/scales';
import type { ScalePort } from '../../src/hardware/ports';
import {
  createVirtualScale,
  type VirtualScale,
  type VirtualScaleOptions,
} from '../../src/hardware/virtual/scale-device';
import { manualBench } from '../helpers/manual-bench';
import { manualClock, type ManualClock } from '../helpers/manual-clock';
import { scaleConformance, type ScaleBench } from './scale-conformance';

interface VirtualScaleBench extends ScaleBench {
  readonly port: ScalePort;
  readonly device: VirtualScale;
  readonly clock: ManualClock;
}

function benchOf(profile: ScaleProfile, options: Partial<VirtualScaleOptions> = {}): VirtualScaleBench {
  const clock = manualClock();
  const device = createVirtualScale({ protocol: profile.protocol, clock, ...options });
  const port = createScale({ deviceId: 'scale-1', profile, transport: device.wire.transport, clock });
  return {
    ...manualBench(clock),
    clock,
    device,
    port,
    scale: {
      put: device.put,
      shake: device.shake,
      unplug: () => device.wire.setFault('unplugged'),
      plugIn: () => device.wire.clearFault(),
      goSilent: () => device.setFault('silent'),
      answerByHalves: () => device.setFault('half'),
      talkNonsense: () => device.setFault('noise'),
      break: () => device.setFault('broken'),
      mend: () => device.clearFault(),
    },
    async close() {
      const closed = port.close();
      await clock.advance(5_000);
      await closed;
    },
  };
}

const { 'nci-7e1': nci, 'mettler-sics': sics } = SCALE_PROFILES;
scaleConformance('NCI in kilograms', () => Promise.resolve(benchOf(nci)));
scaleConformance('NCI in grams', () => Promise.resolve(benchOf(nci, { unit: 'g', decimals: 0 })));
scaleConformance('SICS in kilograms', () => Promise.resolve(benchOf(sics)));

describe('scale driver', { timeout: 60_000 }, () => {
  test('however late it answers, no weight is of what lay there before the weighing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 500, max: 2_900 }),
        fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 3, maxLength: 6 }),
        async (lateMs, pauses) => {
          const bench = benchOf(nci, { lateMs });
          await bench.until(() => bench.port.status.state === 'ready');
          bench.device.setFault('late');
          for (const [index, pauseMs] of pauses.entries()) {
            bench.device.put(1_000 * (index + 1));
            const result = await bench.settle(bench.port.weigh());
            if (result.ok) expect(result.value.weightGrams).toBe(1_000 * (index + 1));
            await bench.clock.advance(pauseMs);
          }
          bench.device.clearFault();
          bench.device.put(100);
          await bench.clock.advance(10_000);
          expect(await bench.settle(bench.port.weigh())).toEqual({ ok: true, value: { weightGrams: 100 } });
          await bench.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  test('what was said before the question is no answer to it', async () => {
    const bench = benchOf(nci);
    await bench.until(() => bench.port.status.state === 'ready');
    bench.device.put(100);
    // Half a print-out of the scale's own print key lies in the line.
    bench.device.wire.send(Buffer.from('\n 9.99'));
    await bench.clock.advance(50);
    expect(await bench.settle(bench.port.weigh())).toEqual({ ok: true, value: { weightGrams: 100 } });
    await bench.close();
  });

  test.each([nci, sics])('a line that loses bytes makes no other weight: %#', async (profile) => {
    const bench = benchOf(profile);
    await bench.until(() => bench.port.status.state === 'ready');
    bench.device.put(1_234);
    bench.device.setFault('lossy');
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const result = await bench.settle(bench.port.weigh());
      if (result.ok) expect(result.value.weightGrams).toBe(1_234);
    }
    await bench.close();
  });

  test('a load that grows between two answers still moves, whatever the scale says', async () => {
    const bench = benchOf(nci);
    await bench.until(() => bench.port.status.state === 'ready');
    bench.device.put(100);
    bench.device.wire.onReceive(() => bench.device.put(100 + bench.device.questions()));
    expect(await bench.settle(bench.port.weigh())).toMatchObject({ ok: false, error: { code: 'unstable' } });
    await bench.close();
  });

  test('asks the words of its protocol, byte for byte', () => {
    expect(Buffer.from(SCALE_PROTOCOLS.nci.question).toString('latin1')).toBe('W\r');
    expect(Buffer.from(SCALE_PROTOCOLS.sics.question).toString('latin1')).toBe('SI\r\n');
  });

  test('random bytes never throw and never make a weight', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(nci, sics),
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
        async (profile, noise) => {
          const bench = benchOf(profile);
          bench.device.setFault('silent');
          await bench.clock.advance(10);
          const weighing = bench.port.weigh();
          for (const bytes of noise) {
            bench.device.wire.send(bytes);
            await bench.clock.advance(20);
          }
          const result = await bench.settle(weighing);
          expect(result.ok).toBe(false);
          await bench.close();
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('NCI answers', () => {
  const read = (text: string) => SCALE_PROTOCOLS.nci.read(text);

  // The lines of the makers' manuals, without their ETX.
  test.each([
    ['a whole answer', '\n0001.25kg\r\n00\r', 1_250],
    ['in pounds, as an Avery Berkel 6702 sends it', '\n01.000LB\n\rS00\r', 454],
    ['in ounces', '\n  16.0oz\r\n00\r', 454],
    ['in grams with spaces, as a 3700LP sends it', '\n  1250g \r\n00\r', 1_250],
    ['at zero', '\n 0.000kg\r\n20\r', 0],
    ['minus nothing', '\n-0.000kg\r\n20\r', 0],
    ['with a third status byte, net', '\n 0.400kg\r\n0p4\r', 400],
  ])('%s', (_what, text, weightGrams) => {
    expect(read(text)).toEqual({ kind: 'weight', weightGrams });
  });

  test.each([
    ['in motion', '\n 0.400kg\r\n10\r', 'unstable'],
    ['in motion, with the status alone', '\rS10\r', 'unstable'],
    ['over capacity', '\n^^^^^^kg\r\n02\r', 'overload'],
    ['over capacity by its display alone', '\n^^^^^^kg\r\n00\r', 'overload'],
    ['under capacity', '\n______kg\r\n01\r', 'negative'],
    ['a minus', '\n-0.020kg\r\n00\r', 'negative'],
    ['no zero found', '\n------kg\r\n00\r', 'device-error'],
    ['memory error, whatever it shows', '\n 0.400kg\r\n40\r', 'device-error'],
    ['calibration error', '\n 0.400kg\r\n08\r', 'device-error'],
    ['zero error in the third byte', '\n 0.400kg\r\n0p8\r', 'device-error'],
  ])('%s', (_what, text, kind) => {
    expect(read(text)).toEqual({ kind });
  });

  test.each([
    ['an unknown command', '\n?\r'],
    ['no status', '\n 0.400kg\r'],
    ['half a status', '\n 0.400kg\r\n0\r'],
    ['a status that promises more', '\n 0.400kg\r\n0p\r'],
    ['more status than promised', '\n 0.400kg\r\n000\r'],
    ['a stable status alone', '\rS00\r'],
    ['no unit', '\n 0.400\r\n00\r'],
    ['an unknown unit', '\n 0.400st\r\n00\r'],
    ['two points', '\n 0.4.0kg\r\n00\r'],
    ['a letter among the digits', '\n 0.4O0kg\r\n00\r'],
    ['no digits', '\n .kg\r\n00\r'],
    ['two weights', '\n 0.400kg\r\n 0.500kg\r\n00\r'],
    ['more than any stall’s scale bears', '\n1000.0kg\r\n00\r'],
    ['digits lost at the front', '.250kg\r\n00\r'],
    ['nothing', ''],
  ])('is no answer: %s', (_what, text) => {
    expect(read(text)).toBeNull();
  });
});

describe('SICS answers', () => {
  const read = (text: string) => SCALE_PROTOCOLS.sics.read(text);

  test.each([
    ['S S     100.00 g\r', 100],
    ['S S      1.250 kg\r', 1_250],
    ['S S     -0.000 kg\r', 0],
    ['S S      1.000 lb\r', 454],
  ])('%j is a weight', (text, weightGrams) => {
    expect(read(text)).toEqual({ kind: 'weight', weightGrams });
  });

  test.each([
    ['S D     100.00 g\r', 'unstable'],
    ['S I\r', 'unstable'],
    ['S +\r', 'overload'],
    ['S -\r', 'negative'],
    ['S S     -20.00 g\r', 'negative'],
    ['ES\r', 'device-error'],
    ['S S Error 10b\r', 'device-error'],
  ])('%j is %s', (text, kind) => {
    expect(read(text)).toEqual({ kind });
  });

  test.each([
    '',
    '\r',
    'I4 A "B021002593"\r',
    'S S     100.00\r',
    'S S     100.00 t\r',
    'S X     100.00 g\r',
    ' 100.00 g\r',
  ])('%j is no answer', (text) => {
    expect(read(text)).toBeNull();
  });
});

describe('grams', () => {
  test('are exact in every unit, halves up, against whole-number arithmetic', () => {
    // Grams per unit in billionths, from NIST Handbook 44.
    const billionths = {
      g: 1_000_000_000n,
      kg: 1_000_000_000_000n,
      lb: 453_592_370_000n,
      oz: 28_349_523_125n,
    } as const;
    fc.assert(
      fc.property(
        fc.constantFrom<keyof typeof billionths>('g', 'kg', 'lb', 'oz'),
        fc.integer({ min: 0, max: 99_999_999 }),
        fc.integer({ min: 0, max: 6 }),
        (unit, digits, decimals) => {
          const text = String(digits).padStart(decimals + 1, '0');
          const decimal = decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
          const grams = toGrams(decimal, unit);
          // |exact − grams| ≤ ½ g, with the half on the upper side: −½ < exact − grams… multiplied out.
          const scale = 10n ** BigInt(decimals) * 1_000_000_000n;
          const exact = BigInt(digits) * billionths[unit];
          if (grams === null) expect(exact / scale).toBeGreaterThanOrEqual(999_999n);
          else {
            const twiceOff = 2n * (exact - BigInt(grams) * scale);
            expect(twiceOff < scale && twiceOff >= -scale).toBe(true);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('never fall when the load grows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999 }), fc.constantFrom('kg', 'lb', 'oz', 'g'), (digits, unit) => {
        const at = (value: number): number => toGrams((value / 1_000).toFixed(3), unit) ?? Infinity;
        expect(at(digits)).toBeLessThanOrEqual(at(digits + 1));
      }),
    );
  });

  test.each([
    ['0.5', 'g', 1],
    ['0.4', 'g', 0],
    ['0.0005', 'kg', 1],
    ['1', 'lb', 454],
    ['.250', 'kg', 250],
    ['5.', 'kg', 5_000],
  ])('%s %s is %d g', (decimal, unit, grams) => {
    expect(toGrams(decimal, unit)).toBe(grams);
  });

  test.each([
    ['', 'kg'],
    ['.', 'kg'],
    ['1,5', 'kg'],
    ['1e3', 'g'],
    ['1', 'constructor'],
  ])('%j %s is none', (decimal, unit) => {
    expect(toGrams(decimal, unit)).toBeNull();
  });
});
