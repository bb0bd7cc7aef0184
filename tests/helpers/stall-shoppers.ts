/** A built kiosk in a process of its own that serves shoppers on this machine's own address. */
import { createServer } from 'node:net';
import { connect, readyToSell, startKioskProcess, type TestClient } from './kiosk-process';

export interface ShopTill {
  readonly client: TestClient;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the demo stall in a new folder, opens a shift and switches the stall server on. */
export async function openShopTill(dataDir: string): Promise<ShopTill> {
  const kiosk = await startKioskProcess(dataDir, ['--devices', 'none', '--demo']);
  const client = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  await readyToSell(client);
  const url = await serveShoppers(client);
  return {
    client,
    url,
    async close() {
      client.close();
      await kiosk.stop();
    },
  };
}

/** Switches the stall server on with all it offers. */
export async function serveShoppers(client: TestClient): Promise<string> {
  const port = await freePort();
  await client.call('shop.serve', {
    isOn: true,
    address: '127.0.0.1',
    port,
    offers: ['gallery', 'holds', 'receipts', 'display'],
    publicUrl: null,
  });
  const { shop } = await client.until(({ shop: { url } }) => url !== null, 'the stall server');
  return String(shop.url);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
