import type { ExchangeClient, ReconcileResponse, ShiftSums } from '../../exchange/client';
import { ExchangeFailure } from '../../exchange/exchange-failure';
import { ordersHash } from '../../exchange/shift-sums';
import { signedTexts } from '../../exchange/signatures';
import type { MoreExchange } from './engine';
import type { ShiftMismatch } from '../db/sync-state';
import type { ShiftAccount } from '../db/shift-accounts';
import type { SyncStore } from './sync-store';

/** A shift that does not match is looked at again this often: a person may have mended it. */
const AGAIN_AFTER_MS = 10 * 60_000;

/**
 * Compares every closed shift with what the hub has of it, and offers again what the hub lacks: the same entries, under the
 * same ids. What then still differs is named, order by order, until it does not.
 */
export function reconcileExchange(store: SyncStore, now: () => Date): MoreExchange {
  const lookedAt = new Map<string, number>();
  return async ({ serverId, role }, client, device, isHurried) => {
    if (role !== 'hub') return false;
    for (const account of await store.unreconciled(serverId)) {
      if (isHurried()) return true;
      const { shiftId } = account;
      const sums = sumsOf(account);
      const nowMs = now().getTime();
      if (Math.abs(nowMs - (lookedAt.get(shiftId) ?? Number.NEGATIVE_INFINITY)) < AGAIN_AFTER_MS) continue;
      let answer = await client.reconcile(sums);
      let mended = 0;
      if (!answer.matches && account.device === device.deviceId) {
        mended = await offerAgain(store, client, account, answer);
        if (mended > 0) answer = await client.reconcile(sums);
      }
      if (answer.matches) {
        const { orderCount, totalMinor } = sums;
        await store.reconciled({ shiftId, serverId, orderCount, totalMinor, ordersHash: sums.ordersHash, mended });
      } else {
        lookedAt.set(shiftId, nowMs);
        await store.mismatched({ serverId, shiftId, at: now().toISOString(), orders: differences(account, answer) });
      }
    }
    return false;
  };
}

function sumsOf({ shiftId, device, totalMinor, orders }: ShiftAccount): ShiftSums {
  return { shiftId, device, orderCount: orders.length, totalMinor, ordersHash: ordersHash(orders) };
}

/** @returns how many entries were taken; what the hub has otherwise it refuses, and the difference stays named */
async function offerAgain(
  store: SyncStore,
  client: ExchangeClient,
  account: ShiftAccount,
  { orders }: ReconcileResponse,
): Promise<number> {
  const there = new Set(orders.map(({ hash }) => hash));
  let offered = 0;
  for (const { seq, hash } of account.orders) {
    if (there.has(hash)) continue;
    const { device } = account;
    const entries = await store.entriesAfter(device, seq - 1, 1, Number.MAX_SAFE_INTEGER);
    const signature = await store.sign(signedTexts.head({ device, seq, hash }));
    try {
      await client.push({ entries: [...entries], head: { device, seq, hash, signature } });
      offered += 1;
    } catch (error) {
      if (!(error instanceof ExchangeFailure) || !DIFFERS.has(error.code)) throw error;
    }
  }
  return offered;
}

/** Refusals of an entry in whose place the hub has another, or none that it could follow. */
const DIFFERS: ReadonlySet<string> = new Set(['forked', 'gap']);

function differences(account: ShiftAccount, { orders }: ReconcileResponse): ShiftMismatch['orders'] {
  const here = new Map(account.orders.map((order) => [order.orderId, order]));
  const there = new Map(orders.map((order) => [order.orderId, order]));
  const named = (fault: ShiftMismatch['orders'][number]['fault'], order: { orderId: string; number: string }) => ({
    orderId: order.orderId,
    number: order.number,
    fault,
  });
  return [
    ...account.orders.flatMap((order) => {
      const other = there.get(order.orderId);
      if (!other) return [named('missing-there', order)];
      return other.hash === order.hash ? [] : [named('differs', order)];
    }),
    ...orders.flatMap((order) => (here.has(order.orderId) ? [] : [named('missing-here', order)])),
  ];
}
