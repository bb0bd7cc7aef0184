/**
 * What goods cost, how many there are and whether they are sold: the changes of it, for whoever fulfils orders. Each is told once,
 * in an order of its own that only grows, whatever is made again from the journals.
 */
import type { Sql } from '../database';
import { messageAbout } from '../webhooks/outbox';
import type { WebhookMessage } from '../webhooks/standard';
import type { Fact, FeedEntry } from './facts';

/** What changed about one variant, or about all of an item. Null is what nothing was said of. */
export interface MatrixChange {
  readonly itemId: string;
  /** Null for every variant of the item. */
  readonly variantId: string | null;
  readonly name: string | null;
  /** What it costs now, rules included, and what it did, in the smallest unit of the currency. */
  readonly beforeMinor: number | null;
  readonly afterMinor: number | null;
  /** The catalogue's price, before rules. */
  readonly listMinor: number | null;
  /** Counted anew: pieces, or grams. */
  readonly stock: number | null;
  /** More or, below nothing, fewer of it. */
  readonly stockBy: number | null;
  readonly isOnSale: boolean | null;
}

/** Everything one entry changed. */
export interface MatrixMove {
  readonly cause: { readonly kind: string; readonly ids: readonly string[] };
  readonly changes: readonly MatrixChange[];
  /** So many goods changed besides that are not named: ask for what you sell again. */
  readonly more: number;
}

/** A change about which nothing is said yet. */
export const NOTHING_SAID = {
  variantId: null,
  name: null,
  beforeMinor: null,
  afterMinor: null,
  listMinor: null,
  stock: null,
  stockBy: null,
  isOnSale: null,
} as const;

interface Moved {
  readonly entry: FeedEntry;
  readonly move: MatrixMove;
}

/**
 * Writes down what of these facts is a change, in the caller's transaction, under the lock of the stall's projection. Two tills that
 * flip the same price at the same instant both say so: it is told once. A price that a later word has overtaken already is not told,
 * nor are goods of which an entry says what was told before.
 * @returns what to announce
 */
export async function putMatrix(client: Sql, stallId: string, facts: readonly Fact[]): Promise<WebhookMessage[]> {
  const moved = await onlyChanges(client, stallId, facts.flatMap(movedBy));
  if (moved.length === 0) return [];
  const messages = moved.map(({ entry, move }) => {
    const { device, receivedAt } = entry;
    const { cause, changes, more } = move;
    const data = { device, at: entry.at.slice(0, 24), cause, changes, more };
    return messageAbout(stallId, entry, 'matrix.changed', receivedAt, data);
  });
  await client.query(
    `WITH place AS (
  UPDATE projection SET matrix_seq = matrix_seq + $2 WHERE stall_id = $1 RETURNING matrix_seq - $2 AS matrix_seq
)
INSERT INTO matrix_change (stall_id, matrix_seq, message_id, device_id, at, move)
SELECT $1, place.matrix_seq + position, message_id, device_id, at, move
FROM place, unnest($3::text[], $4::text[], $5::text[], $6::jsonb[])
  WITH ORDINALITY AS moved (message_id, device_id, at, move, position)`,
    [
      stallId,
      moved.length,
      messages.map(({ id }) => id),
      moved.map(({ entry }) => entry.device),
      moved.map(({ entry }) => entry.at.slice(0, 24)),
      moved.map(({ move }) => JSON.stringify(move)),
    ],
  );
  return messages;
}

function movedBy(fact: Fact): Moved[] {
  const { entry } = fact;
  if (fact.kind === 'matrix') return [{ entry, move: fact.value }];
  if (fact.kind !== 'order') return [];
  const { orderId, lines } = fact.value;
  const changes = lines.flatMap(({ itemId, variantId, name, quantity }) =>
    itemId === null || variantId === null ? [] : [{ ...NOTHING_SAID, itemId, variantId, name, stockBy: -quantity }],
  );
  return changes.length === 0 ? [] : [{ entry, move: { cause: { kind: 'sale', ids: [orderId] }, changes, more: 0 } }];
}

/** Leaves out what those outside know already or what was overtaken, and keeps what they know now. */
async function onlyChanges(client: Sql, stallId: string, moved: readonly Moved[]): Promise<Moved[]> {
  const prices = await withoutKnownPrices(client, stallId, moved);
  return withoutKnownGoods(client, stallId, prices);
}

/**
 * Leaves out prices that were told, and what a later word has overtaken. An entry about hundreds of goods names the first of them:
 * after it nobody here knows what any of the others costs, so the next word on each is told whatever it says. A word from before
 * such an entry that comes late may be overtaken by it or not, and is one more of those to ask for.
 */
async function withoutKnownPrices(client: Sql, stallId: string, moved: readonly Moved[]): Promise<readonly Moved[]> {
  const variantIds = moved.flatMap(({ move }) =>
    move.changes.flatMap(({ variantId, afterMinor }) => (variantId === null || afterMinor === null ? [] : [variantId])),
  );
  if (variantIds.length === 0 && moved.every(({ move }) => move.more === 0)) return moved;
  const { rows: places } = await client.query<{ unnamedAt: string }>(
    'SELECT matrix_unnamed_at AS "unnamedAt" FROM projection WHERE stall_id = $1',
    [stallId],
  );
  let unnamedAt = places[0]?.unnamedAt ?? '';
  const { rows } = await client.query<{ variant_id: string; at: string; price_minor: number }>(
    'SELECT variant_id, at, price_minor FROM matrix_price WHERE stall_id = $1 AND variant_id = ANY ($2)',
    [stallId, [...new Set(variantIds)]],
  );
  const known = new Map(rows.map(({ variant_id, at, price_minor }) => [variant_id, { at, priceMinor: price_minor }]));
  const left = moved.map(({ entry, move }) => {
    let { more } = move;
    const changes = move.changes.filter(({ variantId, afterMinor: priceMinor }) => {
      if (variantId === null || priceMinor === null) return true;
      const before = known.get(variantId);
      if (before !== undefined && before.at >= entry.at) return false;
      if (entry.at < unnamedAt) {
        more += 1;
        return false;
      }
      known.set(variantId, { at: entry.at, priceMinor });
      return before === undefined || before.at < unnamedAt || before.priceMinor !== priceMinor;
    });
    if (move.more > 0 && entry.at > unnamedAt) unnamedAt = entry.at;
    return { entry, move: { ...move, changes, more } };
  });
  await client.query('UPDATE projection SET matrix_unnamed_at = $2 WHERE stall_id = $1', [stallId, unnamedAt]);
  const prices = [...known];
  await client.query(
    `INSERT INTO matrix_price (stall_id, variant_id, at, price_minor)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[])
ON CONFLICT (stall_id, variant_id) DO UPDATE SET at = excluded.at, price_minor = excluded.price_minor`,
    [
      stallId,
      prices.map(([variantId]) => variantId),
      prices.map(([, { at }]) => at),
      prices.map(([, { priceMinor }]) => priceMinor),
    ],
  );
  return left;
}

/** What those outside were told of a variant besides its price; stock is what they make of all they were told. */
interface Told {
  readonly itemId: string;
  readonly name: string | null;
  readonly listMinor: number | null;
  readonly stock: number | null;
  readonly isOnSale: boolean | null;
}

/** What a till writes is the whole of an item or of a feed's row, whether it differs or not: this leaves what differs. */
async function withoutKnownGoods(client: Sql, stallId: string, moved: readonly Moved[]): Promise<Moved[]> {
  const all = moved.flatMap(({ move }) => move.changes).filter(({ afterMinor }) => afterMinor === null);
  const known = await toldOf(client, stallId, all);
  const told = new Map(known);
  let isForgotten = false;
  const left = moved.flatMap(({ entry, move }) => {
    const changes = move.changes.filter((change) => change.afterMinor !== null || isNews(told, change));
    // Whoever asks for all of it again knows more than was told here.
    if (move.more > 0 && (move.cause.kind === 'import' || move.cause.kind === 'catalogue')) {
      told.clear();
      isForgotten = true;
    }
    for (const change of changes) if (change.afterMinor === null) tell(told, change);
    return changes.length === 0 && move.more === 0 ? [] : [{ entry, move: { ...move, changes } }];
  });
  if (isForgotten) await client.query('DELETE FROM matrix_goods WHERE stall_id = $1', [stallId]);
  const rows = [...told].filter(([variantId, one]) => isForgotten || known.get(variantId) !== one);
  if (rows.length > 0) await keepTold(client, stallId, rows);
  return left;
}

function isNews(
  told: ReadonlyMap<string, Told>,
  { itemId, variantId, name, listMinor, stock, stockBy, isOnSale }: MatrixChange,
): boolean {
  if (variantId === null) {
    const ofItem = [...told.values()].filter((one) => one.itemId === itemId);
    return ofItem.length === 0 || ofItem.some((one) => one.isOnSale !== isOnSale);
  }
  const before = told.get(variantId);
  if (before === undefined || stockBy !== null) return true;
  const said = { name, listMinor, stock, isOnSale };
  return (Object.keys(said) as (keyof typeof said)[]).some((key) => said[key] !== null && said[key] !== before[key]);
}

function tell(
  told: Map<string, Told>,
  { itemId, variantId, name, listMinor, stock, stockBy, isOnSale }: MatrixChange,
): void {
  if (variantId === null) {
    for (const [id, one] of told) if (one.itemId === itemId) told.set(id, { ...one, isOnSale });
    return;
  }
  const before = told.get(variantId);
  // What was sold of goods that nothing was said of tells nobody how many there are.
  if (before === undefined && stockBy !== null) return;
  const counted = stock ?? before?.stock ?? null;
  told.set(variantId, {
    itemId,
    name: name ?? before?.name ?? null,
    listMinor: listMinor ?? before?.listMinor ?? null,
    stock: counted === null ? null : counted + (stockBy ?? 0),
    isOnSale: isOnSale ?? before?.isOnSale ?? null,
  });
}

async function toldOf(
  client: Sql,
  stallId: string,
  changes: readonly MatrixChange[],
): Promise<ReadonlyMap<string, Told>> {
  if (changes.length === 0) return new Map();
  const variantIds = changes.flatMap(({ variantId }) => variantId ?? []);
  const itemIds = changes.flatMap(({ itemId, variantId }) => (variantId === null ? [itemId] : []));
  const { rows } = await client.query<Told & { variantId: string }>(
    `SELECT variant_id AS "variantId", item_id AS "itemId", name, list_minor AS "listMinor", stock, is_on_sale AS "isOnSale"
FROM matrix_goods WHERE stall_id = $1 AND (variant_id = ANY ($2) OR item_id = ANY ($3))`,
    [stallId, [...new Set(variantIds)], [...new Set(itemIds)]],
  );
  return new Map(rows.map(({ variantId, ...told }) => [variantId, told]));
}

async function keepTold(client: Sql, stallId: string, rows: readonly (readonly [string, Told])[]): Promise<void> {
  await client.query(
    `INSERT INTO matrix_goods (stall_id, variant_id, item_id, name, list_minor, stock, is_on_sale)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[])
ON CONFLICT (stall_id, variant_id) DO UPDATE SET item_id = excluded.item_id, name = excluded.name,
  list_minor = excluded.list_minor, stock = excluded.stock, is_on_sale = excluded.is_on_sale`,
    [
      stallId,
      rows.map(([variantId]) => variantId),
      rows.map(([, { itemId }]) => itemId),
      rows.map(([, { name }]) => name),
      rows.map(([, { listMinor }]) => listMinor),
      rows.map(([, { stock }]) => stock),
      rows.map(([, { isOnSale }]) => isOnSale),
    ],
  );
}
