import { defineConfig } from 'vitest/config';

/** `expect.poll` waits for what it expects, on a busy machine too; what never comes costs this long. */
const expectation = { poll: { timeout: 20_000 } };

/** Pages for phones and hub have their stylesheets as text; Vitest would leave them empty. */
const css = { include: [/\.css\?raw$/] };

export default defineConfig({
  test: {
    globalSetup: 'tests/helpers/compile-messages.ts',
    projects: [
      {
        test: {
          name: 'unit',
          expect: expectation,
          css,
          include: ['tests/{unit,property,contract,journal,hardware}/**/*.test.ts'],
          setupFiles: 'tests/helpers/chance.ts',
          pool: 'forks',
          // A busy machine is no failure.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          expect: expectation,
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
