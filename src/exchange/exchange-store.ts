import type { z } from 'zod';
import type {
  deviceHead,
  deviceStatus,
  entryReceipt,
  ExchangeErrorCode,
  QUARANTINE_CAUSES,
  reconcileResponse,
  shiftSums,
  signedHead,
  WireEntry,
  wirePerson,
} from '../shared/exchange';

export type EntryReceipt = z.infer<typeof entryReceipt>;
export type SignedHead = z.infer<typeof signedHead>;
export type DeviceHead = z.infer<typeof deviceHead>;
export type DeviceStatus = z.infer<typeof deviceStatus>;
export type WirePerson = z.infer<typeof wirePerson>;
export type ShiftSums = z.infer<typeof shiftSums>;
export type ShiftOrder = z.infer<typeof reconcileResponse>['orders'][number];
export type QuarantineCause = (typeof QUARANTINE_CAUSES)[number];

/** Sequence number and hash of the last entry held of a device; 0 and zeros when there is none. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** Why a request is refused: thrown by the server and by its store, and sent as the answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ExchangeErrorCode;
  readonly head: ChainHead | undefined;
  readonly retryAfterMs: number | undefined;

  /**
   * @param message one sentence that names the mend
   * @param details.head of `gap` and `forked`
   */
  constructor(
    code: ExchangeErrorCode,
    message: string,
    details: { readonly head?: ChainHead; readonly retryAfterMs?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.code = code;
    this.head = details.head;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Said to a device that the operator does not want any more. */
export function revoked(): Refusal {
  return new Refusal('revoked', 'This device was shut out by the operator.');
}

/** A device as its server knows it. */
export interface KnownDevice {
  readonly stallId: string;
  readonly deviceId: string;
  /** Ed25519, SPKI DER in base64. */
  readonly publicKey: string;
  readonly isRevoked: boolean;
}

/** An enrolment whose signatures the server has checked already, but for the former device's (see `isSucceeding`). */
export interface Enrolment {
  /** Of the code as it is kept; null for a successor. */
  readonly codeHash: string | null;
  /**
   * The device it continues. `isSignedBy` says whether the former device signed the succession, given its key.
   */
  readonly former: { readonly deviceId: string; isSignedBy(publicKey: string): boolean } | null;
  readonly deviceId: string;
  readonly publicKey: string;
  readonly prefix: string;
  readonly stallId: string | null;
  readonly name: string;
}

/** What was found wrong with one entry. It is kept all the same, and stands aside. */
export interface Finding {
  readonly seq: number;
  readonly cause: QuarantineCause;
  /** What exactly, for a person. */
  readonly detail: string;
}

/** The entries of a batch: a list of them, or packed for whoever keeps them. */
export interface BatchEntries extends Iterable<WireEntry> {
  readonly length: number;
  at(index: number): WireEntry | undefined;
}

/** What can be said of a batch without knowing anything of its device; see `readBatch`. */
export interface LookedAt {
  /** Of one device, gapless, in order, at least one. */
  readonly entries: BatchEntries;
  /** Of the last entry. */
  readonly head: SignedHead;
  /** What was found of its entries while nobody knew what came before the first: see `findingsAfter`. */
  readonly findings: readonly Finding[];
  /** The server's clock then. */
  readonly nowMs: number;
}

/** How a device makes itself known. */
export type Introduction = Pick<KnownDevice, 'publicKey'> & { readonly prefix: string };

/** A batch whose head is signed by its device. What was found of entries that are new is noted as they are kept. */
export interface Append extends LookedAt {
  readonly stallId: string;
  /** Who brings the entries: the device itself or a neighbour. */
  readonly broughtBy: string;
  /** Set when this server does not know the entries' device: the first of them registers it. */
  readonly introduction: Introduction | null;
}

export interface Appended {
  readonly epoch: number;
  readonly receipts: EntryReceipt[];
  readonly head: ChainHead;
}

/** A place in a stall's feed. */
export interface FeedPlace {
  readonly epoch: number;
  readonly serverSeq: number;
}

export interface FeedAddition {
  readonly stallId: string;
  /** Whose entries they are. */
  readonly device: string;
  readonly place: FeedPlace;
}

export interface FeedPage {
  /** Where to read on; its epoch is the present one. */
  readonly place: FeedPlace;
  readonly more: boolean;
  readonly entries: readonly WireEntry[];
  readonly heads: readonly SignedHead[];
}

/** How much of a photo or clip is here. */
export interface PhotoState {
  readonly storedBytes: number;
  readonly totalBytes: number;
}

export interface PhotoPart {
  readonly stallId: string;
  readonly sha256: string;
  readonly offset: number;
  readonly totalBytes: number;
  readonly bytes: Buffer;
}

/**
 * What a server of the exchange keeps, on PostgreSQL for a hub, on SQLite for a till that serves its neighbours. Every
 * method may throw a `Refusal`; anything else that is thrown is a fault of the server. What a method has answered is
 * durable.
 */
export interface ExchangeStore {
  /** Grows whenever this store was restored from a backup. */
  epoch(): Promise<number>;
  /** The end of a stall's feed. */
  place(stallId: string): Promise<FeedPlace>;

  /**
   * Enrols a device, or says again what it was told when it repeats itself.
   * Refuses with `bad-code`, `wrong-stall`, `revoked`, `bad-signature`, `not-enrolled` (the former device).
   */
  enrol(enrolment: Enrolment): Promise<{ readonly stallId: string; readonly prefix: string }>;
  /** Keeps a code for one more device of a stall. */
  addCode(code: {
    readonly stallId: string;
    readonly codeHash: string;
    readonly name: string;
    readonly expiresAt: Date;
  }): Promise<void>;

  /** A device whose stall is not known yet. */
  findDevice(deviceId: string): Promise<KnownDevice | null>;
  device(stallId: string, deviceId: string): Promise<KnownDevice | null>;

  /**
   * Takes a batch: all of what is new in it or, when it throws, nothing. Calls of the same stall follow each other, so that
   * whoever reads the feed up to a place has all that will ever lie before it.
   *
   * Refuses with `gap` (begin again after `head`), with `forked` (`head` is the last entry held before the first difference
   * that could be seen; when the sender's own entry of that number is another one, it offers those up to it, and so on
   * back), with `revoked` and with `not-enrolled`.
   */
  append(batch: Append): Promise<Appended>;

  /**
   * Entries after a place, in the order in which they were committed. A place of an older epoch is led back to what was
   * still there when the next one began.
   * @param without a device whose entries are left out, or null
   */
  feed(query: {
    readonly stallId: string;
    readonly after: FeedPlace;
    readonly limit: number;
    readonly without: string | null;
  }): Promise<FeedPage>;
  /** Calls back after entries of a device were added to its stall's feed: a hint, which may be missing or come twice. */
  onAdded(listener: (added: FeedAddition) => void): () => void;

  heads(stallId: string): Promise<readonly DeviceHead[]>;
  /** A device's word of itself; also notes that it was here. */
  noteStatus(stallId: string, deviceId: string, status: DeviceStatus): Promise<void>;

  /** The newest word on each person wins. */
  putPeople(stallId: string, people: readonly WirePerson[]): Promise<void>;
  people(stallId: string, after: number): Promise<{ readonly people: readonly WirePerson[]; readonly version: number }>;

  /** Every order that a device placed in a shift, in the order of `seq`; of entries not in quarantine. */
  shiftOrders(stallId: string, device: string, shiftId: string): Promise<readonly ShiftOrder[]>;

  /** Null while nothing of it has come. */
  photoState(stallId: string, sha256: string): Promise<PhotoState | null>;
  /**
   * Adds the next part; the last one is followed by the check of the hash.
   * Refuses with `gap` (the part does not begin where the photo ends) and `bad-request` (the whole is another photo and was
   * thrown away).
   */
  putPhotoPart(part: PhotoPart): Promise<PhotoState>;
  /** At most so many bytes of a whole photo or clip from an offset on, or null. */
  readPhoto(stallId: string, sha256: string, offset: number, most: number): Promise<Buffer | null>;
}
