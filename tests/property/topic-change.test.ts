import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CartLine, PricedLine } from '../../src/domain/cart';
import { migrate } from '../../src/main/db/migrations';
import { readSale, writeSale, type SaleRecord } from '../../src/main/db/sale-record';
import type { SaleState } from '../../src/shared/contract';
import { applyChange, changeBetween } from '../../src/shared/topic-change';

const line = fc.record({
  lineId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  name: fc.constantFrom('Loaf', 'Jam'),
  quantity: fc.integer({ min: 1, max: 3 }),
  discount: fc.option(fc.record({ kind: fc.constant('percent'), basisPoints: fc.constantFrom(500, 1000) })),
}) as unknown as fc.Arbitrary<PricedLine>;
const dockets = fc.array(fc.uniqueArray(line, { selector: ({ lineId }) => lineId }), { minLength: 2, maxLength: 12 });

const stateOf = (lines: readonly PricedLine[]): SaleState =>
  ({ cart: { cartId: 'cart', lines }, markedLineId: null }) as unknown as SaleState;

test('whoever applies every change has what was sent, whatever happened to the docket', () => {
  fc.assert(
    fc.property(dockets, (states) => {
      let heard = stateOf([]);
      let sent: SaleState | undefined;
      for (const lines of states) {
        const state = stateOf(lines);
        // As it travels.
        const change = JSON.parse(JSON.stringify(changeBetween('sale', sent, state))) as ReturnType<
          typeof changeBetween<'sale'>
        >;
        sent = state;
        heard = applyChange('sale', heard, change);
        expect(heard).toEqual(state);
      }
    }),
  );
});

test('a line added to a long docket travels alone, and the others stay the objects they were', () => {
  const lines = Array.from({ length: 200 }, (_, index) => ({
    lineId: `line ${index}`,
    discount: null,
  })) as PricedLine[];
  const before = stateOf(lines);
  const added = { lineId: 'new', discount: null } as PricedLine;
  // The core prices the whole docket again, so every line is a new object.
  const change = changeBetween('sale', before, stateOf([...lines.map((one) => ({ ...one })), added]));
  expect(change.cart.lines).toEqual({ from: 200, gone: 0, put: [added] });
  const after = applyChange('sale', before, change);
  expect(after.cart.lines.slice(0, 200).every((one, index) => one === lines[index])).toBe(true);
});

test('the sale read back is the sale saved, whatever happened to its lines', () => {
  const database = new Database(':memory:');
  migrate(database, () => undefined);
  fc.assert(
    fc.property(dockets, (states) => {
      let saved: readonly CartLine[] | null = null;
      for (const lines of states) {
        // Lines that did not change stay the same objects, as they do in a cart.
        const kept = lines.map((one) => saved?.find((old) => JSON.stringify(old) === JSON.stringify(one)) ?? one);
        const sale = {
          cart: { cartId: 'cart', lines: kept, discount: null, note: '' },
          markedLineId: null,
          payment: null,
          doneOrderId: null,
        } as SaleRecord;
        writeSale(database, sale, saved);
        saved = kept;
        expect(readSale(database)).toEqual(sale);
      }
      writeSale(database, null, saved);
      expect(readSale(database)).toBeNull();
      writeSale(database, null, null);
    }),
  );
  database.close();
});
