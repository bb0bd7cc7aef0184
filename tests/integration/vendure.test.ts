import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuid } from 'uuid';
import type { Order } from '../../src/domain/order';
import type { Stall } from '../../src/domain/stall';
import { prepareShop, transferOrder, type Shop } from '../../src/hub/connectors/vendure';
import { vendureAdmin, VendureError, type AdminApi } from '../../src/hub/connectors/vendure-client';
import { sell, type Sale } from '../helpers/orders';
import { brooklyn, saltAndBramble, zurich } from '../helpers/stall';
import { startVendure, type VendureShop } from '../helpers/vendure';

let vendure: VendureShop;
let shop: Shop;
let sequence = 0;

beforeAll(async () => {
  vendure = await startVendure();
  shop = await prepareShop(vendure.api);
});

afterAll(() => vendure.stop());

function order(sale: Omit<Sale, 'stall'>, stall: Stall = saltAndBramble): Order {
  sequence += 1;
  return sell({ ...sale, stall, sequence }, { now: '2026-06-13T10:31:00.000Z', newId: uuid });
}

interface ShopOrder {
  readonly id: string;
  readonly code: string;
  readonly state: string;
  readonly totalWithTax: number;
  readonly lines: readonly {
    readonly quantity: number;
    readonly linePriceWithTax: number;
    readonly taxRate: number;
    readonly productVariant: { readonly sku: string };
    readonly customFields: { readonly trestleText: string };
  }[];
  readonly payments: readonly {
    readonly amount: number;
    readonly state: string;
    readonly method: string;
    readonly metadata: unknown;
  }[];
  readonly fulfillments: readonly { readonly state: string }[];
  readonly customFields: { readonly trestleNumber: string };
}

/** The orders that the shop has of one sale, whatever their state. */
async function inShop({ number }: Order): Promise<readonly ShopOrder[]> {
  const { orders } = await vendure.api.request<{ orders: { items: ShopOrder[] } }>(
    `query ($number: String!) {
      orders(options: { filter: { trestleNumber: { eq: $number } } }) {
        items {
          id code state totalWithTax
          lines { quantity linePriceWithTax taxRate productVariant { sku } customFields { trestleText } }
          payments { amount state method metadata }
          fulfillments { state }
          customFields { trestleNumber }
        }
      }
    }`,
    { number },
  );
  return orders.items;
}

async function drafts(): Promise<number> {
  const { orders } = await vendure.api.request<{ orders: { totalItems: number } }>(
    `query { orders(options: { filter: { state: { eq: "Draft" } } }) { totalItems } }`,
  );
  return orders.totalItems;
}

/** An api whose n-th call breaks: before it reaches the shop, or after the shop has done it and the answer is lost. */
function breakingAt(call: number, moment: 'before' | 'after'): AdminApi & { readonly calls: () => number } {
  let calls = 0;
  return {
    calls: () => calls,
    async request(document, variables) {
      calls += 1;
      if (calls !== call) return vendure.api.request(document, variables);
      if (moment === 'after') await vendure.api.request(document, variables);
      throw new Error('the process ended here');
    },
  };
}

const mixed = {
  lines: [
    { name: 'Enamel mug', sku: 'MUG-1', priceMinor: 1200 },
    { name: 'Sourdough loaf', sku: 'LOAF-1', priceMinor: 350, quantity: 3, taxRateId: 'zero' },
    { name: 'Cave cheddar', sku: 'CHED-1', priceMinor: 1800, quantity: 312, pricing: 'kg', taxRateId: 'zero' },
    { name: 'Bric-a-brac', priceMinor: 499, isTyped: true },
  ],
  discount: { kind: 'percent', basisPoints: 1500, reason: 'late' },
} as const;

describe('a sale becomes a completed order of the shop', () => {
  it('with its lines, its prices, its tax and how it was paid', async () => {
    const sale = order({ ...mixed, cardMinor: 1000 });
    const transferred = await transferOrder(vendure.api, shop, sale);
    const [found, ...others] = await inShop(sale);
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      id: transferred.remoteId,
      code: transferred.code,
      state: 'Delivered',
      totalWithTax: sale.totalMinor,
      fulfillments: [{ state: 'Delivered' }],
      payments: [{ amount: sale.totalMinor, state: 'Settled', method: 'stall-split' }],
    });
    const lines = found?.lines.map(({ quantity, linePriceWithTax, taxRate, productVariant, customFields }) => [
      customFields.trestleText,
      productVariant.sku,
      quantity,
      linePriceWithTax,
      taxRate,
    ]);
    // 10.50 for three loaves less 15 % is 8.92 or 8.93: no whole number of pence each.
    const amounts = sale.lines.map(({ amountMinor }) => amountMinor);
    const loafMinor = Math.floor((amounts[1] ?? 0) / 3);
    const dearer = (amounts[1] ?? 0) - 3 * loafMinor;
    expect(dearer).toBeGreaterThan(0);
    expect(lines).toEqual([
      ['Enamel mug', 'MUG-1', 1, amounts[0], 20],
      ['Sourdough loaf', 'LOAF-1', 3 - dearer, (3 - dearer) * loafMinor, 0],
      ['Sourdough loaf', 'LOAF-1', dearer, dearer * (loafMinor + 1), 0],
      ['Cave cheddar, 0.312 kg', 'TRESTLE-STALL', 1, amounts[2], 0],
      ['Bric-a-brac', 'TRESTLE-STALL', 1, amounts[3], 20],
    ]);
    expect(transferred.remarks).toEqual(['The shop does not sell CHED-1 (Cave cheddar).', '"Bric-a-brac" has no SKU.']);
  });

  it('once, however often it is sent', async () => {
    const sale = order({ lines: [{ name: 'Sourdough loaf', sku: 'LOAF-1', priceMinor: 340 }] });
    const first = await transferOrder(vendure.api, shop, sale);
    expect(await transferOrder(vendure.api, shop, sale)).toEqual(first);
    expect(await inShop(sale)).toHaveLength(1);
  });

  it('when it was given away', async () => {
    const sale = order({
      lines: [{ name: 'Sourdough loaf', sku: 'LOAF-1', priceMinor: 340 }],
      discount: { kind: 'percent', basisPoints: 10_000, reason: 'a friend' },
    });
    await transferOrder(vendure.api, shop, sale);
    expect(await inShop(sale)).toMatchObject([{ state: 'Delivered', totalWithTax: 0, payments: [] }]);
  });

  it('when the shop believes to have too few of it', async () => {
    const sale = order({ lines: [{ name: 'Enamel mug', sku: 'MUG-1', priceMinor: 1200, quantity: 40 }] });
    const { remarks } = await transferOrder(vendure.api, shop, sale);
    const [found] = await inShop(sale);
    expect(found).toMatchObject({ state: 'Delivered', totalWithTax: 48_000 });
    expect(found?.lines).toMatchObject([{ quantity: 40, productVariant: { sku: 'TRESTLE-STALL' } }]);
    expect(remarks).toEqual(['The shop has too few of MUG-1 (Enamel mug).']);
  });
});

describe('a connector that dies between any two calls', () => {
  it.each(['before', 'after'] as const)(
    'leaves one right order when it is begun again: %s the shop did it',
    async (moment) => {
      const draftsBefore = await drafts();
      let wasBroken = true;
      let rounds = 0;
      for (let call = 1; wasBroken; call += 1) {
        const sale = order(mixed);
        const api = breakingAt(call, moment);
        const outcome = await transferOrder(api, shop, sale).catch(() => null);
        wasBroken = outcome === null;
        if (wasBroken) {
          rounds += 1;
          await transferOrder(vendure.api, shop, sale);
        }
        const found = await inShop(sale);
        expect(found, `broken at call ${call}`).toHaveLength(1);
        expect(found[0], `broken at call ${call}`).toMatchObject({
          state: 'Delivered',
          totalWithTax: sale.totalMinor,
          payments: [{ amount: sale.totalMinor, state: 'Settled' }],
          fulfillments: [{ state: 'Delivered' }],
        });
        expect(found[0]?.lines).toHaveLength(5);
      }
      // Look-up, draft, name, five lines, customer, shipping, payment and fulfilment take more calls than this.
      expect(rounds).toBeGreaterThan(12);
      expect(await drafts()).toBe(draftsBefore);
    },
  );
});

describe('what a shop cannot take is said, and nothing is made up', () => {
  it('a sale in another currency', async () => {
    const sale = order({ lines: [{ name: 'Bread', priceMinor: 400 }] }, zurich);
    await expect(transferOrder(vendure.api, shop, sale)).rejects.toThrow(/in CHF, the shop's channel in GBP/);
    expect(await inShop(sale)).toEqual([]);
  });

  it('a wrong password', async () => {
    const api = vendureAdmin({ ...vendure.login, password: 'another' });
    await expect(prepareShop(api)).rejects.toMatchObject({ kind: 'signed-out' });
  });

  it('nobody at the address', async () => {
    const api = vendureAdmin({ ...vendure.login, address: 'http://127.0.0.1:9/admin-api' });
    const error = await prepareShop(api).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(VendureError);
    expect(error).toMatchObject({ kind: 'unreachable' });
  });

  it('an order that somebody has taken up in the shop', async () => {
    const sale = order({ lines: [{ name: 'Sourdough loaf', sku: 'LOAF-1', priceMinor: 340 }] });
    const { remoteId } = await transferOrder(vendure.api, shop, sale);
    await vendure.api.request(
      `mutation ($id: ID!) { cancelOrder(input: { orderId: $id }) { ... on Order { id } ... on ErrorResult { message } } }`,
      { id: remoteId },
    );
    const again = await transferOrder(vendure.api, shop, sale);
    expect(again.remarks).toEqual(['The shop has cancelled this order.']);
    expect(await inShop(sale)).toHaveLength(1);
  });
});

it('a shopper cannot name a price', async () => {
  const response = await fetch(vendure.shopApi, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: `mutation { addItemToOrder(productVariantId: 1, quantity: 1, customFields: { trestlePriceMinor: 1 }) { __typename } }`,
    }),
  });
  expect(await response.text()).toContain('Unknown argument');
});

it('tax that is added at the till is part of the price in the shop', async () => {
  const sale = order(
    {
      lines: [
        { name: 'Hot sauce', priceMinor: 333 },
        { name: 'Salt', priceMinor: 99, quantity: 7 },
      ],
    },
    { ...brooklyn, currency: 'GBP' },
  );
  expect(sale.taxMinor).toBeGreaterThan(0);
  await transferOrder(vendure.api, shop, sale);
  expect(await inShop(sale)).toMatchObject([{ state: 'Delivered', totalWithTax: sale.totalMinor }]);
});
