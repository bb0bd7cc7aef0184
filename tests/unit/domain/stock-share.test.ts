import fc from 'fast-check';
import { expect, it } from 'vitest';
import { equalShares, oversold, shareLeft, type StockShares } from '../../../src/domain/stock-share';

const at = (second: number): string => `2026-06-13T09:00:${String(second).padStart(2, '0')}.000Z-0000-one`;
const division: NonNullable<StockShares['division']> = {
  at: at(1),
  shares: [
    { deviceId: 'one', quantity: 3 },
    { deviceId: 'two', quantity: 2 },
  ],
};

it('divides all there is, nobody getting more than one above another', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 12 }), (quantity, tills) => {
      const deviceIds = Array.from({ length: tills }, (_, index) => `till ${index}`);
      const shares = equalShares(quantity, deviceIds).map((share) => share.quantity);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(quantity);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }),
  );
});

it('says how much more was sold than a till had, and lets it sell no more', () => {
  const gifts = [{ at: at(2), fromDevice: 'one', toDevice: 'two', quantity: 3 }];
  const sales = [{ at: at(3), deviceId: 'one', quantity: 2 }];
  const shares: StockShares = { division, gifts, sales };
  expect(shareLeft(shares, ['one'])).toBe(0);
  expect(shareLeft(shares, ['two'])).toBe(5);
  expect(oversold(shares, [['one'], ['two']])).toBe(2);
  expect(oversold({ ...shares, sales: [] }, [['one'], ['two']])).toBe(0);
  expect(oversold({ ...shares, division: null }, [['one'], ['two']])).toBe(0);
});
