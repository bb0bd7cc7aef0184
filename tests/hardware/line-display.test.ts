import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineDisplay } from '../../src/hardware/drivers/line-display';
import {
  encodeDisplayClear,
  encodeDisplayLines,
  encodeDisplayStart,
  type DisplayBrightness,
} from '../../src/hardware/encoders/line-display';
import { LINE_DISPLAY_PROFILES, type LineDisplayProfile } from '../../src/hardware/models/line-displays';
import type { LineDisplayPort } from '../../src/hardware/ports';
import { createVirtualLineDisplay, type VirtualLineDisplay } from '../../src/hardware/virtual/line-display-device';
import { manualBench } from '../helpers/manual-bench';
import { manualClock } from '../helpers/manual-clock';
import { lineDisplayConformance, type LineDisplayBench } from './line-display-conformance';

const profiles: readonly LineDisplayProfile[] = Object.values(LINE_DISPLAY_PROFILES);
const { 'epson-dm-d': epson, cd5220 } = LINE_DISPLAY_PROFILES;

interface VirtualBench extends LineDisplayBench {
  readonly port: LineDisplayPort;
  readonly device: VirtualLineDisplay;
}

function benchOf(profile: LineDisplayProfile, brightness?: DisplayBrightness): VirtualBench {
  const clock = manualClock();
  const device = createVirtualLineDisplay({ commands: profile.commands, clock });
  const transport = device.wire.transport;
  const port = createLineDisplay({
    deviceId: 'display-1',
    profile,
    transport,
    clock,
    ...(brightness && { brightness }),
  });
  return {
    ...manualBench(clock),
    device,
    port,
    display: {
      lines: device.lines,
      bytesReceived: device.bytesReceived,
      unknownCommands: device.unknownCommands,
      unplug() {
        device.wire.setFault('unplugged');
        device.powerCycle();
      },
      plugIn: () => device.wire.clearFault(),
      stall: () => device.wire.setFault('stalled'),
      takeAgain: () => device.wire.clearFault(),
    },
    wait: (ms) => clock.advance(ms),
    async close() {
      const closed = port.close();
      await clock.advance(2_000);
      await closed;
    },
  };
}

for (const profile of profiles) lineDisplayConformance(profile.name, () => Promise.resolve(benchOf(profile)));

describe('line display driver', () => {
  test.each(profiles)('sets brightness and hides the cursor: $id', async (profile) => {
    const bench = benchOf(profile, 2);
    await bench.until(() => bench.port.status.state === 'degraded');
    expect(bench.device.brightness()).toBe(2);
    expect(bench.device.isCursorShown()).toBe(false);
    await bench.close();
  });

  test.each(profiles)('after its own power was gone, the next text is whole again: $id', async (profile) => {
    const bench = benchOf(profile);
    await bench.until(() => bench.port.status.state === 'degraded');
    bench.port.show('Zürich', '£1');
    await bench.wait(100);
    bench.device.powerCycle();
    bench.port.show('Zürich', '£2');
    await bench.wait(100);
    expect(bench.device.lines().map((line) => line.trim())).toEqual(['Zürich', '£2']);
    await bench.close();
  });

  test('writes each script with the page that has it', async () => {
    const bench = benchOf(epson);
    await bench.until(() => bench.port.status.state === 'degraded');
    for (const text of ['Crêpe €4.50', 'Чай 50', 'Żurek 12', 'Plain tea']) {
      bench.port.show(text, text);
      await bench.wait(100);
      expect(bench.device.lines().map((line) => line.trim())).toEqual([text, text]);
    }
    await bench.close();
  });

  test('without a euro sign the amount keeps its columns', async () => {
    const bench = benchOf(cd5220);
    await bench.until(() => bench.port.status.state === 'degraded');
    bench.port.show('Tea'.padEnd(15) + '€4.50', '');
    await bench.wait(100);
    expect(bench.device.lines()[0]).toBe('Tea'.padEnd(15) + 'E4.50');
    await bench.close();
  });
});

describe('line display bytes', () => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const spaces = (count: number): string => '20'.repeat(count);

  test('are those of the Epson DM-D110', () => {
    expect(hex(encodeDisplayStart(epson, 4))).toBe('1b401f011f43001f5804');
    expect(hex(encodeDisplayLines('A£', 'B', epson))).toBe(`1b74131f240101419c${spaces(18)}1f24010242${spaces(19)}`);
    expect(hex(encodeDisplayClear())).toBe('0c');
  });

  test('are those of the CD5220', () => {
    expect(hex(encodeDisplayStart(cd5220, 1))).toBe('1b401b111b5f001b2a01');
    expect(hex(encodeDisplayLines('A£', 'B', cd5220))).toBe(`1b5141419c${spaces(18)}0d1b514242${spaces(19)}0d`);
  });

  test('no text makes a command, or more or less than two lines of twenty', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...profiles),
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        async (profile, upper, lower) => {
          const device = createVirtualLineDisplay({ commands: profile.commands });
          const opened = await device.wire.transport.open();
          if (!opened.ok) throw new Error('it is plugged in');
          await opened.value.write(encodeDisplayLines('#'.repeat(20), '#'.repeat(20), profile));
          await opened.value.write(encodeDisplayLines(upper, lower, profile));
          expect(device.unknownCommands()).toEqual([]);
          const [first, second] = device.lines();
          const ascii = (text: string): boolean => /^[ -~]{0,20}$/.test(text);
          if (ascii(upper)) expect(first).toBe(upper.padEnd(20));
          if (ascii(lower)) expect(second).toBe(lower.padEnd(20));
          const length = encodeDisplayLines(upper, lower, profile).length;
          expect(length).toBe(encodeDisplayLines('', '', profile).length);
        },
      ),
      { numRuns: 300 },
    );
  });
});
