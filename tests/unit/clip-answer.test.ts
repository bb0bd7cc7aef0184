import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerClip, clipPath, findClip } from '../../src/main/core/clips';

const clip = { kind: 'video/mp4', bytes: 1_000 } as const;
const asked = (range?: string) => {
  const { status, part, headers } = answerClip(clip, range);
  return { status, part, range: headers['content-range'] };
};

describe('A request for a clip', () => {
  test('gets the whole film unless it asks for a part', () => {
    const whole = { status: 200, part: { start: 0, end: 999 }, range: undefined };
    expect(asked()).toEqual(whole);
    // RFC 9110, 14.2: what cannot be read is as if it were not there.
    for (const range of ['bytes=-', 'bytes=5-2', 'bytes=0-1,5-9', 'lines=1-2', 'bytes=a-b']) {
      expect(asked(range), range).toEqual(whole);
    }
  });

  test('gets the part it asks for, as far as there is one', () => {
    expect(asked('bytes=0-')).toEqual({ status: 206, part: { start: 0, end: 999 }, range: 'bytes 0-999/1000' });
    expect(asked('bytes=10-19')).toEqual({ status: 206, part: { start: 10, end: 19 }, range: 'bytes 10-19/1000' });
    expect(asked('bytes=990-5000')).toEqual({
      status: 206,
      part: { start: 990, end: 999 },
      range: 'bytes 990-999/1000',
    });
    expect(asked('bytes=-100')).toEqual({ status: 206, part: { start: 900, end: 999 }, range: 'bytes 900-999/1000' });
    expect(asked('bytes=-5000')).toEqual({ status: 206, part: { start: 0, end: 999 }, range: 'bytes 0-999/1000' });
  });

  test('hears that there is nothing beyond the end', () => {
    for (const range of ['bytes=1000-', 'bytes=2000-3000', 'bytes=-0']) {
      expect(asked(range), range).toEqual({ status: 416, part: null, range: 'bytes */1000' });
    }
  });

  test('never gets bytes that are not in the film, whatever it asks', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(30), fc.option(fc.nat(30)), fc.boolean(), (more, first, last, isSuffix) => {
        const bytes = more + 1;
        const range = isSuffix ? `bytes=-${first}` : `bytes=${first}-${last ?? ''}`;
        const { status, part, headers } = answerClip({ kind: 'video/webm', bytes }, range);
        if (part === null) {
          expect(status).toBe(416);
          return;
        }
        expect(part.start).toBeGreaterThanOrEqual(0);
        expect(part.end).toBeLessThan(bytes);
        expect(Number(headers['content-length'])).toBe(part.end - part.start + 1);
        expect(part.end).toBeGreaterThanOrEqual(part.start);
      }),
    );
  });
});

describe('The file of a clip', () => {
  let dataDir = '';
  const known = 'a'.repeat(64);
  const other = 'b'.repeat(64);
  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'trestle-clips-'));
    for (const hash of [known, other]) {
      const path = clipPath(dataDir, hash, 'video/mp4');
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'film');
    }
    writeFileSync(join(dataDir, 'secret.mp4'), 'not a clip');
  });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));
  const kindOf = (hash: string) => (hash === known ? 'video/mp4' : null);

  test('is found by the hash the journal names, as the kind it says', () => {
    expect(findClip(dataDir, `${known}.mp4`, kindOf)).toEqual({
      path: clipPath(dataDir, known, 'video/mp4'),
      kind: 'video/mp4',
      bytes: 4,
    });
    expect(findClip(dataDir, `${known}.webm`, kindOf)).toBeNull();
  });

  test('is not found by any other name, nor where the journal does not name it', () => {
    const names = [`${other}.mp4`, known, `${known}.svg`, `${known}.mp4.html`, `${known.toUpperCase()}.mp4`];
    const paths = [
      '../secret.mp4',
      '..%2fsecret.mp4',
      `aa/${known}.mp4`,
      `${known}.mp4/..`,
      '',
      '__proto__.mp4',
      `\0${known}.mp4`,
    ];
    for (const name of [...names, ...paths]) expect(findClip(dataDir, name, kindOf), name).toBeNull();
  });
});
