/** The queue on its way to the hub by hand: what to write on a stick, and the hub's answer that comes back on it. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { writeCarriedFile, type CarriedBatch } from '../../exchange/carried-file';
import { isSignedBy, signedTexts } from '../../exchange/signatures';
import { carriedAnswer, EXCHANGE_VERSION, MAX_BATCH_BYTES, MAX_BATCH_ENTRIES } from '../../shared/exchange';
import type { Peer, SyncStore } from './sync-store';

/** Room in a batch for what is not bodies. */
const BODY_BYTES = MAX_BATCH_BYTES / 2;

/** Why nothing was carried; `code` is one of the contract's. */
export class CarryFailure extends Error {
  readonly code: 'no-server' | 'bad-file';

  constructor(code: CarryFailure['code'], message: string) {
    super(message);
    this.name = 'CarryFailure';
    this.code = code;
  }
}

/**
 * Writes what the hub has not acknowledged into a file only it can read: this till's entries, and those of neighbours as far
 * as they signed them.
 * @param there how far the hub was seen to have other devices
 * @throws CarryFailure `no-server` without a hub, or with one that takes no files; what the file system says
 */
export async function carryOut(
  store: SyncStore,
  { path, there, now }: { readonly path: string; readonly there: ReadonlyMap<string, number>; readonly now: Date },
): Promise<{ readonly entries: number }> {
  const hub = (await store.peers()).find(({ role }) => role === 'hub');
  if (!hub?.recipient) throw new CarryFailure('no-server', 'Join a hub first: the file is encrypted to it.');
  const { deviceId } = await store.device();
  return writeCarriedFile(path, {
    recipient: hub.recipient,
    manifest: {
      trestle: 'carried',
      version: EXCHANGE_VERSION,
      stallId: hub.stallId,
      device: deviceId,
      serverId: hub.serverId,
      madeAt: now.toISOString(),
    },
    batches: waitingBatches(store, hub, there),
  });
}

async function* waitingBatches(
  store: SyncStore,
  hub: Peer,
  there: ReadonlyMap<string, number>,
): AsyncGenerator<CarriedBatch> {
  const { deviceId, formerDeviceIds } = await store.device();
  const own = new Set([deviceId, ...formerDeviceIds]);
  for (const { device } of await store.heads()) {
    let from = own.has(device) ? await store.acknowledgedSeq(hub.serverId, device) : (there.get(device) ?? 0);
    for (;;) {
      // Others' entries go as far as they signed them: the hub believes nobody else about them.
      const signed = own.has(device) ? null : await store.signedHead(device, from, from + MAX_BATCH_ENTRIES);
      if (!own.has(device) && signed === null) break;
      const most = signed === null ? MAX_BATCH_ENTRIES : signed.seq - from;
      const entries = [...(await store.entriesAfter(device, from, most, BODY_BYTES))];
      const last = entries.at(-1);
      if (last === undefined || (signed !== null && last.seq !== signed.seq)) break;
      const { seq, hash } = last;
      const signature = signed?.signature ?? (await store.sign(signedTexts.head({ device, seq, hash }), device));
      yield { entries, head: { device, seq, hash, signature } };
      from = seq;
    }
  }
}

/**
 * Takes the hub's answer to a carried file, which came back on the stick: what it signed as durable waits no more.
 * @returns how many devices' entries it acknowledged
 * @throws CarryFailure `bad-file` for a file that is none, of another hub or not signed by ours
 */
export async function carryBack(store: SyncStore, path: string): Promise<{ readonly acknowledged: number }> {
  const { serverId, answers } = await readAnswer(path);
  const hub = (await store.peers()).find((peer) => peer.serverId === serverId);
  if (!hub) throw new CarryFailure('bad-file', 'This answer is of a hub that this till has not joined.');
  const { deviceId, formerDeviceIds } = await store.device();
  let acknowledged = 0;
  for (const { device, head, epoch, signature } of answers) {
    if (!isSignedBy(signedTexts.acknowledgement(device, head, epoch), signature, hub.publicKey)) {
      throw new CarryFailure('bad-file', 'This answer was not signed by the hub of this till.');
    }
    const isOwn = device === deviceId || formerDeviceIds.includes(device);
    // A stick may lie in a pocket for days: what is known better by now stays.
    if (!isOwn || head.seq <= (await store.acknowledgedSeq(serverId, device))) continue;
    if ((await store.hashOf(device, head.seq)) !== head.hash) continue;
    await store.acknowledge({ serverId, role: hub.role, device, epoch, head, orders: [], quarantined: [] });
    acknowledged += 1;
  }
  return { acknowledged };
}

async function readAnswer(path: string): Promise<z.infer<typeof carriedAnswer>> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const parsed = carriedAnswer.safeParse(json);
  if (!parsed.success) throw new CarryFailure('bad-file', 'This is no answer of a hub to a carried queue.');
  return parsed.data;
}
