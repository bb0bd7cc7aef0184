import type { WireEntry } from '../shared/exchange';

/** The columns of an entry that are text. Its device and number are the batch's. */
const COLUMNS = ['id', 'kind', 'at', 'event', 'actor', 'body', 'prev', 'hash'] as const;

/** PostgreSQL's object id of `text`. */
const TEXT = 25;

/**
 * Entries of one device, column by column, as PostgreSQL reads the elements of a `text[]` in its binary format: each behind
 * its length, -1 for null (src/backend/utils/adt/arrayfuncs.c, array_recv). Bodies pass as they are, where the text format
 * would escape every quote of their JSON, there and back; and while a batch waits for its turn there is nothing of it left
 * that the collector of garbage has to look at but a few buffers.
 */
export class PackedEntries {
  readonly device: string;
  readonly count: number;
  readonly #firstSeq: number;
  readonly #columns: readonly Buffer[];

  /** @param entries of one device, gapless, in order, at least one */
  static of(entries: readonly WireEntry[]): PackedEntries {
    const { device, seq } = entries[0] as WireEntry;
    const columns = COLUMNS.map((column) => elements(entries.map((entry) => entry[column])));
    return new PackedEntries(device, seq, entries.length, columns);
  }

  private constructor(device: string, firstSeq: number, count: number, columns: readonly Buffer[]) {
    this.device = device;
    this.count = count;
    this.#firstSeq = firstSeq;
    this.#columns = columns;
  }

  /** Those from an index on. */
  from(index: number): PackedEntries {
    const columns = this.#columns.map((column) => column.subarray(offsetOf(column, index)));
    return new PackedEntries(this.device, this.#firstSeq + index, this.count - index, columns);
  }

  /** One of them, whole again. */
  at(index: number): WireEntry {
    const texts = this.#columns.map((column) => {
      const offset = offsetOf(column, index);
      const length = column.readInt32BE(offset);
      return length < 0 ? null : column.toString('utf8', offset + 4, offset + 4 + length);
    });
    const fields = Object.fromEntries(COLUMNS.map((name, column) => [name, texts[column] ?? null]));
    return { device: this.device, seq: this.#firstSeq + index, ...fields } as WireEntry;
  }

  /** All of several batches as parameters: a `text[]` for each of id, kind, at, event, actor, body, prev and hash. */
  static arrays(batches: readonly PackedEntries[]): Buffer[] {
    const count = batches.reduce((sum, batch) => sum + batch.count, 0);
    return COLUMNS.map((_, column) =>
      textArray(
        count,
        batches.map((batch) => batch.#columns[column] as Buffer),
      ),
    );
  }
}

/** A `text[]` of these. */
export function textArrayOf(texts: readonly (string | null)[]): Buffer {
  return textArray(texts.length, [elements(texts)]);
}

function elements(texts: readonly (string | null)[]): Buffer {
  let size = 0;
  const lengths = texts.map((text) => {
    const length = text === null ? -1 : Buffer.byteLength(text);
    size += 4 + Math.max(length, 0);
    return length;
  });
  const buffer = Buffer.allocUnsafe(size);
  let offset = 0;
  texts.forEach((text, index) => {
    offset = buffer.writeInt32BE(lengths[index] as number, offset);
    if (text !== null) offset += buffer.write(text, offset);
  });
  return buffer;
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
