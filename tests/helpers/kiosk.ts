import { startKiosk, type BootOptions, type RunningKiosk } from '../../src/main/boot';
import { silentLog } from '../../src/main/core/log';
import type { CallInput } from '../../src/shared/contract';
import { connect, readyToSell, type TestClient } from './kiosk-process';

export * from './kiosk-process';

/** A kiosk in this process on the demo stall, served on a free loopback port, without a log. */
export function startTestKiosk(options: Partial<BootOptions> & { readonly dataDir: string }): Promise<RunningKiosk> {
  return startKiosk({ devices: 'virtual', demo: true, server: { port: 0 }, log: silentLog(), ...options });
}

/** The same with a client of its contract, connected. */
export async function startTestTill(
  options: Partial<BootOptions> & { readonly dataDir: string },
): Promise<{ readonly running: RunningKiosk; readonly till: TestClient }> {
  const running = await startTestKiosk(options);
  if (!running.server) throw new Error('the test kiosk serves its contract');
  return { running, till: await connect(running.server) };
}

/** A till that sells and serves shoppers' phones on loopback. */
export interface ServingTill {
  readonly running: RunningKiosk;
  readonly till: TestClient;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** @param offers what it serves; what the demo stall does unless said otherwise */
export async function startServingTill(
  dataDir: string,
  offers?: CallInput<'shop.serve'>['offers'],
): Promise<ServingTill> {
  const stallServer = { host: '127.0.0.1', port: 0 };
  const { running, till } = await startTestTill({ dataDir, devices: 'none', stallServer });
  await readyToSell(till);
  if (offers) {
    const { address, port, publicUrl } = till.topics.shop;
    await till.call('shop.serve', { isOn: true, address, port, publicUrl, offers });
  }
  const url = running.kiosk.stallServer.url();
  if (url === null) throw new Error('the test till serves shoppers');
  return {
    running,
    till,
    url,
    port: Number(new URL(url).port),
    async close() {
      till.close();
      await running.close();
    },
  };
}
