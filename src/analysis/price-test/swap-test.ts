/** When a test is looked at: after how many pairs, and how much error may have been spent by then in all looks together. */
export interface Look {
  readonly pairs: number;
  /** Probability, never falling from look to look. */
  readonly spent: number;
}

/** Cells of the grid per typical difference: finer changes no decision that matters. */
const CELLS_PER_PAIR = 32;
/** A difference counts as so many typical ones at most: one coach party decides nothing, and the work stays bounded. */
const MOST_TYPICAL = 24;

/**
 * How much of the allowed error may be spent once a share of the planned information is in: little at first, so that looking
 * early costs hardly any power at the end, and enough that after an hour and a half a price which did better in every single
 * round may be called the winner. Kim and DeMets, "Design and analysis of group sequential tests based on the type I error
 * spending rate function", Biometrika 74 (1987), with ρ = 2.5.
 * @param allowed probability over all looks
 * @param share 0 to 1
 */
export function errorSpent(allowed: number, share: number): number {
  return allowed * Math.min(1, Math.max(0, share)) ** 2.5;
}

/**
 * At which looks it is refuted that the two prices of every pair of neighbouring blocks might as well have been swapped.
 *
 * Chance alone decided which block of a pair had which price. If the price made no difference, then each pair's difference
 * might as well have come with the other sign: all 2ⁿ sign patterns were equally likely, whatever the day was like, however
 * wild the sales, whatever their distribution (Fisher, "The Design of Experiments", 1935, §21; for switchbacks Bojinov,
 * Simchi-Levi and Zhao, "Design and Analysis of Switchback Experiments", Management Science 69, 2023). So the exact
 * distribution of the sum of differences is known, and is computed pair by pair by convolution on a grid (Pagano and
 * Tritchler, "On Obtaining Permutation Distributions in Polynomial Time", JASA 78, 1983). No random numbers, no model.
 *
 * Looking again and again is part of it: at each look the patterns that would have been called a finding there are taken
 * out of the distribution, and no look may take more than what the spending function leaves it. So over all looks together
 * a finding where there is nothing is at most as likely as `spent` of the last, exactly, since sizes of differences are
 * given and only their signs are chance. Rounding to the grid and limiting a difference do not change that: they treat both
 * signs alike.
 *
 * @param differences of each pair in their order: second price less first
 * @param looks those that are over, in their order; what one says does not depend on those after it
 */
export function swapRefutations(differences: readonly number[], looks: readonly Look[]): boolean[] {
  const steps = toGrid(differences, looks);
  if (steps === null) return looks.map(() => false);
  const reach = steps.reduce((sum, step) => sum + Math.abs(step), 0);
  let alive = new Float64Array(2 * reach + 1);
  let next = new Float64Array(2 * reach + 1);
  alive[reach] = 1;
  let observed = 0;
  let extent = 0;
  let spent = 0;
  let done = 0;
  return looks.map((look) => {
    for (const step of steps.slice(done, look.pairs)) {
      const size = Math.abs(step);
      observed += step;
      next.fill(0, reach - extent - size, reach + extent + size + 1);
      for (let at = reach - extent; at <= reach + extent; at += 1) {
        const half = (alive[at] ?? 0) / 2;
        if (half === 0) continue;
        next[at - size] = (next[at - size] ?? 0) + half;
        next[at + size] = (next[at + size] ?? 0) + half;
      }
      extent += size;
      [alive, next] = [next, alive];
    }
    done = look.pairs;
    // From the outside inwards, as far as the error goes; both sides are alike.
    let bound = extent + 1;
    for (; bound > 0; bound -= 1) {
      const both = 2 * (alive[reach + bound - 1] ?? 0);
      if (spent + both > look.spent) break;
      spent += both;
    }
    alive.fill(0, reach - extent, reach - bound + 1);
    alive.fill(0, reach + bound, reach + extent + 1);
    return Math.abs(observed) >= bound;
  });
}

/**
 * Differences as whole numbers of one step, which follows from the sizes of the first that are not nothing, so that later
 * pairs do not change what an earlier look saw. Null when all are nothing.
 */
function toGrid(differences: readonly number[], looks: readonly Look[]): number[] | null {
  const used = differences.slice(0, looks.at(-1)?.pairs ?? 0);
  for (const { pairs } of looks) {
    const sizes = used.slice(0, pairs).map(Math.abs);
    const typical = sizes.reduce((sum, size) => sum + size, 0) / pairs;
    if (!(typical > 0)) continue;
    const most = MOST_TYPICAL * CELLS_PER_PAIR;
    // By size, since rounding a number and its opposite may differ.
    return used.map(
      (difference) =>
        Math.sign(difference) * Math.min(most, Math.round((Math.abs(difference) / typical) * CELLS_PER_PAIR)),
    );
  }
  return null;
}

/** The true difference lies between these; null where nothing found so far limits it. */
export interface Interval {
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * All differences per hour that the last look does not refute: a repeated confidence interval (Jennison and Turnbull,
 * "Interim analyses: the repeated confidence interval approach", JRSS B 51, 1989), which holds at every look at once. A
 * difference is tried by taking it off every pair.
 * @param differences per hour, of each pair in their order
 * @param estimate a difference that is surely not refuted, to search from
 */
export function intervalOfDifferences(
  differences: readonly number[],
  looks: readonly Look[],
  estimate: number,
): Interval {
  const isRefuted = (shift: number): boolean =>
    swapRefutations(
      differences.map((difference) => difference - shift),
      looks,
    ).at(-1) === true;
  const spread = Math.max(...differences.map((difference) => Math.abs(difference - estimate)), 0);
  const edge = (direction: 1 | -1): number | null => {
    let inside = estimate;
    // Beyond every single difference all signs agree: what is not refuted there never is.
    let outside = estimate + direction * (spread > 0 ? 2 * spread : 1);
    if (!isRefuted(outside)) return null;
    for (let halving = 0; halving < 16; halving += 1) {
      const middle = (inside + outside) / 2;
      if (isRefuted(middle)) outside = middle;
      else inside = middle;
    }
    return outside;
  };
  return { low: edge(-1), high: edge(1) };
}
