import type { signedHead, WireEntry, wirePerson } from '../../shared/exchange';
import type { z } from 'zod';
import type { ShiftAccount } from '../db/shift-accounts';
import type { Peer, ShiftMismatch } from '../db/sync-state';

export type { Peer };
export type WireHead = z.infer<typeof signedHead>;
export type WirePerson = z.infer<typeof wirePerson>;

/** How far a chain goes. */
export interface Head {
  /** 0 for a device nothing is known of. */
  readonly seq: number;
  readonly hash: string;
}

/** Who this device is now. */
export interface SyncDevice {
  readonly deviceId: string;
  readonly prefix: string;
  readonly publicKey: string;
  /** Names it wrote under before, oldest first: it holds their keys. */
  readonly formerDeviceIds: readonly string[];
}

/** A new name for this device, with its key, before it is taken on. */
export interface NewIdentity {
  readonly deviceId: string;
  readonly publicKey: string;
  /** PKCS 8 DER, base64. */
  readonly privateKey: string;
}

/** What a server has of this device, over its own signature. */
export interface Acknowledgement {
  readonly serverId: string;
  readonly role: Peer['role'];
  readonly device: string;
  readonly epoch: number;
  readonly head: Head;
  /** Orders among the entries just taken, with their places in the server's feed. */
  readonly orders: readonly { readonly orderId: string; readonly serverSeq: number }[];
  /** Entries the server has set aside for a person to look at. */
  readonly quarantined: readonly { readonly seq: number; readonly kind: string; readonly cause: string }[];
}

/** What became of a slice of other devices' entries. */
export interface Received {
  /** Devices whose entries did not follow on what is held: something in between is missing. */
  readonly missing: readonly string[];
  /** Devices, this one among them, of which the server has other entries than are held here. */
  readonly forked: readonly {
    readonly device: string;
    /** The first entry that differs; null when it lies somewhere before what came. */
    readonly fromSeq: number | null;
  }[];
}

export interface ReconciledShift {
  readonly shiftId: string;
  readonly serverId: string;
  readonly orderCount: number;
  readonly totalMinor: number;
  readonly ordersHash: string;
  /** How many entries had to be offered again. */
  readonly mended: number;
}

type Later<T> = T | Promise<T>;

/**
 * What the engine asks of the data folder. Readings may run on a connection of their own; what changes something is done by
 * the till's own thread, in pieces so small that a sale never waits for them. Everything is durable when it settles.
 */
export interface SyncStore {
  device(): Later<SyncDevice>;
  /** The stall this folder sells for, or null before it has one. */
  stallId(): Later<string | null>;
  peers(): Later<readonly Peer[]>;
  putPeer(peer: Peer): Later<void>;
  noteFailure(serverId: string, code: string, detail: string): Later<void>;
  /** Forgets a server and what it has acknowledged. */
  removePeer(serverId: string): Later<void>;

  /** Ed25519 over a text with the key of this device or of a name it had before, base64. */
  sign(text: string, deviceId?: string): Later<string>;
  /** This device joined: the fact is written, and the prefix counts from now on. */
  enrolled(joined: { readonly stallId: string; readonly prefix: string; readonly serverId: string }): Later<void>;
  /** Takes on a new name: own entries from `fromSeq` on are set aside and written again under it. */
  rename(renaming: {
    readonly fromSeq: number;
    readonly identity: NewIdentity;
    readonly prefix: string;
    readonly stallId: string;
    readonly serverId: string;
  }): Later<void>;

  /** What is held, device by device. */
  heads(): Later<readonly (Head & { readonly device: string })[]>;
  /** Hash of one entry, or null when it is not held. */
  hashOf(device: string, seq: number): Later<string | null>;
  /** The next entries of a device in order, at most so many and so many bytes, one at least while there is one. */
  entriesAfter(device: string, seq: number, limit: number, maxBytes: number): Later<readonly WireEntry[]>;
  /** The furthest head of a device that somebody signed, with `after < seq <= upTo`, or null. */
  signedHead(device: string, after: number, upTo: number): Later<WireHead | null>;
  /** Keeps entries of other devices, and of this one read back. The caller keeps slices small. */
  receive(entries: readonly WireEntry[], heads: readonly WireHead[]): Later<Received>;

  /**
   * Sets aside what is held of another device from `fromSeq` on, because the hub has something else there. It stays
   * readable, and a person is told.
   */
  setAside(device: string, fromSeq: number): Later<void>;

  /** How far a server has this device's entries as far as it has signed, 0 for nothing. */
  acknowledgedSeq(serverId: string, device: string): Later<number>;
  acknowledge(acknowledgement: Acknowledgement): Later<void>;
  /** The server has lost entries it had acknowledged: they wait again. */
  unacknowledge(serverId: string, device: string, seq: number): Later<void>;
  /** What waits for the hub. */
  queue(): Later<{ readonly queued: number; readonly oldestAt: string | null }>;

  /** Everybody known or forgotten, of whom a server was not told yet; or all, for one that may have lost them. */
  people(serverId: string, which: 'unsent' | 'all'): Later<readonly WirePerson[]>;
  peopleSent(serverId: string, people: readonly WirePerson[]): Later<void>;
  /** @param version up to which the server's people are read with these */
  receivePeople(serverId: string, people: readonly WirePerson[], version: number): Later<void>;

  /** Closed shifts of this device that no hub has confirmed yet, oldest first, whose every order this one has acknowledged. */
  unreconciled(serverId: string): Later<readonly ShiftAccount[]>;
  reconciled(shift: ReconciledShift): Later<void>;
  mismatched(mismatch: ShiftMismatch): Later<void>;
}
