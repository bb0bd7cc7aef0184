import type { Database } from 'better-sqlite3';
import { checkOrder } from '../domain/order';
import { readOrderCopy } from '../domain/order-copy';
import { projectBacklog } from './catalogue-projection';
import { canonicalJson, entryHash, verifyChain, type SealedEntry } from './entry';
import { isHeadSignedBy, type SignedHead } from './identity';
import { insertJournalRow, journalHead, journalRows } from './journal-rows';
import type { Entry } from './kinds';
import { entryApplier } from './projector';
import { createReadModels, READ_MODEL_TABLES, READ_MODEL_VERSION, readModelRows } from './read-models';
import { isCopySignedBy } from './signed-copy';

/** Something that is not as it must be. */
export interface Finding {
  readonly code: FindingCode;
  /** One sentence that names the entry, order or table. */
  readonly detail: string;
}

export type FindingCode =
  /** A sequence number is missing. */
  | 'gap'
  /** An entry does not follow from the one before. */
  | 'wrong-link'
  /** An entry is not what it was when it was hashed. */
  | 'wrong-hash'
  | 'unreadable'
  /** The chain is shorter than the device once signed, or not what it signed. */
  | 'wrong-head'
  /** An order's sums do not hold. */
  | 'bad-order'
  /** A table is not what a replay of the journal gives. */
  | 'read-model-differs'
  /** SQLite finds the file itself unsound. */
  | 'damaged-file';

export interface VerifyReport {
  readonly findings: readonly Finding[];
  readonly entryCount: number;
  readonly orderCount: number;
  /** Entries set aside because two devices wrote under one name. */
  readonly asideCount: number;
  /** Per device: how long its chain is and up to where its key vouches for it. */
  readonly devices: readonly { readonly device: string; readonly lastSeq: number; readonly signedSeq: number | null }[];
}

/**
 * Checks everything that can be checked of a store: the file, the chains, the signed heads, the arithmetic of every
 * order, and that a replay gives the read models there are.
 * @param database a private copy of the store: an import caught half way is applied to its end in it
 * @param scratch an empty database to replay into
 */
export function verifyStore(database: Database, scratch: Database): VerifyReport {
  const findings: Finding[] = [];
  const find = (code: FindingCode, detail: string) => findings.push({ code, detail });

  const fileCheck = database.pragma('integrity_check(5)') as { integrity_check: string }[];
  for (const { integrity_check: said } of fileCheck) if (said !== 'ok') find('damaged-file', said);

  for (const { device, seq, fault } of verifyChain(journalRows(database))) {
    find(fault, `Entry ${seq} of ${device}: ${CHAIN_WORDS[fault]}`);
  }
  const devices = checkHeads(database, find);
  const asideCount = checkAside(database, find);

  let entryCount = 0;
  let orderCount = 0;
  startScratch(database, scratch);
  scratch.transaction(() => {
    const apply = entryApplier(scratch);
    for (const row of journalRows(database)) {
      entryCount += 1;
      insertJournalRow(scratch, row);
      const applied = apply(row);
      if (!applied.ok) {
        find('unreadable', `Entry ${row.seq} of ${row.device} (${row.kind}): ${applied.unreadable.why}`);
        continue;
      }
      const { entry } = applied;
      if (isOrderPlaced(entry)) {
        orderCount += 1;
        const { order } = entry.body;
        for (const violation of checkOrder(order)) find('bad-order', `Order ${order.number}: ${violation}`);
      }
      if (isOrderRecovered(entry)) {
        const { order } = entry.body;
        for (const violation of checkOrder(order)) find('bad-order', `Order ${order.number}: ${violation}`);
        if (!isCopySigned(entry.body))
          find('bad-order', `Order ${order.number} is not what its receipt was signed for`);
      }
      // At once, where the till takes its time: what the two have must not depend on when.
      if (entry.kind === 'catalogue.import-committed') while (projectBacklog(scratch, reportedAbove));
    }
  })();

  const version = database.prepare(`SELECT value FROM meta WHERE key = 'read_model_version'`).pluck().get();
  // Tables of another version are rebuilt at the next start: there is nothing to hold them against.
  if (version === READ_MODEL_VERSION) {
    database.transaction(() => {
      while (projectBacklog(database, reportedAbove));
    })();
    for (const difference of compareReadModels(database, scratch)) find('read-model-differs', difference);
  }
  return { findings, entryCount, orderCount, asideCount, devices };
}

/** A part of an import that cannot be read was met as an entry already. */
const reportedAbove = (): void => undefined;

const CHAIN_WORDS = {
  gap: 'the entry before it is missing',
  'wrong-link': 'it does not follow from the entry before it',
  'wrong-hash': 'it was changed after it was written',
} as const;

function isOrderPlaced(entry: Entry): entry is Entry<'order.placed'> {
  return entry.kind === 'order.placed';
}

function isOrderRecovered(entry: Entry): entry is Entry<'order.recovered'> {
  return entry.kind === 'order.recovered';
}

/** Whether the copy in a recovered order is of it, and signed with the key that it names. */
function isCopySigned({ order, deviceId, copy, signedBy }: Entry<'order.recovered'>['body']): boolean {
  const read = readOrderCopy(`#${copy}`);
  if (read === null || read.copy.orderId !== order.orderId || read.copy.deviceId !== deviceId) return false;
  const isSame = read.copy.totalMinor === order.totalMinor && read.copy.number === order.number;
  return isSame && isCopySignedBy(read, signedBy);
}

function checkHeads(database: Database, find: (code: FindingCode, detail: string) => void): VerifyReport['devices'] {
  const ids = database.prepare('SELECT DISTINCT device FROM journal ORDER BY device').pluck().all() as string[];
  const keyOf = database.prepare(
    `SELECT body ->> '$.publicKey' FROM journal WHERE device = ? AND kind = 'device.registered'`,
  );
  // This device's own signatures, and those that came with other devices' entries.
  const headOf = database.prepare(
    `SELECT * FROM (SELECT * FROM signed_head UNION ALL SELECT * FROM relay_head) WHERE device = ? ORDER BY seq DESC LIMIT 1`,
  );
  const hashAt = database.prepare('SELECT hash FROM journal WHERE device = ? AND seq = ?');
  return ids.map((device) => {
    const lastSeq = journalHead(database, device)?.seq ?? 0;
    const head = headOf.get(device) as SignedHead | undefined;
    if (head === undefined) return { device, lastSeq, signedSeq: null };
    const publicKey = keyOf.pluck().get(device);
    if (typeof publicKey !== 'string') find('wrong-head', `${device} never registered its key`);
    else if (!isHeadSignedBy(head, publicKey)) find('wrong-head', `The signed head of ${device} was forged`);
    if (head.seq > lastSeq) {
      find('wrong-head', `${device} signed entry ${head.seq}, but its chain ends at ${lastSeq}`);
    } else if (hashAt.pluck().get(device, head.seq) !== head.hash) {
      find('wrong-head', `Entry ${head.seq} of ${device} is not the one it signed`);
    }
    return { device, lastSeq, signedSeq: head.seq };
  });
}

/**
 * Checks what was set aside because two devices wrote under one name: each entry as it was hashed, and following from one
 * that is here.
 * @returns how many there are
 */
function checkAside(database: Database, find: (code: FindingCode, detail: string) => void): number {
  const rows = database.prepare('SELECT * FROM forked_entry ORDER BY position').all() as SealedEntry[];
  const linked = database.prepare(
    `SELECT 1 FROM (SELECT device, seq, hash FROM journal UNION ALL SELECT device, seq, hash FROM forked_entry)
     WHERE device = ? AND seq = ? AND hash = ?`,
  );
  for (const entry of rows) {
    const { device, seq, prev, hash } = entry;
    const what = `Entry ${seq} of ${device}, which was set aside`;
    if (entryHash(entry) !== hash) find('wrong-hash', `${what}: ${CHAIN_WORDS['wrong-hash']}`);
    if (seq > 1 && linked.get(device, seq - 1, prev) === undefined) {
      find('wrong-link', `${what}: ${CHAIN_WORDS['wrong-link']}`);
    }
  }
  return rows.length;
}

/** Gives the scratch database the journal table and empty read models. */
function startScratch(database: Database, scratch: Database): void {
  const journal = database.prepare(`SELECT sql FROM sqlite_schema WHERE name = 'journal'`).pluck().get() as string;
  scratch.exec(journal);
  createReadModels(scratch);
}

/**
 * Compares the read models of two databases, row by row.
 * @returns one sentence for each table that differs
 */
export function compareReadModels(live: Database, replayed: Database): string[] {
  return READ_MODEL_TABLES.flatMap((table) => {
    const ours = readModelRows(live, table);
    const theirs = readModelRows(replayed, table);
    for (let row = 1; ; row += 1) {
      const a = ours.next();
      const b = theirs.next();
      if (a.done && b.done) return [];
      const left = a.done ? 'nothing' : rowText(a.value);
      const right = b.done ? 'nothing' : rowText(b.value);
      if (left !== right) {
        ours.return(undefined);
        theirs.return(undefined);
        return [`${table}, row ${row}: holds ${left.slice(0, 200)}, a replay gives ${right.slice(0, 200)}`];
      }
    }
  });
}

/** A row as text. JSON within it says the same whatever the order of its keys: the till writes it as it thinks, a replay as it is read. */
function rowText(row: unknown): string {
  return JSON.stringify(row, (_key, value: unknown) => {
    if (typeof value !== 'string' || !/^[{[]/.test(value)) return value;
    try {
      return canonicalJson(JSON.parse(value));
    } catch {
      return value;
    }
  });
}
