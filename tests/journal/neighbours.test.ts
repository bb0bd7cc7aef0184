/** A till that serves its neighbours over its own store, asked through the real server and the real client. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol, ExchangeClient, readServerCard } from '../../src/exchange/client';
import { openHttp, type HttpConnection } from '../../src/exchange/http-send';
import { signedTexts } from '../../src/exchange/signatures';
import type { SealedEntry } from '../../src/journal/entry';
import { isHeadSignedBy } from '../../src/journal/identity';
import { MediaShelf } from '../../src/main/sync/media-shelf';
import { silentLog } from '../../src/main/core/log';
import type { OpenNeighbours } from '../../src/main/core/neighbour-switch';
import { startNeighbourServer } from '../../src/main/lan/neighbour-server';
import { makeItem, stall, StallLife } from './stall-life';

const ALL = { entries: 1_000_000, bodyBytes: Number.MAX_SAFE_INTEGER };

let serving: StallLife;
let joining: StallLife;
let server: OpenNeighbours;
let connection: HttpConnection;
let revoked: Set<string>;
let heard: string[];

beforeEach(async () => {
  serving = new StallLife();
  joining = serving.another();
  serving.store.commit({ actor: 'ada', drafts: [{ kind: 'stall.configured', body: { stall } }], result: null });
  serving.put(makeItem(1), makeItem(2));
  serving.sell(['variant-1']);
  revoked = new Set();
  heard = [];
  server = await serve(serving);
  connection = openHttp(addressOf(server));
});
afterEach(async () => {
  connection.close();
  await server.close();
  serving.end();
  joining.end();
});

function serve(life: StallLife): Promise<OpenNeighbours> {
  return startNeighbourServer({
    store: life.store,
    dataDir: life.dataDir,
    host: '127.0.0.1',
    port: 0,
    log: silentLog(),
    now: () => new Date(life.nowMs),
    isRevoked: (deviceId) => revoked.has(deviceId),
    media: new MediaShelf(life.dataDir, () => null),
    onReceived: (kinds) => heard.push(...kinds),
  });
}

function addressOf({ addresses: [address = ''] }: OpenNeighbours): string {
  return address;
}

function clientOf(life: StallLife, stallId = 'stall'): ExchangeClient {
  const { deviceId } = life.store.device;
  const { deviceId: serverId, publicKey } = serving.store.device;
  return new ExchangeClient({
    send: connection.send,
    server: { serverId, publicKey },
    stallId,
    deviceId,
    sign: (text) => life.store.keys.sign(deviceId, text),
    newNonce: randomUUID,
  });
}

async function join(life: StallLife, code: string, stallId: string | null = 'stall') {
  const { deviceId, publicKey, prefix } = life.store.device;
  const card = await readServerCard(connection.send);
  const signature = life.store.keys.sign(deviceId, signedTexts.enrol(code, deviceId, publicKey));
  const request = { code, former: null, deviceId, publicKey, prefix, stallId, name: 'Second till', signature };
  return enrol(connection.send, request, card);
}

/** A code as the till's own person would get it: any device of the stall may ask. */
async function newCode(): Promise<string> {
  return (await clientOf(serving).newCode('Second till')).code;
}

const chain = (life: StallLife): readonly SealedEntry[] =>
  life.store.sync.journal.entriesAfter(life.store.device.deviceId, 0, ALL);

function batchOf(life: StallLife, from = 0) {
  const entries = [...chain(life)].slice(from);
  const last = entries.at(-1);
  if (!last) throw new Error('nothing was written');
  return { entries, head: life.store.keys.signHead({ device: last.device, seq: last.seq, hash: last.hash }) };
}

describe('a till that serves its neighbours', () => {
  it('lets a till join with a code that works once, under a prefix that no hub gives', async () => {
    const code = await newCode();
    const joined = await join(joining, code);
    expect(joined).toMatchObject({ stallId: 'stall', prefix: 'T1A', server: { role: 'neighbour' } });
    // Whoever did not hear the answer asks again.
    expect(await join(joining, code)).toMatchObject({ prefix: 'T1A' });
    const third = serving.another();
    await expect(join(third, code)).rejects.toMatchObject({ code: 'bad-code' });
    expect(await join(third, await newCode())).toMatchObject({ prefix: 'T1B' });
    third.end();
  });

  it('refuses a code that has run out, one that is invented, and a till of another stall', async () => {
    const code = await newCode();
    await expect(join(joining, code, 'another stall')).rejects.toMatchObject({ code: 'wrong-stall' });
    await expect(join(joining, 'AAAA-AAAA')).rejects.toMatchObject({ code: 'bad-code' });
    serving.nowMs += 25 * 3600 * 1000;
    await expect(join(joining, code)).rejects.toMatchObject({ code: 'bad-code' });
  });

  it('takes what a neighbour wrote, shows it, and gives it to the next one with the signature to pass it on', async () => {
    joining.put(makeItem(3));
    await join(joining, await newCode());
    const pushed = await clientOf(joining).push(batchOf(joining));
    expect(pushed.head.seq).toBe(chain(joining).length);
    expect(pushed.receipts.every(({ outcome }) => outcome === 'stored')).toBe(true);
    expect(serving.store.catalogue.item('item-3')).not.toBeNull();
    expect(heard).toContain('catalogue.items-put');
    // The same again is as good.
    const again = await clientOf(joining).push(batchOf(joining));
    expect(again.receipts.every(({ outcome }) => outcome === 'duplicate')).toBe(true);

    const third = serving.another();
    await join(third, await newCode());
    const page = await clientOf(third).feed({ after: '0.0', own: 'others' });
    expect(third.store.receive(page.entries, page.heads)).toMatchObject({ refused: [], unapplied: [] });
    expect(third.store.orders.count()).toBe(1);
    expect(third.store.catalogue.item('item-3')).not.toBeNull();
    expect(page.heads.map(({ device }) => device)).toContain(joining.store.device.deviceId);
    expect((await clientOf(third).feed({ after: page.cursor, own: 'others' })).entries).toEqual([]);
    third.end();
  });

  it('signs what it wrote itself, page by page, so that whoever reads it can hand it up', async () => {
    await join(joining, await newCode());
    serving.sell(['variant-1']);
    const { device } = serving.store;
    const handedUp: number[] = [];
    for (let after = '0.0', more = true; more;) {
      const page = await clientOf(joining).feed({ after, own: 'others', limit: 2 });
      ({ cursor: after, more } = page);
      const last = page.entries.at(-1);
      expect(page.heads).toMatchObject([{ device: device.deviceId, seq: last?.seq, hash: last?.hash }]);
      expect(page.heads.every((head) => isHeadSignedBy(head, device.publicKey))).toBe(true);
      handedUp.push(...page.heads.map(({ seq }) => seq));
    }
    expect(handedUp.at(-1)).toBe(chain(serving).at(-1)?.seq);
    expect(handedUp.length).toBeGreaterThan(1);
  });

  it('answers a gap, a fork and a forged signature by name, and keeps its books as they were', async () => {
    joining.put(makeItem(3));
    await join(joining, await newCode());
    const client = clientOf(joining);
    await expect(client.push(batchOf(joining, 1))).rejects.toMatchObject({ code: 'gap', head: { seq: 0 } });
    const batch = batchOf(joining);
    await expect(client.push({ ...batch, head: { ...batch.head, signature: 'AAAA' } })).rejects.toMatchObject({
      code: 'bad-signature',
    });
    expect(serving.store.sync.journal.head(joining.store.device.deviceId)).toBeNull();

    const clone = joining.cutPower();
    await client.push(batch);
    joining.put(makeItem(4));
    clone.put(makeItem(5));
    await client.push(batchOf(joining));
    await expect(clientOf(clone).push(batchOf(clone))).rejects.toMatchObject({
      code: 'forked',
      head: { seq: batch.head.seq },
    });
    expect(serving.store.catalogue.item('item-5')).toBeNull();
    clone.end();
  });

  it('lets nobody in who is no device of the stall, or was shut out by the hub', async () => {
    await expect(clientOf(joining).heads()).rejects.toMatchObject({ code: 'not-enrolled' });
    await join(joining, await newCode());
    expect((await clientOf(joining).heads()).heads.map(({ prefix }) => prefix)).toEqual(['T1']);
    revoked.add(joining.store.device.deviceId);
    await expect(clientOf(joining).heads()).rejects.toMatchObject({ code: 'revoked' });
    const page = await fetch(`${addressOf(server)}/v1/server`, { headers: { origin: 'http://evil.example' } });
    expect(page.status).toBe(403);
  });

  it('keeps whom it enrolled, and the tokens it gave, over a restart', async () => {
    await join(joining, await newCode());
    const client = clientOf(joining);
    await client.token();
    await server.close();
    serving.close();
    server = await serve(serving);
    connection.close();
    connection = openHttp(addressOf(server));
    expect((await clientOf(joining).heads()).heads).toHaveLength(1);
  });
});
