import { expect, test } from 'vitest';
import { live } from './world';

const first = Number(process.env['TRESTLE_SIM_SEED'] ?? 1);
const count = Number(process.env['TRESTLE_SIM_SEEDS'] ?? 300);

/** A story that ends badly is told to its end, with the one command that tells it again. */
test.each(Array.from({ length: count }, (_, index) => first + index))('seed %d', async (seed) => {
  const { faults, story } = await live(seed);
  if (faults.length === 0) return;
  const told = story.slice(-60).join('\n');
  expect.fail(`${faults.slice(0, 12).join('\n')}\n\nnpm run test:sim -- --seed ${seed} --seeds 1\n\n${told}`);
});
