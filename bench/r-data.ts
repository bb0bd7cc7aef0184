/** Data frames from a file that R saved: R Internals, section 1.8, "Serialization Formats", of which the binary one is read. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Columns by name, of one length. */
export type DataFrame = Readonly<Record<string, readonly (number | string)[]>>;

type Value =
  null | string | number | readonly (number | string)[] | readonly Value[] | { readonly [name: string]: Value };

/** Type numbers of R's values (SEXPTYPE), as far as data frames hold them. */
const TYPE = {
  symbol: 1,
  pairs: 2,
  character: 9,
  logical: 10,
  integer: 13,
  double: 14,
  strings: 16,
  list: 19,
  end: 254,
  again: 255,
};
const HAS_ATTRIBUTES = 0x200;
const HAS_TAG = 0x400;

/** Every data frame in a file, also those inside lists. */
export function readDataFrames(path: string): DataFrame[] {
  const bytes = unpack(path);
  if (bytes.toString('latin1', 0, 7) !== 'RDX2\nX\n') throw new Error(`${path} is no data of R in its second format`);
  // After the magic number: format and versions of R.
  const value = new Reader(bytes, 7 + 12).value();
  const frames: DataFrame[] = [];
  const collect = (one: Value): void => {
    if (one === null || typeof one !== 'object' || Array.isArray(one)) return;
    const columns = Object.values(one as Record<string, Value>);
    const isFrame = columns.length > 0 && columns.every((column) => Array.isArray(column) && !Array.isArray(column[0]));
    if (isFrame) frames.push(one as DataFrame);
    else columns.forEach(collect);
  };
  collect(value);
  return frames;
}

class Reader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #symbols: Value[] = [];

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  value(): Value {
    const flags = this.#integer();
    const type = flags & 0xff;
    switch (type) {
      case TYPE.end:
        return null;
      case TYPE.again:
        return this.#symbols[(flags >> 8 || this.#integer()) - 1] ?? null;
      case TYPE.symbol: {
        const name = this.value();
        this.#symbols.push(name);
        return name;
      }
      case TYPE.character: {
        const length = this.#integer();
        if (length < 0) return null;
        this.#at += length;
        return this.#bytes.toString('latin1', this.#at - length, this.#at);
      }
      case TYPE.pairs: {
        if (flags & HAS_ATTRIBUTES) this.value();
        const name = flags & HAS_TAG ? String(this.value()) : '';
        const first = this.value();
        return { [name]: first, ...(this.value() as Record<string, Value> | null) };
      }
      default:
        return this.#vector(type, (flags & HAS_ATTRIBUTES) !== 0);
    }
  }

  #vector(type: number, hasAttributes: boolean): Value {
    const length = this.#integer();
    const read: (() => Value) | null =
      type === TYPE.double
        ? () => this.#double()
        : type === TYPE.integer || type === TYPE.logical
          ? () => this.#integer()
          : type === TYPE.strings || type === TYPE.list
            ? () => this.value()
            : null;
    if (read === null) throw new Error(`values of type ${type} are not read`);
    const values = Array.from({ length }, read) as Value[];
    const attributes = hasAttributes ? (this.value() as Record<string, Value>) : {};
    const levels = attributes.levels;
    if (Array.isArray(levels)) return values.map((value) => levels[Number(value) - 1] as string);
    const names = attributes.names;
    if (type === TYPE.list && Array.isArray(names)) {
      return Object.fromEntries(values.map((value, place) => [String(names[place]), value]));
    }
    return values;
  }

  #integer(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  #double(): number {
    this.#at += 8;
    return this.#bytes.readDoubleBE(this.#at - 8);
  }
}

function unpack(path: string): Buffer {
  const bytes = readFileSync(path);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes);
  if (bytes.toString('latin1', 1, 4) !== '7zX') return bytes;
  const { status, stdout } = spawnSync('xz', ['-dc', path], { maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`${path} cannot be unpacked: xz is missing`);
  return stdout;
}
