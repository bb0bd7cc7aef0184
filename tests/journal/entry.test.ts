import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalEntry,
  canonicalJson,
  entryLine,
  parseEntryLine,
  readEntry,
  seal,
  verifyChain,
  ZERO_HASH,
  type SealedEntry,
} from '../../src/journal/entry';

const fields = fc.record({
  device: fc.string({ unit: 'binary' }),
  seq: fc.integer({ min: 1 }),
  id: fc.string(),
  kind: fc.string({ unit: 'binary' }),
  at: fc.string(),
  event: fc.option(fc.string({ unit: 'binary' })),
  actor: fc.option(fc.string({ unit: 'binary' })),
  body: fc.jsonValue().map(canonicalJson),
});

function chain(bodies: readonly unknown[], device = 'device'): SealedEntry[] {
  let prev = ZERO_HASH;
  return bodies.map((body, index) => {
    const entry = seal(
      {
        device,
        seq: index + 1,
        id: `id-${index}`,
        kind: 'staff.signed-on',
        at: `2026-06-13T09:00:0${index}.000Z-0000-${device}`,
        event: null,
        actor: null,
        body: canonicalJson(body),
      },
      prev,
    );
    prev = entry.hash;
    return entry;
  });
}

const changed = (entries: readonly SealedEntry[], index: number, change: Partial<SealedEntry>): SealedEntry[] =>
  entries.map((entry, at) => (at === index ? { ...entry, ...change } : entry));

describe('an entry', () => {
  it('has the canonical bytes RFC 8785 gives it', () => {
    fc.assert(
      fc.property(fields, (entry) => {
        expect(canonicalEntry(entry)).toBe(canonicalize({ ...entry, body: JSON.parse(entry.body) as unknown }));
      }),
    );
  });

  it('is canonical whatever order its keys came in', () => {
    expect(canonicalJson({ b: 1, a: { d: [1e21, -0], c: '€' } })).toBe('{"a":{"c":"€","d":[1e+21,0]},"b":1}');
  });

  it('survives being a line of a file', () => {
    fc.assert(
      fc.property(fields, (entry) => {
        const sealed = seal(entry, ZERO_HASH);
        expect(parseEntryLine(entryLine(sealed))).toEqual(sealed);
        expect(entryLine(sealed)).not.toContain('\n');
      }),
    );
  });

  it('is not read from a line that is cut or of another shape', () => {
    const [entry] = chain([{ staffId: 'ada' }]);
    const line = entryLine(entry as SealedEntry);
    expect(parseEntryLine(line.slice(0, -1))).toBeNull();
    expect(parseEntryLine('{"device":"d"}')).toBeNull();
    expect(parseEntryLine('null')).toBeNull();
  });

  it('is reported when it cannot be understood', () => {
    const [entry] = chain([{ staffId: 5 }]) as [SealedEntry];
    const why = (change: Partial<SealedEntry>) => {
      const read = readEntry(seal({ ...entry, ...change }, ZERO_HASH));
      return read.ok ? '' : read.unreadable.why;
    };
    expect(readEntry(entry)).toMatchObject({ ok: false, unreadable: { seq: 1, device: 'device' } });
    expect(why({})).toMatch(/^its body does not fit: staffId/);
    expect(why({ kind: 'moon.landed' })).toBe('of a kind this version does not know');
    expect(why({ body: '{' })).toBe('its body is not JSON');
    expect(why({ at: '2026-06-13T09:00:00.000Z-0000-another' })).toMatch(/^its instant is none of its device/);
    expect(why({ at: '2026-66-13T09:00:00.000Z-0000-device' })).toMatch(/^its instant is none of its device/);
  });

  it('is not read when it is not what it was when it was hashed', () => {
    const [entry] = chain([{ staffId: 'ada' }]) as [SealedEntry];
    expect(readEntry(entry).ok).toBe(true);
    expect(readEntry({ ...entry, body: '{"staffId":"bob"}' })).toMatchObject({
      ok: false,
      unreadable: { why: 'its hash is not that of its content' },
    });
  });
});

describe('a chain', () => {
  const three = chain([{ staffId: 'ada' }, { staffId: 'bob' }, { staffId: 'cyd' }]);

  it('holds, for several devices at once', () => {
    const other = chain([{ staffId: 'dee' }, { staffId: 'eve' }], 'other');
    expect(verifyChain([three[0], other[0], three[1], other[1], three[2]] as SealedEntry[])).toEqual([]);
  });

  it('names the entry when any one byte of it is changed', () => {
    fc.assert(
      fc.property(fc.nat(2), fc.constantFrom('body', 'at', 'id', 'kind', 'actor', 'event'), (index, field) => {
        const value = (three[index] as SealedEntry)[field as 'body'];
        const tampered = changed(three, index, { [field]: value === null ? 'x' : `${value.slice(0, -1)}~` });
        expect(verifyChain(tampered)).toContainEqual({ device: 'device', seq: index + 1, fault: 'wrong-hash' });
      }),
    );
  });

  it('names the entry after a missing one, and one relinked', () => {
    expect(verifyChain([three[0], three[2]] as SealedEntry[])).toEqual([{ device: 'device', seq: 3, fault: 'gap' }]);
    const relinked = changed(three, 1, seal({ ...(three[1] as SealedEntry), body: '{"staffId":"eve"}' }, ZERO_HASH));
    expect(verifyChain(relinked).map(({ seq, fault }) => [seq, fault])).toEqual([
      [2, 'wrong-link'],
      [3, 'wrong-link'],
    ]);
  });
});
