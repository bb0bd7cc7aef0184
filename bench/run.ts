/**
 * Runs one bench in this process and writes its figures to a file: `run.js ID RESULTS SCRATCH`. The same entry serves
 * Node and Electron's main process.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from './figure';

const [id, results, scratch] = process.argv.slice(-3);
if (id === undefined || results === undefined || scratch === undefined) throw new Error('run.js ID RESULTS SCRATCH');

if (process.versions.electron !== undefined) {
  // What Chromium keeps lies on the same disk as what is measured, and goes with it.
  const { app } = await import('electron');
  app.setPath('userData', join(scratch, 'window'));
}

async function main(): Promise<void> {
  const bench = (await import(new URL(`./${id}.js`, import.meta.url).href)) as {
    measure(scratch: string): Promise<Figure[]>;
  };
  writeFileSync(String(results), JSON.stringify(await bench.measure(String(scratch))));
}

const leave = async (code: number): Promise<void> => {
  if (process.versions.electron === undefined) process.exit(code);
  const { app } = await import('electron');
  app.exit(code);
};

main().then(
  () => leave(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return leave(1);
  },
);
