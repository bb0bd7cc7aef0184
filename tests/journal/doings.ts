/** What may happen at a stall on one device, for properties that hold whatever happens. */
import fc from 'fast-check';
import { makeItem, stall, type StallLife } from './stall-life';

export type Doing =
  | { readonly do: 'put'; readonly number: number; readonly priceMinor: number; readonly name: string }
  | {
      readonly do: 'import';
      readonly numbers: readonly number[];
      readonly priceMinor: number;
      readonly meanwhile: Doing[];
    }
  | { readonly do: 'remove'; readonly number: number }
  | { readonly do: 'sell' | 'card' | 'park'; readonly numbers: readonly number[] }
  | { readonly do: 'unpark' | 'close-shift' | 'copy' | 'sign-on' | 'sign-off' | 'configure' | 'restart' | 'void' }
  | { readonly do: 'tender'; readonly outcome: 'none' | 'unknown' | 'declined' }
  | { readonly do: 'clock'; readonly byMs: number };

const number = fc.nat(12);
const numbers = fc.array(number, { minLength: 1, maxLength: 6 });
const priceMinor = fc.integer({ min: 1, max: 9_999 });
const plain: fc.Arbitrary<Doing>[] = [
  fc.record({ do: fc.constant('remove' as const), number }),
  fc.record({ do: fc.constant('put' as const), number, priceMinor, name: fc.constantFrom('Rye', 'Crème', 'Jam jar') }),
  fc.record({ do: fc.constantFrom('sell' as const, 'card' as const, 'park' as const), numbers }),
  fc.record({
    do: fc.constantFrom(
      'unpark' as const,
      'close-shift' as const,
      'copy' as const,
      'sign-on' as const,
      'sign-off' as const,
      'configure' as const,
      'restart' as const,
      'void' as const,
    ),
  }),
  fc.record({
    do: fc.constant('tender' as const),
    outcome: fc.constantFrom('none' as const, 'unknown' as const, 'declined' as const),
  }),
  fc.record({ do: fc.constant('clock' as const), byMs: fc.integer({ min: -7_200_000, max: 7_200_000 }) }),
];
export const withoutRestart = fc.oneof(...plain).filter((doing) => doing.do !== 'restart');
export const doing: fc.Arbitrary<Doing> = fc.oneof(
  ...plain,
  fc.record({
    do: fc.constant('import' as const),
    numbers: fc.array(fc.nat(600), { minLength: 1, maxLength: 700 }),
    priceMinor,
    meanwhile: fc.array(withoutRestart, { maxLength: 4 }),
  }),
);

/** Does it, in the way the till does. */
export async function perform(life: StallLife, doing: Doing): Promise<void> {
  const { store } = life;
  const sold = (wanted: readonly number[]): string[] =>
    wanted.map((one) => `variant-${one}`).filter((id) => store.catalogue.variant(id));
  switch (doing.do) {
    case 'remove':
      life.remove(`item-${doing.number}`);
      break;
    case 'put':
      life.put(
        makeItem(doing.number, {
          name: doing.name,
          variants: makeItem(doing.number).variants.map((variant) => ({ ...variant, priceMinor: doing.priceMinor })),
        }),
      );
      return;
    case 'import': {
      const rest = [...doing.meanwhile];
      await store.importItems({
        importId: life.newId(),
        source: 'stock.csv',
        actor: 'ada',
        items: [doing.numbers.map((one) => makeItem(one, { name: `Imported ${doing.priceMinor}` }))],
        // Between every two slices, and above all between the commit and the last slice, the till is used.
        onProgress: () => {
          const next = rest.shift();
          if (next) void perform(life, next);
        },
      });
      return;
    }
    case 'sell':
      if (sold(doing.numbers).length > 0) life.sell(sold(doing.numbers), life.newId());
      return;
    case 'card':
      if (sold(doing.numbers).length > 0) life.sellByCard(sold(doing.numbers));
      return;
    case 'park':
      if (sold(doing.numbers).length > 0) life.park(sold(doing.numbers));
      return;
    case 'unpark': {
      const [oldest] = store.parked.list();
      if (!oldest) return;
      const body = { parkedCartId: oldest.parkedCartId, reason: 'resumed' } as const;
      store.commit({ actor: 'ada', drafts: [{ kind: 'cart.unparked', body }], result: null });
      return;
    }
    case 'close-shift':
      life.closeShift();
      return;
    case 'copy': {
      const last = store.orders.last();
      if (!last) return;
      const body = { orderId: last.order.orderId, copy: last.copies + 1 };
      store.commit({ actor: 'ada', drafts: [{ kind: 'receipt.copied', body }], result: null });
      return;
    }
    case 'sign-on':
      store.commit({
        actor: 'ada',
        drafts: [
          { kind: 'staff.added', body: { staffId: 'ada', role: 'operator' } },
          { kind: 'staff.signed-on', body: { staffId: 'ada' } },
        ],
        result: null,
      });
      return;
    case 'sign-off':
      store.commit({ actor: 'ada', drafts: [{ kind: 'staff.signed-off', body: { staffId: 'ada' } }], result: null });
      return;
    case 'configure':
      store.commit({
        actor: 'ada',
        drafts: [{ kind: 'stall.configured', body: { stall: { ...stall, place: `Pitch ${life.nowMs}` } } }],
        result: null,
      });
      return;
    case 'void':
      store.commit({
        actor: 'ada',
        drafts: [{ kind: 'cart.voided', body: { cart: life.cart(['variant-1']), reason: '' } }],
        sale: null,
        result: null,
      });
      return;
    case 'tender': {
      const tenderId = life.newId();
      const started = { tenderId, paymentId: 'p', cartId: 'c', provider: 'SumUp', amountMinor: 500 };
      store.commit({ actor: 'ada', drafts: [{ kind: 'tender.started', body: started }], result: null });
      if (doing.outcome === 'none') return;
      const settled = { tenderId, paymentId: 'p', outcome: doing.outcome, reference: '' } as const;
      store.commit({ actor: 'ada', drafts: [{ kind: 'tender.settled', body: settled }], result: null });
      return;
    }
    case 'restart':
      life.close();
      return;
    case 'clock':
      life.nowMs += doing.byMs;
      return;
  }
}
