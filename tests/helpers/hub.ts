/** A hub on a database of its own, on loopback, for the tests of one file. */
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { makeCode } from '../../src/exchange/routes';
import { openHub, type Hub, type HubOptions } from '../../src/hub/hub';
import { addStall } from '../../src/hub/stalls';
import { ExchangeDevice, type EnrolledDevice } from './exchange-device';

export interface TestHub {
  readonly hub: Hub;
  readonly address: string;
  /** A new stall. @returns its id */
  newStall(name?: string): Promise<string>;
  newCode(stallId: string): Promise<string>;
  /** A new device of a stall. */
  join(stallId: string, device?: ExchangeDevice): Promise<EnrolledDevice>;
  close(): Promise<void>;
}

export async function startHub(options: Partial<HubOptions> & { readonly databaseUrl: string }): Promise<TestHub> {
  const hub = await openHub({ log: pino({ level: process.env['HUB_LOG'] ?? 'fatal' }), ...options });
  await hub.app.listen({ host: '127.0.0.1', port: 0 });
  const address = `http://127.0.0.1:${(hub.app.server.address() as AddressInfo).port}`;
  const enrolled: EnrolledDevice[] = [];
  const now = options.now ?? (() => new Date());
  const newCode = async (stallId: string): Promise<string> =>
    (await makeCode({ store: hub.store, identity: hub.identity, now }, stallId, 'a till')).code;
  return {
    hub,
    address,
    newStall: (name = 'Bramble & Rye') => addStall(hub.database, name),
    newCode,
    async join(stallId, device = new ExchangeDevice()) {
      const joined = await device.enrol(address, await newCode(stallId));
      enrolled.push(joined);
      return joined;
    },
    async close() {
      for (const device of enrolled) device.close();
      await hub.close();
    },
  };
}
