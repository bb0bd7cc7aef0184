import { expect, test } from 'vitest';
import { reasonWords, subjectWords } from '../../../src/renderer/lib/price-log-words';
import { createFormat } from '../../../src/shared/format';
import * as m from '../../../src/shared/i18n/generated/messages.js';

const london = createFormat({ currency: 'GBP', locale: 'en-GB', timeZone: 'Europe/London' });

test('the price log says why in the words of the window, and as it was written where a person wrote it', () => {
  expect(reasonWords({ why: 'mended', reasons: undefined }, london)).toBe('mended');
  expect(reasonWords({ why: 'rule, off', reasons: [{ code: 'rule' }, { code: 'off' }] }, london)).toBe(
    `${m.log_why_rule()}, ${m.log_why_off()}`,
  );
  const noon = '2026-06-13T11:00:00.000Z';
  const window = reasonWords({ why: '', reasons: [{ code: 'window', from: noon, until: noon }] }, london);
  expect(window).toContain('12:00');
  expect(window).not.toContain('T11');
  expect(reasonWords({ why: '', reasons: [{ code: 'spent', name: 'Warm bread' }] }, london)).toContain('Warm bread');
  expect(reasonWords({ why: '', reasons: [{ code: 'signed-set', version: 17 }] }, london)).toContain('17');
});

test('a row of the price log is about what it names, or about so many more', () => {
  expect(subjectWords({ kind: 'price', subject: 'Loaf', more: undefined })).toBe('Loaf');
  expect(subjectWords({ kind: 'price', subject: 'and 2 more', more: 2 })).toBe(m.log_and_more({ count: '2' }));
  expect(subjectWords({ kind: 'policy', subject: 'policy', more: undefined })).toBe(m.log_why_policy());
});
