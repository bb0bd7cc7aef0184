import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createHidDrawer } from '../../src/hardware/drivers/hid-drawer';
import {
  HID_DRAWER_PROFILES,
  hidDrawerProfile,
  objectionTo,
  parseDrawerProfiles,
  POSIFLEX_VENDOR_ID,
  UNSUPPORTED_DRAWERS,
  type HidDrawerProfile,
} from '../../src/hardware/models/drawers';
import type { DrawerPort } from '../../src/hardware/ports';
import {
  createVirtualPosiflexDrawer,
  createVirtualUnnamedDrawer,
  type VirtualDrawer,
} from '../../src/hardware/virtual/drawer-device';
import { manualBench } from '../helpers/manual-bench';
import { manualClock, type ManualClock } from '../helpers/manual-clock';
import { valueOf } from '../helpers/stall';
import { drawerConformance, type DrawerBench } from './drawer-conformance';

const posiflex = (number: number): HidDrawerProfile => HID_DRAWER_PROFILES[number]!;
const example: unknown = JSON.parse(readFileSync('resources/drawer-profiles.example.json', 'utf8'));
const [unnamed] = valueOf(parseDrawerProfiles(example)) as readonly [HidDrawerProfile];

interface HidDrawerBench extends DrawerBench {
  readonly port: DrawerPort;
  readonly device: VirtualDrawer;
  readonly clock: ManualClock;
}

function benchOf(profile: HidDrawerProfile, makeDevice: (clock: ManualClock) => VirtualDrawer): HidDrawerBench {
  const clock = manualClock();
  const device = makeDevice(clock);
  const port = createHidDrawer({ deviceId: 'drawer-1', profile, transport: device.wire.transport, clock });
  return {
    ...manualBench(clock),
    clock,
    device,
    port,
    drawer: {
      isOpen: device.isOpen,
      pulses: device.pulses,
      push: device.push,
      pull: device.pull,
      unplug: () => device.wire.setFault('unplugged'),
      plugIn: () => device.wire.clearFault(),
      goSilent: () => device.setFault('silent'),
      speakAgain: () => device.clearFault(),
    },
    wait: (ms) => clock.advance(ms),
    async close() {
      const closed = port.close();
      await clock.advance(2_000);
      await closed;
    },
  };
}

const posiflexBench = (number = 7): HidDrawerBench =>
  benchOf(posiflex(number), (clock) => createVirtualPosiflexDrawer({ number, clock }));
const unnamedBench = (profile = unnamed): HidDrawerBench =>
  benchOf(profile, (clock) => createVirtualUnnamedDrawer({ clock }));

for (const number of [0, 7])
  drawerConformance(`Posiflex number ${number}`, () => Promise.resolve(posiflexBench(number)));

/** A drawer that tells by itself is `degraded no-status` until it first does, so it is shut by hand once. */
drawerConformance('one that tells by itself', async () => {
  const bench = unnamedBench();
  await bench.until(() => bench.port.status.state === 'degraded');
  bench.device.pull();
  bench.device.push();
  await bench.until(() => bench.port.status.state === 'ready');
  return bench;
});

describe('Posiflex drawer', () => {
  let bench: HidDrawerBench;
  afterEach(() => bench.close());

  test('is sent whole reports of its own number, and hears open and closed', async () => {
    bench = posiflexBench();
    await bench.until(() => bench.port.status.state === 'ready');
    expect(bench.port.drawerState()).toBe('closed');
    await bench.settle(bench.port.open());
    const [status, ...others] = [...new Set(bench.device.reports())];
    expect(status).toBe('000708'.padEnd(242, '0'));
    expect(others).toEqual(['000707'.padEnd(242, '0')]);
  });

  test('a drawer with another number is not opened by ours', async () => {
    bench = benchOf(posiflex(7), (clock) => createVirtualPosiflexDrawer({ number: 3, clock }));
    await bench.until(() => bench.port.status.state === 'faulted');
    expect(bench.port.status).toEqual({ state: 'faulted', reason: 'not-answering' });
    expect(bench.device.pulses()).toBe(0);
  });

  test('jammed, it was asked once and nothing is claimed', async () => {
    bench = posiflexBench();
    await bench.until(() => bench.port.status.state === 'ready');
    bench.device.setFault('jammed');
    expect(await bench.settle(bench.port.open())).toEqual({ outcome: 'sent-unconfirmed', reason: 'proof-timeout' });
    await bench.wait(10_000);
    expect(bench.device.pulses()).toBe(1);
    expect(bench.port.drawerState()).toBe('closed');
  });

  test('that opens and does not say so is left as unconfirmed, unknown and not answering', async () => {
    bench = posiflexBench();
    await bench.until(() => bench.port.status.state === 'ready');
    bench.device.setFault('mute');
    expect(await bench.settle(bench.port.open())).toMatchObject({ outcome: 'sent-unconfirmed' });
    expect(bench.port.drawerState()).toBe('unknown');
    expect(bench.device.isOpen()).toBe(true);
    bench.device.clearFault();
    await bench.until(() => bench.port.drawerState() === 'open');
  });

  test('nonsense is no state', async () => {
    bench = posiflexBench();
    bench.device.setFault('nonsense');
    await bench.until(() => bench.port.status.state === 'faulted');
    expect(bench.port.drawerState()).toBe('unknown');
  });

  test('a drawer that takes no bytes is given up in bounded time', async () => {
    bench = posiflexBench();
    await bench.until(() => bench.port.status.state === 'ready');
    bench.device.wire.setFault('stalled');
    expect(await bench.settle(bench.port.open())).toEqual({ outcome: 'failed', reason: 'not-answering' });
    expect(bench.port.status).toEqual({ state: 'faulted', reason: 'not-answering' });
  });

  test('no permission is told from not there', async () => {
    bench = benchOf(posiflex(7), (clock) => {
      const device = createVirtualPosiflexDrawer({ clock });
      device.wire.setFault('no-permission');
      return device;
    });
    await bench.wait(100);
    expect(bench.port.status).toEqual({ state: 'no-permission', reason: 'access-denied' });
    bench.device.wire.setFault('unplugged');
    await bench.until(() => bench.port.status.state === 'absent');
    bench.device.wire.clearFault();
    await bench.until(() => bench.port.status.state === 'ready');
  });
});

describe('a drawer that tells by itself', () => {
  test('without a known way to read its state it opens, unconfirmed, and stays unknown', async () => {
    const bench = unnamedBench({ ...unnamed, decode: null });
    await bench.until(() => bench.port.status.state === 'degraded');
    expect(await bench.settle(bench.port.open())).toEqual({ outcome: 'sent-unconfirmed', reason: 'no-status' });
    expect(bench.device.isOpen()).toBe(true);
    expect(bench.device.reports()).toEqual(['000101']);
    expect(bench.port.drawerState()).toBe('unknown');
    await bench.close();
  });
});

describe('what a drawer may be sent', () => {
  const reportOf = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 2, maxLength: 8 });

  test('whatever a drawer answers and whatever is asked of the port, no report but its two ever leaves', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 7 }),
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 130 }),
            fc.constantFrom('open', 'push', 'unplug', 'plug in', 'stall') as fc.Arbitrary<string>,
          ),
          { maxLength: 12 },
        ),
        async (number, events) => {
          const bench = posiflexBench(number);
          const opening: Promise<unknown>[] = [];
          for (const event of events) {
            if (typeof event !== 'string') bench.device.wire.send(event);
            else if (event === 'open') opening.push(bench.port.open());
            else if (event === 'push') bench.device.push();
            else if (event === 'unplug') bench.device.wire.setFault('unplugged');
            else if (event === 'stall') bench.device.wire.setFault('stalled');
            else bench.device.wire.clearFault();
            await bench.wait(300);
          }
          bench.device.wire.clearFault();
          await bench.settle(Promise.all(opening));
          const allowed = [posiflex(number).openReport, posiflex(number).statusReport!].map((report) =>
            Buffer.from(report).toString('hex').padEnd(242, '0'),
          );
          for (const report of bench.device.reports()) expect(allowed).toContain(report);
          expect(bench.device.isInBootloader()).toBe(false);
          await bench.close();
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);

  test('the virtual drawer does go into its bootloader, so that the check above could fail', async () => {
    const device = createVirtualPosiflexDrawer();
    const opened = await device.wire.transport.open();
    if (!opened.ok) throw new Error('it is plugged in');
    const report = new Uint8Array(121);
    report.set([0, 7, 0xf0]);
    await opened.value.write(report);
    expect(device.isInBootloader()).toBe(true);
  });

  test('our own profiles pass their own guard', () => {
    expect(parseDrawerProfiles(HID_DRAWER_PROFILES)).toEqual({ ok: true, value: HID_DRAWER_PROFILES });
    expect(parseDrawerProfiles([unnamed])).toEqual({ ok: true, value: [unnamed] });
  });

  test('a Posiflex takes no commands but its own, whoever writes the profile', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        reportOf,
        fc.option(reportOf),
        (productId, openReport, statusReport) => {
          const profile = {
            ...posiflex(7),
            match: { vendorId: POSIFLEX_VENDOR_ID, productId },
            openReport,
            statusReport,
          };
          expect(parseDrawerProfiles([profile]).ok).toBe(false);
        },
      ),
    );
  });

  test('bytes of the factory are refused for every maker', () => {
    for (const command of [0xc0, 0xd0, 0xe0, 0xf0, 0xff]) {
      for (const openReport of [
        [0, command, 0],
        [0, 7, command],
      ]) {
        expect(objectionTo({ ...unnamed, openReport })).toMatch(/bootloader/);
        expect(() =>
          createHidDrawer({
            deviceId: 'drawer-1',
            profile: { ...unnamed, openReport },
            transport: createVirtualUnnamedDrawer().wire.transport,
            clock: manualClock(),
          }),
        ).toThrow(/bootloader/);
      }
    }
    // A report id is none of the device's commands.
    expect(objectionTo({ ...unnamed, openReport: [0xf0, 1, 1] })).toBeNull();
  });

  test.each([
    ['no list', {}],
    ['an unknown field', [{ ...unnamed, firmware: 'yes' }]],
    ['a byte too large', [{ ...unnamed, openReport: [0, 256] }]],
    ['a report without a command', [{ ...unnamed, openReport: [0] }]],
    ['no maker', [{ ...unnamed, match: { vendorId: 0, productId: 1 } }]],
    ['a report longer than the device takes', [{ ...unnamed, reportBytes: 2 }]],
    ['open and closed the same', [{ ...unnamed, decode: { byte: 0, mask: 0x02, open: 1, closed: 0 } }]],
    ['a question whose answer cannot be read', [{ ...unnamed, statusReport: [0, 2], decode: null }]],
  ])('refuses %s, in words', (_what, json) => {
    const parsed = parseDrawerProfiles(json);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.error.message).toMatch(/^Drawer profile/);
  });

  test('finds the profile by maker and product, the stall’s own first', () => {
    expect(hidDrawerProfile({ vendorId: 0x0d3a, productId: 0x0207 })?.id).toBe('posiflex-7');
    expect(hidDrawerProfile({ vendorId: 0x1234, productId: 0x5678 })).toBeUndefined();
    expect(hidDrawerProfile({ vendorId: 0x1234, productId: 0x5678 }, [unnamed])).toBe(unnamed);
    for (const { vendorId, productId } of UNSUPPORTED_DRAWERS) {
      expect(hidDrawerProfile({ vendorId, productId })).toBeUndefined();
    }
  });
});
