import { goOn, type GiveWay } from '../give-way';

/** Coefficients that are estimated together for each item. */
export const SIZE = 3;

/** What the rows of one item (or of a whole category) say of its coefficients: normal equations, `normal` 3 × 3 row by row. */
export interface Evidence {
  readonly normal: Float64Array;
  readonly right: Float64Array;
}

/** How the true coefficients of a group are spread, each by itself. */
export interface Spread {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  /** Of the mean itself. */
  readonly meanVariance: Float64Array;
}

/** What is held of one coefficient before any item was seen, and how many items the belief about its variance counts for. */
export interface Belief {
  readonly mean: number;
  readonly meanVariance: number;
  readonly variance: number;
  readonly items: number;
}

/** Coefficients and their covariance, 3 × 3 row by row. */
export interface Posterior {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** At most; a caller that comes again goes on from where it was. */
const ROUNDS = 6;

/** What one item's rows and the spread of its group say together. */
export function lean({ normal, right }: Evidence, spread: Spread): Posterior {
  const precision = new Float64Array(normal);
  const target = new Float64Array(right);
  for (let one = 0; one < SIZE; one += 1) {
    const weight = 1 / ((spread.variance[one] ?? 1) + (spread.meanVariance[one] ?? 0));
    precision[one * (SIZE + 1)] = (precision[one * (SIZE + 1)] ?? 0) + weight;
    target[one] = (target[one] ?? 0) + weight * (spread.mean[one] ?? 0);
  }
  const covariance = inverse(precision);
  return { mean: times(covariance, target), covariance };
}

/**
 * Mean and variance of the coefficients of a group whose members were each seen through noise: empirical Bayes in the normal
 * linear model (Efron and Morris 1975; Gelman et al., Bayesian Data Analysis, chapters 5 and 15). The mean is generalised
 * least squares over the members; a variance is what would make the members as spread as they look, counting a member by
 * how much its own rows decide about it. A weak prior holds both where there is little to see.
 */
export function spreadOf(
  members: readonly Evidence[],
  beliefs: readonly Belief[],
  from?: Spread,
  giveWay: GiveWay = goOn,
): Spread {
  const variance = from ? Float64Array.from(from.variance) : Float64Array.from(beliefs, (belief) => belief.variance);
  let mean = Float64Array.from(beliefs, (belief) => belief.mean);
  let meanVariance = Float64Array.from(beliefs, (belief) => belief.meanVariance);
  for (let round = 0; round < ROUNDS; round += 1) {
    giveWay();
    const sum = evidenceOfMean(members, variance);
    const whole = new Float64Array(sum.normal);
    const right = new Float64Array(sum.right);
    beliefs.forEach((belief, one) => {
      whole[one * (SIZE + 1)] = (whole[one * (SIZE + 1)] ?? 0) + 1 / belief.meanVariance;
      right[one] = (right[one] ?? 0) + belief.mean / belief.meanVariance;
    });
    const covariance = inverse(whole);
    mean = times(covariance, right);
    meanVariance = Float64Array.from(beliefs, (_, one) => covariance[one * (SIZE + 1)] ?? 0);
    const squares = Float64Array.from(beliefs, ({ items, variance: held }) => items * held);
    const counts = Float64Array.from(beliefs, ({ items }) => items);
    const spread = { mean, variance, meanVariance: new Float64Array(SIZE) };
    giveWay();
    for (const member of members) {
      const own = lean(member, spread);
      for (let one = 0; one < SIZE; one += 1) {
        const left = own.covariance[one * (SIZE + 1)] ?? 0;
        const share = Math.max(0, 1 - left / (variance[one] ?? 1));
        squares[one] = (squares[one] ?? 0) + share * (((own.mean[one] ?? 0) - (mean[one] ?? 0)) ** 2 + left);
        counts[one] = (counts[one] ?? 0) + share;
      }
    }
    let change = 0;
    for (let one = 0; one < SIZE; one += 1) {
      const next = Math.max(1e-4, (squares[one] ?? 0) / (counts[one] ?? 1));
      change = Math.max(change, Math.abs(Math.log(next / (variance[one] ?? 1))));
      variance[one] = next;
    }
    if (change < 1e-3) break;
  }
  return { mean, variance, meanVariance };
}

/** The spread of each group of members, whose mean leans towards that of all as far as its own members leave it open. */
export function spreadsOfGroups(
  members: readonly Evidence[],
  groupOf: Int32Array,
  groups: number,
  beliefs: readonly Belief[],
  from?: Spread,
  giveWay: GiveWay = goOn,
): { readonly all: Spread; readonly group: readonly Spread[] } {
  const all = spreadOf(members, beliefs, from, giveWay);
  if (groups < 2) return { all, group: Array.from({ length: groups }, () => all) };
  const evidence = Array.from({ length: groups }, (_, group) => {
    giveWay();
    return evidenceOfMean(
      members.filter((_, member) => groupOf[member] === group),
      all.variance,
    );
  });
  const between = spreadOf(
    evidence,
    beliefs.map((belief, one) => ({ ...belief, variance: (all.variance[one] ?? 1) / 4, items: 3 })),
  );
  const group = evidence.map((own): Spread => {
    const { mean, covariance } = lean(own, between);
    return {
      mean,
      variance: all.variance,
      meanVariance: Float64Array.from({ length: SIZE }, (_, one) => covariance[one * (SIZE + 1)] ?? 0),
    };
  });
  return { all, group };
}

/** What members say of the mean they are spread around: each counts less the more it may differ from it. */
function evidenceOfMean(members: readonly Evidence[], variance: Float64Array): Evidence {
  const normal = new Float64Array(SIZE * SIZE);
  const right = new Float64Array(SIZE);
  const precision = new Float64Array(SIZE * SIZE);
  for (const member of members) {
    precision.set(member.normal);
    for (let one = 0; one < SIZE; one += 1) {
      precision[one * (SIZE + 1)] = (precision[one * (SIZE + 1)] ?? 0) + 1 / (variance[one] ?? 1);
    }
    // normal - normal · precision⁻¹ · normal, which is the inverse of (normal⁻¹ + variance).
    const covariance = inverse(precision);
    const leaning = product(member.normal, covariance);
    const taken = product(leaning, member.normal);
    const takenRight = times(leaning, member.right);
    for (let place = 0; place < normal.length; place += 1) {
      normal[place] = (normal[place] ?? 0) + (member.normal[place] ?? 0) - (taken[place] ?? 0);
    }
    for (let one = 0; one < SIZE; one += 1) {
      right[one] = (right[one] ?? 0) + (member.right[one] ?? 0) - (takenRight[one] ?? 0);
    }
  }
  return { normal, right };
}

/** Of a symmetric, positive definite 3 × 3 matrix, by cofactors. */
export function inverse(matrix: Float64Array): Float64Array<ArrayBuffer> {
  const [a, b, c] = [matrix[0] ?? 0, matrix[1] ?? 0, matrix[2] ?? 0];
  const [d, e, f] = [matrix[4] ?? 0, matrix[5] ?? 0, matrix[8] ?? 0];
  const first = d * f - e * e;
  const second = c * e - b * f;
  const third = b * e - c * d;
  const scale = 1 / (a * first + b * second + c * third);
  const result = new Float64Array(SIZE * SIZE);
  result[0] = first * scale;
  result[1] = result[3] = second * scale;
  result[2] = result[6] = third * scale;
  result[4] = (a * f - c * c) * scale;
  result[5] = result[7] = (b * c - a * e) * scale;
  result[8] = (a * d - b * b) * scale;
  return result;
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array<ArrayBuffer> {
  const result = new Float64Array(SIZE);
  for (let row = 0; row < SIZE; row += 1) {
    let sum = 0;
    for (let column = 0; column < SIZE; column += 1) sum += (matrix[row * SIZE + column] ?? 0) * (vector[column] ?? 0);
    result[row] = sum;
  }
  return result;
}

function product(left: Float64Array, right: Float64Array): Float64Array {
  const result = new Float64Array(SIZE * SIZE);
  for (let row = 0; row < SIZE; row += 1) {
    for (let column = 0; column < SIZE; column += 1) {
      let sum = 0;
      for (let one = 0; one < SIZE; one += 1) sum += (left[row * SIZE + one] ?? 0) * (right[one * SIZE + column] ?? 0);
      result[row * SIZE + column] = sum;
    }
  }
  return result;
}
