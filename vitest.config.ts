import { defineConfig } from 'vitest/config';

/** Pages for phones and hub have their stylesheets as text; Vitest would leave them empty. */
const css = { include: [/\.css\?raw$/] };

export default defineConfig({
  test: {
    globalSetup: 'tests/helpers/compile-messages.ts',
    projects: [
      {
        test: {
          name: 'unit',
          css,
          include: ['tests/{unit,property,contract,journal,hardware}/**/*.test.ts'],
          pool: 'forks',
          // A busy machine is no failure.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          css,
          include: ['tests/integration/**/*.test.ts'],
          globalSetup: 'scripts/lib/display.mjs',
          pool: 'forks',
          // These start processes, open ports and fill disks: one file at a time.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['tests/sim/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
        },
      },
    ],
  },
});
