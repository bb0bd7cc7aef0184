import type { Database } from 'better-sqlite3';
import { prepared } from '../../journal/statements';
import { JournalReader, type ChainHead } from './journal-reader';
import type { People, PersonChange } from './people';

/** A hub, or a neighbour that serves the exchange. */
export interface Peer {
  readonly serverId: string;
  readonly role: 'hub' | 'neighbour';
  /** Where it answers: `https://hub.example`. */
  readonly address: string;
  /** Ed25519, SPKI DER in base64; learnt at enrolment. */
  readonly publicKey: string;
  /** Whom to encrypt a carried file to, or null. */
  readonly recipient: string | null;
  readonly stallId: string;
  readonly epoch: number;
  /** How far its feed was read: `epoch.sequence`. */
  readonly cursor: string;
  /** How far its people were read; 0 for not at all. */
  readonly peopleVersion: number;
  /** UTC instants. */
  readonly enrolledAt: string;
  readonly lastSuccessAt: string | null;
}

/** Something that went wrong in an exchange. */
export interface ExchangeFailure {
  readonly serverId: string;
  readonly code: string;
  /** One sentence. */
  readonly detail: string;
  /** UTC instant. */
  readonly at: string;
}

/** A shift of which a peer has other orders than this device. */
export interface ShiftMismatch {
  readonly serverId: string;
  readonly shiftId: string;
  /** UTC instant. */
  readonly at: string;
  readonly orders: readonly {
    readonly orderId: string;
    readonly number: string;
    readonly fault: 'missing-there' | 'missing-here' | 'differs';
  }[];
}

const BEGINNING = '0.0';
/** Failures kept; a device tells as many of itself. */
const FAILURES_KEPT = 20;

/**
 * What the exchange knows: peers, how far each has been read, what each confirmed. All of it could be asked for again,
 * so its writes do not wait for the disk: after a power cut it may be a little behind, never ahead.
 */
export class SyncState {
  /** Reads the journal for passing it on. */
  readonly journal: JournalReader;
  readonly #database: Database;
  readonly #people: People;
  readonly #ownDevices: () => readonly string[];
  readonly #write: (work: () => void) => void;
  readonly #peersChanged: () => void;

  /**
   * @param world.ownDevices this device and the ids it went by before
   * @param world.write runs a transaction that need not be durable when it returns
   * @param world.peersChanged hears when a peer came, went or moved
   */
  constructor(
    database: Database,
    world: {
      readonly people: People;
      readonly ownDevices: () => readonly string[];
      readonly write: (work: () => void) => void;
      readonly peersChanged: () => void;
    },
  ) {
    this.journal = new JournalReader(database);
    this.#database = database;
    this.#people = world.people;
    this.#ownDevices = world.ownDevices;
    this.#write = world.write;
    this.#peersChanged = world.peersChanged;
  }

  /** Every peer, newest enrolment first. */
  peers(): Peer[] {
    return prepared(
      this.#database,
      `SELECT server_id AS serverId, role, address, public_key AS publicKey, recipient, stall_id AS stallId, epoch, cursor,
         people_version AS peopleVersion, enrolled_at AS enrolledAt, last_success_at AS lastSuccessAt
       FROM peer ORDER BY enrolled_at DESC, server_id`,
    ).all() as Peer[];
  }

  /** The hub this device is enrolled at, or null. */
  hub(): Peer | null {
    return this.peers().find(({ role }) => role === 'hub') ?? null;
  }

  peer(serverId: string): Peer | null {
    return this.peers().find((peer) => peer.serverId === serverId) ?? null;
  }

  /**
   * Keeps a peer. One that was known keeps what was read of it and what it confirmed. A device has one hub: another one
   * takes its place.
   */
  putPeer(peer: Omit<Peer, 'cursor' | 'peopleVersion' | 'lastSuccessAt'>): void {
    const { serverId, role, address, publicKey, recipient, stallId, epoch, enrolledAt } = peer;
    this.#write(() => {
      if (role === 'hub') {
        for (const other of this.peers()) if (other.role === 'hub' && other.serverId !== serverId) this.#drop(other);
      }
      prepared(
        this.#database,
        `INSERT INTO peer VALUES (?, ?, ?, ?, ?, ?, ?, '${BEGINNING}', 0, ?, NULL)
         ON CONFLICT DO UPDATE SET role = excluded.role, address = excluded.address, public_key = excluded.public_key,
           recipient = excluded.recipient, stall_id = excluded.stall_id, enrolled_at = excluded.enrolled_at`,
      ).run(serverId, role, address, publicKey, recipient, stallId, epoch, enrolledAt);
    });
    this.#peersChanged();
  }

  /** Forgets a peer and all that is known of it. */
  removePeer(serverId: string): void {
    this.#write(() => this.#drop({ serverId }));
    this.#peersChanged();
  }

  #drop({ serverId }: Pick<Peer, 'serverId'>): void {
    for (const table of ['peer', 'peer_head', 'peer_person', 'shift_mismatch', 'exchange_error']) {
      prepared(this.#database, `DELETE FROM ${table} WHERE server_id = ?`).run(serverId);
    }
  }

  /** Notes how far a peer's feed was read. */
  moveCursor(serverId: string, to: Pick<Peer, 'epoch' | 'cursor'>): void {
    this.#write(() => this.setCursor(serverId, to));
  }

  /** The same, inside a transaction of the caller. */
  setCursor(serverId: string, { epoch, cursor }: Pick<Peer, 'epoch' | 'cursor'>): void {
    prepared(this.#database, 'UPDATE peer SET epoch = ?, cursor = ? WHERE server_id = ?').run(epoch, cursor, serverId);
  }

  /** Changes of people this peer was not told yet. */
  unsentPeople(serverId: string): PersonChange[] {
    const sent = new Map(
      prepared(this.#database, 'SELECT reference, at FROM peer_person WHERE server_id = ?').raw().all(serverId) as [
        string,
        string,
      ][],
    );
    return this.#people.changes().filter(({ reference, at }) => sent.get(reference) !== at);
  }

  /** Notes which changes of people a peer has: those it was told, or told us. */
  notePeopleSent(serverId: string, people: readonly Pick<PersonChange, 'reference' | 'at'>[]): void {
    this.#write(() => {
      const put = prepared(this.#database, 'INSERT OR REPLACE INTO peer_person VALUES (?, ?, ?)');
      for (const { reference, at } of people) put.run(serverId, reference, at);
    });
  }

  /** Notes how far a peer's people were read. */
  movePeopleVersion(serverId: string, version: number): void {
    this.#write(() => {
      prepared(this.#database, 'UPDATE peer SET people_version = ? WHERE server_id = ?').run(version, serverId);
    });
  }

  /** Notes that a peer has other orders of a shift than this device; an empty list says that both agree now. */
  noteMismatch({ serverId, shiftId, at, orders }: ShiftMismatch): void {
    this.#write(() => {
      prepared(this.#database, 'DELETE FROM shift_mismatch WHERE server_id = ? AND shift_id = ?').run(
        serverId,
        shiftId,
      );
      if (orders.length === 0) return;
      prepared(this.#database, 'INSERT INTO shift_mismatch VALUES (?, ?, ?, ?)').run(
        serverId,
        shiftId,
        at,
        JSON.stringify(orders),
      );
    });
  }

  /** Shifts of which a peer has other orders, oldest first. */
  mismatches(): ShiftMismatch[] {
    const rows = prepared(
      this.#database,
      'SELECT server_id AS serverId, shift_id AS shiftId, at, orders FROM shift_mismatch ORDER BY at',
    ).all() as (Omit<ShiftMismatch, 'orders'> & { readonly orders: string })[];
    return rows.map((row) => ({ ...row, orders: JSON.parse(row.orders) as ShiftMismatch['orders'] }));
  }

  /** Notes that an exchange with a peer went well. */
  noteSuccess(serverId: string, at: string): void {
    this.#write(() => {
      prepared(this.#database, 'UPDATE peer SET last_success_at = ? WHERE server_id = ?').run(at, serverId);
    });
  }

  /** Notes that an exchange failed. The same failure again only takes a new instant. */
  noteFailure({ serverId, code, detail, at }: ExchangeFailure): void {
    const shown = detail.slice(0, 300);
    this.#write(() => {
      const [newest] = this.failures();
      if (newest?.serverId === serverId && newest.code === code && newest.detail === shown) {
        prepared(
          this.#database,
          'UPDATE exchange_error SET at = ? WHERE error_key = (SELECT max(error_key) FROM exchange_error)',
        ).run(at);
        return;
      }
      prepared(this.#database, 'INSERT INTO exchange_error (server_id, code, detail, at) VALUES (?, ?, ?, ?)').run(
        serverId,
        code,
        shown,
        at,
      );
      prepared(
        this.#database,
        `DELETE FROM exchange_error WHERE error_key <= (SELECT max(error_key) FROM exchange_error) - ${FAILURES_KEPT}`,
      ).run();
    });
  }

  /** The last failures, newest first. */
  failures(): ExchangeFailure[] {
    return prepared(
      this.#database,
      'SELECT server_id AS serverId, code, detail, at FROM exchange_error ORDER BY error_key DESC',
    ).all() as ExchangeFailure[];
  }

  /**
   * Notes what a peer said it has of a device, and knows to be its own answer. Takes the place of what it said before,
   * also when it is less: a hub restored from a backup has less.
   * @param head `seq` 0 when it has nothing
   */
  acknowledge(serverId: string, { device, seq, hash }: ChainHead): void {
    this.#write(() => {
      prepared(this.#database, 'INSERT OR REPLACE INTO peer_head VALUES (?, ?, ?, ?)').run(serverId, device, seq, hash);
    });
  }

  /** What a peer has of a device, or null when it never said. */
  acknowledged(serverId: string, device: string): ChainHead | null {
    const sql = 'SELECT device, seq, hash FROM peer_head WHERE server_id = ? AND device = ?';
    return (prepared(this.#database, sql).get(serverId, device) as ChainHead | undefined) ?? null;
  }

  /**
   * What this device wrote and the hub has not confirmed: how many entries, and when the oldest was written (UTC
   * instant). Everything waits while there is no hub.
   */
  queue(): { readonly count: number; readonly oldestAt: string | null } {
    const hub = this.hub();
    let count = 0;
    let oldestAt: string | null = null;
    for (const device of this.#ownDevices()) {
      const confirmed = hub ? (this.acknowledged(hub.serverId, device)?.seq ?? 0) : 0;
      const waiting = this.#ownSeq(device) - confirmed;
      if (waiting <= 0) continue;
      count += waiting;
      const at = this.journal.entry(device, confirmed + 1)?.at.slice(0, INSTANT_LENGTH) ?? null;
      if (at !== null && (oldestAt === null || at < oldestAt)) oldestAt = at;
    }
    return { count, oldestAt };
  }

  /** The last entry that this device wrote under a name. Under one it gave up, another copy may have gone on. */
  #ownSeq(device: string): number {
    const seq = this.journal.head(device)?.seq ?? 0;
    const [current, ...formers] = this.#ownDevices();
    const successor = device === current ? undefined : (formers[formers.indexOf(device) + 1] ?? current);
    if (successor === undefined) return seq;
    const forkedAt = prepared(
      this.#database,
      `SELECT body ->> '$.fromSeq' FROM journal WHERE device = ? AND seq <= 5 AND kind = 'device.forked'`,
    )
      .pluck()
      .get(successor);
    return typeof forkedAt === 'number' ? Math.min(seq, forkedAt - 1) : seq;
  }

  /** Entries in the journal that no table shows: a newer device wrote them, or they are damaged. Visible to a person. */
  unapplied(): { readonly device: string; readonly seq: number; readonly kind: string; readonly why: string }[] {
    return prepared(
      this.#database,
      'SELECT device, seq, kind, why FROM unapplied_entry ORDER BY device, seq LIMIT 200',
    ).all() as ReturnType<SyncState['unapplied']>;
  }
}

/** `2026-11-22T09:05:00.000Z` of a hybrid instant. */
const INSTANT_LENGTH = 24;
