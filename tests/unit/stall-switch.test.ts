import { expect, test } from 'vitest';
import type { CoreContext } from '../../src/main/core/core-context';
import { StallSwitch, type StallPlace } from '../../src/main/core/stall-switch';
import { manualClock } from '../helpers/manual-clock';

/** A switch in a world whose networks and ports a test sets. */
function world() {
  const settings = new Map<string, unknown>();
  const clock = manualClock();
  const networks = { here: ['192.168.1.20'], taken: false, opened: [] as StallPlace[], closed: 0 };
  const core = {
    store: { settings: { get: (key: string) => settings.get(key), set: settings.set.bind(settings) }, commit() {} },
    topics: { mark() {} },
    log: { warn() {}, error() {} },
  } as unknown as CoreContext;
  const make = (): StallSwitch =>
    new StallSwitch(core, {
      clock,
      addresses: () => networks.here.map((address) => ({ address, network: 'wlan0' })),
      open(place, onEnd) {
        if (networks.taken) {
          const error = Object.assign(new Error('taken'), { code: 'EADDRINUSE' });
          // A thread that could not open its port ends as well.
          onEnd(error);
          return Promise.reject(error);
        }
        networks.opened.push(place);
        return Promise.resolve({
          url: `http://${place.host}:${place.port}`,
          close() {
            networks.closed += 1;
            return Promise.resolve();
          },
        });
      },
    });
  return { make, networks, clock };
}
const wanted = { isOn: true, address: null, port: 8720, offers: ['gallery' as const], publicUrl: null };
const context = { requestId: 'r', staffId: 's' };

test('is off until somebody says so, and what was said stays over a restart', async () => {
  const { make, networks, clock } = world();
  const first = make();
  first.resume();
  await clock.advance(0);
  expect(networks.opened).toEqual([]);
  await first.set(wanted, context);
  expect(first.state()).toMatchObject({ url: 'http://192.168.1.20:8720', problem: null });
  await first.close();
  const second = make();
  second.resume();
  await clock.advance(0);
  expect(second.state().url).toBe('http://192.168.1.20:8720');
});

test('says that the port is taken, and serves as soon as it is free', async () => {
  const { make, networks, clock } = world();
  networks.taken = true;
  const stall = make();
  await stall.set(wanted, context);
  expect(stall.state()).toMatchObject({ url: null, problem: 'port-taken' });
  networks.taken = false;
  await clock.advance(5_000);
  expect(stall.state()).toMatchObject({ url: 'http://192.168.1.20:8720', problem: null });
});

test('follows the machine to another network, and waits while there is none', async () => {
  const { make, networks, clock } = world();
  const stall = make();
  await stall.set(wanted, context);
  networks.here = [];
  await clock.advance(5_000);
  expect(stall.state()).toMatchObject({ url: null, problem: 'no-network' });
  networks.here = ['10.0.0.7'];
  await clock.advance(5_000);
  expect(stall.state()).toMatchObject({ url: 'http://10.0.0.7:8720', problem: null });
  expect(networks.closed).toBe(1);
});

test('switched off, it closes and looks no more', async () => {
  const { make, networks, clock } = world();
  const stall = make();
  await stall.set(wanted, context);
  await stall.set({ ...wanted, isOn: false }, context);
  expect(stall.state()).toMatchObject({ isOn: false, url: null, problem: null });
  expect(networks.closed).toBe(1);
  expect(clock.pending()).toBe(0);
});
