/**
 * What `ln(units + ½)` of a Poisson count is on average, how it answers to the logarithm of the count's mean, and how it
 * varies. On this scale a day that sold ten times the usual is no outlier to a fit, and a day that sold nothing is no hole.
 */
interface CountScore {
  readonly mean: number;
  /** Change of `mean` with the logarithm of the count's mean. */
  readonly slope: number;
  readonly variance: number;
}

const LOWEST = -7;
const HIGHEST = 4.5;
const STEP = 1 / 64;
const POINTS = Math.round((HIGHEST - LOWEST) / STEP) + 1;

const mean = new Float64Array(POINTS);
const slope = new Float64Array(POINTS);
const variance = new Float64Array(POINTS);
for (let point = 0; point < POINTS; point += 1) {
  const rate = Math.exp(LOWEST + point * STEP);
  let probability = Math.exp(-rate);
  let first = 0;
  let second = 0;
  let steepness = 0;
  const last = Math.ceil(rate + 12 * Math.sqrt(rate) + 20);
  for (let count = 0; count <= last; count += 1) {
    const value = Math.log(count + 0.5);
    first += probability * value;
    second += probability * value * value;
    steepness += probability * rate * (Math.log(count + 1.5) - value);
    probability *= rate / (count + 1);
  }
  mean[point] = first;
  slope[point] = steepness;
  variance[point] = second - first * first;
}

/** By table where counts are small, by their limits (`ln rate`, 1, 1 ÷ rate) where they are large. */
export function countScore(logRate: number): CountScore {
  if (logRate >= HIGHEST) return { mean: logRate, slope: 1, variance: Math.exp(-logRate) };
  const place = Math.max(0, (logRate - LOWEST) / STEP);
  const low = Math.min(POINTS - 2, Math.floor(place));
  const share = place - low;
  return {
    mean: between(mean, low, share),
    slope: between(slope, low, share),
    variance: between(variance, low, share),
  };
}

function between(table: Float64Array, low: number, share: number): number {
  return (table[low] ?? 0) * (1 - share) + (table[low + 1] ?? 0) * share;
}
