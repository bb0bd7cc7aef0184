import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Photos that were stored for items which are not written yet, in a file of the import's folder, one hash a line. Each is
 * noted before it is stored, so that even after a kill those that came to nothing can be taken out again.
 */
export class NewPhotos {
  readonly #folder: string;
  readonly #file: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#file = join(folder, 'new-photos');
  }

  note(sha: string): void {
    mkdirSync(this.#folder, { recursive: true });
    appendFileSync(this.#file, `${sha}\n`);
  }

  list(): readonly string[] {
    return existsSync(this.#file) ? readFileSync(this.#file, 'utf8').split('\n').filter(Boolean) : [];
  }
}

/** The folder of an import under way, by its id; of photos chosen for one item, by no id. */
export function importFolder(dataDir: string, importId = 'by-hand'): string {
  return join(dataDir, 'imports', importId);
}
