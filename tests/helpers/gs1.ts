import fc from 'fast-check';
import { gtinCheckDigit } from '../../src/domain/barcode';
import { checkCharacterPair } from '../../src/domain/gs1/check-pair';
import type { CheckName } from '../../src/domain/gs1/checks';
import {
  elementDefinition,
  elementDefinitions,
  fitsPattern,
  type ElementComponent,
  type ElementDefinition,
} from '../../src/domain/gs1/dictionary';

const CHARACTERS = {
  n: '0123456789',
  x: `!"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz`,
  y: '#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  z: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
} as const;

const twoDigits = (min: number, max: number) =>
  fc.integer({ min, max }).map((number) => String(number).padStart(2, '0'));
const date = fc.tuple(twoDigits(0, 99), twoDigits(1, 12), twoDigits(1, 28)).map((parts) => parts.join(''));
const country = fc.constantFrom('826', '250', '276', '840', '392');

/** Values that pass a check whose kind no random text would be. */
const VALUES: Partial<Record<CheckName, fc.Arbitrary<string>>> = {
  country,
  country999: fc.oneof(country, fc.constant('999')),
  countryLetters: fc.constantFrom('GB', 'FR', 'DE'),
  coupon: fc.constantFrom('106141416543213150110120', '1061414165432131501101203261231'),
  couponOffer: fc.constantFrom('001234567890120123456', '101234567890120123456'),
  currency: fc.constantFrom('826', '978', '392', '414'),
  day: date,
  flag: fc.constantFrom('0', '1'),
  hour: twoDigits(0, 23),
  hourMinute: fc.tuple(twoDigits(0, 23), twoDigits(0, 59)).map((parts) => parts.join('')),
  hyphen: fc.constant('-'),
  iban: fc.constantFrom('FR7630006000011234567890189', 'GB98MIDL07009312345678', 'BE71096123456769'),
  importer: fc.constantFrom('-', '_', '0', 'z'),
  latitude: fc.constantFrom('0000000000', '1446300000', '1800000000'),
  longDay: date.map((digits) => `19${digits}`),
  longitude: fc.constantFrom('0000000000', '1785700000', '3600000000'),
  media: fc.constantFrom('01', '10', '80'),
  minute: twoDigits(0, 59),
  monthOrDay: fc.tuple(twoDigits(0, 99), twoDigits(1, 12), twoDigits(0, 28)).map((parts) => parts.join('')),
  package: fc.constantFrom('200', 'PX', '8'),
  percent: fc.constantFrom('Salt%20and%20Bramble', 'Pitch-14', '%C3%A9t'),
  piece: fc.constantFrom('0101', '0102', '1212'),
  position: fc.constantFrom('1/1', '1/2', '3/9'),
  second: twoDigits(0, 59),
  sex: fc.constantFrom('0', '1', '2', '9'),
  winding: fc.constantFrom('0', '1', '9'),
  zero: fc.constant('0'),
};

function componentText(component: ElementComponent): fc.Arbitrary<string> {
  const { characters, checks, isOptional } = component;
  const special = checks.map((check) => VALUES[check]).find((values) => values !== undefined);
  const text = special ?? randomText(component);
  return isOptional ? fc.oneof(text, fc.constant('')) : text.filter((value) => characters !== 'n' || value !== '');
}

function randomText({ characters, minLength, maxLength, checks }: ElementComponent): fc.Arbitrary<string> {
  const has = (check: CheckName) => checks.includes(check);
  const prefix = has('company') || has('company2') ? 5 : 0;
  // Short enough for one linear symbol to hold several.
  const longest = minLength === maxLength ? maxLength : Math.min(maxLength, 16);
  const least = Math.min(longest, Math.max(minLength, prefix + (has('checkPair') ? 3 : 0), has('nonDigit') ? 8 : 0));
  return fc
    .tuple(
      fc.string({ unit: fc.constantFrom(...CHARACTERS.n), minLength: prefix, maxLength: prefix }),
      fc.string({
        unit: fc.constantFrom(...CHARACTERS[characters]),
        minLength: least - prefix,
        maxLength: longest - prefix,
      }),
    )
    .map(([company, rest]) => {
      let text = company + rest;
      if (has('noLeadingZero')) text = `1${text.slice(1)}`;
      if (has('nonZero')) text = `${text.slice(0, -1)}7`;
      if (has('nonDigit')) text = `${text.slice(0, -3)}A${text.slice(-2)}`;
      if (has('checkPair')) text = text.slice(0, -2) + checkCharacterPair(text.slice(0, -2));
      if (has('check')) text = text.slice(0, -1) + gtinCheckDigit(text.slice(0, -1));
      return text;
    });
}

/** A valid value of an element. */
export function elementValue({ components }: ElementDefinition): fc.Arbitrary<string> {
  return fc.tuple(...components.map(componentText)).map((texts) => {
    // What follows an absent component must be absent too.
    const absent = texts.findIndex((text, index) => text === '' && components[index]?.isOptional === true);
    return (absent === -1 ? texts : texts.slice(0, absent)).join('');
  });
}

/** An element with all that must stand beside it, each with a valid value. */
export function labelOf(definition: ElementDefinition): fc.Arbitrary<[ai: string, value: string][]> {
  const ais = new Set<string>();
  const add = (ai: string): void => {
    if (ais.has(ai)) return;
    ais.add(ai);
    for (const groups of elementDefinition(ai)?.needs ?? []) {
      const isThere = (pattern: string) => [...ais].some((other) => other !== ai && fitsPattern(other, pattern));
      if (groups.some((group) => group.every(isThere))) continue;
      for (const pattern of groups[0] ?? []) add(exampleOf(pattern));
    }
  };
  add(definition.ai);
  return fc.tuple(
    ...[...ais].map((ai) => elementValue(definitionOf(ai)).map((value): [string, string] => [ai, value])),
  );
}

export function definitionOf(ai: string): ElementDefinition {
  const definition = elementDefinition(ai);
  if (definition === null) throw new Error(`no element ${ai}`);
  return definition;
}

function exampleOf(pattern: string): string {
  return [...elementDefinitions()].find(({ ai }) => fitsPattern(ai, pattern))?.ai ?? pattern;
}
