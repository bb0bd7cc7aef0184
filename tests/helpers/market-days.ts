/** Past market days of the demo stall, from which its advisor has something to say. */
import { v7 as newId } from 'uuid';
import { addVariant, emptyCart, priceCart } from '../../src/domain/cart';
import type { Item } from '../../src/domain/catalogue';
import { currency } from '../../src/domain/money';
import { orderNumber, placeOrder } from '../../src/domain/order';
import { openPayment, payCash } from '../../src/domain/payment';
import type { Stall } from '../../src/domain/stall';
import type { EntryDraft } from '../../src/journal/kinds';
import { silentLog } from '../../src/main/core/log';
import { Store } from '../../src/main/db/store';
import { valueOf } from './stall';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 14;
/** People who come by in an hour, and in the busy one. */
const PEOPLE = 30;
const BUSY = { hour: 15, people: 90 };
const ORDERS_A_DAY = 30;
/** Where the stall is: an hour at which there is still something to be done. */
const LOCAL_HOUR = 13;

/** What the demo stall's advisor can be expected to say, told by `rememberMarketDays`. */
export interface RememberedDays {
  /** Counted goods of which most would be left at their price, and less at a lower one. */
  readonly markdown: string;
  /** Two items that are in one basket more often than chance has it. */
  readonly bundle: readonly [string, string];
  /** When the stall closes, `HH:MM` on its clock. */
  readonly closesAt: string;
  readonly perishable: readonly string[];
}

/**
 * Writes two weeks of market days into the data folder of a demo stall that is not running: a loaf at three prices, which sells much
 * better for less, scones that are bought with yoghurt, and three times
 * as many people at three as at any other hour. Today 40 loaves are on the table. The stall's zone is set so that
 * it is early afternoon there, whenever a test runs.
 */
export function rememberMarketDays(dataDir: string, nowMs = Date.now()): RememberedDays {
  const store = Store.open({ dataDir, now: () => new Date(nowMs), newId, log: silentLog() });
  const stall = store.stall.get();
  if (!stall) throw new Error('the demo stall is not set up');
  const aheadHours = ((LOCAL_HOUR - new Date(nowMs).getUTCHours() + 36) % 24) - 12;
  // Zones of this family are signed as POSIX has it: those ahead of UTC are minus.
  const timeZone = `Etc/GMT${aheadHours < 0 ? '+' : '-'}${Math.abs(aheadHours)}`;
  const [loaf, scone, yoghurt, honey] = ['5012345010779', '5012345018911', '5012345029276', '5012345012995'].map(
    (code) => {
      const found = store.catalogue.lookup([code]);
      if (!found) throw new Error(`the demo stall has nothing under ${code}`);
      return found;
    },
  );
  if (!loaf || !scone || !yoghurt || !honey) throw new Error('the demo stall has other goods');
  const localMidnightMs = Math.floor((nowMs + aheadHours * HOUR_MS) / DAY_MS) * DAY_MS - aheadHours * HOUR_MS;
  const orders: EntryDraft[] = [];
  const counts: EntryDraft[] = [];
  const first = store.nextOrderSequence();
  for (let day = 0; day < DAYS; day += 1) {
    const priceMinor = [450, 360, 300][day % 3] ?? 450;
    for (let hour = 9; hour < 18; hour += 1) {
      const [from, to] = [hour, hour + 1].map((one) =>
        new Date(localMidnightMs - (DAYS - day) * DAY_MS + one * HOUR_MS).toISOString(),
      );
      const count = (hour === BUSY.hour ? BUSY.people : PEOPLE) + ((day * 7 + hour * 3) % 9) - 4;
      if (from && to) counts.push({ kind: 'footfall.counted', body: { source: 'tap', from, to, count } });
    }
    const loaves = Math.round(8 * (priceMinor / 450) ** -2.5);
    for (let order = 0; order < ORDERS_A_DAY; order += 1) {
      const at = localMidnightMs - (DAYS - day) * DAY_MS + (9 + (9 * order) / ORDERS_A_DAY) * HOUR_MS;
      const lines = [
        ...(order < loaves ? [{ ...loaf, variant: { ...loaf.variant, priceMinor } }] : []),
        ...(order % 5 === 0 ? [scone, yoghurt] : []),
        ...(order % 3 === day % 3 ? [honey] : []),
      ];
      if (lines.length > 0)
        orders.push(soldAt(at, lines, stall, orderNumber(store.device.prefix, first + orders.length)));
    }
  }
  const counted: Item = {
    ...loaf.item,
    variants: loaf.item.variants.map((variant) => ({ ...variant, stock: 40 })),
  };
  store.commit({
    actor: null,
    drafts: [
      { kind: 'stall.configured', body: { stall: { ...stall, timeZone } } },
      ...orders,
      ...counts,
      // Counted after what was sold before.
      { kind: 'catalogue.items-put', body: { items: [counted] } },
    ],
    result: null,
  });
  store.close();
  return {
    markdown: loaf.item.name,
    bundle: [scone.item.name, yoghurt.item.name],
    closesAt: '18:00',
    perishable: [loaf.item.category],
  };
}

type Line = Pick<Parameters<typeof addVariant>[1], 'item' | 'variant'>;

function soldAt(atMs: number, lines: readonly Line[], stall: Stall, number: string): EntryDraft {
  const context = { now: new Date(atMs).toISOString(), newId };
  const cart = lines.reduce(
    (before, line) => valueOf(addVariant(before, { stall, ...line, quantity: 1 }, context)).cart,
    emptyCart(newId()),
  );
  const priced = priceCart(cart, stall);
  const payment = valueOf(
    payCash(
      valueOf(openPayment(priced, context)),
      { givenMinor: priced.totalMinor },
      currency(stall.currency),
      context,
    ),
  );
  const order = valueOf(
    placeOrder(
      {
        ...{ cart: priced, payment, stall, orderId: newId(), number },
        ...{ shiftId: 'remembered', staffId: 'remembered', flag: 'queued' as const },
      },
      context,
    ),
  );
  return { kind: 'order.placed', body: { order } };
}
