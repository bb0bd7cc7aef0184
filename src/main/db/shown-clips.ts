import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { ClipReader } from './clip-reader';
import { DATABASE_FILE, openReadOnly } from './open';

/** The clips of the stall, read on a connection of its own, which another thread may hold. */
export class ShownClips extends ClipReader {
  readonly #connection: Database;

  private constructor(connection: Database) {
    super(connection);
    this.#connection = connection;
  }

  static open(dataDir: string): ShownClips {
    return new ShownClips(openReadOnly(join(dataDir, DATABASE_FILE)));
  }

  close(): void {
    this.#connection.close();
  }
}
