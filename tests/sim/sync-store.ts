import type { Store } from '../../src/main/db/store';
import type { SyncStore } from '../../src/main/sync/sync-store';

const INSTANT_LENGTH = 24;

export function syncStoreOf(store: Store): SyncStore {
  const { sync } = store;
  return {
    device: () => ({ ...store.device, formerDeviceIds: [] }),
    stallId: () => store.stall.get()?.stallId ?? null,
    peers: () => sync.peers().map((peer) => ({ ...peer, peopleVersion: 0 })),
    putPeer: (peer) => {
      if (!sync.peer(peer.serverId)) sync.putPeer({ ...peer, enrolledAt: '2026-06-13T09:00:00.000Z' });
      sync.moveCursor(peer.serverId, peer);
      if (peer.lastSuccessAt) sync.noteSuccess(peer.serverId, peer.lastSuccessAt);
    },
    removePeer: (serverId) => sync.removePeer(serverId),
    sign: (text, deviceId) => store.keys.sign(deviceId ?? store.device.deviceId, text),
    enrolled: (joined) => {
      store.commit({
        actor: null,
        drafts: [{ kind: 'device.enrolled', body: { deviceId: store.device.deviceId, ...joined } }],
        result: null,
      });
    },
    rename: () => {
      throw new Error('not yet');
    },
    heads: () => sync.journal.heads(),
    hashOf: (device, seq) => sync.journal.entry(device, seq)?.hash ?? null,
    entriesAfter: (device, seq, limit, maxBytes) =>
      sync.journal.entriesAfter(device, seq, { entries: limit, bodyBytes: maxBytes }),
    signedHead: (device, after, upTo) => sync.journal.signedHeads(device, after + 1, upTo).at(-1) ?? null,
    receive: (entries, heads) => {
      const { refused } = store.receive(entries, heads);
      return {
        missing: refused.filter(({ why }) => why === 'gap').map(({ device }) => device),
        isForked: refused.some(({ why, device }) => why === 'forked' && device === store.device.deviceId),
      };
    },
    acknowledgedSeq: (serverId, device) => sync.acknowledged(serverId, device)?.seq ?? 0,
    acknowledge: ({ serverId, device, head }) => sync.acknowledge(serverId, { device, ...head }),
    unacknowledge: (serverId, device, seq) =>
      sync.acknowledge(serverId, { device, seq, hash: sync.journal.entry(device, seq)?.hash ?? '' }),
    queue: () => {
      const { count, oldestAt } = sync.queue();
      return { queued: count, oldestAt: oldestAt?.slice(0, INSTANT_LENGTH) ?? null };
    },
    unsentPeople: () => [],
    peopleSent: () => undefined,
    receivePeople: () => undefined,
    unreconciled: () => [],
    reconciled: () => undefined,
    mismatched: () => undefined,
  };
}
