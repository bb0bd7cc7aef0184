import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';

/** Decodes with the built command line, one chunk after the other. */
async function decode(chunks: Iterable<string | Buffer>, args: readonly string[] = []) {
  const child = spawn(process.execPath, ['out/main/trestle.js', 'decode', ...args], { stdio: 'pipe' });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  let errors = '';
  child.stderr.on('data', (text) => (errors += String(text)));
  child.stdin.on('error', () => undefined);
  const feed = async () => {
    for (const chunk of chunks) {
      if (!child.stdin.write(chunk)) await new Promise((resolve) => child.stdin.once('drain', resolve));
    }
    child.stdin.end();
  };
  const fed = feed();
  const labels: Record<string, unknown>[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    labels.push(JSON.parse(line) as Record<string, unknown>);
  }
  const code = await closed;
  if (code === 0) await fed;
  return { labels, errors, code };
}

test('one JSON object per line, whatever the line and its end', async () => {
  const { labels, code, errors } = await decode([
    ']E04006381333931\r\n\n]C10104006381',
    '333931\\x1d\n',
    Buffer.from([0xff, 0x00, 0x0a]),
    'PLU00031',
  ]);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(labels).toEqual([
    { input: ']E04006381333931', symbology: 'EAN-13', kind: 'item', gtin14: '04006381333931' },
    expect.objectContaining({ input: '', kind: 'unknown', error: expect.any(String) as string }),
    expect.objectContaining({ input: ']C10104006381333931\\x1d', gtin14: '04006381333931' }),
    expect.objectContaining({ kind: 'unknown', error: expect.any(String) as string }),
    { input: 'PLU00031', symbology: 'unknown', kind: 'unknown' },
  ]);
});

test('a line without an end is cut, and what follows it is read', async () => {
  function* chunks() {
    for (let count = 0; count < 64; count += 1) yield 'A'.repeat(1_000_000);
    yield '\n]E04006381333931\n';
  }
  const { labels, code } = await decode(chunks());
  expect(code).toBe(0);
  expect(labels.map(({ kind }) => kind)).toEqual(['unknown', 'item']);
  expect(String(labels[0]?.['error'])).toContain('4096');
});

test('layouts of a file, and files that are none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trestle-decode-'));
  try {
    const rules = join(folder, 'rules.json');
    writeFileSync(rules, '[{"pattern":"02IIIIIVPPPPC","kind":"price"}]');
    const { labels } = await decode(['0212345928752\n2100031003129\n'], ['--rules', rules]);
    expect(labels).toEqual([
      { input: '0212345928752', symbology: 'unknown', kind: 'measure', priceMinor: 2875 },
      { input: '2100031003129', symbology: 'unknown', kind: 'unknown' },
    ]);
    for (const wrong of ['{', '{}', '[{"pattern":"21","kind":"weight"}]', '[{"pattern":7,"kind":"weight"}]']) {
      writeFileSync(rules, wrong);
      const { code, errors } = await decode([], ['--rules', rules]);
      expect([wrong, code]).toEqual([wrong, 1]);
      expect(errors).toContain('--rules');
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
