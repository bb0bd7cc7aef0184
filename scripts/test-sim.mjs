/**
 * Market days from seeds, see tests/sim/world.ts.
 *
 *     npm run test:sim -- [--seed S] [--seeds N]
 *
 * Lives through N seeds from S on; a seed that ends badly is printed with its story and the command that repeats it.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './lib/paths.mjs';
import { runAttached } from './lib/run.mjs';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, seeds: { type: 'string', default: '300' } },
});
process.exitCode = await runAttached(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'simulation', 'tests/sim/seeds'],
  { cwd: root, env: { ...process.env, TRESTLE_SIM_SEED: values.seed, TRESTLE_SIM_SEEDS: values.seeds } },
);
