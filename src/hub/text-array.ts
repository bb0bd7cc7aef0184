/** PostgreSQL's object id of `text`. */
const TEXT = 25;

/**
 * A `text[]` in PostgreSQL's binary format (src/backend/utils/adt/arrayfuncs.c, array_recv): dimensions, whether there are
 * nulls, element type, length, lower bound, then each element behind its length. A batch of bodies passes as it is, where
 * the text format would escape every quote of its JSON, there and back.
 */
export function textArray(texts: readonly (string | null)[]): Buffer {
  const headBytes = 20;
  let size = headBytes;
  const lengths = texts.map((text) => {
    const length = text === null ? -1 : Buffer.byteLength(text);
    size += 4 + Math.max(length, 0);
    return length;
  });
  const buffer = Buffer.allocUnsafe(size);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(lengths.includes(-1) ? 1 : 0, 4);
  buffer.writeInt32BE(TEXT, 8);
  buffer.writeInt32BE(texts.length, 12);
  buffer.writeInt32BE(1, 16);
  let offset = headBytes;
  texts.forEach((text, index) => {
    const length = lengths[index] as number;
    buffer.writeInt32BE(length, offset);
    offset += 4;
    if (text !== null) offset += buffer.write(text, offset);
  });
  return buffer;
}
