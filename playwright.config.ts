import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const debianChromium = '/usr/bin/chromium';

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: 'test-results',
  globalSetup: './scripts/lib/display.mjs',
  // Real windows on a real display: one at a time.
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  timeout: 120_000,
  // A busy machine is no failure.
  expect: { timeout: 20_000 },
  reporter: [['list']],
  projects: [
    // The same specs in both; fixtures.ts opens the till by the project's name.
    // What a new folder shows is the same in both, and needs a till of its own for each test.
    // A phone has a browser, and speaks with the stall server alone.
    {
      name: 'electron',
      testIgnore: [
        'first-run',
        'shop',
        'hold',
        'receipt',
        'advice',
        'drop-flip',
        'reel',
        'reel-screen',
        'accessible',
        'checker',
      ].map((name) => `**/${name}.spec.ts`),
    },
    {
      name: 'chromium',
      use: {
        browserName: 'chromium',
        launchOptions: {
          executablePath: existsSync(debianChromium) ? debianChromium : undefined,
          args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
        },
      },
    },
  ],
});
