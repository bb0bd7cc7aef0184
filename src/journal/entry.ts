import { hash as digest } from 'node:crypto';
import canonicalize from 'canonicalize';
import { parseAsIs } from '../shared/as-is';
import { isInstantOf } from './clock';
import { ENTRY_KINDS, type Entry, type EntryKind } from './kinds';

/** What the first entry of a device gives as the hash before it. */
export const ZERO_HASH = '0'.repeat(64);

/**
 * A journal entry with its body as the canonical text that was hashed. Kept as text wherever nobody needs to look
 * inside, so that no parse and print in between can change a byte.
 */
export interface SealedEntry {
  readonly device: string;
  readonly seq: number;
  readonly id: string;
  readonly kind: string;
  readonly at: string;
  readonly event: string | null;
  readonly actor: string | null;
  /** RFC 8785 JSON. */
  readonly body: string;
  readonly prev: string;
  readonly hash: string;
}

/**
 * The canonical JSON (RFC 8785) of a value.
 * @throws when the value holds what JSON cannot say (NaN, an infinity, undefined itself)
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('undefined has no JSON');
  return text;
}

/**
 * The canonical JSON of an entry without `prev` and `hash`. Its keys are written in RFC 8785 order by hand, because the
 * body is canonical text already and may be megabytes long.
 */
export function canonicalEntry(entry: Omit<SealedEntry, 'prev' | 'hash'>): string {
  return (
    `{"actor":${JSON.stringify(entry.actor)},"at":${JSON.stringify(entry.at)},"body":${entry.body},` +
    `"device":${JSON.stringify(entry.device)},"event":${JSON.stringify(entry.event)},"id":${JSON.stringify(entry.id)},` +
    `"kind":${JSON.stringify(entry.kind)},"seq":${entry.seq}}`
  );
}

/** SHA-256 over `prev` and the canonical entry, 64 hex. */
export function entryHash(entry: Omit<SealedEntry, 'hash'>): string {
  return digest('sha256', entry.prev + canonicalEntry(entry));
}

/** Links an entry to the one before it. */
export function seal(entry: Omit<SealedEntry, 'prev' | 'hash'>, prev: string): SealedEntry {
  const linked = { ...entry, prev };
  return { ...linked, hash: entryHash(linked) };
}

/** An entry this build cannot understand: damaged, or written by a newer one. It is reported, never passed over. */
export interface UnreadableEntry {
  readonly device: string;
  readonly seq: number;
  readonly kind: string;
  readonly why: string;
}

export type ReadResult =
  { readonly ok: true; readonly entry: Entry } | { readonly ok: false; readonly unreadable: UnreadableEntry };

/** What the reason of an entry begins with that can be read and yet fits no table. */
export const NOT_APPLICABLE = 'cannot be applied: ';

/** Why an entry could not be applied, for people. */
export function notApplicable({ device, seq, kind }: SealedEntry, error: unknown): UnreadableEntry {
  return { device, seq, kind, why: `${NOT_APPLICABLE}${error instanceof Error ? error.message : String(error)}` };
}

/** Reads an entry that is what it was when it was hashed: parses its body by the schema of its kind. */
export function readEntry(sealed: SealedEntry): ReadResult {
  if (entryHash(sealed) === sealed.hash) return readHashed(sealed);
  const { device, seq, kind } = sealed;
  return { ok: false, unreadable: { device, seq, kind, why: 'its hash is not that of its content' } };
}

/** `readEntry` of one whose hash was compared a moment ago. */
export function readHashed(sealed: SealedEntry): ReadResult {
  const { device, seq, kind } = sealed;
  const unreadable = (why: string): ReadResult => ({ ok: false, unreadable: { device, seq, kind, why } });
  if (!isInstantOf(sealed.at, device)) return unreadable(`its instant is none of its device: ${sealed.at}`);
  if (!isEntryKind(kind)) return unreadable('of a kind this version does not know');
  let json: unknown;
  try {
    json = JSON.parse(sealed.body);
  } catch {
    return unreadable('its body is not JSON');
  }
  const parsed = parseAsIs(ENTRY_KINDS[kind], json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return unreadable(`its body does not fit: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim());
  }
  return { ok: true, entry: { ...sealed, kind, body: parsed.data } as Entry };
}

function isEntryKind(kind: string): kind is EntryKind {
  return Object.hasOwn(ENTRY_KINDS, kind);
}

/** One line of a journal file: the canonical JSON of the whole entry, hash and all. */
export function entryLine(entry: SealedEntry): string {
  return (
    `{"actor":${JSON.stringify(entry.actor)},"at":${JSON.stringify(entry.at)},"body":${entry.body},` +
    `"device":${JSON.stringify(entry.device)},"event":${JSON.stringify(entry.event)},` +
    `"hash":${JSON.stringify(entry.hash)},"id":${JSON.stringify(entry.id)},"kind":${JSON.stringify(entry.kind)},` +
    `"prev":${JSON.stringify(entry.prev)},"seq":${entry.seq}}`
  );
}

/** Reads a line of a journal file back; null when it is not one. Says nothing about whether its hash is right. */
export function parseEntryLine(line: string): SealedEntry | null {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof json !== 'object' || json === null) return null;
  const { device, seq, id, kind, at, event, actor, body, prev, hash } = json as Record<string, unknown>;
  const isText = (value: unknown): value is string => typeof value === 'string';
  const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);
  if (!isText(device) || !isText(id) || !isText(kind) || !isText(at) || !isText(prev) || !isText(hash)) return null;
  if (!Number.isSafeInteger(seq) || !isTextOrNull(event) || !isTextOrNull(actor) || body === undefined) return null;
  return { device, seq: seq as number, id, kind, at, event, actor, body: canonicalJson(body), prev, hash };
}

/** Where a chain stops being one. */
export interface ChainBreak {
  readonly device: string;
  readonly seq: number;
  readonly fault: 'gap' | 'wrong-link' | 'wrong-hash';
}

/**
 * Follows one device's chain, entry by entry.
 * Tamper-evident: whoever changes an entry must change every later one, and the signed head.
 */
export class ChainChecker {
  #seq = 0;
  #hash = ZERO_HASH;

  /** Sequence number and hash of the last entry seen. */
  get head(): { readonly seq: number; readonly hash: string } {
    return { seq: this.#seq, hash: this.#hash };
  }

  /** Checks the next entry of the chain and moves on to it, whatever was found. */
  check(entry: SealedEntry): ChainBreak | null {
    const { device, seq } = entry;
    const fault =
      seq !== this.#seq + 1
        ? 'gap'
        : entry.prev !== this.#hash
          ? 'wrong-link'
          : entryHash(entry) !== entry.hash
            ? 'wrong-hash'
            : null;
    this.#seq = seq;
    this.#hash = entry.hash;
    return fault === null ? null : { device, seq, fault };
  }
}

/** Checks the chains of all devices in a stream of entries, each device's in the order of `seq`. */
export function verifyChain(entries: Iterable<SealedEntry>): ChainBreak[] {
  const checkers = new Map<string, ChainChecker>();
  const breaks: ChainBreak[] = [];
  for (const entry of entries) {
    const checker = checkers.get(entry.device) ?? new ChainChecker();
    checkers.set(entry.device, checker);
    const found = checker.check(entry);
    if (found) breaks.push(found);
  }
  return breaks;
}
