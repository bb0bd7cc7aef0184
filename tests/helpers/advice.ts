import type { BundleOffer, MarkdownOffer } from '../../src/domain/advice';

/** Tea and scones, in 12 baskets of 90. */
export function bundleAdvice(adviceId: string, change: Partial<BundleOffer> = {}): BundleOffer {
  return {
    adviceId,
    kind: 'bundle',
    offeredAt: '2026-06-13T08:00:00.000Z',
    orders: 90,
    confidence: 0.95,
    itemIds: ['item-tea', 'item-scone'],
    basisPoints: 1000,
    together: 12,
    first: 14,
    second: 15,
    baskets: 90,
    lift: { value: 5.1, low: 3.6, high: 7.3 },
    falseShare: 0.001,
    ...change,
  };
}

/** Bread at 4.00 that cost 1.50, ten left at half past one. */
export function markdownAdvice(adviceId: string, change: Partial<MarkdownOffer> = {}): MarkdownOffer {
  return {
    adviceId,
    kind: 'markdown',
    offeredAt: '2026-06-13T12:30:00.000Z',
    orders: 400,
    confidence: 0.95,
    itemId: 'item-bread',
    variantId: 'variant-bread',
    day: '2026-06-13',
    closesAt: '16:00',
    steps: [{ beforeCloseMinutes: 60, basisPoints: 2000 }],
    priceMinor: 400,
    floorMinor: 150,
    onHand: 10,
    soldWithout: { value: 5, low: 3, high: 8 },
    soldWith: { value: 8, low: 5, high: 10 },
    gainMinor: 600,
    probabilityBetter: 0.9,
    elasticity: { value: -2, low: -3, high: -1 },
    days: 20,
    prices: 3,
    ...change,
  };
}
