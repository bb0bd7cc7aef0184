import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { entryLine, parseEntryLine, type SealedEntry } from '../../journal/entry';
import { syncFolder } from '../../journal/files';
import { journalRows } from '../../journal/journal-rows';
import { prepared } from '../../journal/statements';

/** A file is closed and the next begun when it has grown past this. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
/** Written in one go; the event loop turns in between. */
const CHUNK_BYTES = 512 * 1024;
const NEWLINE = 10;

/**
 * A second copy of the journal in plain files of JSON lines, `journal-copy/000001.jsonl` and on. Written after the
 * commits, when the till is idle, so it costs a sale nothing; it makes recovery independent of SQLite's pages, and a
 * copy that is ahead of the database proves that the database has lost something.
 */
export class JournalCopy {
  readonly #folder: string;
  #position: number | null = null;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'journal-copy');
  }

  isEmpty(): boolean {
    return this.last() === null;
  }

  /** The last whole line of the copy, or null when it is empty. */
  last(): SealedEntry | null {
    for (const segment of this.#segments().reverse()) {
      const lines = readTail(join(this.#folder, segment));
      const line = lines.at(-1);
      if (line !== undefined) return parseEntryLine(line);
    }
    return null;
  }

  /** Every readable line, oldest first; a line that is no entry is left out. */
  *entries(): Generator<SealedEntry> {
    for (const segment of this.#segments()) {
      for (const line of readFileSync(join(this.#folder, segment), 'utf8').split('\n')) {
        const entry = line === '' ? null : parseEntryLine(line);
        if (entry !== null) yield entry;
      }
    }
  }

  /**
   * Whether the database holds everything the copy holds, as far as its end tells. False means that the database went
   * back in time: committed entries are gone from it.
   */
  isWithin(database: Database.Database): boolean {
    const last = this.last();
    return last === null || this.#positionOf(database, last) !== null;
  }

  /**
   * Adds what the journal has and the copy has not, at most a chunk.
   * @returns whether more is left
   */
  writeNext(database: Database.Database): boolean {
    const from = this.#position ?? this.#resume(database);
    let text = '';
    let position = from;
    for (const row of journalRows(database, from)) {
      text += `${entryLine(row)}\n`;
      position = row.position;
      if (text.length >= CHUNK_BYTES) break;
    }
    if (position === from) return false;
    this.#append(text);
    this.#position = position;
    return text.length >= CHUNK_BYTES;
  }

  #segments(): string[] {
    if (!existsSync(this.#folder)) return [];
    return readdirSync(this.#folder)
      .filter((name) => /^\d{6}\.jsonl$/.test(name))
      .sort();
  }

  /** Where in the journal the copy ends; a line torn by a crash is cut off first. */
  #resume(database: Database.Database): number {
    const segment = this.#segments().at(-1);
    if (segment !== undefined) cutTornLine(join(this.#folder, segment));
    const last = this.last();
    return last === null ? 0 : (this.#positionOf(database, last) ?? 0);
  }

  #positionOf(database: Database.Database, { device, seq, hash }: SealedEntry): number | null {
    const position = prepared(database, 'SELECT position FROM journal WHERE device = ? AND seq = ? AND hash = ?')
      .pluck()
      .get(device, seq, hash);
    return typeof position === 'number' ? position : null;
  }

  #append(text: string): void {
    mkdirSync(this.#folder, { recursive: true });
    const newest = this.#segments().at(-1);
    const isFull = newest !== undefined && statSync(join(this.#folder, newest)).size >= SEGMENT_BYTES;
    const number = newest === undefined ? 1 : Number.parseInt(newest, 10) + (isFull ? 1 : 0);
    const name = `${String(number).padStart(6, '0')}.jsonl`;
    const file = openSync(join(this.#folder, name), 'a', 0o600);
    const before = fstatSync(file).size;
    try {
      writeSync(file, text);
      fsyncSync(file);
    } catch (error) {
      // Half a chunk would be followed by the whole one.
      ftruncateSync(file, before);
      throw error;
    } finally {
      closeSync(file);
    }
    if (name !== newest) syncFolder(this.#folder);
  }
}

/** Bytes read from the end to find the last line; doubled until one is whole. */
const TAIL_BYTES = 64 * 1024;

/** The whole lines at the end of a file: at least one, when the file has any. */
function readTail(path: string): string[] {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    for (let bytes = TAIL_BYTES; ; bytes *= 2) {
      const length = Math.min(bytes, size);
      const buffer = Buffer.alloc(length);
      readSync(file, buffer, 0, length, size - length);
      const end = buffer.lastIndexOf(NEWLINE);
      const start = length === size ? 0 : buffer.indexOf(NEWLINE) + 1;
      if (end >= start && (start > 0 || length === size)) {
        return buffer.toString('utf8', start, end).split('\n').filter(Boolean);
      }
      if (length === size) return [];
    }
  } finally {
    closeSync(file);
  }
}

function cutTornLine(path: string): void {
  const file = openSync(path, 'r+');
  try {
    const { size } = fstatSync(file);
    for (let bytes = TAIL_BYTES; ; bytes *= 2) {
      const length = Math.min(bytes, size);
      const buffer = Buffer.alloc(length);
      readSync(file, buffer, 0, length, size - length);
      const end = buffer.lastIndexOf(NEWLINE);
      if (end >= 0 || length === size) {
        ftruncateSync(file, size - length + end + 1);
        return;
      }
    }
  } finally {
    closeSync(file);
  }
}
