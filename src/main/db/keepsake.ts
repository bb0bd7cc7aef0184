import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { z } from 'zod';
import { writeFileDurably } from '../../journal/files';
import { KEEPSAKE_FILE } from './keepsake-file';

const keepsake = z.object({
  people: z.array(z.object({ reference: z.string(), name: z.string(), pin_hash: z.string().nullable() })),
  settings: z.array(z.object({ key: z.string(), value: z.string() })),
});

/**
 * Writes people and settings beside the database: they are not in the journal, so a damaged database could lock everybody
 * out. They change rarely, and every change also rewrites this small file. Forgetting a person rewrites it too.
 */
export function writeKeepsake(dataDir: string, database: Database.Database): void {
  const content: z.infer<typeof keepsake> = {
    people: database.prepare('SELECT reference, name, pin_hash FROM person').all() as [],
    settings: database.prepare('SELECT key, value FROM setting').all() as [],
  };
  writeFileDurably(join(dataDir, KEEPSAKE_FILE), JSON.stringify(content), 0o600);
}

/** Makes the people and settings of a database those of the file. A file that cannot be read changes nothing. */
export function restoreKeepsake(dataDir: string, database: Database.Database): void {
  const path = join(dataDir, KEEPSAKE_FILE);
  if (!existsSync(path)) return;
  let content: z.infer<typeof keepsake>;
  try {
    content = keepsake.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return;
  }
  const person = database.prepare('INSERT OR REPLACE INTO person VALUES (?, ?, ?, 0, NULL)');
  const setting = database.prepare('INSERT OR REPLACE INTO setting VALUES (?, ?)');
  database.exec('DELETE FROM person; DELETE FROM setting');
  for (const { reference, name, pin_hash } of content.people) person.run(reference, name, pin_hash);
  for (const { key, value } of content.settings) setting.run(key, value);
}
