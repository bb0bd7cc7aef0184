/** A measured number beside its limit or peer, both from the same run. */
export interface Figure {
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What the value is held against: a peer, a raw limit of the machine, or the bound itself. */
  readonly reference: number;
  readonly referenceWhat: string;
  /** value ÷ reference; where the target is to take less time, reference ÷ value. */
  readonly ratio: number;
  /** The bound on the ratio in words: `≤ 4×`, `≥ 5× faster`. */
  readonly target: string;
  readonly pass: boolean;
}

/** A bound on `value ÷ reference` (for what is better the more it is, from below), or on how many times faster the value is. */
export type Target = { readonly atMost: number } | { readonly atLeast: number } | { readonly timesFaster: number };

export function figure(
  given: Pick<Figure, 'id' | 'what' | 'value' | 'unit' | 'reference' | 'referenceWhat'> & { target: Target },
): Figure {
  const { target, ...rest } = given;
  if ('atMost' in target) {
    const ratio = rest.value / rest.reference;
    return { ...rest, ratio, target: `≤ ${target.atMost}×`, pass: ratio <= target.atMost };
  }
  if ('atLeast' in target) {
    const ratio = rest.value / rest.reference;
    return { ...rest, ratio, target: `≥ ${target.atLeast}×`, pass: ratio >= target.atLeast };
  }
  const ratio = rest.reference / rest.value;
  return { ...rest, ratio, target: `≥ ${target.timesFaster}× faster`, pass: ratio >= target.timesFaster };
}

/** The value below which the given share of the samples lies (nearest rank). */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

/** Least-squares slope of evenly spaced samples, per sample. */
export function slope(samples: readonly number[]): number {
  const meanX = (samples.length - 1) / 2;
  const meanY = samples.reduce((sum, y) => sum + y, 0) / samples.length;
  let above = 0;
  let below = 0;
  samples.forEach((y, x) => {
    above += (x - meanX) * (y - meanY);
    below += (x - meanX) ** 2;
  });
  return above / below;
}

/** Milliseconds a piece of work took. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** One line of progress for the person who waits; figures alone go to stdout. */
export function progress(text: string): void {
  process.stderr.write(`  ${text}\n`);
}
