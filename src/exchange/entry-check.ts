import { checkOrder } from '../domain/order';
import { wallMs } from '../journal/clock';
import { entryHash, readHashed } from '../journal/entry';
import { ENTRY_KINDS } from '../journal/kinds';
import type { WireEntry } from '../shared/exchange';
import type { Finding, LookedAt } from './exchange-store';

/** An honest clock that was set wrong is rarely further ahead than a time zone. */
export const FUTURE_CLOCK_MS = 24 * 60 * 60 * 1000;

/**
 * Looks at entries of one device, which follow each other, for what a person must decide about. Each is looked at by
 * itself: a poisoned one stands aside and the next may be sound.
 *
 * A clock that was ahead leaves its mark: a device's instants never run backwards, so once it is set right they stand still at
 * the furthest it ever showed, and only their counter goes on, until time has caught up. Such entries say nothing wrong and are
 * not held against it; those that moved the mark are, and orders that give a day to come themselves.
 * @param prev the hash that the first of them must follow
 * @param prevAt the instant of that entry, where it is known
 */
export function examineEntries(
  entries: readonly WireEntry[],
  prev: string,
  nowMs: number,
  prevAt: string | null = null,
): Finding[] {
  const findings: Finding[] = [];
  let expected = prev;
  let before = prevAt;
  for (const entry of entries) {
    const found = entry.prev === expected ? faultOf(entry, before, nowMs) : linkFault;
    if (found !== null) findings.push({ seq: entry.seq, ...found });
    expected = entry.hash;
    before = entry.at;
  }
  return findings;
}

/** Whether what was found of a batch hangs on how far the clock of its device had been before. */
export function hangsOnClock({ entries, findings: [first] }: Pick<LookedAt, 'entries' | 'findings'>): boolean {
  return first?.cause === 'future-clock' && first.seq === entries.at(0)?.seq;
}

/**
 * What was found of a batch, once it is known what came before it: an entry that goes on from there says nothing wrong.
 * @param prevAt the instant of the entry before the first one
 */
export function findingsAfter(batch: LookedAt, prevAt: string | null): readonly Finding[] {
  const first = batch.entries.at(0);
  if (!first || !hangsOnClock(batch)) return batch.findings;
  return [...examineEntries([first], first.prev, batch.nowMs, prevAt), ...batch.findings.slice(1)];
}

type Fault = Pick<Finding, 'cause' | 'detail'>;

const linkFault: Fault = { cause: 'wrong-hash', detail: 'it does not follow the entry before it' };

function faultOf(sealed: WireEntry, before: string | null, nowMs: number): Fault | null {
  if (entryHash(sealed) !== sealed.hash) return { cause: 'wrong-hash', detail: 'its hash is not that of its content' };
  if (!Object.hasOwn(ENTRY_KINDS, sealed.kind)) {
    return { cause: 'unknown-kind', detail: `no kind "${sealed.kind}" is known here` };
  }
  const read = readHashed(sealed);
  if (!read.ok) return { cause: 'bad-body', detail: read.unreadable.why };
  const { entry } = read;
  if (entry.kind === 'order.placed' || entry.kind === 'order.recovered') {
    const { order } = entry.body as { order: Parameters<typeof checkOrder>[0] };
    const broken = checkOrder(order);
    if (broken.length > 0) return { cause: 'bad-order', detail: broken.join('; ') };
    if (Date.parse(order.placedAt) > nowMs + FUTURE_CLOCK_MS) return aheadOfTime(order.placedAt);
  }
  return clockFault(sealed.at, before, nowMs);
}

function clockFault(at: string, before: string | null, nowMs: number): Fault | null {
  try {
    const wall = wallMs(at);
    if (wall <= nowMs + FUTURE_CLOCK_MS || (before !== null && isAtMark(wall, before))) return null;
  } catch {
    return { cause: 'bad-body', detail: 'its instant is none' };
  }
  return aheadOfTime(at);
}

/** Whether an instant is where the one before left the clock; a counter that is full goes on in the next millisecond. */
function isAtMark(wall: number, before: string): boolean {
  try {
    return wall <= wallMs(before) + 1;
  } catch {
    // What was kept before may be damaged.
    return false;
  }
}

function aheadOfTime(at: string): Fault {
  return { cause: 'future-clock', detail: `it was written at ${at.slice(0, 24)}, more than a day from now` };
}

/**
 * Whether an entry can be kept and given back as it is: PostgreSQL keeps no NUL, and half of a surrogate pair has no UTF-8.
 * No till writes either.
 */
export function isKeepable({ body, device, id, kind, at, event, actor }: WireEntry): boolean {
  return [body, device, id, kind, at, event ?? '', actor ?? ''].every(
    (text) => text.isWellFormed() && !text.includes('\0'),
  );
}
