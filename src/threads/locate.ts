import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Finds a file or folder of ours by looking in the folder of a module and in every folder above it, since the built
 * program, its chunks and the sources lie at different depths. Undefined when there is none.
 * @param from `import.meta.url` of the module that asks
 */
export function locate(relativePath: string, from: string): string | undefined {
  let folder = dirname(fileURLToPath(from));
  for (;;) {
    const candidate = join(folder, relativePath);
    if (existsSync(candidate)) return candidate;
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}
