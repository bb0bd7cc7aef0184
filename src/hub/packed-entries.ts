import type { BatchEntries } from '../exchange/exchange-store';
import type { WireEntry } from '../shared/exchange';

/** The columns of an entry that are text. Its device and number are the batch's. */
const COLUMNS = ['id', 'kind', 'at', 'event', 'actor', 'body', 'prev', 'hash'] as const;
type Column = (typeof COLUMNS)[number];

/** PostgreSQL's object id of `text`. */
const TEXT = 25;

/** What is said of an entry in return. */
export type Outline = Pick<WireEntry, 'seq' | 'id' | 'hash'>;

/** Packed entries on their way from one thread to another, which takes the memory along. */
export interface Parcel {
  readonly device: string;
  readonly firstSeq: number;
  readonly length: number;
  /** All columns, one behind the other. */
  readonly memory: ArrayBuffer;
  /** Where each column begins. */
  readonly starts: readonly number[];
}

/**
 * Entries of one device, column by column, as PostgreSQL reads the elements of a `text[]` in its binary format: each behind
 * its length, -1 for null (src/backend/utils/adt/arrayfuncs.c, array_recv). Bodies pass as they are, where the text format
 * would escape every quote of their JSON, there and back; and while a batch waits for its turn there is nothing of it left
 * that the collector of garbage has to look at but one piece of memory.
 */
export class PackedEntries implements BatchEntries {
  readonly device: string;
  readonly length: number;
  readonly #firstSeq: number;
  readonly #columns: readonly Buffer[];

  /** @param entries of one device, gapless, in order, at least one */
  static of(entries: BatchEntries): PackedEntries {
    return entries instanceof PackedEntries ? entries : PackedEntries.unpack(packEntries([...entries]));
  }

  static unpack({ device, firstSeq, length, memory, starts }: Parcel): PackedEntries {
    const columns = starts.map((start, index) => {
      const end = starts[index + 1] ?? memory.byteLength;
      return Buffer.from(memory, start, end - start);
    });
    return new PackedEntries(device, firstSeq, length, columns);
  }

  private constructor(device: string, firstSeq: number, length: number, columns: readonly Buffer[]) {
    this.device = device;
    this.length = length;
    this.#firstSeq = firstSeq;
    this.#columns = columns;
  }

  /** Those from an index on. */
  from(index: number): PackedEntries {
    const columns = this.#columns.map((column) => column.subarray(offsetOf(column, index)));
    return new PackedEntries(this.device, this.#firstSeq + index, this.length - index, columns);
  }

  /** One of them, whole again. */
  at(index: number): WireEntry | undefined {
    if (index >= this.length) return undefined;
    const texts = this.#columns.map((column) => textAt(column, offsetOf(column, index)));
    const fields = Object.fromEntries(COLUMNS.map((name, column) => [name, texts[column] ?? null]));
    return { device: this.device, seq: this.#firstSeq + index, ...fields } as WireEntry;
  }

  *[Symbol.iterator](): Iterator<WireEntry> {
    for (let index = 0; index < this.length; index += 1) yield this.at(index) as WireEntry;
  }

  /** The hash that the first of them follows. */
  get prev(): string {
    return textAt(this.#column('prev'), 0) as string;
  }

  outline(): Outline[] {
    const hashes = texts(this.#column('hash'));
    return texts(this.#column('id')).map((id, index) => ({
      seq: this.#firstSeq + index,
      id,
      hash: hashes[index] as string,
    }));
  }

  /** All of several batches as parameters: a `text[]` for each of id, kind, at, event, actor, body, prev and hash. */
  static arrays(batches: readonly PackedEntries[]): Buffer[] {
    const length = batches.reduce((sum, batch) => sum + batch.length, 0);
    return COLUMNS.map((_, column) =>
      textArray(
        length,
        batches.map((batch) => batch.#columns[column] as Buffer),
      ),
    );
  }

  #column(name: Column): Buffer {
    return this.#columns[COLUMNS.indexOf(name)] as Buffer;
  }
}

/** Packs entries of one device, gapless, in order, at least one. */
export function packEntries(entries: readonly WireEntry[]): Parcel {
  const { device, seq } = entries[0] as WireEntry;
  const columns = COLUMNS.map((column) => entries.map((entry) => entry[column]));
  const lengths = columns.map((column) => column.map(lengthOf));
  const starts: number[] = [];
  let size = 0;
  for (const column of lengths) {
    starts.push(size);
    for (const length of column) size += 4 + Math.max(length, 0);
  }
  // Memory of its own: what others share cannot go to another thread.
  const memory = new ArrayBuffer(size);
  const bytes = Buffer.from(memory);
  columns.forEach((column, index) => write(bytes, starts[index] as number, column, lengths[index] as number[]));
  return { device, firstSeq: seq, length: entries.length, memory, starts };
}

/** A `text[]` of these. */
export function textArrayOf(texts: readonly (string | null)[]): Buffer {
  const lengths = texts.map(lengthOf);
  const elements = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + Math.max(length, 0), 0));
  write(elements, 0, texts, lengths);
  return textArray(texts.length, [elements]);
}

/** In bytes, -1 for null. */
function lengthOf(text: string | null): number {
  return text === null ? -1 : Buffer.byteLength(text);
}

function write(to: Buffer, start: number, texts: readonly (string | null)[], lengths: readonly number[]): void {
  let offset = start;
  texts.forEach((text, index) => {
    offset = to.writeInt32BE(lengths[index] as number, offset);
    if (text !== null) offset += to.write(text, offset);
  });
}

/** Dimensions, whether there may be nulls, element type, length and lower bound, then the elements. */
function textArray(count: number, parts: readonly Buffer[]): Buffer {
  const head = Buffer.allocUnsafe(20);
  [1, 1, TEXT, count, 1].forEach((number, index) => head.writeInt32BE(number, index * 4));
  return Buffer.concat([head, ...parts]);
}

function offsetOf(column: Buffer, index: number): number {
  let offset = 0;
  for (let passed = 0; passed < index; passed += 1) offset += 4 + Math.max(column.readInt32BE(offset), 0);
  return offset;
}

function textAt(column: Buffer, offset: number): string | null {
  const length = column.readInt32BE(offset);
  return length < 0 ? null : column.toString('utf8', offset + 4, offset + 4 + length);
}

/** Of a column without nulls. */
function texts(column: Buffer): string[] {
  const found: string[] = [];
  for (let offset = 0; offset < column.length; offset += 4 + column.readInt32BE(offset)) {
    found.push(textAt(column, offset) as string);
  }
  return found;
}
