import { describe, expect, it } from 'vitest';
import { emptyCart, priceCart, type PricedCart } from '../../../src/domain/cart';
import { currency } from '../../../src/domain/money';
import {
  canCancel,
  changeCoins,
  changeOf,
  isPaid,
  MAX_TENDERS,
  openPayment,
  payCash,
  quickTendersMinor,
  removeCash,
  settleCard,
  startCard,
  viewPayment,
  type Payment,
} from '../../../src/domain/payment';
import { codeOf, saltAndBramble, testContext, valueOf, zurich } from '../../helpers/stall';

const pounds = currency('GBP');
const francs = currency('CHF');
const koruna = currency('CZK');
const context = testContext();

function due(dueMinor: number): Payment {
  return { paymentId: 'payment-1', dueMinor, tenders: [] };
}

function cash(payment: Payment, givenMinor: number, of = pounds): Payment {
  return valueOf(payCash(payment, { givenMinor }, of, context));
}

function card(payment: Payment, amountMinor: number, tenderId = 'card-1'): Payment {
  return valueOf(startCard(payment, { amountMinor, provider: 'SumUp', tenderId }, context));
}

function settle(payment: Payment, outcome: 'approved' | 'declined' | 'unknown', tenderId = 'card-1'): Payment {
  return valueOf(settleCard(payment, { tenderId, outcome, reference: '' }));
}

describe('opening a payment', () => {
  const priced: PricedCart = priceCart(emptyCart('c'), { taxIncluded: true });

  it('refuses an empty cart', () => {
    expect(codeOf(openPayment(priced, context))).toBe('empty-cart');
  });

  it('takes a cart that costs nothing, which is paid as it is', () => {
    const line = { grossMinor: 0, lineDiscountMinor: 0, cartDiscountMinor: 0, amountMinor: 0 };
    const free = { ...priced, lines: [line] } as unknown as PricedCart;
    const payment = valueOf(openPayment(free, context));
    expect(payment).toMatchObject({ dueMinor: 0, tenders: [] });
    expect(isPaid(payment, pounds)).toBe(true);
    expect(codeOf(payCash(payment, { givenMinor: 100 }, pounds, context))).toBe('bad-tender');
  });
});

describe('paying cash', () => {
  it('pays what is due and gives change', () => {
    const payment = cash(due(3542), 4000);
    expect(payment.tenders).toMatchObject([{ kind: 'cash', amountMinor: 3542, givenMinor: 4000, changeMinor: 458 }]);
    expect(isPaid(payment, pounds)).toBe(true);
    expect(changeOf(payment)).toBe(458);
  });

  it('takes less as a part payment of exactly that', () => {
    const payment = cash(due(3542), 2000);
    expect(payment.tenders).toMatchObject([{ amountMinor: 2000, givenMinor: 2000, changeMinor: 0 }]);
    expect(viewPayment(payment, saltAndBramble)).toMatchObject({
      paidMinor: 2000,
      leftMinor: 1542,
      leftCashMinor: 1542,
    });
    expect(isPaid(payment, pounds)).toBe(false);
  });

  it.each([0, -100, 0.5, Number.NaN])('refuses %d', (givenMinor) => {
    expect(codeOf(payCash(due(3542), { givenMinor }, pounds, context))).toBe('bad-tender');
  });

  it('doubts what is far too much, and nothing a shopper may have', () => {
    const unlikely = (dueMinor: number, givenMinor: number) =>
      codeOf(payCash(due(dueMinor), { givenMinor }, pounds, context));
    expect(unlikely(3542, 400_000)).toBe('amount-unlikely');
    expect(unlikely(3542, 5012345678900)).toBe('amount-unlikely');
    expect(unlikely(50_000_000, 1_000_000_001)).toBe('amount-unlikely');
    expect(unlikely(50, 5_000)).toBe('ok');
    expect(unlikely(1, 100_000)).toBe('ok');
    expect(unlikely(1, 100_001)).toBe('amount-unlikely');
    expect(unlikely(500_000, 1_000_000)).toBe('ok');
  });

  it('asks for what coins can pay, and rounds only then', () => {
    expect(viewPayment(due(1002), zurich)).toMatchObject({ leftMinor: 1002, leftCashMinor: 1000 });
    expect(viewPayment(due(1003), zurich)).toMatchObject({ leftMinor: 1003, leftCashMinor: 1005 });
    const down = cash(due(1002), 2000, francs);
    expect(down.tenders).toMatchObject([{ amountMinor: 1000, changeMinor: 1000 }]);
    expect(isPaid(down, francs)).toBe(true);
    const up = cash(due(1003), 1005, francs);
    expect(up.tenders).toMatchObject([{ amountMinor: 1005, changeMinor: 0 }]);
    expect(isPaid(up, francs)).toBe(true);
  });

  it('rounds what is left, not the whole, after a part payment', () => {
    const part = cash(due(1002), 500, francs);
    expect(viewPayment(part, zurich)).toMatchObject({ leftMinor: 502, leftCashMinor: 500 });
    expect(isPaid(part, francs)).toBe(false);
    const rest = settle(card(part, 502), 'approved');
    expect(rest.tenders.map(({ amountMinor }) => amountMinor)).toEqual([500, 502]);
    expect(isPaid(rest, francs)).toBe(true);
  });

  it('never rounds when the card pays last', () => {
    const rest = settle(card(due(1002), 1000), 'approved');
    expect(isPaid(rest, francs)).toBe(false);
    expect(codeOf(startCard(rest, { amountMinor: 3, provider: 'SumUp' }, context))).toBe('bad-tender');
    expect(isPaid(settle(card(rest, 2, 'card-2'), 'approved', 'card-2'), francs)).toBe(true);
  });

  it('asks for the smallest coin when what is left is less', () => {
    expect(viewPayment(due(2), zurich).leftCashMinor).toBe(5);
    expect(isPaid(cash(due(40), 100, koruna), koruna)).toBe(true);
  });

  it('refuses what no coins make up', () => {
    expect(codeOf(payCash(due(1000), { givenMinor: 1003 }, francs, context))).toBe('bad-tender');
    expect(codeOf(payCash(due(1000), { givenMinor: 1050 }, koruna, context))).toBe('bad-tender');
  });

  it('takes nothing more once it is paid, rounded or not', () => {
    expect(codeOf(payCash(cash(due(500), 500), { givenMinor: 500 }, pounds, context))).toBe('bad-tender');
    const rounded = cash(due(1002), 1000, francs);
    expect(codeOf(payCash(rounded, { givenMinor: 5 }, francs, context))).toBe('bad-tender');
  });

  it('hands a part payment back', () => {
    const payment = cash(due(3542), 2000);
    const [tender] = payment.tenders;
    expect(valueOf(removeCash(payment, { tenderId: tender?.tenderId ?? '' })).tenders).toEqual([]);
    expect(codeOf(removeCash(payment, { tenderId: 'gone' }))).toBe('unknown-tender');
    expect(codeOf(removeCash(card(due(100), 100), { tenderId: 'card-1' }))).toBe('unknown-tender');
  });
});

describe('paying by card', () => {
  it('pays once it is approved, not before', () => {
    const asked = card(due(3542), 3542);
    expect(asked.tenders).toMatchObject([{ kind: 'card', state: 'pending', provider: 'SumUp', reference: '' }]);
    expect(isPaid(asked, pounds)).toBe(false);
    const approved = valueOf(settleCard(asked, { tenderId: 'card-1', outcome: 'approved', reference: ' 88 21 ' }));
    expect(approved.tenders).toMatchObject([{ state: 'approved', reference: '88 21' }]);
    expect(isPaid(approved, pounds)).toBe(true);
  });

  it.each([0, -1, 3543, 0.5])('refuses to ask for %d of 3542', (amountMinor) => {
    expect(codeOf(startCard(due(3542), { amountMinor, provider: 'SumUp' }, context))).toBe('bad-tender');
  });

  it.each(['pending', 'unknown'] as const)('stops every other tender while one is %s', (state) => {
    const asked = card(due(3542), 2000);
    const payment = state === 'unknown' ? settle(asked, 'unknown') : asked;
    expect(viewPayment(payment, saltAndBramble)).toMatchObject({ locked: true, leftMinor: 3542, paidMinor: 0 });
    expect(codeOf(payCash(payment, { givenMinor: 100 }, pounds, context))).toBe('payment-locked');
    expect(codeOf(startCard(payment, { amountMinor: 100, provider: 'SumUp' }, context))).toBe('payment-locked');
    expect(canCancel(payment)).toBe(false);
    expect(isPaid(payment, pounds)).toBe(false);
  });

  it('lets an unknown outcome become known, and a known one stay', () => {
    const unknown = settle(card(due(500), 500), 'unknown');
    expect(settle(unknown, 'unknown')).toBe(unknown);
    expect(settle(unknown, 'approved').tenders[0]?.state).toBe('approved');
    for (const [first, second] of [
      ['approved', 'declined'],
      ['approved', 'unknown'],
      ['declined', 'approved'],
      ['declined', 'unknown'],
    ] as const) {
      const settled = settle(card(due(500), 500), first);
      expect(codeOf(settleCard(settled, { tenderId: 'card-1', outcome: second, reference: '' }))).toBe('tender-final');
      expect(settle(settled, first)).toBe(settled);
    }
  });

  it('goes on with another tender after a refusal', () => {
    const declined = settle(card(due(500), 500), 'declined');
    expect(canCancel(declined)).toBe(true);
    expect(viewPayment(declined, saltAndBramble)).toMatchObject({ locked: false, leftMinor: 500 });
    expect(isPaid(cash(declined, 500), pounds)).toBe(true);
  });

  it('knows no tender that is not there, nor cash as a card', () => {
    const settled = settleCard(due(500), { tenderId: 'card-1', outcome: 'approved', reference: '' });
    expect(codeOf(settled)).toBe('unknown-tender');
    const [tender] = cash(due(500), 100).tenders;
    const asCard = { tenderId: tender?.tenderId ?? '', outcome: 'approved', reference: '' } as const;
    expect(codeOf(settleCard(cash(due(500), 100), asCard))).toBe('unknown-tender');
  });

  it('cannot be cancelled while money was taken', () => {
    expect(canCancel(due(500))).toBe(true);
    expect(canCancel(cash(due(500), 100))).toBe(false);
    expect(canCancel(settle(card(due(500), 100), 'approved'))).toBe(false);
  });

  it('ends somewhere', () => {
    let payment = due(500);
    for (let index = 0; index < MAX_TENDERS; index += 1) {
      payment = settle(card(payment, 500, `card-${index}`), 'declined', `card-${index}`);
    }
    expect(codeOf(startCard(payment, { amountMinor: 500, provider: 'SumUp' }, context))).toBe('bad-tender');
    expect(codeOf(payCash(payment, { givenMinor: 500 }, pounds, context))).toBe('bad-tender');
  });
});

describe('quick tenders', () => {
  it.each([
    [3542, [3542, 3600, 4000, 5000]],
    [700, [700, 1000, 2000, 5000]],
    [1820, [1820, 1900, 2000, 5000]],
    [450, [450, 500, 1000, 2000]],
    [4100, [4100, 4500, 5000]],
    [6320, [6320, 6500, 7000, 10_000]],
    [2000, [2000, 5000]],
    [5000, [5000]],
    [12_050, [12_050, 12_500, 13_000, 15_000]],
    [1, [1, 100, 200, 500]],
  ])('for %i pence are %j', (leftMinor, expected) => {
    expect(quickTendersMinor(leftMinor, saltAndBramble.denominations, pounds)).toEqual(expected);
  });

  it('are in what coins and notes there are', () => {
    expect(quickTendersMinor(736, [10_000, 5000, 1000, 500, 100, 50, 10, 5, 1], currency('JPY'))).toEqual([
      736, 750, 800, 1000,
    ]);
    expect(quickTendersMinor(1000, zurich.denominations, francs)).toEqual([1000, 2000, 5000, 10_000]);
    expect(quickTendersMinor(1255, [], francs)).toEqual([1255]);
  });
});

describe('change', () => {
  it('is handed back in the fewest coins, largest first', () => {
    expect(changeCoins(458, saltAndBramble.denominations)).toEqual([
      { denominationMinor: 200, count: 2 },
      { denominationMinor: 50, count: 1 },
      { denominationMinor: 5, count: 1 },
      { denominationMinor: 2, count: 1 },
      { denominationMinor: 1, count: 1 },
    ]);
    expect(changeCoins(0, saltAndBramble.denominations)).toEqual([]);
    expect(changeCoins(300, [100, 200])).toEqual([
      { denominationMinor: 200, count: 1 },
      { denominationMinor: 100, count: 1 },
    ]);
  });
});
