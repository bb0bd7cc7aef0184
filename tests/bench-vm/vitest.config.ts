import { defineConfig } from 'vitest/config';

/** Run inside the guest by scripts/test-bench.mjs: these plug devices into the kernel they run on. */
export default defineConfig({
  test: {
    include: ['tests/bench-vm/**/*.test.ts'],
    // One kernel with one set of ports: one file at a time, and modules loaded once, since the guest is slow.
    fileParallelism: false,
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
