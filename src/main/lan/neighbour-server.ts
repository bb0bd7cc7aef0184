import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { AddressInfo } from 'node:net';
import { joinLink } from '../../exchange/enrol-code';
import { makeCode, type ServerIdentity } from '../../exchange/routes';
import { createExchangeServer } from '../../exchange/server';
import { DeviceKeys } from '../../journal/identity';
import type { Log } from '../core/log';
import type { NeighbourPlace, OpenNeighbours } from '../core/neighbour-switch';
import { NeighbourStore, type NeighbourWorld } from './neighbour-store';

/** Setting under which the key of this server's tokens and codes is kept. */
const SECRET = 'neighbour-secret';
const SECRET_BYTES = 32;

/** A market's worth of tills, and nothing near what would slow this one's sales. */
const LIMITS = { headersTimeoutMs: 5_000, requestTimeoutMs: 60_000, idleTimeoutMs: 60_000, maxConnections: 128 };

export interface NeighbourServerOptions extends NeighbourWorld, NeighbourPlace {
  readonly dataDir: string;
  readonly log: Log;
}

/**
 * Serves the exchange to the tills beside this one: entries, people and photos to devices of the stall, nothing to anybody
 * else. A web page has no business here: whatever names an origin is turned away.
 * @throws when the port is taken or the address is not this machine's
 */
export async function startNeighbourServer(options: NeighbourServerOptions): Promise<OpenNeighbours> {
  const { dataDir, host, port, log, store, now } = options;
  const neighbours = new NeighbourStore(options);
  const { deviceId, publicKey } = store.device;
  const keys = DeviceKeys.load(dataDir);
  const identity: ServerIdentity = {
    serverId: deviceId,
    role: 'neighbour',
    publicKey,
    recipient: null,
    sign: (text) => keys.sign(deviceId, text),
    secret: keptSecret(options),
  };
  const app = createExchangeServer({ log, limits: LIMITS, store: neighbours, identity, now, publicUrl: null });
  app.addHook('onRequest', async (request, reply) => {
    if (request.headers.origin !== undefined) await reply.status(403).send();
  });
  await app.listen({ host, port });
  const { port: opened } = app.server.address() as AddressInfo;
  const addresses = addressesOf(host).map((address) => `http://${address}:${opened}`);
  const [address = ''] = addresses;
  return {
    addresses,
    added: () => neighbours.added(),
    async newCode(name) {
      const stallId = store.stall.get()?.stallId ?? '';
      const { code, expiresAt } = await makeCode({ store: neighbours, identity, now }, stallId, name);
      return { code, expiresAt: expiresAt.toISOString(), link: joinLink(address, code), address };
    },
    close: () => app.close(),
  };
}

function keptSecret({ store }: Pick<NeighbourServerOptions, 'store'>): Buffer {
  const kept = store.settings.get(SECRET);
  if (typeof kept === 'string') return Buffer.from(kept, 'base64');
  const made = randomBytes(SECRET_BYTES);
  store.settings.set(SECRET, made.toString('base64'));
  return made;
}

/** What others may call a host: of all addresses those that a network gave, IPv4 first since people read them aloud. */
function addressesOf(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host];
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outward = all.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address);
  return outward.length > 0 ? outward : ['127.0.0.1'];
}
