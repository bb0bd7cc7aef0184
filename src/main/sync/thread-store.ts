import type { JournalReader } from '../db/journal-reader';
import type { ShiftAccounts } from '../db/shift-accounts';
import type { Head, SyncDevice, SyncStore, WireHead } from './sync-store';
import type { StoreMethod } from './worker-messages';
import type { WireEntry } from '../../shared/exchange';

type Ask = (method: StoreMethod, ...given: readonly unknown[]) => Promise<unknown>;

/**
 * The data folder as the thread sees it: the journal is read on a connection of its own, everything else is asked of the
 * till's thread, which alone writes.
 */
export function threadStore(journal: JournalReader, accounts: ShiftAccounts, ask: Ask): SyncStore {
  const asked =
    (method: StoreMethod) =>
    (...given: readonly unknown[]): Promise<never> =>
      ask(method, ...given) as Promise<never>;
  return {
    heads: () => journal.heads(),
    hashOf: (device, seq) => hashOf(journal, device, seq),
    entriesAfter: (device, seq, limit, maxBytes) => entriesAfter(journal, device, seq, limit, maxBytes),
    signedHead: (device, after, upTo) => signedHead(journal, device, after, upTo),

    device: asked('device'),
    stallId: asked('stallId'),
    peers: asked('peers'),
    putPeer: asked('putPeer'),
    removePeer: asked('removePeer'),
    noteFailure: asked('noteFailure'),
    sign: asked('sign'),
    enrolled: asked('enrolled'),
    rename: asked('rename'),
    receive: asked('receive'),
    setAside: asked('setAside'),
    acknowledgedSeq: asked('acknowledgedSeq'),
    acknowledge: asked('acknowledge'),
    unacknowledge: asked('unacknowledge'),
    queue: asked('queue'),
    people: asked('people'),
    peopleSent: asked('peopleSent'),
    receivePeople: asked('receivePeople'),
    async unreconciled(serverId) {
      const { deviceId } = (await ask('device')) as SyncDevice;
      return accounts.unreconciled(deviceId, (await ask('acknowledgedSeq', serverId, deviceId)) as number);
    },
    async reconciled(shift) {
      await ask('reconciled', shift);
      accounts.settle(shift.shiftId);
    },
    mismatched: asked('mismatched'),
  };
}

export function hashOf(journal: JournalReader, device: string, seq: number): string | null {
  return journal.entry(device, seq)?.hash ?? null;
}

export function entriesAfter(
  journal: JournalReader,
  device: string,
  seq: Head['seq'],
  limit: number,
  maxBytes: number,
): readonly WireEntry[] {
  return journal.entriesAfter(device, seq, { entries: limit, bodyBytes: maxBytes });
}

export function signedHead(journal: JournalReader, device: string, after: number, upTo: number): WireHead | null {
  return journal.signedHeads(device, after + 1, upTo).at(-1) ?? null;
}
