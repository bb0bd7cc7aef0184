import { expect, test } from 'vitest';
import { problemWords } from '../../../src/renderer/lib/import-words';
import { IMPORT_PROBLEMS } from '../../../src/shared/import-problems';

const message = '“Loaf” has no price: write one, 0.00 if it is free.';

test('a problem of a file is the exact sentence in English, and has words of its own in other languages', () => {
  const said = new Set(IMPORT_PROBLEMS.map((code) => problemWords({ code, message }, 'de')));
  expect(said.size).toBe(IMPORT_PROBLEMS.length);
  for (const words of said) expect(words.length).toBeGreaterThan(8);
  for (const code of IMPORT_PROBLEMS) expect(problemWords({ code, message }, 'en')).toBe(message);
});
