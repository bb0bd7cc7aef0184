import { fail, ok, type Result } from '../result';
import { CHECKS, isInCharacterSet } from './checks';
import { elementDefinition, elementDefinitionAt, fitsPattern, type ElementDefinition } from './dictionary';

/** FNC1 inside an element string, as scanners deliver it: the end of a value whose length is not predefined. */
export const SEPARATOR = '\x1d';

/** The value of each application identifier (AI) of a label, in the order they were read. */
export type Elements = ReadonlyMap<string, string>;

/** A label of GS1 elements, each of them well formed and none against another. */
export interface ElementReading {
  readonly elements: Elements;
  /**
   * The first association that is not met, as words for a person, or null. The other half may stand in another symbol on
   * the same goods, so what was read is right all the same.
   */
  readonly missing: string | null;
}

/**
 * Reads the element string of a GS1-128, GS1 DataBar, GS1 DataMatrix or GS1 QR symbol (GS1 General Specifications 7.8).
 * @param text without the AIM identifier; FNC1 in the first position may be delivered or not
 * Error: `bad-elements`, with the element that is wrong.
 */
export function readElementString(text: string): Result<ElementReading, 'bad-elements'> {
  const elements: [string, string][] = [];
  let place = text.startsWith(SEPARATOR) ? 1 : 0;
  if (place === text.length) return bad('This GS1 symbol is empty.');
  while (place < text.length) {
    const definition = elementDefinitionAt(text, place);
    if (definition === null) {
      // A value that is too short or too long leads here: then it is what is wrong.
      const before = checkElements(elements);
      return before.ok ? bad(`No GS1 element begins with “${text.slice(place, place + 4)}”.`) : before;
    }
    place += definition.ai.length;
    const separator = text.indexOf(SEPARATOR, place);
    let end = separator === -1 ? text.length : separator;
    if (definition.predefinedLength !== null) end = Math.min(end, place + definition.predefinedLength);
    elements.push([definition.ai, text.slice(place, end)]);
    // A separator is allowed behind predefined lengths too.
    place = text.charAt(end) === SEPARATOR ? end + 1 : end;
  }
  return checkElements(elements);
}

/**
 * Writes elements as a GS1 symbol holds them, without FNC1 in the first position; the reverse of
 * {@link readElementString}.
 */
export function writeElementString(elements: Elements): string {
  const pieces = [...elements].map(([ai, value], index) => {
    const isLast = index === elements.size - 1;
    const needsSeparator = !isLast && elementDefinition(ai)?.predefinedLength === null;
    return ai + value + (needsSeparator ? SEPARATOR : '');
  });
  return pieces.join('');
}

/**
 * Checks elements one by one and against each other.
 * @param read in the order of the label, with repetitions
 */
export function checkElements(
  read: readonly (readonly [ai: string, value: string])[],
): Result<ElementReading, 'bad-elements'> {
  const elements = new Map<string, string>();
  for (const [ai, value] of read) {
    const definition = elementDefinition(ai);
    if (definition === null) return bad(`There is no GS1 element (${ai}).`);
    const wrong = wrongValue(definition, value);
    if (wrong !== null) return bad(`${nameOf(definition)} ${wrong}.`);
    // Symbols side by side may repeat an element, but not contradict each other.
    if ((elements.get(ai) ?? value) !== value) return bad(`${nameOf(definition)} is there twice and differs.`);
    elements.set(ai, value);
  }
  const definitions = [...elements.keys()].flatMap((ai) => elementDefinition(ai) ?? []);
  const clash = findClash(definitions) ?? findUnsignedKey(elements);
  if (clash !== null) return bad(clash);
  return ok({ elements, missing: findMissing(definitions) });
}

/** What is wrong with a value by itself, to follow the name of its element, or null. */
function wrongValue({ components }: ElementDefinition, value: string): string | null {
  if (value === '') return 'is empty';
  let place = 0;
  for (const { characters, minLength, maxLength, isOptional, checks } of components) {
    const text = value.slice(place, place + maxLength);
    if (text === '' && isOptional) continue;
    if (text.length < minLength) return 'is too short';
    if (!isInCharacterSet(text, characters)) return 'has characters that it may not have';
    for (const check of checks) {
      const wrong = CHECKS[check](text);
      if (wrong !== null) return wrong;
    }
    place += text.length;
  }
  return place < value.length ? 'is too long' : null;
}

/** Elements that exclude each other. */
function findClash(definitions: readonly ElementDefinition[]): string | null {
  for (const definition of definitions) {
    for (const other of definitions) {
      // A pattern such as 310n fits the AI itself, which it does not mean.
      if (other !== definition && definition.excludes.some((pattern) => fitsPattern(other.ai, pattern))) {
        return `${nameOf(definition)} and ${nameOf(other)} may not stand on one label.`;
      }
    }
  }
  return null;
}

/** Keys that a digital signature signs only with their serial number, and their length without it. */
const SERIALISED_KEYS = new Map([
  ['253', 13],
  ['255', 13],
  ['8003', 14],
]);

/** A digital signature (8030) signs single things (GS1 General Specifications 3.9, ISO/IEC 20248). */
function findUnsignedKey(elements: Elements): string | null {
  if (!elements.has('8030')) return null;
  for (const [ai, length] of SERIALISED_KEYS) {
    if (elements.get(ai)?.length === length) return `A signature (8030) needs the serial number in (${ai}).`;
  }
  return null;
}

/** The first association that is not met. */
function findMissing(definitions: readonly ElementDefinition[]): string | null {
  for (const definition of definitions) {
    const isThere = (pattern: string) =>
      definitions.some((other) => other !== definition && fitsPattern(other.ai, pattern));
    for (const groups of definition.needs) {
      if (groups.some((group) => group.every(isThere))) continue;
      const wanted = groups.map((group) => group.map((pattern) => `(${pattern})`).join(' with ')).join(' or ');
      return `${nameOf(definition)} needs ${wanted} beside it.`;
    }
  }
  return null;
}

function nameOf({ ai, title }: ElementDefinition): string {
  return `(${ai}) ${title}`;
}

function bad(what: string) {
  return fail('bad-elements', `${what} Scan it again; if it stays so, the label is misprinted.`);
}
