import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isInstalled } from '../../scripts/lib/dependencies.mjs';
import { withLock } from '../../scripts/lib/lock.mjs';
import { soundsUnreachable } from '../../scripts/lib/run.mjs';
import { prebuiltWillDo } from '../../scripts/lib/sqlite.mjs';
import { missingNeeds, needsFor } from '../../scripts/lib/system-packages.mjs';

describe('system packages', () => {
  const bare = { libraries: new Set<string>(), hasCommand: () => false };
  const packages = (...plan: Parameters<typeof needsFor>) =>
    missingNeeds(needsFor(...plan), bare).map((need) => need.debianPackage);

  test('a till on a desktop asks for the libraries of Electron and of the HID devices only', () => {
    expect(packages('start', true)).toEqual([
      'libgtk-3-0',
      'libnss3',
      'libasound2',
      'libgbm1',
      'libusb-1.0-0',
      'libudev1',
    ]);
  });

  test('without a display a virtual one is asked for, and tests want a browser and a code reader', () => {
    expect(packages('demo', false)).toContain('xvfb');
    expect(packages('demo', false)).not.toContain('chromium');
    expect(packages('test', true)).toEqual(expect.arrayContaining(['chromium', 'zbar-tools', 'poppler-utils']));
    expect(packages('test', true)).not.toContain('xvfb');
  });

  test('the kernel bench draws on nothing', () => {
    expect(packages('bench-vm', false)).not.toContain('xvfb');
  });

  test('what is there is not asked for', () => {
    const system = {
      libraries: new Set(['libnss3.so', 'libgbm.so.1', 'libusb-1.0.so.0', 'libudev.so.1']),
      hasCommand: (name: string) => name === 'Xvfb',
    };
    expect(missingNeeds(needsFor('start', false), system).map((need) => need.debianPackage)).toEqual([
      'libgtk-3-0',
      'libasound2',
    ]);
  });
});

describe('npm packages', () => {
  const wanted = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/other-platform': { version: '2.0.0', optional: true },
    },
  };

  test('are installed when npm’s own list has every version, optional ones aside', () => {
    expect(isInstalled(wanted, { packages: { 'node_modules/a': { version: '1.0.0' } } })).toBe(true);
  });

  test.each([
    ['nothing is installed', null],
    ['one is missing', { packages: {} }],
    ['one has another version', { packages: { 'node_modules/a': { version: '1.0.1' } } }],
    [
      'an optional one has another version',
      { packages: { 'node_modules/a': { version: '1.0.0' }, 'node_modules/other-platform': { version: '1.0.0' } } },
    ],
  ])('are installed again when %s', (_case, installed) => {
    expect(isInstalled(wanted, installed)).toBe(false);
  });
});

test('the lockfile names every optional package too, for whichever platform: `npm ci` refuses one that does not', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !packages[`${path}/node_modules/${name}`]?.version && !packages[`node_modules/${name}`]?.version,
    ),
  );
  expect(missing).toEqual([]);
});

test('the prebuilt SQLite is for runtimes with Node-API 10 throughout', () => {
  expect(prebuiltWillDo(['10', '10'])).toBe(true);
  expect(prebuiltWillDo(['9', '10'])).toBe(false);
  expect(prebuiltWillDo(['10', '9'])).toBe(false);
});

test.each([
  [
    'npm error network request to https://registry.example failed, reason: getaddrinfo ENOTFOUND registry.example',
    true,
  ],
  ['Err:1 http://deb.example bookworm InRelease\n  Temporary failure resolving "deb.example"', true],
  ['npm error code ETARGET\nnpm error notarget No matching version found for zod@99', false],
  ['E: Unable to locate package libgtk-99', false],
])('an unreachable server is told from a wrong request: %s', (output, unreachable) => {
  expect(soundsUnreachable(output)).toBe(unreachable);
});

describe('two set-ups at once', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trestle-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const lock = () => join(folder, 'setup.lock');

  test('go one after the other', async () => {
    const events: string[] = [];
    const work = (name: string) =>
      withLock(folder, async () => {
        events.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        events.push(`${name} ends`);
      });
    await Promise.all([work('first'), work('second')]);
    expect(events).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
    expect(existsSync(lock())).toBe(false);
  });

  test('a lock whose process is gone is taken over', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(lock(), String(pid));
    expect(await withLock(folder, async () => 'done')).toBe('done');
  });

  test('a failure releases the lock', async () => {
    await expect(withLock(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(lock())).toBe(false);
  });
});
