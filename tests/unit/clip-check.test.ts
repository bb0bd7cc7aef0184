import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { FilePathSource } from 'mediabunny';
import { afterAll, describe, expect, test } from 'vitest';
import { faultOf, readClip, type ClipReading } from '../../src/shared/clip-check';
import { mp4Film, webmFilm } from '../helpers/clips';

const folder = mkdtempSync(join(tmpdir(), 'trestle-clip-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(bytes: Uint8Array): Promise<ClipReading> {
  const path = join(folder, 'film');
  writeFileSync(path, bytes);
  return readClip(new FilePathSource(path), bytes.length);
}
const faultIn = async (bytes: Uint8Array): Promise<string | null> => {
  const reading = await read(bytes);
  return reading.ok ? null : reading.fault;
};

describe('A file that somebody wants to show', () => {
  test('is a clip when it is MP4 with H.264 or WebM with VP8', async () => {
    const said = { durationMs: 2_000, width: 64, height: 64 };
    expect(await read(await mp4Film())).toEqual({ ok: true, facts: { kind: 'video/mp4', ...said } });
    expect(await read(await webmFilm())).toEqual({ ok: true, facts: { kind: 'video/webm', ...said } });
  });

  test('is none by its name alone', async () => {
    const script = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    expect(await faultIn(Buffer.from(script))).toBe('container');
    expect(await faultIn(Buffer.from('<!doctype html><video src=x onerror=alert(1)>'))).toBe('container');
    expect(await faultIn(new Uint8Array())).toBe('empty');
    // QuickTime, as telephones write it: browsers do not all play it.
    const mov = Buffer.from(await mp4Film());
    mov.write('qt  ', 8, 'latin1');
    expect(await faultIn(mov)).toBe('container');
  });

  test('is refused with a codec that displays may not know', async () => {
    const mp4 = Buffer.from(await mp4Film());
    const box = mp4.indexOf('avc1', 0x30);
    mp4.write('hvc1', box, 'latin1');
    expect(await faultIn(mp4)).toMatch(/codec|broken/);
    const webm = Buffer.from(await webmFilm());
    webm.write('V_MJPE', webm.indexOf('V_VP8'), 'latin1');
    expect(await faultIn(webm)).toMatch(/codec|broken/);
  });

  test('is refused when it was cut, wherever', async () => {
    for (const film of [await mp4Film({ seconds: 4 }), await webmFilm({ seconds: 4 })]) {
      // Up to the last picture: the index that follows it in WebM is not needed.
      for (const part of [0.01, 0.1, 0.3, 0.5, 0.7, 0.8]) {
        const fault = await faultIn(film.subarray(0, Math.floor(film.length * part)));
        expect(fault, `${film.length} bytes cut at ${part}`).toMatch(/broken|container/);
      }
    }
  });

  test('is refused before it is read when it is too large', async () => {
    const path = join(folder, 'sparse.mp4');
    const file = openSync(path, 'w');
    ftruncateSync(file, 4 * 1024 ** 3);
    closeSync(file);
    let reads = 0;
    const source = new FilePathSource(path);
    source.onread = () => (reads += 1);
    expect(await readClip(source, 4 * 1024 ** 3)).toEqual({ ok: false, fault: 'too-large' });
    expect(reads).toBe(0);
  });

  test('never brings the reader down, whatever is in it', { timeout: 60_000 }, async () => {
    const films = [await mp4Film(), await webmFilm()];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...films),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        async (film, changes) => {
          const bytes = Buffer.from(film);
          for (const [at, value] of changes) bytes[at % Math.min(900, bytes.length)] = value;
          expect(typeof (await read(bytes)).ok).toBe('boolean');
        },
      ),
      // Always the same: some others are read without end (`endlessFilm`), which only the end of a thread stops.
      { numRuns: 30, seed: 1 },
    );
  });
});

test('A film has limits that every device can play', () => {
  const facts = { kind: 'video/mp4', durationMs: 15_000, width: 1_080, height: 1_920 } as const;
  expect(faultOf(facts)).toBeNull();
  expect(faultOf({ ...facts, durationMs: 900 })).toBe('too-short');
  expect(faultOf({ ...facts, durationMs: 31_000 })).toBe('too-long');
  expect(faultOf({ ...facts, width: 3_840, height: 2_160 })).toBe('too-big');
  expect(faultOf({ ...facts, width: 32 })).toBe('too-small');
});
