import { PRICE_TEST_DEFAULTS, type PriceTestPlan } from '../../src/domain/experiment';

/** Jam at 4.50, as today, against 4.00. */
export function testPlan(change: Partial<PriceTestPlan> = {}): PriceTestPlan {
  const { blockMs, washoutMs, lookRounds, falseWinnerBasisPoints } = PRICE_TEST_DEFAULTS;
  return {
    testId: 'test-1',
    name: 'Jam at four',
    itemId: 'item-jam',
    variantIds: ['variant-jam'],
    pricing: 'each',
    costMinor: 150,
    armsMinor: [450, 400],
    measure: 'units',
    minimumDifference: 2,
    falseWinnerBasisPoints,
    blockMs,
    washoutMs,
    stop: { lookRounds, whenSettled: true },
    seed: '00112233445566778899aabbccddeeff',
    registeredAt: '2026-06-13T08:00:00.000Z',
    ...change,
  };
}
