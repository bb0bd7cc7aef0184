import { describe, expect, it } from 'vitest';
import { readOwnCode, receiptCode, tokenCode } from '../../../src/domain/own-code';

describe('the code of a receipt', () => {
  it('is the order number after TR1:', () => {
    expect(receiptCode('T1-0412')).toBe('TR1:T1-0412');
    expect(readOwnCode('TR1:T12-123456')).toEqual({ kind: 'receipt', number: 'T12-123456' });
    expect(readOwnCode('tr1:t1-0412')).toEqual({ kind: 'receipt', number: 'T1-0412' });
  });

  it.each(['TR1:', 'TR1:T1', 'TR1:T1-12', 'TR2:T1-0412', 'TR1:T1-0412 ', 'XTR1:T1-0412', "TR1:T1-0412';--"])(
    '%j is no receipt',
    (code) => {
      expect(readOwnCode(code)).toBeNull();
    },
  );
});

describe.each([
  ['hold', 'TH1:'],
  ['coupon', 'TC1:'],
] as const)('the code of a %s', (kind, prefix) => {
  const code = tokenCode(kind, '0199-ABCD');

  it('comes back as its token, in capitals or not', () => {
    expect(code.startsWith(`${prefix}0199-ABCD-`)).toBe(true);
    expect(readOwnCode(code)).toEqual({ kind, token: '0199-ABCD' });
    expect(readOwnCode(code.toLowerCase())).toEqual({ kind, token: '0199-ABCD' });
  });

  it('is refused when it was misread, cut off, or is of the other kind', () => {
    const other = (kind === 'hold' ? 'TC1:' : 'TH1:') + code.slice(4);
    for (const wrong of [code.slice(0, -1), prefix, `${prefix}0199-ABCD`, code.replace('B', '8'), other]) {
      expect([wrong, readOwnCode(wrong)]).toEqual([wrong, { kind: 'misread' }]);
    }
  });
});
