import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** A tree of empty files in the shape of the project: the rules need something to resolve imports to. */
const tree = fileURLToPath(new URL('../fixtures/layers/', import.meta.url));

const eslint = new ESLint({
  cwd: tree,
  overrideConfigFile: `${root}eslint.config.js`,
  overrideConfig: [
    { settings: { 'boundaries/root-path': tree } },
    // The files of the tree belong to no TypeScript project.
    { files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked },
  ],
});

/** The names of the rules that object to `code` standing in `file`. */
async function objections(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: `${tree}src/${file}` });
  const fatal = result?.messages.find((message) => message.fatal);
  if (fatal) throw new Error(fatal.message);
  return [...new Set(result?.messages.map((message) => message.ruleId ?? 'none'))];
}

const layering = 'boundaries/dependencies';

describe('an import the design forbids fails the lint', () => {
  test.each([
    ['domain/cart.ts', '../shared/contract'],
    ['domain/cart.ts', '../journal/entry'],
    ['domain/cart.ts', 'node:fs'],
    ['domain/cart.ts', 'zod'],
    ['journal/entry.ts', '../main/db/store'],
    ['journal/entry.ts', 'electron'],
    ['journal/entry.ts', '../shared/contract'],
    ['shared/contract.ts', '../domain/cart'],
    ['analysis/price-test.ts', '../journal/entry'],
    ['analysis/price-test.ts', 'node:fs'],
    ['shared/contract.ts', 'node:fs'],
    ['hardware/ports.ts', '../domain/cart'],
    ['hardware/ports.ts', '../main/core/checkout'],
    ['main/core/checkout.ts', '../shell/window'],
    ['main/core/checkout.ts', 'electron'],
    ['main/core/checkout.ts', 'better-sqlite3'],
    ['main/core/checkout.ts', 'node-thermal-printer'],
    ['main/db/store.ts', 'electron'],
    ['main/import/importer.ts', '../core/checkout'],
    ['main/sync/worker.ts', 'electron'],
    ['main/lan/server.ts', 'electron'],
    ['main/boot.ts', 'electron'],
    ['main/boot.ts', './shell/window'],
    ['main/shell/window.ts', 'better-sqlite3'],
    ['main/core/checkout.ts', '../../hub/server'],
    ['preload/till.ts', '../main/core/checkout'],
    ['preload/till.ts', 'node:fs'],
    ['renderer/till/app.ts', '../../main/core/checkout'],
    ['renderer/till/app.ts', '../../hardware/ports'],
    ['renderer/till/app.ts', 'electron'],
    ['renderer/till/app.ts', 'node:fs'],
    ['hub/server.ts', '../main/db/store'],
    ['cli/trestle.ts', '../main/shell/window'],
    ['cli/trestle.ts', 'electron'],
    ['main/db/store.ts', 'pg'],
    ['main/core/checkout.ts', '../../../tests/unit/any'],
  ])('%s importing %s', async (file, source) => {
    const code = `import { found } from '${source}';\nexport const use = found;\n`;
    expect(await objections(file, code)).toEqual([layering]);
  });

  test.each([
    ['export', `export * from '../shared/contract';`],
    ['dynamic import', `export const use = import('../shared/contract');`],
    ['type import', `import type { A } from '../shared/contract';\nexport type B = A;`],
  ])('by %s too', async (_way, code) => {
    expect(await objections('domain/cart.ts', code)).toEqual([layering]);
  });

  test('an import of a file no layer holds', async () => {
    const code = `import { found } from '../../elsewhere';\nexport const use = found;\n`;
    expect(await objections('main/core/checkout.ts', code)).toContain('boundaries/no-unknown-dependencies');
  });
});

describe('an import the design allows passes', () => {
  test.each([
    ['domain/cart.ts', './result'],
    ['journal/entry.ts', '../domain/cart'],
    ['journal/entry.ts', 'better-sqlite3'],
    ['journal/entry.ts', '../shared/zod'],
    ['hardware/ports.ts', '../domain/receipt'],
    ['hardware/ports.ts', '../domain/result'],
    ['hardware/ports.ts', 'node-thermal-printer'],
    ['main/core/checkout.ts', '../db/store'],
    ['main/core/checkout.ts', '../import/importer'],
    ['shared/contract.ts', '../domain/money'],
    ['main/core/checkout.ts', 'node:crypto'],
    ['main/db/store.ts', 'better-sqlite3'],
    ['main/index.ts', 'electron'],
    ['main/index.ts', './shell/window'],
    ['main/shell/window.ts', 'electron'],
    ['main/ipc/door.ts', 'electron'],
    ['preload/till.ts', 'electron'],
    ['preload/till.ts', '../shared/contract'],
    ['renderer/till/app.ts', '../../shared/contract'],
    ['renderer/till/app.ts', '../../domain/cart'],
    ['hub/server.ts', '../journal/entry'],
    ['hub/server.ts', 'pg'],
    ['cli/trestle.ts', '../main/boot'],
  ])('%s importing %s', async (file, source) => {
    const code = `import { found } from '${source}';\nexport const use = found;\n`;
    expect(await objections(file, code)).toEqual([]);
  });

  test('shared naming a type of the domain', async () => {
    expect(
      await objections('shared/contract.ts', `import type { A } from '../domain/cart';\nexport type B = A;`),
    ).toEqual([]);
  });
});

describe('narrower doors', () => {
  const ipcMain = `import { ipcMain } from 'electron';\nexport const use = ipcMain;\n`;

  test('raw ipcMain is for src/main/ipc alone', async () => {
    expect(await objections('main/shell/window.ts', ipcMain)).toEqual(['no-restricted-imports']);
    expect(await objections('main/ipc/door.ts', ipcMain)).toEqual([]);
    const wholeModule = `import electron from 'electron';\nexport const use = electron.ipcMain;\n`;
    expect(await objections('main/shell/window.ts', wholeModule)).toEqual(['no-restricted-properties']);
  });

  test('the domain has no clock and no chance', async () => {
    for (const call of ['Date.now()', 'new Date()', 'Math.random()'])
      expect(await objections('domain/cart.ts', `export const use = ${call};`)).toEqual(['no-restricted-syntax']);
    expect(await objections('domain/cart.ts', 'export const use = performance.now();')).toEqual([
      'no-restricted-globals',
    ]);
    expect(await objections('domain/cart.ts', 'export const use = new Date(0).getTime();')).toEqual([]);
  });
});
