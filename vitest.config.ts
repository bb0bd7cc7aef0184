import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: 'tests/helpers/compile-messages.ts',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/{unit,property,contract,journal,hardware}/**/*.test.ts'],
          pool: 'forks',
          // A busy machine is no failure.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          // The hub serves its stylesheets as text; Vitest would leave them empty.
          css: { include: [/\.css\?raw$/] },
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
