/** From saving a rule to the news of it at every screen: docket, tiles and countdowns. */
import { join } from 'node:path';
import type { Topic } from '../src/shared/contract';
import { figure, percentile, progress, type Figure } from './figure';
import { fillCatalogue, message, startTill, valueOf } from './till';

const ITEMS = 2_000;
const RULES = 1_000;
const LINES = 20;
const SAMPLES = 150;
const WARM_UP = 10;
const LIMIT_MS = 100;
/** What a till's window and the customer's display fetch and show. */
const TILES = 60;

export async function measure(scratch: string): Promise<Figure[]> {
  const dataDir = join(scratch, 'till');
  await fillCatalogue(dataDir, ITEMS);
  const { kiosk, call, close } = await startTill({ dataDir, devices: 'virtual' });
  const { tiles } = await call('catalogue.items', { category: null, offset: 0, limit: 500 });
  const variantIds = tiles.flatMap(({ variantId }) => variantId ?? []);
  const rule = (variantIdsOn: string[], basisPoints: number) => ({
    ruleId: null as string | null,
    name: 'Off',
    isOn: true,
    what: { kind: 'variants' as const, variantIds: variantIdsOn },
    effect: { kind: 'percent-off' as const, basisPoints },
    when: { from: null, until: null, weekly: [] },
    where: { kind: 'anywhere' as const },
    audience: 'everyone' as const,
    stock: null,
    priority: 100,
    stacking: 'alone' as const,
    capBasisPoints: null,
    graceMs: 0,
  });
  progress(`writing ${RULES} rules`);
  for (let index = 0; index < RULES; index += 1) {
    await call('prices.put-rule', rule([variantIds[LINES + (index % (variantIds.length - LINES))] ?? ''], 500));
  }
  const inCart = variantIds.slice(0, LINES);
  for (const variantId of inCart) await call('cart.add', { variantId });
  const { ruleId } = await call('prices.put-rule', rule(inCart, 500));

  progress(`${SAMPLES} changes of a rule about all ${LINES} lines of the cart`);
  const tookMs: number[] = [];
  for (let sample = -WARM_UP; sample < SAMPLES; sample += 1) {
    const waiting = new Set<Topic>(['sale', 'catalogue', 'prices']);
    let told: (() => void) | null = null;
    const everywhere = new Promise<void>((resolve) => (told = resolve));
    const stop = kiosk.subscribe('till', ({ topic }) => {
      waiting.delete(topic);
      if (waiting.size === 0) told?.();
    });
    const basisPoints = 500 + (Math.abs(sample) % 10) * 100;
    const changed = message('prices.put-rule', { ...rule(inCart, basisPoints), ruleId });
    const started = performance.now();
    valueOf('prices.put-rule', await kiosk.dispatch({ role: 'till' }, changed));
    await everywhere;
    // The tiles a window shows are asked for again.
    const shown = await call('catalogue.items', { category: null, offset: 0, limit: TILES });
    const ended = performance.now();
    stop();
    const { sale } = await call('state.get', {});
    const traced = sale.cart.lines.filter(({ trace }) => trace !== undefined).length;
    if (traced !== LINES) throw new Error(`${traced} of ${LINES} lines have the new price`);
    if (shown.tiles.filter(({ wasMinor }) => wasMinor !== undefined).length < LINES)
      throw new Error('tiles stayed behind');
    if (sample >= 0) tookMs.push(ended - started);
  }
  await close();
  return [
    figure({
      id: 'rule-change/p99',
      what: `a rule saved until docket, display and tiles have its prices, with ${RULES} rules and ${ITEMS} items, p99`,
      value: percentile(tookMs, 0.99),
      unit: 'ms',
      reference: LIMIT_MS,
      referenceWhat: 'the limit',
      target: { atMost: 1 },
    }),
  ];
}
