import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LANGUAGES } from '../../src/shared/language';
import * as m from '../../src/shared/i18n/generated/messages.js';

/** A message as it lies in messages/*.json: plain words, or words by the forms of a number. */
type Message = string | readonly { readonly declarations: readonly string[]; readonly match: Record<string, string> }[];
type Messages = Readonly<Record<string, Message>>;

const read = (language: string): Messages =>
  JSON.parse(readFileSync(new URL(`../../messages/${language}.json`, import.meta.url), 'utf8')) as Messages;

const english = read('en');

const settings = JSON.parse(readFileSync(new URL('../../project.inlang/settings.json', import.meta.url), 'utf8')) as {
  readonly locales: readonly string[];
};

function placeholders(message: Message): string[] {
  const texts = typeof message === 'string' ? [message] : message.flatMap(({ match }) => Object.values(match));
  const names = texts.flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''));
  return [...new Set(names)].sort();
}

/** What a message takes: a call must be able to give the same to every language. */
function inputs(message: Message): string[] {
  if (typeof message === 'string') return placeholders(message);
  const declared = message.flatMap(({ declarations }) =>
    declarations.flatMap((declaration) => /^input (\w+)$/.exec(declaration)?.[1] ?? []),
  );
  return [...new Set([...declared, ...placeholders(message)])].sort();
}

/** `key: what is wrong`, for every difference between a language and English. */
function faults(language: string, messages: Messages): string[] {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const found: string[] = [];
  for (const key of Object.keys(messages)) if (!(key in english)) found.push(`${key}: is no message`);
  for (const [key, source] of Object.entries(english)) {
    const message = messages[key];
    if (message === undefined) {
      found.push(`${key}: is missing`);
      continue;
    }
    if (typeof message === 'string' ? message.trim() === '' : message.length === 0) found.push(`${key}: is empty`);
    const [expected, given] = [inputs(source).join(), inputs(message).join()];
    if (given !== expected) found.push(`${key}: takes {${given}} for {${expected}}`);
    if (typeof source !== 'string' && typeof message === 'string') found.push(`${key}: has no forms of its number`);
    if (typeof message === 'string') continue;
    for (const { declarations, match } of message) {
      const selectors = declarations.flatMap(
        (declaration) => /^local (\w+) = \w+: plural$/.exec(declaration)?.[1] ?? [],
      );
      if (selectors.length === 0) found.push(`${key}: goes by no number`);
      for (const selector of selectors) {
        for (const form of forms) {
          if (!Object.keys(match).some((forms) => forms.split(/,\s*/).includes(`${selector}=${form}`)))
            found.push(`${key}: lacks the form ${selector}=${form}`);
        }
      }
      for (const [form, text] of Object.entries(match)) if (text.trim() === '') found.push(`${key}: ${form} is empty`);
    }
  }
  return found;
}

test('the languages of the till are those the messages are compiled in', () => {
  expect([...LANGUAGES].sort()).toEqual([...settings.locales].sort());
});

describe.each(LANGUAGES)('the messages in %s', (language) => {
  test('are all there, take the same, and know every form of a number', () => {
    expect(faults(language, read(language))).toEqual([]);
  });
});

test('a missing, an extra and an unlike message are found, and a missing form', () => {
  const { app_name: _, ...others } = read('fr');
  const broken: Messages = {
    ...others,
    extra: 'de trop',
    receipt_card: 'Carte',
    docket_items: [
      { declarations: ['input count', 'local plural = count: plural'], match: { 'plural=one': '{count}' } },
    ],
    docket_parked: '{count}',
  };
  expect(faults('fr', broken).sort()).toEqual([
    'app_name: is missing',
    'docket_items: lacks the form plural=many',
    'docket_items: lacks the form plural=other',
    'docket_parked: has no forms of its number',
    'extra: is no message',
    'receipt_card: takes {} for {provider}',
  ]);
});

test('one and several are told apart in every language', () => {
  const waiting = (count: number) => LANGUAGES.map((locale) => m.chip_receipts_wait({ count }, { locale }));
  for (const [index, one] of waiting(1).entries()) {
    expect(one.replace('1', '')).not.toBe(waiting(2)[index]?.replace('2', ''));
  }
});
