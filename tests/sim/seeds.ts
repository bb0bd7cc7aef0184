import { expect, test } from 'vitest';
import { live } from './world';

/** Seeds that once ended badly, each with what was mended since: they are lived through every time. */
const KEPT: readonly { readonly seed: number; readonly what: string }[] = [
  { seed: 7, what: 'a copy of a folder counted what the other copy wrote as its own queue' },
  { seed: 12, what: 'a name was given up and what the other copy had written under it was never read' },
  { seed: 14, what: 'the same, after a restored backup had sold' },
  { seed: 20, what: 'a hub restored from before a till had joined did not know it' },
];

/** Lives through every other seed, from `TRESTLE_SIM_SEED` on, `TRESTLE_SIM_SEEDS` in all: files run beside each other. */
export function liveThroughSeeds(remainder: 0 | 1): void {
  const first = Number(process.env['TRESTLE_SIM_SEED'] ?? 1);
  const count = Number(process.env['TRESTLE_SIM_SEEDS'] ?? 300);
  const kept = process.env['TRESTLE_SIM_SEED'] === undefined ? KEPT.map(({ seed }) => seed) : [];
  const seeds = new Set([...kept, ...Array.from({ length: count }, (_, index) => first + index)]);
  test.each([...seeds].filter((seed) => seed % 2 === remainder))('seed %d', async (seed) => {
    const { faults, story } = await live(seed);
    if (faults.length === 0) return;
    const told = story.slice(-80).join('\n');
    expect.fail(`${faults.slice(0, 20).join('\n')}\n\nnpm run test:sim -- --seed ${seed} --seeds 1\n\n${told}`);
  });
  // A file without a test of its own is a fault to the runner.
  if (count < 2) test('no more seeds here', () => undefined);
}
