import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { problemWords } from '../../../src/renderer/lib/import-words';

const message = '“Loaf” has no price: write one, 0.00 if it is free.';

test('a problem of a file is the exact sentence in English, and has words of its own in other languages', () => {
  expect(problemWords({ code: 'missing-price', message }, 'en')).toBe(message);
  const words = problemWords({ code: 'missing-price', message }, 'de');
  expect(words).not.toBe(message);
  expect(words.length).toBeGreaterThan(10);
});

test('a problem that nothing more general can be said of stays the sentence it is', () => {
  expect(problemWords({ code: 'of-tomorrow', message }, 'de')).toBe(message);
});

test('every problem with words is one the importer finds', () => {
  const folder = 'src/main/import';
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const importer = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  const worded = readFileSync('src/renderer/lib/import-words.ts', 'utf8').match(/^ {2}\S+(?=: m\.import_bad_)/gm) ?? [];
  expect(worded.length).toBeGreaterThan(10);
  for (const code of worded) expect(importer).toContain(`'${code.trim().replaceAll("'", '')}'`);
});
