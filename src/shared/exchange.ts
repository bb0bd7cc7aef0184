/**
 * The exchange: how journals meet. One HTTP protocol, spoken by a hub to its devices, and by a till or an edge node to its
 * neighbours while the uplink is down. docs/exchange.md describes it for outside programs; docs/adr/0008 says why.
 *
 * Facts travel as sealed entries, whole and unchanged. A device's entries are accepted in the order of their `seq` without
 * a gap, so that one number, the head, says all that the other side has of it; nothing else is ever confirmed.
 */
import { z } from 'zod';
import { id, instant, minorSum } from './zod';

/** Grows when a message changes its meaning. */
export const EXCHANGE_VERSION = 1;

/** The most entries in one batch, and the most bytes of its body. */
export const MAX_BATCH_ENTRIES = 500;
export const MAX_BATCH_BYTES = 8 * 1024 * 1024;
/** A part of an import can be large, no other entry is. */
export const MAX_ENTRY_BYTES = 4 * 1024 * 1024;
export const MAX_PHOTO_BYTES = 16 * 1024 * 1024;
/** Clips travel as photos do, and may be larger. */
export const MAX_MEDIA_BYTES = 64 * 1024 * 1024;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** Ed25519 signature or SPKI key, base64. */
const base64 = z
  .string()
  .regex(/^[A-Za-z0-9+/]+={0,2}$/)
  .max(400);
/** A text of an entry, which has a check of its own for what nobody can keep, or one that is only shown. */
const anyText = (most: number) => z.string().max(most);
/** PostgreSQL keeps no NUL, and half of a surrogate pair has no UTF-8. */
const KEEPABLE = /^[^\0\p{Surrogate}]*$/u;
const UNKEEPABLE = 'It holds a NUL or half of a character';
const text = (most: number) => z.string().max(most).regex(KEEPABLE, UNKEEPABLE);
const keptId = id.regex(KEEPABLE, UNKEEPABLE);
const seq = z.int().min(1);

/** A journal entry as it travels. `body` is its canonical JSON (RFC 8785) as text: what was hashed, byte for byte. */
export const wireEntry = z.object({
  device: id,
  seq,
  id,
  kind: anyText(60),
  at: anyText(120),
  event: id.nullable(),
  actor: id.nullable(),
  body: z.string().max(MAX_ENTRY_BYTES),
  prev: hash,
  hash,
});
export type WireEntry = z.infer<typeof wireEntry>;

/** The last entry of a batch under its device's key. Whoever holds it may pass the batch on in the device's name. */
export const signedHead = z.object({ device: id, seq, hash, signature: base64 });

/** `epoch.sequence`: how far somebody has read. `0.0` is the beginning. */
export const cursor = z.string().regex(/^\d{1,9}\.\d{1,15}$/);

/** What any server of the exchange says of itself, to anybody. */
export const serverCard = z.object({
  trestle: z.literal('exchange'),
  version: z.int(),
  /** A hub's own id, or the id of the device that serves its neighbours. */
  serverId: id,
  role: z.enum(['hub', 'neighbour']),
  publicKey: base64,
  epoch: z.int().min(1),
  /** Whom to encrypt a carried file to (age, X25519), or null where none is taken. */
  recipient: z
    .string()
    .regex(/^age1[02-9ac-hj-np-z]{10,100}$/)
    .nullable(),
  now: instant,
});

// Enrolment: once per device, with a code a person reads or scans.

export const enrolRequest = z.object({
  /** One-time, eight characters of Crockford's base 32, dashes and case ignored; null for the successor of a device. */
  code: text(40).nullable(),
  /**
   * The device this one continues: its store was damaged, or another copy of it writes under its name.
   * `signature` is the former key's over `succeed <former deviceId> <deviceId> <publicKey>`.
   */
  former: z.object({ deviceId: keptId, signature: base64 }).nullable(),
  deviceId: keptId,
  publicKey: base64,
  /** What its order numbers begin with so far. */
  prefix: text(12),
  /** The stall it already sells for, or null for a new device that takes over the one of the code. */
  stallId: keptId.nullable(),
  name: text(80),
  /** Ed25519 over `enrol <code, or empty> <deviceId> <publicKey>`: it holds the key it names. */
  signature: base64,
});
export const enrolResponse = z.object({
  stallId: id,
  /** Nobody else of the stall has it. The device numbers its orders with it from now on. */
  prefix: text(12),
  server: serverCard,
});

/** A code for one more device of a stall; asked for by a device of it or an operator. */
export const newCodeRequest = z.object({ name: text(80) });
export const newCodeResponse = z.object({ code: text(40), expiresAt: instant, link: text(400) });

// Tokens: a challenge signed with the device's key gives a short one.

export const challengeRequest = z.object({ deviceId: keptId });
export const challengeResponse = z.object({ challenge: text(400), expiresAt: instant });
export const tokenRequest = z.object({
  deviceId: keptId,
  challenge: text(400),
  /** Ed25519 over `token <challenge> <nonce>`. */
  signature: base64,
  /** The server signs it in turn, so that a stranger at its address is found out. */
  nonce: text(100),
});
export const tokenResponse = z.object({
  token: text(2000),
  expiresAt: instant,
  stallId: id,
  epoch: z.int().min(1),
  /** The server's Ed25519 over `server <nonce> <deviceId> <epoch>`. */
  signature: base64,
});

// Entries.

export const pushRequest = z.object({
  entries: z.array(wireEntry).min(1).max(MAX_BATCH_ENTRIES),
  /** Of the last entry: all of one device, gapless, in order. */
  head: signedHead,
});

/** Why an entry is kept but stands aside until a person has decided. */
export const QUARANTINE_CAUSES = [
  /** Its hash is not that of its content. */
  'wrong-hash',
  /** Its body is not of its kind. */
  'bad-body',
  /** Of a kind this server does not know: a newer till wrote it. */
  'unknown-kind',
  /** Its order's sums do not hold. */
  'bad-order',
  /** Its clock is more than a day ahead of the server's. */
  'future-clock',
] as const;

export const entryReceipt = z.object({
  seq,
  id,
  hash,
  /** `duplicate`: it was here already, which is as good. A quarantined entry is kept as well. */
  outcome: z.enum(['stored', 'duplicate', 'quarantined']),
  /** Its place in the feed. */
  serverSeq: z.int().min(1),
  cause: z.enum(QUARANTINE_CAUSES).optional(),
});

export const pushResponse = z.object({
  epoch: z.int().min(1),
  receipts: z.array(entryReceipt),
  /** What the server now has of the device. */
  head: z.object({ seq: z.int().min(0), hash }),
  /** The server's Ed25519 over `ack <device> <head.seq> <head.hash> <epoch>`: durable there, and nobody else can say so. */
  signature: base64,
});

export const feedQuery = z.object({
  after: cursor,
  limit: z.coerce.number().int().min(1).max(MAX_BATCH_ENTRIES).default(MAX_BATCH_ENTRIES),
  /** `all` gives the asking device its own entries too: for one restored from a backup. */
  own: z.enum(['all', 'others']).default('others'),
});
export const feedResponse = z.object({
  epoch: z.int().min(1),
  /** Ask with this next. Where a server was restored from a backup, it leads back to what it still had. */
  cursor,
  more: z.boolean(),
  entries: z.array(wireEntry),
  /** Signed heads that lie in this stretch, so that a reader can pass the entries on. */
  heads: z.array(signedHead),
});

export const deviceHead = z.object({
  device: id,
  name: text(80),
  prefix: text(12),
  publicKey: base64,
  /** 0 while nothing has come. */
  seq: z.int().min(0),
  hash,
  isRevoked: z.boolean(),
  /** Of its last exchange, or null. */
  lastSyncAt: instant.nullable(),
  /** What it said of itself last; null when it never did. */
  status: z.lazy(() => deviceStatus).nullable(),
});
export const headsResponse = z.object({ epoch: z.int().min(1), heads: z.array(deviceHead) });

/** What a device says of itself after an exchange. */
export const deviceStatus = z.object({
  queued: z.int().min(0),
  /** When the oldest entry that waits was written, or null. */
  oldestQueuedAt: instant.nullable(),
  /** The last things that went wrong, newest first. */
  errors: z.array(z.object({ code: text(40), detail: text(300), at: instant })).max(20),
  version: text(40),
});

/** Over the wake-up WebSocket: first the token, then a hint whenever there is more to read. The cursor is the truth. */
export const wakeHello = z.object({ token: text(2000) });
export const wakeMessage = z.object({ cursor });

// People: names and PIN hashes of staff. Outside the journal, so that they can be forgotten.

export const wirePerson = z.object({
  reference: keptId,
  /** Null when forgotten: a name and a PIN never come back under this reference. */
  person: z.object({ name: text(80), pinHash: text(400).nullable() }).nullable(),
  /** Hybrid instant of the change; the newest wins. */
  at: text(120),
});
/** Those changed after a version of the server's people: `?after=12`. */
export const peopleQuery = z.object({ after: z.coerce.number().int().min(0).default(0) });
export const peoplePush = z.object({ people: z.array(wirePerson).max(200) });
export const peopleFeed = z.object({ people: z.array(wirePerson), version: z.int().min(0) });

/*
 * Photos and clips, by the SHA-256 of their bytes, in parts, so that what has arrived need not be sent again.
 *
 * HEAD  204 with `Upload-Offset` and `Upload-Length`, 404 while nothing has come.
 * PATCH `application/octet-stream`, with `Upload-Offset` (where this part begins) and `Upload-Length` (of the whole):
 *       204 with the new `Upload-Offset`; 409 `gap` when it begins elsewhere: ask again with HEAD. The whole is there when
 *       both are equal. A whole that has another hash is thrown away: `bad-request`.
 * GET   the bytes; with `Range: bytes=N-` those from N on, with `bytes=N-M` no further than M (206).
 */
export const MAX_PHOTO_PART_BYTES = 1024 * 1024;
export const photoPartHeaders = z.object({
  'upload-offset': z.coerce.number().int().min(0).max(MAX_MEDIA_BYTES),
  'upload-length': z.coerce.number().int().min(1).max(MAX_MEDIA_BYTES),
});

// Reconciliation: what both sides have of a shift.

/** SHA-256 over the hashes of the entries that placed the shift's orders, in the order of their `seq`, one per line. */
export const shiftSums = z.object({
  shiftId: keptId,
  device: keptId,
  orderCount: z.int().min(0),
  totalMinor: minorSum,
  ordersHash: hash,
});
export const reconcileResponse = z.object({
  matches: z.boolean(),
  /** What the server has. */
  sums: shiftSums,
  /** Of a shift that does not match: every order the server has of it, so that the difference can be named. */
  orders: z.array(z.object({ orderId: id, number: text(20), seq, hash, totalMinor: minorSum })),
});

/** First line of a carried file, once decrypted and unpacked: the queue on a USB stick. */
export const carriedManifest = z.object({
  trestle: z.literal('carried'),
  version: z.int(),
  stallId: id,
  /** Who wrote it; the entries may be those of several devices. */
  device: id,
  /** Which server it is meant for. */
  serverId: id,
  madeAt: instant,
});
/** The last line, without which a file is not whole. */
export const carriedEnd = z.object({ end: z.object({ batches: z.int(), entries: z.int() }) });
/** What goes back on the same stick: for each device what the server now has, signed as an answer to a push is. */
export const carriedAnswer = z.object({
  trestle: z.literal('carried-answer'),
  version: z.int(),
  serverId: id,
  stallId: id,
  answers: z.array(pushResponse.pick({ epoch: true, head: true, signature: true }).extend({ device: id })),
});

export const EXCHANGE_ERRORS = [
  'bad-request',
  'too-large',
  'too-many',
  'not-enrolled',
  'bad-code',
  'bad-signature',
  'token-expired',
  'revoked',
  'wrong-stall',
  'prefix-taken',
  /** The batch begins after what the server has: begin again after `head`. */
  'gap',
  /**
   * Another entry of the same number is here: two devices write under one name. `head` is the last one held here before the
   * first difference the server could see. When the sender's own entry of that number is another one, it offers those up to
   * it, and so on back: what is left is the last both agree on.
   */
  'forked',
  'not-found',
  'unavailable',
  'internal',
] as const;
export type ExchangeErrorCode = (typeof EXCHANGE_ERRORS)[number];

/** Every answer that is no success, whatever its status. */
export const exchangeError = z.object({
  error: z.object({
    code: z.enum(EXCHANGE_ERRORS),
    /** One sentence that names the mend. */
    message: anyText(500),
    retryable: z.boolean(),
    retryAfterMs: z.int().optional(),
    head: z.object({ seq: z.int().min(0), hash }).optional(),
  }),
});

/** Paths below the server's address; `:stall` and `:sha256` are filled in. */
export const EXCHANGE_PATHS = {
  card: '/v1/server',
  enrol: '/v1/enrol',
  challenge: '/v1/token/challenge',
  token: '/v1/token',
  codes: '/v1/stalls/:stall/codes',
  entries: '/v1/stalls/:stall/entries',
  heads: '/v1/stalls/:stall/heads',
  status: '/v1/stalls/:stall/status',
  wake: '/v1/stalls/:stall/wake',
  people: '/v1/stalls/:stall/people',
  reconcile: '/v1/stalls/:stall/reconcile',
  photo: '/v1/stalls/:stall/photos/:sha256',
} as const;
