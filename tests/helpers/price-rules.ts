import { compileBook, type Goods, type PriceBook, type TimedRule } from '../../src/domain/pricing/book';
import { DEFAULT_POLICY, type PricePolicy } from '../../src/domain/pricing/policy';
import type { PriceSubject } from '../../src/domain/pricing/price';
import { ALWAYS, type PriceRule } from '../../src/domain/pricing/rule';
import type { TypedRule } from '../../src/shared/contract';

export const NOW_MS = Date.parse('2026-06-13T10:00:00.000Z');
export const MINUTE_MS = 60_000;

/** A rule for everything, always: 10 % off, alone, unless said otherwise. */
export function ruleOf(said: Partial<PriceRule> = {}): PriceRule {
  return {
    ruleId: 'r1',
    version: 1,
    name: 'Ten off',
    origin: 'rule',
    isOn: true,
    what: { kind: 'everything' },
    effect: { kind: 'percent-off', basisPoints: 1_000 },
    when: ALWAYS,
    where: { kind: 'anywhere' },
    audience: 'everyone',
    stock: null,
    priority: 100,
    stacking: 'alone',
    capBasisPoints: null,
    graceMs: null,
    ...said,
  };
}

/** The same as an operator types it anew. */
export function typedRule(said: Partial<TypedRule> = {}): TypedRule {
  const { version: _version, origin: _origin, ...typed } = ruleOf();
  return { ...typed, ruleId: null, ...said };
}

export function timed(rule: PriceRule, ...windows: TimedRule['windows']): TimedRule {
  const always = [{ fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY }];
  return { rule, windows: windows.length === 0 ? always : windows };
}

export function bookOf(
  rules: readonly (PriceRule | TimedRule)[],
  said: {
    readonly nowMs?: number;
    readonly policy?: Partial<PricePolicy>;
    readonly place?: Parameters<typeof compileBook>[1]['place'];
  } = {},
): PriceBook {
  return compileBook(
    rules.map((rule) => ('rule' in rule ? rule : timed(rule))),
    {
      nowMs: said.nowMs ?? NOW_MS,
      place: said.place ?? { event: '', pitch: '', position: null },
      policy: { ...DEFAULT_POLICY, ...said.policy },
    },
  );
}

/** Something at 10.00 that cost 4.00, of which 20 are left. */
export function subjectOf(
  said: Partial<Goods> & {
    readonly priceMinor?: number;
    readonly costMinor?: number | null;
    readonly stock?: number | null;
  } = {},
): PriceSubject {
  const { priceMinor = 1_000, costMinor = 400, stock = 20, ...goods } = said;
  const variantId = goods.variantId ?? 'v1';
  return {
    variantId,
    itemId: goods.itemId ?? `item of ${variantId}`,
    category: goods.category ?? 'Bread',
    nameWords: goods.nameWords ?? ['sourdough', 'loaf'],
    costMinor,
    stock,
    start: {
      base: { source: 'catalogue', priceMinor, observedAt: null, freshness: 'fresh' },
      priceMinor,
      steps: [],
      mustAsk: false,
    },
  };
}
