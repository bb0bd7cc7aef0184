import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds package.json, resources and the build, wherever this file was bundled to. */
export const projectFolder = findUp(import.meta.dirname);

/** The version of this build, as package.json has it. */
export function projectVersion(): string {
  return String(
    (JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { version: unknown }).version,
  );
}

function findUp(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`no package.json above ${import.meta.dirname}`);
  return findUp(parent);
}
