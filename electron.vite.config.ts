import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';
import { windowMessages } from './scripts/lib/window-messages.mjs';

const fromRoot = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The oldest runtime the app is run on is Electron 33: Node 20.18 and Chromium 130.
const nodeTarget = 'node20.18';
const chromeTarget = 'chrome130';

export default defineConfig({
  main: {
    build: {
      target: nodeTarget,
      sourcemap: true,
      // Made of many small files each, which take longer to find than to run: these come along in ours, with what they need.
      externalizeDeps: {
        exclude: [
          'zod',
          'uuid',
          'ws',
          'csv-parse',
          'sirv',
          'age-encryption',
          'htmlparser2',
          'image-size',
          'csv-stringify',
          'temporal-polyfill',
          'commander',
          'canonicalize',
        ],
      },
      rolldownOptions: {
        input: {
          index: fromRoot('src/main/index.ts'),
          trestle: fromRoot('src/cli/trestle.ts'),
          'advisor-worker': fromRoot('src/main/advisor-worker.ts'),
          'clip-worker': fromRoot('src/main/clip-worker.ts'),
          'import-worker': fromRoot('src/main/import-worker.ts'),
          'label-worker': fromRoot('src/main/label-worker.ts'),
          'report-worker': fromRoot('src/main/report-worker.ts'),
          'stall-worker': fromRoot('src/main/stall-worker.ts'),
          'batch-worker': fromRoot('src/hub/batch-worker.ts'),
          'sync-worker': fromRoot('src/main/sync-worker.ts'),
          'receipt-worker': fromRoot('src/hardware/encoders/receipt-worker.ts'),
          'paper-worker': fromRoot('src/hardware/virtual/paper-worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      target: nodeTarget,
      // A sandboxed preload is one CommonJS file with everything inside: it can require nothing but `electron`.
      externalizeDeps: false,
      rolldownOptions: {
        input: { till: fromRoot('src/preload/till.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: fromRoot('src/renderer'),
    build: {
      target: chromeTarget,
      outDir: fromRoot('out/renderer'),
      emptyOutDir: true,
      // Every byte is parsed before the first paint.
      minify: true,
      rolldownOptions: {
        input: {
          till: fromRoot('src/renderer/till/index.html'),
          display: fromRoot('src/renderer/display/index.html'),
        },
      },
    },
    plugins: [windowMessages(), svelte({ configFile: fromRoot('svelte.config.js') })],
  },
});
