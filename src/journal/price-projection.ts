import type { Database } from 'better-sqlite3';
import { grossBeforeRules, type PricedLine } from '../domain/cart';
import type { Order } from '../domain/order';
import { piecesOf } from '../domain/pricing/cart-prices';
import type { Entry, EntryKind } from './kinds';
import { prepared } from './statements';

/** Writes a rule unless it was written or removed later already. */
export function putRule(database: Database, rule: Entry<'price.rules-put'>['body']['rules'][number], at: string): void {
  writeRule(database, rule.ruleId, at, [JSON.stringify(rule), rule.setId ?? null, rule.setVersion ?? null]);
}

export function removeRule(database: Database, ruleId: string, at: string): void {
  writeRule(database, ruleId, at, [null, null, null]);
}

function writeRule(
  database: Database,
  ruleId: string,
  at: string,
  content: readonly [body: string | null, setId: string | null, setVersion: number | null],
): void {
  prepared(
    database,
    `INSERT INTO price_rule VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       at = excluded.at, body = excluded.body, set_id = excluded.set_id, set_version = excluded.set_version
     WHERE excluded.at > price_rule.at`,
  ).run(ruleId, at, ...content);
}

/** Of two words on one variant the one that was observed later counts, and of two at one time the one written later. */
export function putObservations(database: Database, { at, body }: Entry<'price.observed'>): void {
  const observedMs = Date.parse(body.observedAt);
  const put = prepared(
    database,
    `INSERT INTO price_observation VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       item_id = excluded.item_id, source = excluded.source, observed_ms = excluded.observed_ms, at = excluded.at,
       price_minor = excluded.price_minor, stock = excluded.stock
     WHERE (excluded.observed_ms, excluded.at) > (price_observation.observed_ms, price_observation.at)`,
  );
  for (const { variantId, itemId, priceMinor, stock } of body.rows) {
    put.run(variantId, itemId, body.source, observedMs, at, priceMinor, stock);
  }
  prepared(
    database,
    `INSERT INTO price_feed VALUES (?, ?)
     ON CONFLICT DO UPDATE SET observed_ms = max(observed_ms, excluded.observed_ms)`,
  ).run(body.source, observedMs);
}

/** Notes that an entry belongs in the price log. */
export function logPrice(database: Database, { at, device, seq, kind }: Entry<EntryKind>): void {
  prepared(database, 'INSERT INTO price_log VALUES (?, ?, ?, ?)').run(at, device, seq, kind);
}

/** Notes that a part of an import that was committed belongs in the price log. Its entry lies before the commit's. */
export function logImportedPrices(database: Database, device: string, seq: number): void {
  prepared(
    database,
    `INSERT OR IGNORE INTO price_log SELECT at, device, seq, kind FROM journal
     WHERE device = ? AND seq = ? AND kind = 'catalogue.import-part'`,
  ).run(device, seq);
}

/** Whether something of an order was sold at other than the catalogue's price. */
export function hasOwnPrices({ lines, discount }: Order): boolean {
  return (
    discount !== null ||
    lines.some(
      (line) =>
        line.discount !== null || line.priceSource === 'typed' || line.trace !== undefined || line.offers !== undefined,
    )
  );
}

/** What an order sold of each drop. */
export function putDropsSold(database: Database, { lines }: Order, at: string): void {
  const put = prepared(
    database,
    `INSERT INTO drop_sold VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET pieces = pieces + excluded.pieces,
       revenue_minor = revenue_minor + excluded.revenue_minor, saved_minor = saved_minor + excluded.saved_minor`,
  );
  for (const line of lines) {
    for (const { dropId, pieces, savedMinor } of dropsOf(line))
      put.run(dropId, at, pieces, line.amountMinor, savedMinor);
  }
}

function dropsOf(line: PricedLine): { dropId: string; pieces: number; savedMinor: number }[] {
  const pieces = piecesOf(line);
  const beforeMinor = grossBeforeRules(line);
  const byPrice = (line.trace?.steps ?? []).flatMap((step) =>
    step.kind === 'rule' && step.origin === 'drop' && step.originId !== undefined
      ? [{ dropId: step.originId, pieces, savedMinor: Math.max(0, beforeMinor - line.grossMinor) }]
      : [],
  );
  const byOffer = (line.offers ?? []).flatMap(({ origin, originId, quantity, amountMinor }) =>
    origin === 'drop' && originId !== undefined
      ? [{ dropId: originId, pieces: quantity, savedMinor: amountMinor }]
      : [],
  );
  return [...byPrice, ...byOffer];
}
