import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeviceStatus, LineDisplayPort } from '../../src/hardware/ports';

/** A port and the display behind it, with eyes to read it. */
export interface LineDisplayBench {
  readonly port: LineDisplayPort;
  readonly display: {
    /** What a shopper reads, 20 characters each. */
    lines(): readonly [string, string];
    bytesReceived(): number;
    unknownCommands(): readonly string[];
    /** It has its power from the same plug, and forgets. */
    unplug(): void;
    plugIn(): void;
    /** Takes no byte. */
    stall(): void;
    takeAgain(): void;
  };
  settle<T>(promise: Promise<T>): Promise<T>;
  until(condition: () => boolean): Promise<void>;
  wait(ms: number): Promise<void>;
  close(): Promise<void>;
}

const BLANK = ' '.repeat(20);

/** What every line display port must do, whatever its command set. */
export function lineDisplayConformance(name: string, setUp: () => Promise<LineDisplayBench>): void {
  describe(`line display port: ${name}`, { timeout: 60_000 }, () => {
    let bench: LineDisplayBench;
    const status = (): string => {
      const now: DeviceStatus = bench.port.status;
      return 'reason' in now ? `${now.state} ${now.reason}` : now.state;
    };
    const usable = (): Promise<void> => bench.until(() => /^(ready|degraded)/.test(status()));
    const reads = (upper: string, lower: string): Promise<void> =>
      bench.until(() => bench.display.lines().join('|') === `${upper.padEnd(20)}|${lower.padEnd(20)}`);

    beforeEach(async () => {
      bench = await setUp();
    });
    afterEach(async () => {
      expect(bench.display.unknownCommands()).toEqual([]);
      await bench.close();
    });

    test('shows both lines, replaces them whole, and clears', async () => {
      await usable();
      expect(bench.display.lines()).toEqual([BLANK, BLANK]);
      bench.port.show('Sourdough loaf £4.20', 'Total         £12.60');
      await reads('Sourdough loaf £4.20', 'Total         £12.60');
      bench.port.show('Tea', '');
      await reads('Tea', '');
      bench.port.clear();
      await reads('', '');
    });

    test('cuts what is longer than a line, never into the other line', async () => {
      await usable();
      bench.port.show('Rhubarb and custard boiled sweets', 'x'.repeat(200));
      await reads('Rhubarb and custard ', 'x'.repeat(20));
      bench.port.show('', 'y');
      await reads('', 'y');
    });

    test('what it cannot show becomes a question mark or its plain form, and keeps its place', async () => {
      await usable();
      bench.port.show('茶\u0007 \u2010tea\u2212 \u{1f375} é', '\u01ce\u2044\u200b|\u001b@');
      await reads('? -tea- ? é', 'a/|@');
    });

    test('of a hundred texts at once only the newest need be shown', async () => {
      await usable();
      const before = bench.display.bytesReceived();
      for (let index = 1; index <= 100; index += 1) bench.port.show(`Line ${index}`, '');
      await reads('Line 100', '');
      await bench.wait(5_000);
      expect(bench.display.lines()[0].trim()).toBe('Line 100');
      expect(bench.display.bytesReceived() - before).toBeLessThan(3 * 60);
    });

    test('the same text again is not sent again', async () => {
      await usable();
      bench.port.show('Tea', '£1.00');
      await reads('Tea', '£1.00');
      const before = bench.display.bytesReceived();
      bench.port.show('Tea', '£1.00');
      await bench.wait(1_000);
      expect(bench.display.bytesReceived()).toBe(before);
    });

    test('unplugged it holds nobody up, and shows the newest text when it is back', async () => {
      await usable();
      bench.port.show('Old', '');
      await reads('Old', '');
      bench.display.unplug();
      await bench.until(() => status() === 'absent');
      for (const text of ['a', 'b', 'New']) bench.port.show(text, '');
      bench.display.plugIn();
      await reads('New', '');
      expect(status()).toMatch(/^(ready|degraded)/);
      // Nothing new was asked for meanwhile: what it showed, it shows again.
      bench.display.unplug();
      await reads('', '');
      bench.display.plugIn();
      await reads('New', '');
    });

    test('a display that takes nothing is a fault, and shows the newest text when it does again', async () => {
      await usable();
      bench.display.stall();
      bench.port.show('Stuck', '');
      await bench.until(() => status() === 'faulted not-answering');
      bench.port.show('Newest', '');
      await bench.wait(10_000);
      bench.display.takeAgain();
      await reads('Newest', '');
      expect(status()).toMatch(/^(ready|degraded)/);
    });

    test('closed, it shows nothing more', async () => {
      await usable();
      await bench.settle(bench.port.close());
      const before = bench.display.bytesReceived();
      bench.port.show('After', 'hours');
      await bench.wait(2_000);
      expect(bench.display.bytesReceived()).toBe(before);
      expect(bench.port.status).toEqual({ state: 'absent' });
    });
  });
}
