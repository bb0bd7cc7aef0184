import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findSticks } from '../../src/main/core/sticks';

describe('sticks', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sticks-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are told by name with the room they have, and one that was pulled is not there', () => {
    const paths = ['TRESTLE', 'ALBUM'].map((name) => join(folder, name));
    for (const path of paths) mkdirSync(path);
    const found = findSticks([...paths, join(folder, 'PULLED')]);
    expect(found.map(({ name }) => name)).toEqual(['ALBUM', 'TRESTLE']);
    expect(found.every(({ freeBytes }) => freeBytes > 0)).toBe(true);
  });

  it.skipIf(process.getuid?.() === 0)('leaves out what cannot be written to', () => {
    const path = join(folder, 'LOCKED');
    mkdirSync(path);
    chmodSync(path, 0o500);
    expect(findSticks([path])).toEqual([]);
  });

  it('can look at this very machine', () => {
    expect(Array.isArray(findSticks())).toBe(true);
  });
});
