import type { Database } from 'better-sqlite3';
import type { Order } from '../domain/order';
import { addOrderToTotals, emptyTotals, takeOrderFromTotals, type ShiftTotals } from '../domain/shift';
import { putItem, removeItem } from './catalogue-projection';
import { wallMs } from './clock';
import { notApplicable, readEntry, type ReadResult, type SealedEntry } from './entry';
import { foldWords } from './fold';
import type { Entry, EntryKind } from './kinds';
import {
  hasOwnPrices,
  logImportedPrices,
  logPrice,
  putDropsSold,
  putObservations,
  putRule,
  removeRule,
} from './price-projection';
import { prepared } from './statements';

type Projection<K extends EntryKind> = (entry: Entry<K>, database: Database) => void;

/** Facts that are kept for their own sake: no screen asks a table for them. */
const nothingToProject = (): void => undefined;

const PROJECTIONS: { readonly [K in EntryKind]: Projection<K> } = {
  // What a device says of itself: nobody else can.
  'device.registered'({ device, body }, database) {
    prepared(database, 'INSERT OR REPLACE INTO device VALUES (?, ?, ?)').run(device, body.prefix, body.publicKey);
  },
  'device.enrolled'({ device, body }, database) {
    prepared(database, 'UPDATE device SET prefix = ? WHERE device_id = ?').run(body.prefix, device);
  },
  'device.forked'({ device, body }, database) {
    prepared(database, 'INSERT OR REPLACE INTO device_fork VALUES (?, ?, ?, ?)').run(
      body.formerDevice,
      device,
      body.fromSeq,
      body.entries,
    );
  },
  'device.taken-over'({ device, at, body }, database) {
    const { formerDevice, isDrill, heardSeq = 0, shares = [], checks = [] } = body;
    prepared(database, 'INSERT INTO takeover VALUES (?, ?, ?, ?, ?, ?)').run(
      formerDevice,
      at,
      device,
      isDrill ? 1 : 0,
      heardSeq,
      JSON.stringify(checks),
    );
    // As if it had given them itself.
    for (const { itemId, variantId, quantity } of isDrill ? [] : shares) {
      prepared(database, 'INSERT OR REPLACE INTO stock_gift VALUES (?, ?, ?, ?, ?, ?)').run(
        itemId,
        variantId,
        at,
        formerDevice,
        device,
        quantity,
      );
    }
  },
  'device.handed-back'({ device, at, body }, database) {
    prepared(database, 'INSERT INTO handed_back VALUES (?, ?, ?)').run(body.formerDevice, at, device);
  },
  'store.recovered': nothingToProject,
  'stall.configured'({ at, body }, database) {
    prepared(
      database,
      `INSERT INTO stall VALUES (1, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, body = excluded.body WHERE excluded.at > stall.at`,
    ).run(at, JSON.stringify(body.stall));
  },
  'staff.added'({ at, body }, database) {
    prepared(
      database,
      `INSERT INTO staff VALUES (?, ?, ?, ?, NULL) ON CONFLICT DO UPDATE SET
         role = iif(role_at > excluded.role_at, role, excluded.role),
         role_at = max(coalesce(role_at, ''), excluded.role_at),
         added_at = min(coalesce(added_at, excluded.added_at), excluded.added_at)`,
    ).run(body.staffId, body.role, at, at);
  },
  'staff.removed'({ at, body }, database) {
    prepared(
      database,
      `INSERT INTO staff VALUES (?, NULL, NULL, NULL, ?)
       ON CONFLICT DO UPDATE SET removed_at = max(coalesce(removed_at, ''), excluded.removed_at)`,
    ).run(body.staffId, at);
  },
  'staff.signed-on'({ device, at, body }, database) {
    prepared(database, 'INSERT OR REPLACE INTO signed_on VALUES (?, ?, ?)').run(device, body.staffId, at);
  },
  'staff.signed-off'({ device }, database) {
    prepared(database, 'DELETE FROM signed_on WHERE device = ?').run(device);
  },
  'shift.opened'({ device, body: { shift } }, database) {
    prepared(
      database,
      `INSERT INTO shift VALUES (?, ?, ?, 1, ?, NULL, NULL) ON CONFLICT DO UPDATE SET
         device = excluded.device, opened_at = excluded.opened_at, is_open = close IS NULL, body = excluded.body`,
    ).run(shift.shiftId, device, shift.openedAt, JSON.stringify(shift));
  },
  // Where two devices close one, what was counted first stands.
  'shift.closed'({ at, body }, database) {
    prepared(
      database,
      `INSERT INTO shift VALUES (?, NULL, NULL, 0, NULL, ?, ?) ON CONFLICT DO UPDATE SET
         is_open = 0,
         close = iif(close_at < excluded.close_at, close, excluded.close),
         close_at = min(coalesce(close_at, excluded.close_at), excluded.close_at)`,
    ).run(body.shiftId, JSON.stringify(body.close), at);
  },
  'catalogue.items-put'({ at, body }, database) {
    body.items.forEach((item, ordinal) => putItem(database, item, { at, ordinal }));
  },
  'catalogue.items-removed'({ at, body }, database) {
    for (const itemId of body.itemIds) removeItem(database, itemId, at);
  },
  // Inert until committed.
  'catalogue.import-part': nothingToProject,
  'catalogue.import-committed'({ device, seq, at, body }, database) {
    if (body.firstSeq < 1 || body.lastSeq >= seq) throw new Error('its parts do not lie before it');
    prepared(database, 'INSERT OR REPLACE INTO import_backlog VALUES (?, ?, ?, ?, ?, 0, ?)').run(
      body.importId,
      device,
      at,
      body.firstSeq,
      body.firstSeq,
      body.lastSeq,
    );
    for (const priced of body.pricedSeqs ?? []) logImportedPrices(database, device, priced);
  },
  // One that is back on a till, or discarded, keeps no more than its ids: it may have been resumed twice.
  'cart.parked'({ device, at, actor, body }, database) {
    const isGone = prepared(database, 'SELECT 1 FROM unparked_cart WHERE parked_cart_id = ?').get(body.parkedCartId);
    const content =
      isGone === undefined ? [body.label, JSON.stringify(body.cart), body.payment && JSON.stringify(body.payment)] : [];
    const [label = null, cart = null, payment = null] = content;
    prepared(database, 'INSERT INTO parked_cart VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
      body.parkedCartId,
      body.cart.cartId,
      device,
      new Date(wallMs(at)).toISOString(),
      actor,
      label,
      cart,
      payment,
    );
  },
  'cart.unparked'({ device, body }, database) {
    prepared(database, 'INSERT OR REPLACE INTO unparked_cart VALUES (?, ?, ?)').run(
      body.parkedCartId,
      device,
      body.reason,
    );
    prepared(database, 'UPDATE parked_cart SET label = NULL, cart = NULL, payment = NULL WHERE parked_cart_id = ?').run(
      body.parkedCartId,
    );
  },
  'cart.voided': (entry, database) => logPrice(database, entry),
  'tender.started'({ device, at, body }, database) {
    prepared(
      database,
      `INSERT INTO tender VALUES (?, 'pending', ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET device = excluded.device,
         payment_id = excluded.payment_id, cart_id = excluded.cart_id, provider = excluded.provider,
         amount_minor = excluded.amount_minor, started_at = excluded.started_at`,
    ).run(
      body.tenderId,
      device,
      body.paymentId,
      body.cartId,
      body.provider,
      body.amountMinor,
      new Date(wallMs(at)).toISOString(),
    );
  },
  // Another device may settle it before word of its start arrives. An end that is known stays, whoever doubts it.
  'tender.settled'({ body }, database) {
    prepared(
      database,
      `INSERT INTO tender (tender_id, state) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET state = iif(state = 'settled', state, excluded.state)`,
    ).run(body.tenderId, body.outcome === 'unknown' ? 'unknown' : 'settled');
  },
  'order.placed'(entry, database) {
    const {
      device,
      seq,
      at,
      body: { order },
    } = entry;
    dropRecovered(database, order, device);
    putOrder(database, order, { device, at, entryDevice: device, entrySeq: seq, recoveredAt: null });
    putHoldsSold(database, entry);
    if (hasOwnPrices(order)) {
      logPrice(database, entry);
      putDropsSold(database, order, at);
    }
  },
  'order.recovered'({ device, seq, at, body }, database) {
    const { order, deviceId, shift } = body;
    // Of its till's own word nothing is replaced.
    prepared(
      database,
      `INSERT INTO shift VALUES (?, ?, ?, 1, ?, NULL, NULL) ON CONFLICT DO UPDATE SET
         device = coalesce(device, excluded.device), opened_at = coalesce(opened_at, excluded.opened_at),
         is_open = close IS NULL, body = coalesce(body, excluded.body)`,
    ).run(shift.shiftId, deviceId, shift.openedAt, JSON.stringify({ ...shift, closed: null }));
    const isKnown = prepared(
      database,
      `SELECT 1 FROM placed_order WHERE (order_id = ? OR (sequence = ? AND device = ?))
         AND (recovered_at IS NULL OR recovered_at <= ?)`,
    ).get(order.orderId, orderSequence(order.number), deviceId, at);
    if (isKnown !== undefined) return;
    dropRecovered(database, order, deviceId);
    const recovered = { device: deviceId, at: body.entry.at, entryDevice: device, entrySeq: seq, recoveredAt: at };
    putOrder(database, order, recovered);
  },
  'order.flagged'({ at, body }, database) {
    prepared(database, 'INSERT INTO order_flag VALUES (?, ?, ?, ?, ?, ?)').run(
      body.orderId,
      at,
      body.flag,
      body.cause,
      body.at,
      body.hub && JSON.stringify(body.hub),
    );
  },
  'stock.shared'({ at, body }, database) {
    prepared(
      database,
      `INSERT INTO stock_division VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, shares = excluded.shares WHERE excluded.at > stock_division.at`,
    ).run(body.itemId, body.variantId, at, JSON.stringify(body.shares));
  },
  'stock.share-given'({ device, at, body }, database) {
    prepared(database, 'INSERT INTO stock_gift VALUES (?, ?, ?, ?, ?, ?)').run(
      body.itemId,
      body.variantId,
      at,
      device,
      body.toDevice,
      body.quantity,
    );
  },
  'hold.placed'({ device, at, body: { hold } }, database) {
    prepared(
      database,
      `INSERT INTO hold VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, device = excluded.device, expires_at = excluded.expires_at,
         body = excluded.body WHERE excluded.at < hold.at`,
    ).run(hold.holdId, at, device, hold.expiresAt, JSON.stringify(hold));
  },
  'hold.extended'({ body }, database) {
    prepared(
      database,
      `INSERT INTO hold_extended VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET expires_at = max(expires_at, excluded.expires_at),
         times_asked = max(times_asked, excluded.times_asked)`,
    ).run(body.holdId, body.expiresAt, body.timesAsked ?? 0);
  },
  'hold.ended'({ at, body }, database) {
    prepared(
      database,
      `INSERT INTO hold_end VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET ended_at = excluded.ended_at, at = excluded.at, reason = excluded.reason
       WHERE (excluded.ended_at, excluded.at) < (hold_end.ended_at, hold_end.at)`,
    ).run(body.holdId, body.at, at, body.reason);
  },
  'shift.reconciled'({ at, body }, database) {
    prepared(database, 'INSERT INTO shift_reconciled VALUES (?, ?, ?, ?, ?, ?, ?)').run(
      body.shiftId,
      at,
      body.serverId,
      body.orderCount,
      body.totalMinor,
      body.ordersHash,
      body.mended,
    );
  },
  'price.rules-put'(entry, database) {
    for (const rule of entry.body.rules) putRule(database, rule, entry.at);
    logPrice(database, entry);
  },
  'price.rules-removed'(entry, database) {
    for (const ruleId of entry.body.ruleIds) removeRule(database, ruleId, entry.at);
    logPrice(database, entry);
  },
  'price.rule-set-taken'(entry, database) {
    const { at, body } = entry;
    prepared(
      database,
      `INSERT INTO price_rule_set VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version,
         at = excluded.at, rule_count = excluded.rule_count, name = excluded.name, signed_by = excluded.signed_by
       WHERE (excluded.version, excluded.at) > (price_rule_set.version, price_rule_set.at)`,
    ).run(body.setId, body.version, at, body.ruleCount, body.name, body.signedBy);
    logPrice(database, entry);
  },
  'price.policy-set'(entry, database) {
    prepared(
      database,
      `INSERT INTO price_policy VALUES (1, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, body = excluded.body WHERE excluded.at > price_policy.at`,
    ).run(entry.at, JSON.stringify(entry.body.policy));
    logPrice(database, entry);
  },
  'price.place-set'({ device, body }, database) {
    prepared(database, 'INSERT OR REPLACE INTO price_place VALUES (?, ?)').run(device, JSON.stringify(body.place));
  },
  'price.observed': (entry, database) => putObservations(database, entry),
  'price.changed': (entry, database) => logPrice(database, entry),
  'clock.jumped': (entry, database) => logPrice(database, entry),
  'drop.scheduled'(entry, database) {
    const { at, body } = entry;
    prepared(
      database,
      `INSERT INTO sale_drop VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, body = excluded.body WHERE excluded.at < sale_drop.at`,
    ).run(body.drop.dropId, at, JSON.stringify(body.drop));
    logPrice(database, entry);
  },
  'drop.ended'(entry, database) {
    const { at, body } = entry;
    prepared(
      database,
      `INSERT INTO drop_end VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET ended_at = excluded.ended_at, at = excluded.at, reason = excluded.reason
       WHERE (excluded.ended_at, excluded.at) < (drop_end.ended_at, drop_end.at)`,
    ).run(body.dropId, body.at, at, body.reason);
    logPrice(database, entry);
  },
  'drop.share-given'({ device, at, body }, database) {
    prepared(database, 'INSERT INTO drop_gift VALUES (?, ?, ?, ?, ?)').run(
      body.dropId,
      at,
      device,
      body.toDevice,
      body.quantity,
    );
  },
  'drop.template-put': ({ at, body }, database) =>
    writeTemplate(database, body.template.templateId, at, JSON.stringify(body.template)),
  'drop.template-removed': ({ at, body }, database) => writeTemplate(database, body.templateId, at, null),
  // Fixed once: a plan that changed after the start would be none.
  'price-test.registered'({ at, body: { plan } }, database) {
    prepared(
      database,
      `INSERT INTO price_test VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, body = excluded.body WHERE excluded.at < price_test.at`,
    ).run(plan.testId, at, JSON.stringify(plan));
  },
  'price-test.switched'({ at, body }, database) {
    prepared(database, 'INSERT INTO price_test_switch VALUES (?, ?, ?, ?, ?)').run(
      body.testId,
      at,
      body.at,
      body.isOn ? 1 : 0,
      body.cause,
    );
  },
  'price-test.noted'({ at, body }, database) {
    prepared(
      database,
      `INSERT INTO price_test_note VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, body = excluded.body WHERE excluded.at > price_test_note.at`,
    ).run(body.testId, body.note.noteId, at, JSON.stringify(body.note));
  },
  'price-test.read-out'({ at, body }, database) {
    prepared(
      database,
      `INSERT INTO price_test_read_out VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, body = excluded.body WHERE excluded.at < price_test_read_out.at`,
    ).run(body.testId, body.readOut.lookRound ?? 0, at, JSON.stringify(body.readOut));
  },
  'price-test.stopped'({ at, body }, database) {
    prepared(
      database,
      `INSERT INTO price_test_stop VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET stopped_at = excluded.stopped_at, at = excluded.at, reason = excluded.reason
       WHERE (excluded.stopped_at, excluded.at) < (price_test_stop.stopped_at, price_test_stop.at)`,
    ).run(body.testId, body.at, at, body.end);
  },
  'footfall.counted'({ at, body }, database) {
    prepared(database, 'INSERT INTO footfall_count VALUES (?, ?, ?, ?, ?)').run(
      body.from,
      at,
      body.to,
      body.source,
      body.count,
    );
  },
  'footfall.calibrated'({ at, body }, database) {
    prepared(database, 'INSERT INTO footfall_calibration VALUES (?, ?)').run(at, JSON.stringify(body));
  },
  'advice.offered'({ at, body: { advice } }, database) {
    prepared(
      database,
      `INSERT INTO advice VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, body = excluded.body WHERE excluded.at < advice.at`,
    ).run(advice.adviceId, at, JSON.stringify(advice));
  },
  'advice.answered'(entry, database) {
    const { adviceId, answer, ruleId, adjustment, rule } = entry.body;
    writeAnswer(database, adviceId, entry.at, [
      answer,
      ruleId,
      adjustment === undefined ? null : JSON.stringify(adjustment),
      rule === undefined ? null : JSON.stringify(rule),
      rule?.when.until ?? null,
    ]);
    if (rule !== undefined) logPrice(database, entry);
  },
  'advice.taken-back'(entry, database) {
    const { adviceId, answer, ruleId } = entry.body;
    writeAnswer(database, adviceId, entry.at, [answer, null, null, null, null]);
    if (ruleId !== null) logPrice(database, entry);
  },
  'advice.wishes-set'({ at, body }, database) {
    prepared(
      database,
      `INSERT INTO advice_wishes VALUES (1, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, body = excluded.body WHERE excluded.at > advice_wishes.at`,
    ).run(at, JSON.stringify(body.wishes));
  },
  'labels.printed'({ at, body }, database) {
    for (const { itemId, variantId, priceMinor } of body.labels) {
      putShelfLabel(database, { itemId, variantId, priceMinor, at });
    }
  },
  'labels.taken-down'({ at, body }, database) {
    for (const variantId of body.variantIds) {
      putShelfLabel(database, { itemId: '', variantId, priceMinor: null, at });
    }
  },
  'clip.put': ({ at, body }, database) => writeClip(database, body.clip.clip, at, JSON.stringify(body.clip)),
  'clip.removed': ({ at, body }, database) => writeClip(database, body.clip, at, null),
  'reel.playlist-put': ({ at, body }, database) =>
    writePlaylist(database, body.playlist.playlistId, at, JSON.stringify(body.playlist)),
  'reel.playlist-removed': ({ at, body }, database) => writePlaylist(database, body.playlistId, at, null),
  'receipt.copied'({ body }, database) {
    prepared(
      database,
      'INSERT INTO receipt_copy VALUES (?, ?) ON CONFLICT DO UPDATE SET copies = max(copies, excluded.copies)',
    ).run(body.orderId, body.copy);
  },
  'drawer.kicked': nothingToProject,
  'job.decided': nothingToProject,
};

/** The last word on advice, its rule with it. */
function writeAnswer(
  database: Database,
  adviceId: string,
  at: string,
  content: readonly [answer: string | null, ...rest: (string | null)[]],
): void {
  prepared(
    database,
    `INSERT INTO advice_answer VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       at = excluded.at, answer = excluded.answer, rule_id = excluded.rule_id, adjustment = excluded.adjustment,
       rule = excluded.rule, rule_until = excluded.rule_until
     WHERE excluded.at > advice_answer.at`,
  ).run(adviceId, at, ...content);
}

/** @param label `priceMinor` is null where none hangs any more */
function putShelfLabel(
  database: Database,
  label: {
    readonly itemId: string;
    readonly variantId: string;
    readonly priceMinor: number | null;
    readonly at: string;
  },
): void {
  prepared(
    database,
    `INSERT INTO shelf_label VALUES (@variantId, @itemId, @at, @priceMinor)
     ON CONFLICT DO UPDATE SET item_id = excluded.item_id, at = excluded.at, price_minor = excluded.price_minor
     WHERE excluded.at > shelf_label.at`,
  ).run(label);
}

/** @param body null where it was removed */
function writeClip(database: Database, clip: string, at: string, body: string | null): void {
  prepared(
    database,
    `INSERT INTO clip VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       first_at = coalesce(min(first_at, excluded.first_at), first_at, excluded.first_at),
       body = iif(excluded.at > at, excluded.body, body),
       at = max(at, excluded.at)`,
  ).run(clip, at, body === null ? null : at, body);
}

/** @param body null where it was removed */
function writePlaylist(database: Database, playlistId: string, at: string, body: string | null): void {
  prepared(
    database,
    `INSERT INTO playlist VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET at = excluded.at, body = excluded.body WHERE excluded.at > playlist.at`,
  ).run(playlistId, at, body);
}

function writeTemplate(database: Database, templateId: string, at: string, body: string | null): void {
  prepared(
    database,
    `INSERT INTO drop_template VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET at = excluded.at, body = excluded.body WHERE excluded.at > drop_template.at`,
  ).run(templateId, at, body);
}

/**
 * Writes what one entry means into the read models. Depends on the entry and the tables alone, never on a clock or on
 * who calls, so that a replay gives what the living till has. Call inside a transaction.
 */
export function project(entry: Entry, database: Database): void {
  (PROJECTIONS[entry.kind] as Projection<EntryKind>)(entry, database);
}

/**
 * Gives a function that applies entries as they are kept, one by one: each is applied whole or not at all. One that says
 * what no table can hold is an answer; a database that cannot be written is an error. Call both inside a transaction.
 */
export function entryApplier(database: Database): (sealed: SealedEntry) => ReadResult {
  // Nested, so a savepoint each.
  const apply = database.transaction(project);
  return (sealed) => {
    const read = readEntry(sealed);
    if (!read.ok) return read;
    try {
      apply(read.entry, database);
      return read;
    } catch (error) {
      if (!isAboutTheEntry(error)) throw error;
      return { ok: false, unreadable: notApplicable(sealed, error) };
    }
  };
}

function isAboutTheEntry(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return !code.startsWith('SQLITE_') || code.startsWith('SQLITE_CONSTRAINT');
}

/** The gapless sequence inside an order number: 412 of `T1-0412`. */
export function orderSequence(number: string): number {
  const sequence = Number(number.slice(number.lastIndexOf('-') + 1));
  if (!Number.isSafeInteger(sequence) || sequence < 1) throw new Error(`not an order number: ${number}`);
  return sequence;
}

/** Orders that can stand in one millisecond before they spread into the next. */
const KEYS_PER_MS = 1024;
/** The year 2248: later keys would not be exact in JavaScript. */
const LAST_KEY_MS = 2 ** 43 - 2;

/** Where an order stands among all orders: by its hybrid instant, which never runs backwards on one device. */
function orderKey(database: Database, at: string): number {
  let key = Math.min(wallMs(at), LAST_KEY_MS) * KEYS_PER_MS;
  const taken = prepared(
    database,
    'SELECT order_key FROM placed_order WHERE order_key >= ? ORDER BY order_key',
  ).pluck();
  for (const other of taken.iterate(key)) {
    if (other !== key) break;
    key += 1;
  }
  return key;
}

/** Whose order it is and when, and which entry says it: another device's where it was recovered. */
interface OrderPlace {
  readonly device: string;
  /** Hybrid instant. */
  readonly at: string;
  readonly entryDevice: string;
  readonly entrySeq: number;
  readonly recoveredAt: string | null;
}

function putOrder(database: Database, order: Order, place: OrderPlace): void {
  prepared(
    database,
    `INSERT INTO placed_order (order_key, order_id, device, sequence, number, placed_at, total_minor, staff_id, shift_id,
       cart_id, unsettled, words, entry_seq, entry_device, recovered_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    orderKey(database, place.at),
    order.orderId,
    place.device,
    orderSequence(order.number),
    order.number,
    order.placedAt,
    order.totalMinor,
    order.staffId,
    order.shiftId,
    order.cartId,
    order.tenders.some(({ state }) => state === 'pending' || state === 'unknown') ? 1 : 0,
    orderWords(order),
    place.entrySeq,
    place.entryDevice,
    place.recoveredAt,
  );
  putSold(database, order, place.at);
  changeTotals(database, order, place.device, (totals) => addOrderToTotals(totals, order));
}

/** By device: of a till's folder that was copied both copies sell on in one shift, each into a drawer of its own. */
function changeTotals(
  database: Database,
  { shiftId }: Order,
  device: string,
  change: (totals: ShiftTotals) => ShiftTotals,
): void {
  const totals = prepared(database, 'SELECT totals FROM shift_total WHERE shift_id = ? AND device = ?')
    .pluck()
    .get(shiftId, device);
  const before = typeof totals === 'string' ? (JSON.parse(totals) as ShiftTotals) : emptyTotals(0);
  const after = change(before);
  if (after.orderCount > 0) {
    prepared(database, 'INSERT OR REPLACE INTO shift_total VALUES (?, ?, ?)').run(
      shiftId,
      device,
      JSON.stringify(after),
    );
  } else prepared(database, 'DELETE FROM shift_total WHERE shift_id = ? AND device = ?').run(shiftId, device);
}

/** Takes back what a copy of an order on paper said, now that there is something better. */
function dropRecovered(database: Database, { orderId, number }: Order, device: string): void {
  const rows = prepared(
    database,
    `SELECT order_key AS orderKey, placed_order.device AS device, body FROM placed_order
       JOIN journal ON journal.device = entry_device AND journal.seq = entry_seq
     WHERE recovered_at IS NOT NULL AND (order_id = ? OR (sequence = ? AND placed_order.device = ?))`,
  ).all(orderId, orderSequence(number), device) as { orderKey: number; device: string; body: string }[];
  for (const row of rows) {
    const { order, entry } = JSON.parse(row.body) as Entry<'order.recovered'>['body'];
    prepared(database, 'DELETE FROM placed_order WHERE order_key = ?').run(row.orderKey);
    const unsell = prepared(database, 'DELETE FROM sold WHERE item_id = ? AND variant_id = ? AND at = ?');
    for (const { itemId, variantId } of order.lines) unsell.run(itemId, variantId, entry.at);
    changeTotals(database, order, row.device, (totals) => takeOrderFromTotals(totals, order));
  }
}

/** What left the table with an order, once per variant. */
function putSold(database: Database, { lines }: Order, at: string): void {
  const insert = prepared(
    database,
    `INSERT INTO sold VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity`,
  );
  for (const { itemId, variantId, quantity } of lines) {
    if (itemId !== null && variantId !== null) insert.run(itemId, variantId, at, quantity);
  }
}

/**
 * Which holds an order sold. What another till had put aside comes from that till's share of the stock, as if it had given
 * it: whoever sells it needs none of its own.
 */
function putHoldsSold(database: Database, { device, at, body: { order } }: Entry<'order.placed'>): void {
  for (const { itemId, variantId, quantity, hold } of order.lines) {
    if (hold === undefined) continue;
    prepared(database, 'INSERT OR IGNORE INTO hold_sold VALUES (?, ?)').run(hold.holdId, order.orderId);
    if (hold.deviceId === device || itemId === null || variantId === null) continue;
    prepared(
      database,
      `INSERT INTO hold_gift VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity`,
    ).run(itemId, variantId, at, hold.deviceId, device, quantity);
  }
}

/** What an order is found by besides its number: the names on it. */
function orderWords(order: Order): string {
  return [...new Set(order.lines.flatMap((line) => foldWords(line.name)))].join(' ');
}
