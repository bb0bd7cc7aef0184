/**
 * Checks the types of every layer against its own tsconfig: what a layer's tsconfig leaves out, the layer cannot use.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureMessages } from './lib/messages.mjs';
import { notesFolder, root } from './lib/paths.mjs';
import { explain } from './lib/report.mjs';
import { run } from './lib/run.mjs';

const tool = (/** @type {string} */ path, /** @type {string[]} */ args) =>
  run(process.execPath, [join(root, 'node_modules', path), ...args], { cwd: root });

/** Every folder with a tsconfig of its own. */
const projects = [
  '.',
  ...readdirSync(join(root, 'src')).map((layer) => `src/${layer}`),
  'bench',
  'demo',
  'tests',
].filter((folder) => existsSync(join(root, folder, 'tsconfig.json')));

/** @returns {Promise<{ name: string, outcome: import('./lib/run.mjs').Outcome }>} */
async function check(/** @type {string} */ folder) {
  const name = folder === '.' ? 'configuration and scripts' : folder;
  // svelte-check looks at the renderer's TypeScript as well as its components.
  const outcome =
    folder === 'src/renderer'
      ? await tool('svelte-check/bin/svelte-check', [
          '--tsconfig',
          './src/renderer/tsconfig.json',
          '--fail-on-warnings',
        ])
      : await tool('typescript/bin/tsc', [
          '-p',
          folder,
          '--incremental',
          '--tsBuildInfoFile',
          join(notesFolder, 'types', `${folder.replaceAll('/', '-')}.tsbuildinfo`),
        ]);
  return { name, outcome };
}

mkdirSync(join(notesFolder, 'types'), { recursive: true });
try {
  await ensureMessages();
} catch (error) {
  explain(error);
  process.exit(1);
}
/** @type {Awaited<ReturnType<typeof check>>[]} */
const results = [];
const queue = [...projects];
const worker = async () => {
  for (let next = queue.shift(); next; next = queue.shift()) results.push(await check(next));
};
await Promise.all([worker(), worker()]);

for (const { name, outcome } of results) {
  if (outcome.ok) continue;
  console.error(`\n${name}\n${outcome.output.trimEnd()}`);
  process.exitCode = 1;
}
if (!process.exitCode) console.log(`Types are sound in ${projects.length} projects.`);
