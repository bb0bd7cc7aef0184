import { createHash, createPrivateKey, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkOrder, type Order } from '../../src/domain/order';
import {
  COPY_TEXT_LENGTH,
  orderCopyBytes,
  orderCopyText,
  orderOfCopy,
  readOrderCopy,
  referenceTo,
  signedCopyText,
  type CopyContext,
} from '../../src/domain/order-copy';
import { readOwnCode } from '../../src/domain/own-code';
import { newKeyPair } from '../../src/journal/identity';
import { isCopySignedBy } from '../../src/journal/signed-copy';
import { sell, type Sale, type SaleLine } from '../helpers/orders';
import { brooklyn, saltAndBramble, testContext, zurich } from '../helpers/stall';

const digest = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const keys = newKeyPair();
const privateKey = createPrivateKey({ key: Buffer.from(keys.privateKey, 'base64'), format: 'der', type: 'pkcs8' });
const deviceId = '0199aa00-0000-7000-8000-0123456789ab';
const context: CopyContext = {
  stallId: saltAndBramble.stallId,
  deviceId,
  entry: { seq: 77, at: `2026-06-13T10:31:00.004Z-001f-${deviceId}`, hash: 'ab'.repeat(32), event: null },
  shift: {
    shiftId: 'shift-1',
    openedAt: '2026-06-13T07:58:12.345Z',
    openedBy: 'person-2',
    floatMinor: 5_000,
    closed: null,
  },
  digest,
};
const address = 'https://receipts.example.org/r/0123456789abcdefghijkl';

const signed = (bytes: Uint8Array, at: string | null): string =>
  orderCopyText(bytes, sign(null, Buffer.from(signedCopyText(bytes)), privateKey), at);
function codeOf(order: Order, at: string | null): string {
  const bytes = orderCopyBytes(order, context, at);
  if (bytes === null) throw new Error('it does not fit');
  return signed(bytes, at);
}
const isGenuine = (text: string): boolean => {
  const read = readOrderCopy(text);
  return read !== null && isCopySignedBy(read, keys.publicKey);
};

const line: fc.Arbitrary<SaleLine> = fc.record({
  name: fc.constantFrom('Loaf', 'Jam', 'Mug', 'Käse', 'Honey'),
  sku: fc.constantFrom('', 'MUG-01', 'KÄSE-½', 'x'.repeat(40)),
  priceMinor: fc.integer({ min: 1, max: 20_000 }),
  quantity: fc.integer({ min: 1, max: 900 }),
  pricing: fc.constantFrom('each' as const, 'kg' as const),
  taxRateId: fc.constantFrom('standard', 'zero'),
  isTyped: fc.boolean(),
});
const sale = (most: number): fc.Arbitrary<Order> =>
  fc
    .record({
      stall: fc.constantFrom(saltAndBramble, zurich, brooklyn),
      lines: fc.array(line, { minLength: 1, maxLength: most }),
      discount: fc.option(
        fc.oneof(
          fc.record({
            kind: fc.constant('percent' as const),
            basisPoints: fc.integer({ min: 1, max: 9_900 }),
            reason: fc.constantFrom('', 'a friend'),
          }),
          fc.record({ kind: fc.constant('amount' as const), amountMinor: fc.constant(1), reason: fc.constant('') }),
        ),
        { nil: undefined },
      ),
      sequence: fc.integer({ min: 1, max: 99_999 }),
    })
    .map(({ discount, ...rest }) => sell({ ...rest, ...(discount && { discount }) } as Sale, testContext()));

describe('the signed copy of an order', () => {
  it('comes back as the order, with its sums, through its code with an address and without', () => {
    fc.assert(
      fc.property(sale(60), fc.constantFrom(null, address), (order, at) => {
        const text = codeOf(order, at);
        expect(text.length).toBeLessThanOrEqual(COPY_TEXT_LENGTH);
        expect(isGenuine(text)).toBe(true);
        expect(readOwnCode(text)).toEqual({ kind: 'receipt', number: order.number });
        const copy = readOrderCopy(text)?.copy;
        const { closed: _closed, ...shift } = context.shift;
        expect(copy).toMatchObject({ deviceId, orderId: order.orderId, number: order.number, shift });
        expect(copy?.entry).toEqual({ ...context.entry, hash: undefined, check: 'ab'.repeat(8) });
        const again = copy && orderOfCopy(copy, () => null);
        expect(again && checkOrder(again)).toEqual([]);
        const { totalMinor, taxMinor, taxes, savedMinor, roundingMinor, currency, placedAt } = order;
        expect(again).toMatchObject({ totalMinor, taxMinor, taxes, savedMinor, roundingMinor, currency, placedAt });
        expect(again?.tenders.map(({ kind, amountMinor }) => [kind, amountMinor])).toEqual(
          order.tenders.map(({ kind, amountMinor }) => [kind, amountMinor]),
        );
        if (copy?.grouped) {
          expect(copy.grouped.lineCount).toBe(order.lines.length);
        } else {
          expect(
            again?.lines.map(({ quantity, unitPriceMinor, amountMinor }) => [quantity, unitPriceMinor, amountMinor]),
          ).toEqual(
            order.lines.map(({ quantity, unitPriceMinor, amountMinor }) => [quantity, unitPriceMinor, amountMinor]),
          );
          expect(copy?.lines.map(({ goodsReference }) => goodsReference)).toEqual(
            order.lines.map(({ variantId }) => variantId && referenceTo('goods', variantId, digest)),
          );
        }
      }),
      { numRuns: 60 },
    );
  }, 30_000);

  it('of which one bit is another was signed by nobody', () => {
    fc.assert(
      fc.property(sale(6), fc.nat(), fc.constantFrom(null, address), (order, at, where) => {
        const bytes = orderCopyBytes(order, context, where);
        if (bytes === null) throw new Error('it does not fit');
        const whole = [...bytes, ...sign(null, Buffer.from(signedCopyText(bytes)), privateKey)];
        const bit = at % (whole.length * 8);
        const byte = Math.floor(bit / 8);
        whole[byte] = (whole[byte] ?? 0) ^ (1 << (bit % 8));
        const forged = Uint8Array.from(whole);
        expect(isGenuine(orderCopyText(forged.subarray(0, -64), forged.subarray(-64), where))).toBe(false);
      }),
      { numRuns: 150 },
    );
  }, 30_000);

  it('is never read out of what is none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(isGenuine(orderCopyText(Uint8Array.from([1, ...bytes]), new Uint8Array(64), null))).toBe(false);
      }),
    );
    for (const text of ['', '#', 'TR2:', 'TR2:0', 'https://a.example/#top', 'TR1:T1-0001']) {
      expect([text, readOrderCopy(text)]).toEqual([text, null]);
    }
  });

  it('has every line of an order of twelve, in a code that is well within the narrowest paper', () => {
    const lines = Array.from({ length: 12 }, (_, index) => ({
      name: `Goods ${index}`,
      sku: `SHELF-${index}00`,
      priceMinor: 1_250 + index,
      quantity: 1 + (index % 3),
    }));
    const order = sell({ stall: saltAndBramble, lines }, testContext());
    const text = codeOf({ ...order, orderId: deviceId, shiftId: deviceId, staffId: deviceId }, address);
    expect(readOrderCopy(text)?.copy.grouped).toBeNull();
    expect(text.length).toBeLessThan(COPY_TEXT_LENGTH * 0.7);
  });

  it('of five hundred lines and fifty tenders still has its sums', () => {
    const lines = Array.from({ length: 500 }, (_, index) => ({
      name: `Goods ${index}`,
      sku: `SHELF-${index}`,
      priceMinor: 100 + index,
      taxRateId: ['standard', 'reduced', 'zero'][index % 3] ?? '',
    }));
    const order = sell({ stall: saltAndBramble, lines }, testContext());
    const given = order.totalMinor - 49;
    const tenders = Array.from({ length: 50 }, (_, index): Order['tenders'][number] => ({
      kind: 'card',
      tenderId: `tender-${index}`,
      state: 'approved',
      amountMinor: index === 0 ? given : 1,
      provider: 'SumUp',
      reference: `a reference that is long ${index}`,
      at: order.placedAt,
    }));
    const many = { ...order, roundingMinor: 0, tenders };
    expect(checkOrder(many)).toEqual([]);
    const copy = readOrderCopy(codeOf(many, address))?.copy;
    expect(copy).toMatchObject({ grouped: { lineCount: 500 }, areTendersJoined: true });
    const again = copy && orderOfCopy(copy, () => null);
    expect(again).toMatchObject({ totalMinor: order.totalMinor, taxes: order.taxes, savedMinor: 0 });
    expect(again?.tenders).toHaveLength(1);
  });
});
