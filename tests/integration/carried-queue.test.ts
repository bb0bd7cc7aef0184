/** The queue on a stick, taken in by a hub on a real PostgreSQL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeCarriedFile, type CarriedBatch } from '../../src/exchange/carried-file';
import { isSignedBy, signedTexts } from '../../src/exchange/signatures';
import { revokeDevice } from '../../src/hub/stalls';
import { takeIn, type TakenIn } from '../../src/hub/take-in';
import { ExchangeDevice } from '../helpers/exchange-device';
import { startHub, type TestHub } from '../helpers/hub';
import { startPostgres, type PostgresServer } from '../helpers/postgres';

let postgres: PostgresServer;
let testHub: TestHub;
let folder: string;
let path: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'carried-'));
  path = join(folder, 'queue.trestle');
  postgres = await startPostgres();
  testHub = await startHub({ databaseUrl: await postgres.newDatabase() });
});
afterAll(async () => {
  await testHub.close();
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

async function write(
  stallId: string,
  device: string,
  batches: readonly CarriedBatch[],
  change: { readonly serverId?: string; readonly recipient?: string } = {},
): Promise<void> {
  const { identity } = testHub.hub;
  await writeCarriedFile(path, {
    recipient: change.recipient ?? identity.recipient ?? '',
    manifest: {
      trestle: 'carried',
      version: 1,
      stallId,
      device,
      serverId: change.serverId ?? identity.serverId,
      madeAt: new Date().toISOString(),
    },
    batches,
  });
}

function take(): Promise<TakenIn> {
  const { store, identity } = testHub.hub;
  return takeIn({ store, identity, now: () => new Date() }, path);
}

test('what a till and its neighbour wrote arrives on a stick, once, and the answer says so under the hub’s key', async () => {
  const stallId = await testHub.newStall();
  const { device, client } = await testHub.join(stallId);
  const neighbour = new ExchangeDevice();
  for (let sale = 0; sale < 3; sale += 1) device.sell();
  neighbour.sell();
  await write(stallId, device.deviceId, [device.batch(device.entries), neighbour.batch(neighbour.entries)]);

  const taken = await take();
  expect(taken).toMatchObject({ entries: 6, stored: 6, quarantined: 0, refused: [] });
  const { entries } = await client.feed({ after: '0.0', own: 'all' });
  expect(entries).toEqual([...device.entries, ...neighbour.entries]);
  const { identity } = testHub.hub;
  for (const { device: whose, head, epoch, signature } of taken.answer.answers) {
    expect(isSignedBy(signedTexts.acknowledgement(whose, head, epoch), signature, identity.publicKey)).toBe(true);
  }
  expect(taken.answer.answers.map(({ head }) => head.seq)).toEqual([4, 2]);

  // The same stick again, and a push over the network that came back meanwhile, change nothing.
  expect(await take()).toMatchObject({ entries: 6, stored: 0, refused: [] });
  expect((await client.feed({ after: '0.0', own: 'all' })).entries).toHaveLength(6);
});

test('a batch that is forged or out of order is refused by name, and the rest is taken', async () => {
  const stallId = await testHub.newStall();
  const { device } = await testHub.join(stallId);
  const neighbour = new ExchangeDevice();
  device.sell();
  neighbour.sell();
  const good = device.batch(device.entries);
  const forged = neighbour.batch(neighbour.entries);
  await write(stallId, device.deviceId, [{ ...forged, head: { ...forged.head, signature: 'AAAA' } }, good]);
  const taken = await take();
  expect(taken).toMatchObject({ entries: 4, stored: 2 });
  expect(taken.refused).toEqual([expect.stringContaining('not signed by the key of its device')]);

  device.sell();
  device.sell();
  await write(stallId, device.deviceId, [device.batch(device.entries.slice(3))]);
  expect((await take()).refused).toEqual([expect.stringContaining('are missing here')]);
});

test('a file for another hub, of a stranger, or of a till that was shut out is turned away whole', async () => {
  const stallId = await testHub.newStall();
  const { device } = await testHub.join(stallId);
  device.sell();
  const batches = [device.batch(device.entries)];
  await write(stallId, device.deviceId, batches, { serverId: 'another hub' });
  await expect(take()).rejects.toMatchObject({ fault: 'not-for-us' });
  await write(stallId, device.deviceId, batches, { recipient: await identityToRecipient(await generateIdentity()) });
  await expect(take()).rejects.toMatchObject({ fault: 'not-for-us' });
  await write(stallId, new ExchangeDevice().deviceId, batches);
  await expect(take()).rejects.toMatchObject({ fault: 'not-for-us' });
  await write(stallId, device.deviceId, batches);
  await revokeDevice(testHub.hub.database, stallId, device.deviceId);
  const taken = await take();
  expect(taken.stored).toBe(0);
  expect(taken.refused).toHaveLength(1);
});
