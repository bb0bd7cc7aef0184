import bwipjs from 'bwip-js/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementDefinitions, type ElementDefinition } from '../../src/domain/gs1/dictionary';
import { readDigitalLink } from '../../src/domain/gs1/digital-link';
import { readElementString, SEPARATOR, writeElementString } from '../../src/domain/gs1/element-string';
import { definitionOf, elementValue, labelOf } from '../helpers/gs1';

const definitions = [...elementDefinitions()];
const definition = fc.constantFrom(...definitions);

/** Elements as people write them, and as other programs take them. */
const inBrackets = (elements: readonly (readonly [string, string])[]) =>
  elements.map(([ai, value]) => `(${ai})${value}`).join('');

/**
 * What BWIPP says of elements: its dictionary, its checks and its associations are not ours.
 * @returns null when it finds nothing wrong with them as such
 */
function judgement(elements: readonly (readonly [string, string])[]): string | null {
  try {
    // Its own typings do not know the option.
    const options = { bcid: 'gs1-128', text: inBrackets(elements), lintreqs: true };
    bwipjs.raw(options as Parameters<typeof bwipjs.raw>[0]);
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // A label may be fine and yet too long for this symbol.
    return /bwipp\.GS1/.test(message) ? message : null;
  }
}

function ours(elements: readonly (readonly [string, string])[]): string | null {
  const text = elements
    .map(([ai, value]) => ai + value + (definitionOf(ai).predefinedLength === null ? SEPARATOR : ''))
    .join('');
  const read = readElementString(text);
  return read.ok ? read.value.missing : read.error.message;
}

describe('elements', () => {
  it('come back as they were written, each with all that must stand beside it', () => {
    for (const each of definitions) {
      fc.assert(
        fc.property(labelOf(each), (label) => {
          const elements = new Map(label);
          const text = writeElementString(elements);
          for (const delivered of [text, SEPARATOR + text]) {
            expect(readElementString(delivered)).toEqual({ ok: true, value: { elements, missing: null } });
          }
        }),
        { numRuns: 20 },
      );
    }
  });

  it('are right and wrong, alone and together, as BWIPP finds them', () => {
    const label = fc
      .tuple(
        fc.oneof(
          definition.chain(labelOf),
          definition.map(() => []),
        ),
        fc.array(definition, { maxLength: 2 }),
      )
      .chain(([complete, others]) =>
        fc
          .tuple(...others.map((other) => elementValue(other).map((value): [string, string] => [other.ai, value])))
          .map((added): [string, string][] => [...complete, ...added]),
      );
    // Digits only: BWIPP does not look for the digits of a company prefix.
    const change = fc.record({ at: fc.nat(), to: fc.constantFrom(...'0123456789'), isWanted: fc.boolean() });
    let [right, wrong] = [0, 0];
    fc.assert(
      fc.property(label, change, (elements, { at, to, isWanted }) => {
        const first = elements[0];
        // Brackets are how BWIPP tells elements apart, and repeated ones it writes itself.
        fc.pre(first !== undefined && !/[()]/.test(elements.map(([, value]) => value).join('')));
        // BWIPP takes 0/1 as a position in a sequence, and does not know the bolívar of ISO 4217, 926.
        // Nor does it ask for the serial number of what is signed (8030).
        fc.pre(elements.every(([ai]) => ai !== '8030'));
        fc.pre(first[0] !== '7258' && !(/^39[13]/.test(first[0]) && to === '9'));
        fc.pre(new Set(elements.map(([ai]) => ai)).size === elements.length);
        const index = at % first[1].length;
        if (isWanted) first[1] = first[1].slice(0, index) + to + first[1].slice(index + 1);
        const theirs = judgement(elements);
        expect([inBrackets(elements), ours(elements)]).toEqual([
          inBrackets(elements),
          theirs === null ? null : expect.any(String),
        ]);
        if (theirs === null) right += 1;
        else wrong += 1;
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(right, wrong)).toBeGreaterThan(200);
  });

  it('are read or refused by name, whatever a symbol holds', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .array(
          fc.oneof(
            definition.map(({ ai }) => ai),
            fc.constant(SEPARATOR),
            fc.stringMatching(/^[0-9A-Z]{1,18}$/),
          ),
        )
        .map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const read = readElementString(text);
        if (!read.ok) return read.error.code === 'bad-elements' && read.error.message !== '';
        return [...read.value.elements].every(([ai, value]) => text.includes(ai + value));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('Digital Links', () => {
  const keys = definitions.filter(({ linkQualifiers }) => linkQualifiers !== null);

  it.each(keys.map((key): [string, ElementDefinition] => [key.ai, key]))(
    'of (%s) come back with their qualifiers in order and their attributes',
    (_, key) => {
      const alternatives = fc.constantFrom(...(key.linkQualifiers ?? []));
      const path = alternatives
        .chain((qualifiers) => fc.subarray([...qualifiers]))
        .map((qualifiers) => [key, ...qualifiers.map(definitionOf)]);
      const attributes = fc.subarray(['99', '91', '3103'].map(definitionOf));
      const valued = (all: readonly ElementDefinition[]) =>
        fc.tuple(...all.map((each) => elementValue(each).map((value): [string, string] => [each.ai, value])));
      const link = fc.record({
        path: path.chain(valued),
        query: attributes.chain(valued),
        stem: fc.constantFrom('', '/shop', '/a/b'),
        fragment: fc.constantFrom('', '#top'),
      });
      fc.assert(
        fc.property(link, ({ path: inPath, query, stem, fragment }) => {
          const parameters = query.map(([ai, value]) => `${ai}=${encodeURIComponent(value)}`);
          const text = `https://example.org${stem}${inPath
            .map(([ai, value]) => `/${ai}/${encodeURIComponent(value)}`)
            .join('')}?${['utm=1', ...parameters].join('&')}${fragment}`;
          const read = readDigitalLink(text);
          expect(read).toMatchObject({ ok: true });
          expect(read.ok && [...read.value.elements]).toEqual([...inPath, ...query]);
        }),
        { numRuns: 40 },
      );
    },
  );

  it('are read or refused by name, whatever the address', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string(), (address, tail) => {
        const read = readDigitalLink(address + tail);
        return read.ok || ['no-link', 'bad-elements'].includes(read.error.code);
      }),
      { numRuns: 2000 },
    );
  });
});
