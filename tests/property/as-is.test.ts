import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ENTRY_KINDS } from '../../src/journal/kinds';
import { takesAsIs } from '../../src/shared/as-is';
import { pushRequest } from '../../src/shared/exchange';
import { ExchangeDevice } from '../helpers/exchange-device';

const device = new ExchangeDevice();
const sale = device.sell();
const ORDER = { order: sale.order };
const PUSH = device.batch([sale.entry, device.append('staff.signed-on', { staffId: 'person-1' })]);

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** What any field may hold after a fault, or after a version of tomorrow wrote it. */
const anything = fc.oneof(
  fc.jsonValue() as fc.Arbitrary<Json>,
  fc.constantFrom<Json>(
    '',
    'x'.repeat(5000),
    0,
    -1,
    0.5,
    2 ** 53,
    '2026-02-30T10:00:00.000Z',
    '2026-06-13T09:00:00Z',
    [],
    {},
  ),
);

/** One place of a value with something else in it, nothing in it, or something beside it. */
function changed(value: Json, turns: readonly number[], change: (held: Json) => Json | undefined): Json | undefined {
  const [turn, ...rest] = turns;
  if (turn === undefined || typeof value !== 'object' || value === null) return change(value);
  if (Array.isArray(value)) {
    const place = turn % (value.length + 1);
    const element = changed(value[place] ?? null, rest, change);
    return element === undefined ? value.toSpliced(place, 1) : value.toSpliced(place, 1, element);
  }
  const names = Object.keys(value);
  const name = names[turn % (names.length + 1)] ?? 'beside';
  const field = changed(value[name] ?? null, rest, change);
  const others = Object.fromEntries(Object.entries(value).filter(([other]) => other !== name));
  return field === undefined ? others : { ...others, [name]: field };
}

function changesOf(value: unknown): fc.Arbitrary<Json | undefined> {
  const json = JSON.parse(JSON.stringify(value)) as Json;
  return fc
    .tuple(fc.array(fc.nat({ max: 30 }), { maxLength: 6 }), fc.option(anything, { nil: undefined }))
    .map(([turns, other]) => changed(json, turns, () => other));
}

/** A yes must be the schema's own, and nothing of the value may be other once it was parsed. */
function requireHonest(schema: z.ZodType, value: unknown): boolean {
  if (!takesAsIs(schema)(value)) return false;
  expect(schema.safeParse(value)).toEqual({ success: true, data: value });
  return true;
}

describe('what a schema takes as it is', () => {
  it.each([
    ['an order', ENTRY_KINDS['order.placed'], ORDER],
    ['a batch', pushRequest, PUSH],
  ])('is %s as a till writes it, and nothing the schema would refuse or change', (_what, schema, value) => {
    expect(takesAsIs(schema)(value)).toBe(true);
    let refused = 0;
    fc.assert(
      fc.property(changesOf(value), (other) => {
        if (!requireHonest(schema, other)) refused += 1;
      }),
      { numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(30);
  });

  const parts = {
    word: z.string().min(2).max(4),
    three: z.string().length(3),
    pattern: z.string().regex(/^[ab]+$/),
    instant: z.iso.datetime({ precision: 3 }),
    day: z.iso.date(),
    whole: z.int().min(-2).max(5),
    number: z.number().min(1).max(2),
    yes: z.boolean(),
    choice: z.enum(['a', 'b']).exclude(['b']),
    exactly: z.literal([1, 'one']),
    perhaps: z.string().max(3).optional(),
    orNull: z.int().nullable(),
    list: z.array(z.int()).min(1).max(2),
    either: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('a'), a: z.int() }),
      z.object({ kind: z.literal('b'), b: z.string() }),
    ]),
  };
  const good: Readonly<Record<keyof typeof parts, unknown>> = {
    word: 'abc',
    three: 'abc',
    pattern: 'abba',
    instant: '2026-06-13T09:00:00.000Z',
    day: '2026-06-13',
    whole: 5,
    number: 1.5,
    yes: false,
    choice: 'a',
    exactly: 1,
    perhaps: undefined,
    orNull: null,
    list: [1, 2],
    either: { kind: 'b', b: '' },
  };

  it.each(Object.keys(parts) as (keyof typeof parts)[])('%s: yes to what fits, and to nothing else', (name) => {
    const schema = parts[name];
    expect(requireHonest(schema, good[name])).toBe(true);
    const words = fc.stringMatching(/^[abx01-]{0,5}$/);
    fc.assert(
      fc.property(fc.oneof(anything, words, fc.integer({ min: -4, max: 8 }), fc.array(fc.integer())), (value) => {
        // Both ways: these are the parts that are known.
        expect(requireHonest(schema, value)).toBe(schema.safeParse(value).success);
      }),
    );
  });

  it.each<[string, z.ZodType, unknown]>([
    ['a default', z.object({ a: z.string().default('x') }), {}],
    ['an optional default', z.object({ a: z.string().default('x').optional() }), {}],
    ['a changed value', z.string().toUpperCase(), 'x'],
    ['a trimmed one', z.string().trim(), ' x'],
    ['a transformed one', z.string().transform(Number), '1'],
    ['another type', z.coerce.number(), '1'],
    ['a condition of its own', z.int().refine((value) => value > 1), 1],
    ['a condition on a whole', z.object({ a: z.int() }).refine(({ a }) => a > 1), { a: 1 }],
    ['a condition on one of a union', z.union([z.int().refine(() => false), z.string()]), 1],
    [
      'what the first of a union leaves out',
      z.union([z.object({ a: z.int() }), z.object({ a: z.int(), b: z.int() })]),
      { a: 1, b: 2 },
    ],
    ['a field nobody knows', z.object({ a: z.int() }), { a: 1, b: 2 }],
    ['a field of the prototype', z.object({ a: z.int() }), JSON.parse('{"a":1,"__proto__":2}')],
    ['what is left over', z.looseObject({ a: z.int() }).catchall(z.int()), { a: 1, b: 'x' }],
    ['a list for an object', z.object({}), []],
    ['a number that is not one', z.number(), NaN],
    ['a limit that is not reached', z.number().gt(1).lt(2), 1],
    ['a text of two patterns', z.string().regex(/a/).regex(/b/), 'a'],
    ['a length that is two', z.string().length(1).length(2), 'ab'],
    ['a shorter list', z.array(z.int()).length(2), [1]],
  ])('says no to %s', (_what, schema, value) => {
    expect(takesAsIs(schema)(value)).toBe(false);
  });

  it('asks a pattern with a memory every time anew', () => {
    const schema = z.string().regex(/a/g);
    for (let turn = 0; turn < 4; turn += 1)
      expect(takesAsIs(schema)('a') && !schema.safeParse('a').success).toBe(false);
  });
});
