import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

const compiled = /\/i18n\/generated\/messages(\.js)?$/;
const replacement = '\0window-messages';
const language = join(root, 'src/renderer/lib/language.svelte.ts');

/**
 * Gives the windows messages in one language instead of in all of them: every message asks the words that
 * src/renderer/lib/language.svelte.ts loaded. What a message takes and gives is the same, but a language of its own cannot
 * be passed to it.
 * @returns {import('vite').Plugin}
 */
export function windowMessages() {
  const source = join(root, 'messages/en.json');
  return {
    name: 'window-messages',
    enforce: 'pre',
    resolveId: (id) => (compiled.test(id) ? replacement : undefined),
    load(id) {
      if (id !== replacement) return;
      this.addWatchFile(source);
      const keys = Object.keys(JSON.parse(readFileSync(source, 'utf8'))).filter((key) => key !== '$schema');
      return [
        `import { words } from ${JSON.stringify(language)};`,
        ...keys.map((key) => `export const ${key} = (inputs) => words.${key}(inputs);`),
      ].join('\n');
    },
  };
}
