/** Two tills of one stall side by side, without a hub: the second has joined at the first. */
import { expect } from 'vitest';
import type { RunningKiosk } from '../../src/main/boot';
import { connect, startTestKiosk, temporaryFolder, type TestClient } from './kiosk';

export interface PairedTill {
  /** The device by which the other till knows it. */
  readonly deviceId: string;
  readonly dataDir: string;
  readonly kiosk: RunningKiosk;
  readonly client: TestClient;
}

export interface TwoTills {
  /** Has the demo stall and serves the other. */
  first: PairedTill;
  second: PairedTill;
  /** Switches a till off; nothing of it is lost. */
  switchOff(which: 'first' | 'second'): Promise<void>;
  /** Switches it on again, ready to sell. */
  switchOn(which: 'first' | 'second'): Promise<void>;
  /** Lets the second hear of everything the first has, and the other way round. */
  meet(): Promise<void>;
  close(): Promise<void>;
}

/** Starts both, the goods and people of the demo stall on each, ready to sell. */
export async function startTwoTills(): Promise<TwoTills> {
  const running = new Set<RunningKiosk>();
  /** The second finds the first again where it was. */
  let port = 0;
  const folders = [temporaryFolder(), temporaryFolder()] as const;

  async function start(dataDir: string, isFirst: boolean): Promise<PairedTill> {
    const kiosk = await startTestKiosk({
      dataDir,
      demo: isFirst,
      ...(isFirst && { neighbours: { host: '127.0.0.1', port } }),
    });
    running.add(kiosk);
    if (isFirst) port = Number(new URL(kiosk.kiosk.exchange.state().serving[0] ?? '').port);
    if (!kiosk.server) throw new Error('served on loopback');
    const client = await connect(kiosk.server);
    if (client.topics.session.isSetUp) await signOn(client);
    return { deviceId: kiosk.kiosk.deviceId, dataDir, kiosk, client };
  }

  const first = await start(folders[0].path, true);
  const second = await start(folders[1].path, false);
  const { code, address } = await first.client.call('sync.new-code', { name: 'Second till' });
  await second.client.call('sync.enrol', { address, code, name: 'Second till' });
  await second.client.until(
    ({ session, catalogue }) =>
      session.isSetUp &&
      session.staff.length === first.client.topics.session.staff.length &&
      session.staff.every(({ name }) => name !== '') &&
      catalogue.itemCount === first.client.topics.catalogue.itemCount,
    'the stall, its people and its goods',
  );
  await signOn(second.client);
  const stall: TwoTills = {
    first,
    second,
    async switchOff(which) {
      stall[which].client.close();
      if (running.delete(stall[which].kiosk)) await stall[which].kiosk.close();
    },
    async switchOn(which) {
      stall[which] = await start(folders[which === 'first' ? 0 : 1].path, which === 'first');
    },
    async meet() {
      const both = async (): Promise<boolean> => {
        await stall.second.client.call('sync.now', {});
        return (await heads(stall.second.client)) === (await heads(stall.first.client));
      };
      await expect.poll(both, { timeout: 20_000 }).toBe(true);
    },
    async close() {
      for (const kiosk of running) await kiosk.close();
      for (const folder of folders) folder.remove();
    },
  };
  return stall;
}

/** How far the journal of each device is here, and the hash of its last entry. */
async function heads(client: TestClient): Promise<string> {
  const { text } = await client.call('sync.report', {});
  return JSON.stringify((JSON.parse(text) as { readonly heads: unknown }).heads);
}

/** PINs of the demo stall, which a till that joined it does not show. */
export const PINS = { operator: '2468', cashier: '1111' } as const;

/** Signs on, and opens a shift where none is open. */
export async function signOn(client: TestClient, role: keyof typeof PINS = 'operator'): Promise<void> {
  const { staff, shift } = client.topics.session;
  const staffId = staff.find((one) => one.role === role)?.staffId ?? '';
  await client.call('staff.sign-on', { staffId, pin: PINS[role] });
  if (!shift) await client.call('shift.open', { floatMinor: 5_000 });
}
