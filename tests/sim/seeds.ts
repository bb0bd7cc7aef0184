import { expect, test } from 'vitest';
import { live } from './world';

/** Seeds that once ended badly, each with what was mended since: they are lived through every time. */
const KEPT: readonly { readonly seed: number; readonly what: string }[] = [
  {
    seed: 21,
    what: 'disks of a till and of the hub died, and another till held what the hub had others in the place of',
  },
  { seed: 40, what: 'a till that another one had brought to the hub numbered its receipts as a third one does' },
  { seed: 44, what: 'a question about a shift that was lost on its way was asked again ten minutes later' },
  { seed: 57, what: 'a neighbour and the hub held different entries under one name: orders were written again twice' },
  { seed: 82, what: 'people a hub had lost without a word were never told to it again' },
  { seed: 119, what: 'what a till wrote that serves others could not be handed on by them' },
  {
    seed: 556,
    what: 'a till that read back what it had lost did not go on from its own clock, and placed no order any more',
  },
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
