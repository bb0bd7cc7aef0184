/** What a set of rules may hold, so that a hostile or mistaken one costs bounded work. */
export const RULE_LIMITS = {
  rules: 10_000,
  nameLength: 80,
  /** Ids, categories or words one selector names. */
  selected: 500,
  words: 8,
  wordLength: 40,
  tiers: 12,
  parts: 6,
  /** Pieces in one bundle. */
  bundlePieces: 24,
  bundlesPerCart: 999,
  steps: 8,
  weekly: 21,
  windows: 2_000,
  priority: 1_000,
  graceMs: 60 * 60_000,
  placeLength: 80,
  /** Half way round the earth. */
  radiusMetres: 20_000_000,
} as const;

/** What a drop may be. */
export const DROP_LIMITS = {
  leastMinutes: 30,
  mostMinutes: 90,
  graceMs: 15 * 60_000,
  unitCap: 100_000,
  shares: 50,
  /** Nobody plans a drop for longer ahead. */
  aheadMs: 60 * 24 * 60 * 60_000,
} as const;
