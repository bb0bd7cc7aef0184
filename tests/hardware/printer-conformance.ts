import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeviceStatus, PrinterPort } from '../../src/hardware/ports';
import type { VirtualPrinter } from '../../src/hardware/virtual/printer-device';
import { sampleReceipt, shortReceipt } from '../helpers/receipts';

/** A port and the printer behind it, ready to be misused. */
export interface PrinterBench {
  readonly port: PrinterPort;
  readonly printer: VirtualPrinter;
  /** Default `faulted unreachable`: the status of a printer that is switched off; `absent` where it leaves its bus then. */
  readonly switchedOff?: string;
  /** Runs until the promise settles; a manual clock is moved meanwhile. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** Runs until the condition holds. Fails the test if it never does. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

/** What every printer port must do, whatever carries its bytes. */
export function printerConformance(name: string, setUp: () => Promise<PrinterBench>): void {
  describe(`printer port over ${name}`, { timeout: 60_000 }, () => {
    let bench: PrinterBench;
    const status = (): string => {
      const now: DeviceStatus = bench.port.status;
      return 'reason' in now ? `${now.state} ${now.reason}` : now.state;
    };
    const becomes = (expected: string): Promise<void> => bench.until(() => status() === expected);

    beforeEach(async () => {
      bench = await setUp();
    });
    afterEach(() => bench.close());

    test('becomes ready and is named as the device names itself', async () => {
      await becomes('ready');
      await bench.until(() => bench.port.label === 'Trestle Virtual 80 mm');
    });

    test('prints a receipt, acknowledged, with the total right', async () => {
      await becomes('ready');
      expect(await bench.settle(bench.port.print(sampleReceipt))).toEqual({ outcome: 'acknowledged' });
      const [paper, ...others] = bench.printer.papers();
      expect(others).toEqual([]);
      expect(paper?.isCut).toBe(true);
      expect(paper?.text).toContain('TOTAL             £35.42\n');
      expect(bench.printer.state().unknownCommands).toEqual([]);
    });

    test('prints two jobs in a row in order, neither bleeding into the other', async () => {
      await becomes('ready');
      const outcomes = await bench.settle(
        Promise.all([bench.port.print(shortReceipt), bench.port.print(sampleReceipt), bench.port.print(shortReceipt)]),
      );
      expect(outcomes).toEqual(Array(3).fill({ outcome: 'acknowledged' }));
      const [first, second, third] = bench.printer.papers();
      expect(first?.text).toBe(third?.text);
      expect(first?.bytes).toEqual(third?.bytes);
      expect(second?.text).toContain('SALT & BRAMBLE');
      expect(bench.printer.papers()).toHaveLength(3);
    });

    test.each([
      ['paper-out', 'faulted paper-out'],
      ['cover-open', 'faulted cover-open'],
      ['offline', 'faulted offline'],
      ['device-error', 'faulted device-error'],
    ] as const)('with %s sends not one byte and says why', async (fault, expected) => {
      await becomes('ready');
      bench.printer.setFault(fault);
      const outcome = await bench.settle(bench.port.print(shortReceipt));
      expect(outcome).toEqual({ outcome: 'failed', reason: fault, bytesSent: 0, truncated: false });
      expect(status()).toBe(expected);
      bench.printer.clearFault();
      await becomes('ready');
      expect(bench.printer.papers()).toEqual([]);
    });

    test('paper nearly used up is a warning, and prints', async () => {
      bench.printer.setFault('near-end');
      await becomes('degraded paper-near-end');
      expect(await bench.settle(bench.port.print(shortReceipt))).toEqual({ outcome: 'acknowledged' });
    });

    test.each(['cover-open', 'paper-out'] as const)(
      '%s in the middle of a job leaves it unconfirmed',
      async (fault) => {
        await becomes('ready');
        bench.printer.faultAfter(60, fault);
        const outcome = await bench.settle(bench.port.print(sampleReceipt));
        expect(outcome).toEqual({ outcome: 'sent-unconfirmed', reason: 'fault-after-sending' });
        expect(bench.printer.papers()).toEqual([]);
        bench.printer.clearFault();
        await becomes('ready');
        // The late proof of the first job must not pass for the second's.
        bench.printer.faultAfter(60, 'cover-open');
        expect(await bench.settle(bench.port.print(sampleReceipt))).toEqual(outcome);
      },
    );

    test('a jammed cutter is found and named', async () => {
      await becomes('ready');
      bench.printer.setFault('cutter');
      expect(await bench.settle(bench.port.print(shortReceipt))).toEqual({
        outcome: 'sent-unconfirmed',
        reason: 'fault-after-sending',
      });
      expect(status()).toBe('faulted cutter-error');
      bench.printer.clearFault();
      await becomes('ready');
      expect(bench.printer.papers()).toHaveLength(1);
    });

    test.each(['silent', 'nonsense'] as const)(
      'a printer that answers %s is a fault, and nothing is sent',
      async (fault) => {
        await becomes('ready');
        bench.printer.setFault(fault);
        const outcome = await bench.settle(bench.port.print(shortReceipt));
        expect(outcome).toEqual({ outcome: 'failed', reason: 'not-answering', bytesSent: 0, truncated: false });
        bench.printer.clearFault();
        await becomes('ready');
        expect(await bench.settle(bench.port.print(shortReceipt))).toEqual({ outcome: 'acknowledged' });
      },
    );

    test('a printer switched off and on again is found again', async () => {
      await becomes('ready');
      bench.printer.setFault('refuse');
      await becomes(bench.switchedOff ?? 'faulted unreachable');
      const outcome = await bench.settle(bench.port.print(shortReceipt));
      expect(outcome).toEqual({ outcome: 'failed', reason: 'unreachable', bytesSent: 0, truncated: false });
      bench.printer.clearFault();
      await becomes('ready');
      expect(await bench.settle(bench.port.print(shortReceipt))).toEqual({ outcome: 'acknowledged' });
    });

    test('a connection torn in a job never counts as printed, and the next job is whole', async () => {
      await becomes('ready');
      bench.printer.tearAfter(30);
      const outcome = await bench.settle(bench.port.print(sampleReceipt));
      expect(outcome.outcome).not.toBe('acknowledged');
      expect(outcome).not.toMatchObject({ bytesSent: 0 });
      await becomes('ready');
      expect(await bench.settle(bench.port.print(shortReceipt))).toEqual({ outcome: 'acknowledged' });
      expect(bench.printer.papers().at(-1)?.text).not.toContain('SALT');
    });

    test('refuses what it cannot print, rather than misprint it', async () => {
      await becomes('ready');
      const outcome = await bench.settle(
        bench.port.print({
          kind: 'test',
          language: 'en',
          // A sign of nobody's: neither a code page nor a font has it.
          blocks: [{ kind: 'row', left: 'Jam \u{10fffd}', right: '4.50', indent: 0, size: 'normal', bold: false }],
        }),
      );
      const detail = '\u{10fffd}';
      expect(outcome).toEqual({ outcome: 'failed', reason: 'unprintable', bytesSent: 0, truncated: false, detail });
      expect(bench.printer.papers()).toEqual([]);
    });

    test.each([2, 5] as const)('kicks the drawer on pin %d once, and hears that it opened', async (pin) => {
      await becomes('ready');
      expect(bench.port.drawerState()).toBe('unknown');
      expect(await bench.settle(bench.port.kickDrawer(pin))).toEqual({ outcome: 'acknowledged' });
      expect(bench.printer.state().pulses).toEqual([{ pin, onMs: 50, isRealTime: false }]);
      await bench.until(() => bench.port.drawerState() === 'open');
      bench.printer.closeDrawer();
      await bench.until(() => bench.port.drawerState() === 'closed');
      expect(bench.printer.papers()).toEqual([]);
    });

    test('kicks the drawer with the paper out', async () => {
      await becomes('ready');
      bench.printer.setFault('paper-out');
      expect(await bench.settle(bench.port.kickDrawer(2))).toEqual({ outcome: 'acknowledged' });
      expect(bench.printer.state().pulses).toEqual([{ pin: 2, onMs: 100, isRealTime: true }]);
      bench.printer.clearFault();
      await becomes('ready');
      expect(bench.printer.state().pulses).toHaveLength(1);
    });

    test('closing settles what is under way, and nothing begins afterwards', async () => {
      await becomes('ready');
      bench.printer.setFault('slow');
      const under = bench.port.print(sampleReceipt);
      const behind = bench.port.print(shortReceipt);
      await bench.until(() => bench.printer.state().bytesObeyed > 50);
      await bench.settle(bench.port.close());
      expect((await under).outcome).not.toBe('acknowledged');
      expect(await behind).toEqual({ outcome: 'failed', reason: 'closed', bytesSent: 0, truncated: false });
      expect(await bench.port.print(shortReceipt)).toMatchObject({ reason: 'closed' });
      expect(status()).toBe('absent');
    });
  });
}
