import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canGive, checkDivision, shareLeft, type StockShares } from '../../src/domain/stock-share';
import { HybridClock } from '../../src/journal/clock';

const NAMES = ['one', 'two', 'three'] as const;

type Fact =
  | { readonly kind: 'divided'; readonly shares: readonly { readonly deviceId: string; readonly quantity: number }[] }
  | { readonly kind: 'given'; readonly toDevice: string; readonly quantity: number }
  | { readonly kind: 'sold'; readonly quantity: number };
type Written = Fact & { readonly at: string; readonly deviceId: string };

/** A till that knows some of what the others wrote, in their order. */
class Till {
  readonly #name: string;
  readonly #clock: HybridClock;
  readonly own: Written[] = [];
  readonly #known: Written[] = [];
  readonly #read = new Map<Till, number>();

  constructor(name: string, skewMs: number) {
    this.#name = name;
    let ms = 1_781_341_200_000 + skewMs;
    this.#clock = new HybridClock(name, () => new Date((ms += 1)), null);
  }

  view(): StockShares {
    const facts = [...this.#known, ...this.own];
    const divisions = facts.filter((fact) => fact.kind === 'divided').sort((a, b) => (a.at < b.at ? 1 : -1));
    return {
      division: divisions[0] ?? null,
      gifts: facts.flatMap((fact) => (fact.kind === 'given' ? [{ ...fact, fromDevice: fact.deviceId }] : [])),
      sales: facts.flatMap((fact) => (fact.kind === 'sold' ? [fact] : [])),
    };
  }

  write(fact: Fact): void {
    this.own.push({ ...fact, at: this.#clock.next(), deviceId: this.#name });
  }

  sell(quantity: number): void {
    if (quantity <= (shareLeft(this.view(), [this.#name]) ?? 0)) this.write({ kind: 'sold', quantity });
  }

  give(toDevice: string, quantity: number): void {
    if (canGive(this.view(), [this.#name], quantity)) this.write({ kind: 'given', toDevice, quantity });
  }

  divide(shares: readonly { readonly deviceId: string; readonly quantity: number }[]): void {
    if (shares.length > 0 && checkDivision(this.view(), [this.#name], shares, 'each').ok)
      this.write({ kind: 'divided', shares });
  }

  hear(from: Till, most: number): void {
    const read = this.#read.get(from) ?? 0;
    const heard = from.own.slice(read, read + most);
    for (const { at } of heard) this.#clock.observe(at);
    this.#known.push(...heard);
    this.#read.set(from, read + heard.length);
  }
}

const till = fc.nat(NAMES.length - 1);
const quantity = fc.integer({ min: 1, max: 6 });
const act = fc.oneof(
  { weight: 5, arbitrary: fc.record({ act: fc.constant('sell' as const), till, quantity }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('give' as const), till, to: till, quantity }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('divide' as const),
      till,
      quantities: fc.tuple(fc.nat(3), fc.nat(2), fc.nat(1)),
    }),
  },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('hear' as const), till, from: till, most: fc.nat(3) }) },
);

describe('stock divided among tills', () => {
  it('is never sold beyond what was divided, whatever arrives when, or never', () => {
    let everSpent = 0;
    let redivided = 0;
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(8), fc.constantFrom(0, 0, 5), fc.constantFrom(0, 0, 3)),
        fc.tuple(fc.nat(3_600_000), fc.nat(3_600_000), fc.nat(3_600_000)),
        fc.array(act, { minLength: 20, maxLength: 80 }),
        (first, skews, acts) => {
          const tills = NAMES.map((name, index) => new Till(name, skews[index] ?? 0));
          const at = (index: number): Till => tills[index] as Till;
          const sharesOf = (quantities: readonly number[]) =>
            NAMES.map((deviceId, index) => ({ deviceId, quantity: quantities[index] ?? 0 }));
          at(0).divide(sharesOf(first));
          for (const other of [at(1), at(2)]) other.hear(at(0), Infinity);
          const total = first.reduce((sum, one) => sum + one, 0);
          for (const next of acts) {
            const who = at(next.till);
            if (next.act === 'sell') who.sell(next.quantity);
            else if (next.act === 'give') who.give(NAMES[next.to] ?? 'one', next.quantity);
            else if (next.act === 'divide') who.divide(sharesOf(next.quantities));
            else if (next.from !== next.till) who.hear(at(next.from), next.most);
            const sold = tills
              .flatMap(({ own }) => own)
              .reduce((sum, fact) => sum + (fact.kind === 'sold' ? fact.quantity : 0), 0);
            expect(sold).toBeLessThanOrEqual(total);
            if (sold === total && total > 0) everSpent += 1;
          }
          redivided += tills.flatMap(({ own }) => own).filter(({ kind }) => kind === 'divided').length - 1;
        },
      ),
      { numRuns: 400 },
    );
    // Else nothing was tried.
    expect(everSpent).toBeGreaterThan(0);
    expect(redivided).toBeGreaterThan(0);
  });

  it('is left alone by what happened before, and by other devices', () => {
    const division = {
      at: 'b',
      shares: [
        { deviceId: 'one', quantity: 5 },
        { deviceId: 'two', quantity: 3 },
      ],
    };
    const sales = [
      { at: 'a', deviceId: 'one', quantity: 4 },
      { at: 'c', deviceId: 'one', quantity: 2 },
      { at: 'd', deviceId: 'two', quantity: 3 },
      { at: 'e', deviceId: 'former', quantity: 1 },
    ];
    expect(shareLeft({ division, gifts: [], sales }, ['one'])).toBe(3);
    expect(shareLeft({ division, gifts: [], sales }, ['one', 'former'])).toBe(2);
    expect(shareLeft({ division, gifts: [], sales }, ['two'])).toBe(0);
    expect(shareLeft({ division, gifts: [], sales }, ['nobody'])).toBe(0);
    expect(shareLeft({ division: null, gifts: [], sales }, ['one'])).toBeNull();
    expect(shareLeft({ division: { at: 'b', shares: [] }, gifts: [], sales }, ['one'])).toBeNull();
  });

  it('is divided again only by who holds all that is left of it', () => {
    const division = {
      at: 'a',
      shares: [
        { deviceId: 'one', quantity: 5 },
        { deviceId: 'two', quantity: 3 },
      ],
    };
    const code = (view: StockShares, quantity: number) => {
      const result = checkDivision(view, ['one'], [{ deviceId: 'one', quantity }], 'each');
      return result.ok ? 'ok' : result.error.code;
    };
    expect(code({ division, gifts: [], sales: [] }, 5)).toBe('share-held');
    const gifts = [{ at: 'b', fromDevice: 'two', toDevice: 'one', quantity: 3 }];
    expect(code({ division, gifts, sales: [] }, 8)).toBe('ok');
    expect(code({ division, gifts, sales: [] }, 9)).toBe('bad-quantity');
    expect(code({ division, gifts, sales: [] }, -1)).toBe('bad-quantity');
    expect(checkDivision({ division, gifts: [], sales: [] }, ['one'], [], 'each').ok).toBe(true);
  });
});
