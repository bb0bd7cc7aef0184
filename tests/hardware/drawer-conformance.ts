import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeviceStatus, DrawerPort, DrawerState } from '../../src/hardware/ports';

/** A port and the drawer behind it, with hands to push and pull. */
export interface DrawerBench {
  readonly port: DrawerPort;
  readonly drawer: {
    isOpen(): boolean;
    /** How often the solenoid was fired since the start. */
    pulses(): number;
    push(): void;
    /** Opens it by its key, without the till. */
    pull(): void;
    unplug(): void;
    plugIn(): void;
    /** Takes everything, says nothing. */
    goSilent(): void;
    speakAgain(): void;
  };
  settle<T>(promise: Promise<T>): Promise<T>;
  until(condition: () => boolean): Promise<void>;
  /** Lets this much time pass. */
  wait(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What every drawer port must do, whatever fires its solenoid. */
export function drawerConformance(name: string, setUp: () => Promise<DrawerBench>): void {
  describe(`drawer port: ${name}`, { timeout: 60_000 }, () => {
    let bench: DrawerBench;
    const told: DrawerState[] = [];
    const status = (): string => {
      const now: DeviceStatus = bench.port.status;
      return 'reason' in now ? `${now.state} ${now.reason}` : now.state;
    };
    const usable = (): Promise<void> => bench.until(() => /^(ready|degraded)/.test(status()));

    beforeEach(async () => {
      bench = await setUp();
      told.length = 0;
      bench.port.onDrawerState((state) => told.push(state));
    });
    afterEach(() => bench.close());

    test('opens once, says so, and hears it shut', async () => {
      await usable();
      expect(await bench.settle(bench.port.open())).toEqual({ outcome: 'acknowledged' });
      expect(bench.drawer.isOpen()).toBe(true);
      expect(bench.drawer.pulses()).toBe(1);
      await bench.until(() => bench.port.drawerState() === 'open');
      bench.drawer.push();
      await bench.until(() => bench.port.drawerState() === 'closed');
      expect(told.filter((state) => state !== 'unknown').slice(-2)).toEqual(['open', 'closed']);
      await bench.wait(10_000);
      expect(bench.drawer.pulses()).toBe(1);
    });

    test('an opening while it stands open already is no error', async () => {
      await usable();
      await bench.settle(bench.port.open());
      await bench.until(() => bench.port.drawerState() === 'open');
      expect(await bench.settle(bench.port.open())).toEqual({ outcome: 'acknowledged' });
      expect(bench.port.drawerState()).toBe('open');
      expect(bench.port.status.state).not.toBe('faulted');
    });

    test('standing open too long is said, never stops an opening, and passes when it is shut', async () => {
      await usable();
      await bench.settle(bench.port.open());
      await bench.until(() => bench.port.drawerState() === 'open');
      expect(status()).toBe('ready');
      await bench.until(() => status() === 'degraded drawer-open');
      expect(await bench.settle(bench.port.open())).toEqual({ outcome: 'acknowledged' });
      bench.drawer.push();
      await bench.until(() => status() === 'ready');
      // A drawer opened and shut in good time is none of it.
      await bench.settle(bench.port.open());
      await bench.wait(2_000);
      bench.drawer.push();
      await bench.wait(120_000);
      expect(status()).toBe('ready');
    });

    test('openings asked for together are each done once, in order', async () => {
      await usable();
      const outcomes = await bench.settle(Promise.all([bench.port.open(), bench.port.open(), bench.port.open()]));
      expect(outcomes).toEqual(Array(3).fill({ outcome: 'acknowledged' }));
      expect(bench.drawer.pulses()).toBe(3);
    });

    test('unplugged it opens nothing, knows nothing, and comes back', async () => {
      await usable();
      await bench.settle(bench.port.open());
      await bench.until(() => bench.port.drawerState() === 'open');
      bench.drawer.unplug();
      await bench.until(() => !/^(ready|degraded)/.test(status()));
      expect(bench.port.drawerState()).toBe('unknown');
      const pulses = bench.drawer.pulses();
      expect(await bench.settle(bench.port.open())).toMatchObject({ outcome: 'failed' });
      bench.drawer.plugIn();
      await usable();
      await bench.wait(10_000);
      // What failed stays failed: the drawer does not spring open by itself later.
      expect(bench.drawer.pulses()).toBe(pulses);
      bench.drawer.push();
      expect(await bench.settle(bench.port.open())).toEqual({ outcome: 'acknowledged' });
    });

    test('silence is never taken for an opening', async () => {
      await usable();
      bench.drawer.goSilent();
      const outcome = await bench.settle(bench.port.open());
      expect(outcome.outcome).not.toBe('acknowledged');
      bench.drawer.speakAgain();
      await usable();
      await bench.wait(10_000);
      expect(bench.drawer.pulses()).toBeLessThanOrEqual(1);
    });

    test('closed, it opens nothing and says so', async () => {
      await usable();
      const closed = bench.port.close();
      await bench.settle(closed);
      expect(await bench.settle(bench.port.open())).toEqual({ outcome: 'failed', reason: 'closed' });
      expect(bench.port.status).toEqual({ state: 'absent' });
      expect(bench.drawer.pulses()).toBe(0);
      await bench.settle(bench.port.close());
    });
  });
}
