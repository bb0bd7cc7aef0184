import { normalQuantile } from '../distributions';
import { goOn, type GiveWay } from '../give-way';
import type { PairCounts } from './pair-counts';

/** Two items that are bought together more than chance brings together, with what it rests on. */
export interface Bundle {
  /** Places of the two items; the one that is in fewer baskets first. */
  readonly items: readonly [number, number];
  /** Baskets with both, with the first, with the second, and all: "12 baskets of 90". */
  readonly together: number;
  readonly first: number;
  readonly second: number;
  readonly baskets: number;
  /** Share of all baskets that have both. */
  readonly support: number;
  /** Share of the baskets with the first that have the second too, and the other way round. */
  readonly confidence: number;
  readonly reverseConfidence: number;
  /** How many times as often together as chance would have it. */
  readonly lift: number;
  readonly liftLow: number;
  readonly liftHigh: number;
  /** Chance of a pair of unrelated items looking as related as this. */
  readonly pValue: number;
  /** Share of false ones to expect among bundles down to this one (Benjamini and Hochberg). */
  readonly falseShare: number;
}

export interface BundleOptions {
  /** Baskets that a pair must have been in. */
  readonly leastTogether: number;
  /** Largest share of false bundles in the list. */
  readonly falseShare: number;
  readonly most: number;
  /** Of the interval of lift. */
  readonly confidence: number;
}

export const BUNDLE_DEFAULTS: BundleOptions = { leastTogether: 3, falseShare: 0.05, most: 50, confidence: 0.95 };

export interface BundleFindings {
  readonly bundles: readonly Bundle[];
  /** Pairs of items that might have been bundles: what the list was corrected for. */
  readonly tested: number;
}

/**
 * Bundles with evidence, strongest first by the lower end of their lift's interval on what they add over chance.
 *
 * A pair passes when chance explains its baskets neither by Fisher's exact test (Fisher 1935: the hypergeometric tail given
 * how often each item is bought) nor when large baskets are taken into account, which bring any two items together more
 * often (the Poisson tail around the pairs that baskets of these sizes would hold at random). The worse of both p-values is
 * corrected for having looked at every pair of items (Benjamini and Hochberg, JRSS B 57, 1995); pairs never seen together
 * count as looked at. The interval of lift is the delta method's on its logarithm over multinomial counts.
 */
export function findBundles(
  counts: PairCounts,
  options: Partial<BundleOptions> = {},
  giveWay: GiveWay = goOn,
): BundleFindings {
  const { leastTogether, falseShare, most, confidence } = { ...BUNDLE_DEFAULTS, ...options };
  const { baskets, item, lines, orderedPairs } = counts;
  // An item in fewer baskets than that can be in no bundle, whatever it is bought with: it was not looked at.
  const candidates = item.filter((count) => count >= leastTogether).length;
  const tested = (candidates * (candidates - 1)) / 2;
  if (baskets === 0 || tested === 0) return { bundles: [], tested };
  const logFactorials = logFactorialsTo(baskets);
  // How much more often two items meet in baskets of these sizes than in baskets of one mean size.
  const crowding = Math.max(1, (baskets * orderedPairs) / (lines * lines));
  const deviations = normalQuantile(0.5 + confidence / 2);
  const found: Omit<Bundle, 'falseShare'>[] = [];
  counts.forEachPair((one, other, together) => {
    if (together < leastTogether) return;
    const countOne = item[one] ?? 0;
    const countOther = item[other] ?? 0;
    const expected = (countOne * countOther) / baskets;
    if (together <= expected * crowding) return;
    const isOneFirst = countOne <= countOther;
    const [first, second] = isOneFirst ? [countOne, countOther] : [countOther, countOne];
    const lift = together / expected;
    const spread = Math.sqrt(
      Math.max(0, 1 / together - 1 / first - 1 / second + (2 * together) / (first * second) - 1 / baskets),
    );
    found.push({
      items: isOneFirst ? [one, other] : [other, one],
      together,
      first,
      second,
      baskets,
      support: together / baskets,
      confidence: together / first,
      reverseConfidence: together / second,
      lift,
      liftLow: lift * Math.exp(-deviations * spread),
      liftHigh: lift * Math.exp(deviations * spread),
      pValue: Math.max(
        hypergeometricTail(together, first, second, baskets, logFactorials),
        poissonTail(together, expected * crowding, logFactorials),
      ),
    });
  }, giveWay);
  found.sort((a, b) => a.pValue - b.pValue || b.lift - a.lift);
  let worst = 1;
  const corrected: Bundle[] = [];
  for (let rank = found.length; rank > 0; rank -= 1) {
    const bundle = found[rank - 1];
    if (bundle === undefined) continue;
    worst = Math.min(worst, (bundle.pValue * tested) / rank);
    if (worst <= falseShare) corrected.push({ ...bundle, falseShare: worst });
  }
  // What the pair brings beyond chance, counted with its caution.
  const worth = ({ together, liftLow }: Bundle): number => together * (1 - 1 / Math.max(1, liftLow));
  corrected.sort((a, b) => worth(b) - worth(a) || a.pValue - b.pValue);
  return { bundles: corrected.slice(0, most), tested };
}

/** Chance of `together` or more of `first` drawn baskets having an item that is in `second` of all. */
export function hypergeometricTail(
  together: number,
  first: number,
  second: number,
  baskets: number,
  logFactorials: Float64Array = logFactorialsTo(baskets),
): number {
  const at = (count: number): number => logFactorials[count] ?? 0;
  const constant = at(first) + at(baskets - first) + at(second) + at(baskets - second) - at(baskets);
  let sum = 0;
  for (let both = together; both <= Math.min(first, second); both += 1) {
    const rest = baskets - first - second + both;
    if (rest < 0) continue;
    const term = Math.exp(constant - at(both) - at(first - both) - at(second - both) - at(rest));
    sum += term;
    if (term < sum * 1e-15) break;
  }
  return Math.min(1, sum);
}

function poissonTail(together: number, mean: number, logFactorials: Float64Array): number {
  let sum = 0;
  for (let count = together; ; count += 1) {
    const logFactorial = logFactorials[count];
    const term = logFactorial === undefined ? 0 : Math.exp(count * Math.log(mean) - mean - logFactorial);
    sum += term;
    if (term <= sum * 1e-15) return Math.min(1, sum);
  }
}

let known = new Float64Array(2);

/** Logarithms of the factorials up to `most` at least. Kept: they are the same for every stall, and asked for with every order. */
function logFactorialsTo(most: number): Float64Array {
  if (known.length <= most) {
    const table = new Float64Array(Math.max(most + 1, 2 * known.length));
    table.set(known);
    for (let count = known.length; count < table.length; count += 1)
      table[count] = (table[count - 1] ?? 0) + Math.log(count);
    known = table;
  }
  return known;
}
