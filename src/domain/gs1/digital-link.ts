import { fail, type Result } from '../result';
import { elementDefinition, elementDefinitions, type ElementDefinition } from './dictionary';
import { checkElements, type ElementReading } from './element-string';

/** Characters of a web address (RFC 3986), the percent sign included. */
const ADDRESS = /^[-A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%]*$/;

/** Scheme, domain, path, query; a fragment is not for us. */
const PARTS = /^https?:\/\/([-A-Za-z0-9.:[\]]+)(\/[^?#]*)(?:\?([^#]*))?(?:#.*)?$/i;

/** The resolver of GS1 itself: what stands there is a Digital Link in some form. */
const GS1_RESOLVER = 'id.gs1.org';

/** Whether a code is a web address at all. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/**
 * Reads the elements of a GS1 Digital Link (GS1 Digital Link Standard: URI Syntax): a primary key and its qualifiers in
 * order in the path, attributes in the query, all percent-encoded, and any parameters of the seller's own between them.
 * @param text for which {@link isWebAddress}
 * Errors: `no-link`, a web address without a key; `bad-elements`, with what is wrong.
 */
export function readDigitalLink(text: string): Result<ElementReading, 'no-link' | 'bad-elements'> {
  const [, domain = '', path = '', query = ''] = PARTS.exec(text) ?? [];
  const inPath = ADDRESS.test(text) ? readPath(path) : null;
  if (inPath === null) {
    return domain.toLowerCase() === GS1_RESOLVER || isCompressed(path)
      ? bad('This is a compressed Digital Link, which only its resolver on the web can read. Type the number under it.')
      : fail('no-link', 'This is a web address without a GS1 number. Scan the bars, or type the number under them.');
  }
  const keys = inPath.map(([{ ai }]) => ai);
  if (!isPathOrder(keys)) return bad(`The path of this Digital Link has its parts, ${listed(keys)}, in a wrong order.`);
  const read: [string, string][] = [];
  for (const [{ ai }, value] of inPath) read.push([ai, decode(value)]);
  for (const parameter of query.split('&')) {
    const [, name = '', value = ''] = /^([0-9]+)=(.*)$/.exec(parameter) ?? [];
    if (name === '') continue;
    const definition = elementDefinition(name);
    if (definition === null) return bad(`There is no GS1 element (${name}), as in the query of this Digital Link.`);
    if (!definition.isLinkAttribute || keys.some((_, index) => isPathOrder(keys.toSpliced(index + 1, 0, name)))) {
      return bad(`(${name}) ${definition.title} does not belong into the query of a Digital Link.`);
    }
    read.push([name, decode(value.replaceAll('+', ' '))]);
  }
  const repeated = read.find(([ai], index) => read.findIndex(([other]) => other === ai) !== index);
  if (repeated) return bad(`This Digital Link has (${repeated[0]}) twice.`);
  return checkElements(read);
}

/**
 * The pairs of AI and value at the end of a path, from the primary key on, or null when there is no such key: a stem of
 * the seller's own may stand before it.
 */
function readPath(path: string): [ElementDefinition, string][] | null {
  const segments = path.split('/').slice(1);
  const pairs: [ElementDefinition, string][] = [];
  for (let index = segments.length - 2; index >= 0; index -= 2) {
    const definition = elementDefinition(segments[index] ?? '');
    if (definition === null) return null;
    pairs.unshift([definition, segments[index + 1] ?? '']);
    if (definition.linkQualifiers !== null) return pairs;
  }
  return null;
}

/** Whether AIs make a path: a primary key, then some of its qualifiers in their order. */
function isPathOrder([key = '', ...qualifiers]: readonly string[]): boolean {
  const alternatives = elementDefinition(key)?.linkQualifiers ?? [];
  return alternatives.some((allowed) => {
    const places = qualifiers.map((qualifier) => allowed.indexOf(qualifier));
    return places.every((place, index) => place > (places[index - 1] ?? -1));
  });
}

/** Percent sequences as the characters they stand for; a broken one stays, and no value may have it. */
function decode(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Whether a path may be of the compressed form: one long base64url segment whose first eight bits are the first two
 * digits of a primary key (GS1 Digital Link Standard: Compression).
 */
function isCompressed(path: string): boolean {
  const segment = /\/([-\w]{10,})$/.exec(path)?.[1];
  if (segment === undefined) return false;
  const [first, second] = [...segment.slice(0, 2)].map((character) => BASE64URL.indexOf(character)) as [number, number];
  const digits = ((first << 2) | (second >> 4)).toString(16).padStart(2, '0');
  return /[0-9]/.test(segment) && PRIMARY_KEYS.some((ai) => ai.startsWith(digits));
}

const PRIMARY_KEYS = [...elementDefinitions()].filter(({ linkQualifiers }) => linkQualifiers).map(({ ai }) => ai);

function listed(ais: readonly string[]): string {
  return ais.map((ai) => `(${ai})`).join(' ');
}

function bad(message: string) {
  return fail('bad-elements', message);
}
