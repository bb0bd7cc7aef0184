import { describe, expect, it } from 'vitest';
import { isCoupon, isCouponOffer } from '../../../../src/domain/gs1/coupon';

// Company 0614141, offer 654321, 150 off, for 1 of family 120.
const COUPON = '106141416543213150110120';

describe('a coupon of North America', () => {
  it.each([
    COUPON,
    `${COUPON}1211012310614141`,
    `${COUPON}121101239`,
    `${COUPON}211012310614141`,
    `${COUPON}3261231`,
    `${COUPON}4260101`,
    `${COUPON}32612314260101`,
    `${COUPON}50123456`,
    `${COUPON}610614141`,
    `${COUPON}90001`,
  ])('%s is one', (value) => {
    expect(isCoupon(value)).toBe(true);
  });

  it.each([
    ['', 'nothing'],
    ['A', 'letters'],
    [COUPON.slice(0, -1), 'cut off'],
    [`${COUPON}0`, 'no such field'],
    [`7${COUPON.slice(1)}`, 'a company of thirteen digits'],
    [`${COUPON}3261331`, 'no such month'],
    [`${COUPON}3261200`, 'no day'],
    [`${COUPON}32601014261231`, 'ends before it starts'],
    [`${COUPON}42601013261231`, 'fields out of order'],
    [`${COUPON}90002`, 'no such flag'],
    [`${COUPON}92600`, 'no such purchase'],
    [`${COUPON}6061414`, 'no such retailer'],
  ])('%s is none: %s', (value) => {
    expect(isCoupon(value)).toBe(false);
  });
});

describe('an offer file coupon', () => {
  it.each([
    ['001234567890120123456', true],
    ['201234567890120123456', false],
    ['00123456789012012345', false],
    ['0012345678901201234567', false],
  ])('%s: %s', (value, isOne) => {
    expect(isCouponOffer(value)).toBe(isOne);
  });
});
