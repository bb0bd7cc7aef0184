/** The part of the Internet Printing Protocol (RFC 8010, RFC 8011) that a raw queue needs. */

/** Operation identifiers: RFC 8011 §5.4.15; the last is CUPS's own. */
export const IPP_OPERATION = {
  printJob: 0x0002,
  cancelJob: 0x0008,
  getJobAttributes: 0x0009,
  getPrinterAttributes: 0x000b,
  getPrinters: 0x4002,
} as const;

/** `client-error-not-found` (RFC 8011 appendix B). */
export const IPP_NOT_FOUND = 0x0406;

/** Job states that end a job (8 is aborted): RFC 8011 §5.3.7. */
export const IPP_JOB_STATE = { canceled: 7, completed: 9 } as const;

/** Printer state: RFC 8011 §5.4.11. */
export const IPP_PRINTER_STOPPED = 5;

/** Value tags of RFC 8010 §3.5.2 that we send. */
const TAG = {
  integer: 0x21,
  text: 0x41,
  name: 0x42,
  keyword: 0x44,
  uri: 0x45,
  charset: 0x47,
  language: 0x48,
  mime: 0x49,
};
const OPERATION_ATTRIBUTES = 1;
const END_OF_ATTRIBUTES = 3;
/** Tags below this begin a group; above are values. */
const FIRST_VALUE_TAG = 0x10;

export type IppAttribute = readonly [kind: keyof typeof TAG, name: string, ...values: (string | number)[]];

/** A request without its document, which follows as is. Charset and language, which must come first, are put in front. */
export function encodeIppRequest(operation: number, attributes: readonly IppAttribute[]): Buffer {
  const all: readonly IppAttribute[] = [
    ['charset', 'attributes-charset', 'utf-8'],
    ['language', 'attributes-natural-language', 'en'],
    ...attributes,
  ];
  const head = Buffer.alloc(9);
  // Version 2.0, the operation, and a number for the request, which one connection each makes free to choose.
  head.writeUInt16BE(0x0200, 0);
  head.writeUInt16BE(operation, 2);
  head.writeUInt32BE(1, 4);
  head.writeUInt8(OPERATION_ATTRIBUTES, 8);
  return Buffer.concat([head, ...all.flatMap(encodeAttribute), Buffer.of(END_OF_ATTRIBUTES)]);
}

function encodeAttribute([kind, name, ...values]: IppAttribute): Buffer[] {
  return values.flatMap((value, index) => [
    Buffer.of(TAG[kind]),
    // Further values of one attribute have no name.
    counted(Buffer.from(index === 0 ? name : '')),
    counted(typeof value === 'number' ? fourBytes(value) : Buffer.from(value)),
  ]);
}

function counted(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function fourBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export interface IppResponse {
  readonly status: number;
  /** One per group that is not about the operation: a job, or a printer of several. */
  readonly groups: readonly ReadonlyMap<string, readonly (string | number)[]>[];
}

/** Null when the bytes are no IPP response. Values of types nobody asks for are read as text. */
export function decodeIppResponse(bytes: Uint8Array): IppResponse | null {
  const buffer = Buffer.from(bytes);
  if (buffer.length < 9) return null;
  const groups: Map<string, (string | number)[]>[] = [];
  let group = new Map<string, (string | number)[]>();
  let name = '';
  for (let at = 8; at < buffer.length;) {
    const tag = buffer.readUInt8(at);
    at += 1;
    if (tag === END_OF_ATTRIBUTES) return { status: buffer.readUInt16BE(2), groups };
    if (tag < FIRST_VALUE_TAG) {
      group = new Map();
      if (tag !== OPERATION_ATTRIBUTES) groups.push(group);
      continue;
    }
    const parts: Buffer[] = [];
    for (let part = 0; part < 2; part += 1) {
      if (at + 2 > buffer.length) return null;
      const end = at + 2 + buffer.readUInt16BE(at);
      if (end > buffer.length) return null;
      parts.push(buffer.subarray(at + 2, end));
      at = end;
    }
    const [nameBytes, value] = parts;
    if (nameBytes && nameBytes.length > 0) name = nameBytes.toString();
    if (!value) return null;
    const read = tag <= 0x23 && value.length === 4 ? value.readInt32BE() : value.toString();
    group.set(name, [...(group.get(name) ?? []), read]);
  }
  return null;
}
