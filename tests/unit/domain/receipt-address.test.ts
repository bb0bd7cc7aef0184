import { describe, expect, it } from 'vitest';
import { readReceiptName, receiptPath } from '../../../src/domain/receipt-address';

const KEY = 'dGhlIGtleSBpcyAxNiBieQ';

describe('the address of a receipt', () => {
  it('is read back as it was written, whatever the number looks like', () => {
    for (const number of ['T1-0412', 'T1R2-0001', 'ü/..-9', '-']) {
      const path = receiptPath({ number, receiptKey: KEY });
      expect(path).toMatch(/^\/r\/[^/?#]+$/);
      expect(readReceiptName(decodeURIComponent(path?.slice(3) ?? ''))).toEqual({ number, key: KEY });
    }
  });

  it('is none for an order without a key', () => {
    expect(receiptPath({ number: 'T1-0412' })).toBeNull();
  });

  it('is read of nothing else', () => {
    const names = ['', KEY, `-${KEY}`, `T1-0412${KEY}`, `T1-0412-${KEY}.pdf`, `T1-0412-${KEY.slice(1)}`];
    const more = [
      `T1-0412-${KEY.slice(1)}+`,
      `T1-0412-${KEY.slice(1)}\u0000`,
      `${'9'.repeat(21)}-${KEY}`,
      'x'.repeat(9e4),
    ];
    for (const name of [...names, ...more]) expect(readReceiptName(name)).toBeNull();
  });
});
