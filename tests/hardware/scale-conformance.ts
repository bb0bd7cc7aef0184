import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeviceStatus, ScalePort } from '../../src/hardware/ports';

/** A port and the scale behind it, with hands to load it. */
export interface ScaleBench {
  readonly port: ScalePort;
  readonly scale: {
    put(grams: number): void;
    shake(isMoving: boolean): void;
    unplug(): void;
    plugIn(): void;
    /** Says nothing more. */
    goSilent(): void;
    /** Stops in the middle of every answer. */
    answerByHalves(): void;
    /** Answers with noise. */
    talkNonsense(): void;
    /** Reports that it is broken. */
    break(): void;
    mend(): void;
  };
  settle<T>(promise: Promise<T>): Promise<T>;
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

/** What every scale port must do. The scale shows whole grams, so that what was put on it comes back. */
export function scaleConformance(name: string, setUp: () => Promise<ScaleBench>): void {
  describe(`scale port: ${name}`, { timeout: 60_000 }, () => {
    let bench: ScaleBench;
    const status = (): string => {
      const now: DeviceStatus = bench.port.status;
      return 'reason' in now ? `${now.state} ${now.reason}` : now.state;
    };
    const ready = (): Promise<void> => bench.until(() => status() === 'ready');
    /** The weight, or why there is none. */
    const weigh = async (): Promise<number | string> => {
      const result = await bench.settle(bench.port.weigh());
      return result.ok ? result.value.weightGrams : result.error.code;
    };

    beforeEach(async () => {
      bench = await setUp();
    });
    afterEach(() => bench.close());

    test('weighs what lies on it, again and again', async () => {
      await ready();
      for (const grams of [0, 5, 1_235, 9_995, 240]) {
        bench.scale.put(grams);
        expect(await weigh()).toBe(grams);
      }
    });

    test('several who ask at once all get the weight', async () => {
      await ready();
      bench.scale.put(350);
      const results = await bench.settle(Promise.all([bench.port.weigh(), bench.port.weigh(), bench.port.weigh()]));
      expect(results).toEqual(Array(3).fill({ ok: true, value: { weightGrams: 350 } }));
    });

    test('gives no weight while the load moves', async () => {
      await ready();
      bench.scale.put(350);
      bench.scale.shake(true);
      expect(await weigh()).toBe('unstable');
      bench.scale.shake(false);
      expect(await weigh()).toBe(350);
      expect(status()).toBe('ready');
    });

    test('gives no weight for more than it bears or less than nothing, and is none the worse', async () => {
      await ready();
      bench.scale.put(50_000);
      expect(await weigh()).toBe('overload');
      bench.scale.put(-20);
      expect(await weigh()).toBe('negative');
      expect(status()).toBe('ready');
      bench.scale.put(20);
      expect(await weigh()).toBe(20);
    });

    test('a broken scale is a fault with a name', async () => {
      await ready();
      bench.scale.break();
      expect(await weigh()).toBe('device-error');
      expect(status()).toBe('faulted device-error');
      bench.scale.mend();
      await ready();
    });

    test.each(['goSilent', 'answerByHalves', 'talkNonsense'] as const)(
      'without an answer there is no weight, in bounded time, and it recovers: %s',
      async (how) => {
        await ready();
        bench.scale.put(700);
        bench.scale[how]();
        expect(await weigh()).toBe('not-answering');
        await bench.until(() => status() === 'faulted not-answering');
        expect(await weigh()).toBe('not-answering');
        bench.scale.mend();
        await ready();
        expect(await weigh()).toBe(700);
      },
    );

    test('unplugged it is absent, and comes back', async () => {
      await ready();
      const under = bench.port.weigh();
      bench.scale.unplug();
      expect((await bench.settle(under)).ok).toBe(false);
      await bench.until(() => status() === 'absent');
      expect(await weigh()).toBe('disconnected');
      bench.scale.plugIn();
      await ready();
      bench.scale.put(10);
      expect(await weigh()).toBe(10);
    });

    test('closed, it weighs nothing', async () => {
      await ready();
      await bench.settle(bench.port.close());
      expect(await weigh()).toBe('disconnected');
      expect(bench.port.status).toEqual({ state: 'absent' });
    });
  });
}
