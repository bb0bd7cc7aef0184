import { createHash } from 'node:crypto';
import { fromBase64Url } from '../../domain/bytes';
import type { Order } from '../../domain/order';
import { orderCopyBytes, orderCopyText, signatureAside, signedCopyText, type Digest } from '../../domain/order-copy';
import type { ReceiptCode } from '../../domain/receipt';
import type { CoreContext } from './core-context';

export const sha256: Digest = (bytes) => createHash('sha256').update(bytes).digest();

/**
 * The code of a receipt: the address of the web receipt, where there is one, and the signed copy of the order behind it.
 * Made when a receipt is laid out, so that no sale waits for a signature.
 * @returns undefined where neither can be had: of another till's order, without an address
 */
export function receiptCodeOf(
  { store, stall }: Pick<CoreContext, 'store' | 'stall'>,
  order: Order,
  address: string | null,
): ReceiptCode | undefined {
  const isAddress = address !== null;
  const text = stall.receiptCopies === false ? null : copyText({ store, stall }, order, address);
  return text !== null ? { text, isAddress } : isAddress ? { text: address, isAddress } : undefined;
}

function copyText(
  { store, stall }: Pick<CoreContext, 'store' | 'stall'>,
  order: Order,
  address: string | null,
): string | null {
  const origin = store.orders.origin(order.orderId);
  const shift = store.shifts.get(order.shiftId)?.shift;
  if (origin === null) return null;
  const { deviceId, entry, copy } = origin;
  if (copy !== null) {
    const { signed, signature } = signatureAside(fromBase64Url(copy) ?? new Uint8Array());
    return orderCopyText(signed, signature, address);
  }
  if (shift === undefined || !store.keys.has(deviceId)) return null;
  const bytes = orderCopyBytes(order, { stallId: stall.stallId, deviceId, entry, shift, digest: sha256 }, address);
  if (bytes === null) return null;
  return orderCopyText(bytes, Buffer.from(store.keys.sign(deviceId, signedCopyText(bytes)), 'base64'), address);
}
