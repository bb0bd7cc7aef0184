/** A built kiosk in a process of its own that serves shoppers on this machine's own address. */
import type { StallOffer } from '../../src/shared/shop-schemas';
import { freePort } from './free-port';
import { connect, readyToSell, startKioskProcess, type KioskProcess, type TestClient } from './kiosk-process';

export interface ShopTill {
  readonly kiosk: KioskProcess;
  readonly client: TestClient;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the demo stall in a new folder, opens a shift and switches the stall server on. */
export async function openShopTill(dataDir: string, env?: Record<string, string>): Promise<ShopTill> {
  const kiosk = await startKioskProcess(dataDir, ['--devices', 'none', '--demo'], { env });
  const client = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  await readyToSell(client);
  const url = await serveShoppers(client);
  return {
    kiosk,
    client,
    url,
    async close() {
      client.close();
      await kiosk.stop();
    },
  };
}

/** Switches the stall server on, with all it offers unless said otherwise. @returns its address */
export async function serveShoppers(
  client: TestClient,
  offers: readonly StallOffer[] = ['gallery', 'holds', 'receipts', 'display'],
): Promise<string> {
  const port = await freePort();
  await client.call('shop.serve', {
    isOn: true,
    address: '127.0.0.1',
    port,
    offers: [...offers],
    publicUrl: null,
  });
  const { shop } = await client.until(({ shop: { url } }) => url !== null, 'the stall server');
  return String(shop.url);
}
