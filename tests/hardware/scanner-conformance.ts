import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Scan, ScanFault, ScannerPort } from '../../src/hardware/ports';

/** A port and the scanner behind it, ready to be misused. */
export interface ScannerBench {
  readonly port: ScannerPort;
  /** Makes the device read a label. */
  scan(label: Scan): void;
  /** Makes it send all but the last part of a label, where its labels have parts. */
  scanHalf(label: Scan): void;
  errorBeeps(): number;
  unplug(): void;
  plugIn(): void;
  /** Runs until the promise settles; a manual clock is moved meanwhile. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** Runs until the condition holds. Fails the test if it never does. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export const EAN: Scan = { text: '4006381333931', symbology: ']E0' };
/** Longer than one report, with group separators. */
export const LONG_GS1: Scan = {
  text: '01040063813339313103001250\x1d10BATCH-2026-11-22-A\x1d21SERIAL00000000000042\x1d240ADDITIONAL',
  symbology: ']C1',
};

/** What every scanner port must do, whatever mode its device is in and whatever carries it. */
export function scannerConformance(
  name: string,
  setUp: () => Promise<ScannerBench>,
  // A device that tells no symbology has scans without one.
  { tellsSymbology = true }: { readonly tellsSymbology?: boolean } = {},
): void {
  describe(`scanner port of ${name}`, { timeout: 60_000 }, () => {
    let bench: ScannerBench;
    let scans: Scan[];
    let faults: ScanFault[];
    const expected = (label: Scan): Scan => (tellsSymbology ? label : { ...label, symbology: null });
    const becomes = (state: string): Promise<void> => bench.until(() => bench.port.status.state === state);

    beforeEach(async () => {
      bench = await setUp();
      scans = [];
      faults = [];
      bench.port.onScan((scan) => scans.push(scan));
      bench.port.onFault((fault) => faults.push(fault));
      await becomes('ready');
    });
    afterEach(() => bench.close());

    test('reads a label once, with its symbology and without its suffix', async () => {
      bench.scan(EAN);
      await bench.until(() => scans.length > 0);
      bench.scan(EAN);
      await bench.until(() => scans.length > 1);
      expect(scans).toEqual([expected(EAN), expected(EAN)]);
      expect(faults).toEqual([]);
    });

    test('reads labels of many reports whole, group separators kept, in the order they came', async () => {
      const huge = { text: `https://example.org/${'a'.repeat(2_000)}`, symbology: ']Q1' };
      for (const label of [LONG_GS1, EAN, huge, EAN]) bench.scan(label);
      await bench.until(() => scans.length >= 4);
      expect(scans).toEqual([LONG_GS1, EAN, huge, EAN].map(expected));
      expect(faults).toEqual([]);
    });

    test('half a label is no scan; the next one is', async () => {
      // Serial ones have shown by then that they end a label with a terminator.
      bench.scan(EAN);
      await bench.until(() => scans.length === 1);
      bench.scanHalf(LONG_GS1);
      await bench.until(() => faults.length > 0);
      expect(faults).toEqual(['half-label']);
      // The rest is waited for, so that it does not pass for a label.
      await bench.until(() => {
        if (scans.length === 1) bench.scan(EAN);
        return scans.length > 1;
      });
      expect(scans[1]).toEqual(expected(EAN));
    });

    test('unplugged in the middle of a label it is absent; plugged in again it reads', async () => {
      const heard: string[] = [];
      bench.port.onStatus((status) => heard.push(status.state));
      bench.scanHalf(LONG_GS1);
      await bench.settle(new Promise((resolve) => setImmediate(resolve)));
      bench.unplug();
      await becomes('absent');
      bench.plugIn();
      await becomes('ready');
      bench.scan(EAN);
      await bench.until(() => scans.length > 0);
      expect(scans).toEqual([expected(EAN)]);
      expect(faults).toEqual(['half-label']);
      expect(heard).toEqual(['absent', 'ready']);
    });

    test('complains when a scan is refused, and settles without a device too', async () => {
      await bench.settle(bench.port.signalRejected());
      await bench.until(() => bench.errorBeeps() === 1);
      bench.unplug();
      await becomes('absent');
      await bench.settle(bench.port.signalRejected());
      expect(bench.errorBeeps()).toBe(1);
    });

    test('closed it is absent and hears nothing more', async () => {
      await bench.settle(bench.port.close());
      expect(bench.port.status).toEqual({ state: 'absent' });
      bench.scan(EAN);
      await bench.settle(new Promise((resolve) => setImmediate(resolve)));
      expect(scans).toEqual([]);
      await bench.settle(bench.port.close());
    });
  });
}
