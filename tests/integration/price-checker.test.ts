import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CALLS, type CheckedItem } from '../../src/shared/contract';
import type { RunningKiosk } from '../../src/main/boot';
import { freePort } from '../helpers/free-port';
import { readyToSell, startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';
import { manualClock, type ManualClock } from '../helpers/manual-clock';
import { typedRule } from '../helpers/price-rules';

const SOURDOUGH = '5012345010779';
const GINGER_BEER = '5012345014104';
const MUG = '5012345014845';
/** A Saturday, 11:00 in London. */
const START_MS = Date.parse('2026-06-13T10:00:00.000Z');

let folder: ReturnType<typeof temporaryFolder>;
let clock: ManualClock;
let running: RunningKiosk;
let till: TestClient;
beforeEach(async () => {
  folder = temporaryFolder();
  clock = manualClock(START_MS);
  ({ running, till } = await startTestTill({
    dataDir: folder.path,
    devices: 'none',
    now: () => new Date(clock.now()),
    prices: { clock, steadyMs: () => clock.steady() },
  }));
  await readyToSell(till);
});
afterEach(async () => {
  till.close();
  await running.close();
  folder.remove();
});

async function look(input: { readonly code: string } | { readonly itemId: string }): Promise<CheckedItem> {
  const answer = await running.kiosk.dispatch({ role: 'display' }, { call: 'display.look', input });
  const found = CALLS['display.look'].output.parse(answer.ok && answer.value);
  if (!found) throw new Error('nothing goes by that');
  return found;
}
async function itemIdOf(code: string): Promise<string> {
  return (await look({ code })).item.itemId;
}
/** What the till asks for these, scanned one after the other. */
async function charged(...codes: readonly string[]): Promise<number> {
  for (const code of codes) await till.call('cart.scan', { code });
  const { totalMinor } = till.topics.sale.cart;
  await till.call('cart.void', { reason: 'looked' });
  return totalMinor;
}

describe('the price checker', () => {
  test('tells what more of it costs, for anybody, until when, and that is what the till charges', async () => {
    const itemId = await itemIdOf(SOURDOUGH);
    const what = { kind: 'items' as const, itemIds: [itemId] };
    expect((await look({ code: SOURDOUGH })).variants[0]?.steps).toEqual([]);
    await till.call(
      'prices.put-rule',
      typedRule({
        name: 'Bread by threes',
        what,
        effect: {
          kind: 'tiers',
          unit: 'each',
          across: 'variant',
          tiers: [{ fromQuantity: 3, charge: { kind: 'price', priceMinor: 400 } }],
        },
        when: { from: null, until: null, weekly: [{ days: [6], from: '10:00', until: '13:30' }] },
      }),
    );
    await till.call(
      'prices.put-rule',
      typedRule({
        name: 'Five loaves',
        what,
        effect: {
          kind: 'bundle',
          parts: [{ what, quantity: 5 }],
          at: { kind: 'price', priceMinor: 1_800 },
          mostPerCart: null,
        },
        priority: 200,
      }),
    );
    await till.call(
      'prices.put-rule',
      typedRule({
        name: 'For traders',
        what,
        effect: {
          kind: 'tiers',
          unit: 'each',
          across: 'variant',
          tiers: [{ fromQuantity: 2, charge: { kind: 'price', priceMinor: 1 } }],
        },
        audience: 'trade',
        priority: 300,
      }),
    );
    const checked = await look({ code: SOURDOUGH });
    const [variant] = checked.variants;
    expect(variant?.steps).toEqual([
      { quantity: 1, totalMinor: 450, savedMinor: 0, names: [] },
      {
        quantity: 3,
        totalMinor: 1_200,
        savedMinor: 150,
        names: ['Bread by threes'],
        until: '2026-06-13T12:30:00.000Z',
      },
      { quantity: 5, totalMinor: 1_800, savedMinor: 450, names: ['Five loaves'] },
    ]);
    // What the steps tell is not told twice, and what is for others not at all.
    expect(checked.offers).toEqual([]);
    for (const { quantity, totalMinor } of variant?.steps ?? []) {
      expect(await charged(...Array<string>(quantity).fill(SOURDOUGH))).toBe(totalMinor);
    }
    await clock.advance(150 * 60_000);
    expect((await look({ itemId })).variants[0]?.steps.map(({ quantity }) => quantity)).toEqual([1, 5]);
  });

  test('puts with it what a bundle makes cheaper, for what the till charges, and only while both are there', async () => {
    const loaf = { kind: 'items' as const, itemIds: [await itemIdOf(SOURDOUGH)] };
    const beer = { kind: 'items' as const, itemIds: [await itemIdOf(GINGER_BEER)] };
    await till.call(
      'prices.put-rule',
      typedRule({
        name: 'Bread and beer',
        what: loaf,
        effect: {
          kind: 'bundle',
          parts: [
            { what: beer, quantity: 2 },
            { what: loaf, quantity: 1 },
          ],
          at: { kind: 'percent-off', basisPoints: 2_000 },
          mostPerCart: null,
        },
      }),
    );
    const [companion] = (await look({ code: SOURDOUGH })).goesWith;
    expect(companion).toMatchObject({ itemId: beer.itemIds[0], together: { count: 3, names: ['Bread and beer'] } });
    expect(await charged(SOURDOUGH, GINGER_BEER, GINGER_BEER)).toBe(companion?.together?.totalMinor);
    const back = await look({ code: GINGER_BEER });
    expect(back.goesWith[0]).toMatchObject({ itemId: loaf.itemIds[0], together: companion?.together });
    expect(back.offers).toEqual([]);
    // Nobody can have two of it any more.
    const { item } = (await till.call('catalogue.lookup', { code: GINGER_BEER })) ?? {};
    if (!item) throw new Error('no ginger beer');
    const variants = item.variants.map((variant) => ({ ...variant, barcodes: [...variant.barcodes], stock: 1 }));
    await till.call('catalogue.put-item', { ...item, variants });
    const without = await look({ code: SOURDOUGH });
    expect(without.goesWith).toEqual([]);
    expect(without.offers.map(({ name }) => name)).toEqual(['Bread and beer']);
  });

  test('says when a price ends that ends soon', async () => {
    const itemId = await itemIdOf(MUG);
    const what = { kind: 'items' as const, itemIds: [itemId] };
    const { ruleId } = await till.call(
      'prices.put-rule',
      typedRule({ name: 'Late mugs', what, when: { from: null, until: '2026-06-13T15:00:00.000Z', weekly: [] } }),
    );
    expect((await look({ itemId })).variants[0]?.reasons).toEqual([
      { kind: 'rule', name: 'Late mugs', until: '2026-06-13T15:00:00.000Z' },
    ]);
    await till.call(
      'prices.put-rule',
      typedRule({
        ruleId,
        name: 'Late mugs',
        what,
        when: { from: null, until: '2026-06-20T15:00:00.000Z', weekly: [] },
      }),
    );
    expect((await look({ itemId })).variants[0]?.reasons).toEqual([{ kind: 'rule', name: 'Late mugs' }]);
  });

  test(
    'puts with it what the advisor found to be bought with it, and nothing before',
    { timeout: 60_000 },
    async () => {
      const sell = async (...codes: readonly string[]): Promise<void> => {
        for (const code of codes) await till.call('cart.scan', { code });
        await till.call('payment.cash', { givenMinor: 10_000 });
        await till.call('sale.next', {});
        await clock.advance(60_000);
      };
      for (let shopper = 0; shopper < 14; shopper += 1) {
        await sell(SOURDOUGH, GINGER_BEER);
        await sell(MUG);
      }
      const mugId = await itemIdOf(MUG);
      expect((await look({ code: SOURDOUGH })).goesWith).toEqual([]);
      await till.call('advice.refresh', till.topics.advice.wishes);
      const [companion, ...others] = (await look({ code: SOURDOUGH })).goesWith;
      expect(companion?.itemId).toBe(await itemIdOf(GINGER_BEER));
      expect(companion?.together).toBeUndefined();
      expect(others).toEqual([]);
      expect((await look({ itemId: mugId })).goesWith).toEqual([]);
    },
  );

  test('leads a phone to the hold of just that variant, while it can be held and is served', async () => {
    const found = await till.call('catalogue.lookup', { code: MUG });
    if (!found) throw new Error('no mug');
    const { item } = found;
    const [variant] = item.variants;
    if (!variant) throw new Error('no variant');
    const { itemId } = await till.call('catalogue.put-item', {
      ...item,
      variants: [
        { ...variant, barcodes: [...variant.barcodes], name: 'Blue', stock: 3 },
        { ...variant, variantId: null, name: 'Red', sku: '', barcodes: [], stock: 0 },
        { ...variant, variantId: null, name: 'Green', sku: '', barcodes: [], stock: 2 },
      ],
    });
    expect((await look({ itemId })).hold).toBeNull();

    const port = await freePort();
    const serving = { isOn: true, address: '127.0.0.1', port, publicUrl: null };
    await till.call('shop.serve', { ...serving, offers: ['gallery'] });
    expect((await look({ itemId })).hold).toBeNull();
    await till.call('shop.serve', { ...serving, offers: ['gallery', 'holds'] });
    await till.call('hold.set-policy', { isOn: true, minutes: 20 });
    const { hold, variants } = await look({ itemId });
    const idOf = (name: string) => variants.find((one) => one.name === name)?.variantId ?? '';
    expect(hold).toEqual({
      url: `http://127.0.0.1:${port}/h/${itemId}`,
      minutes: 20,
      variantIds: [idOf('Blue'), idOf('Green')],
    });

    const page = await (await fetch(`${hold?.url ?? ''}?variant=${idOf('Green')}`)).text();
    expect(/<option value="([^"]+)" selected>/.exec(page)?.[1]).toBe(idOf('Green'));
    expect(await (await fetch(hold?.url ?? '')).text()).not.toContain('selected');
    const strange = await fetch(`${hold?.url ?? ''}?variant=${encodeURIComponent('"><script>')}`);
    expect(await strange.text()).not.toContain('<script>');

    await till.call('hold.set-policy', { isOn: false, minutes: 20 });
    expect((await look({ itemId })).hold).toBeNull();
    await till.call('hold.set-policy', { isOn: true, minutes: 20 });
    await till.call('shop.serve', { ...serving, isOn: false, offers: ['holds'] });
    expect((await look({ itemId })).hold).toBeNull();
  });
});
