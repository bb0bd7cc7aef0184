import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { z } from 'zod';
import { writeFileDurably } from '../../journal/files';
import { KEEPSAKE_FILE } from './keepsake-file';

const keepsake = z.object({
  people: z.array(z.object({ reference: z.string(), name: z.string(), pin_hash: z.string().nullable() })),
  settings: z.array(z.object({ key: z.string(), value: z.string() })),
  /** Files of older versions have neither. */
  changes: z.array(z.object({ reference: z.string(), at: z.string() })).default([]),
  peers: z
    .array(
      z.object({
        server_id: z.string(),
        role: z.string(),
        address: z.string(),
        public_key: z.string(),
        recipient: z.string().nullable(),
        stall_id: z.string(),
        epoch: z.int(),
        enrolled_at: z.string(),
      }),
    )
    .default([]),
});

/**
 * Writes people, settings and peers beside the database: they are not in the journal, so a damaged database could lock
 * everybody out and leave the till alone. They change rarely, and every change also rewrites this small file. Forgetting a
 * person rewrites it too.
 */
export function writeKeepsake(dataDir: string, database: Database.Database): void {
  const content: z.infer<typeof keepsake> = {
    people: database.prepare('SELECT reference, name, pin_hash FROM person').all() as [],
    settings: database.prepare('SELECT key, value FROM setting').all() as [],
    changes: database.prepare('SELECT reference, at FROM person_change').all() as [],
    peers: database
      .prepare('SELECT server_id, role, address, public_key, recipient, stall_id, epoch, enrolled_at FROM peer')
      .all() as [],
  };
  writeFileDurably(join(dataDir, KEEPSAKE_FILE), JSON.stringify(content), 0o600);
}

/**
 * Makes the people, settings and peers of a database those of the file. A file that cannot be read changes nothing. What
 * was read of a peer is read again from the beginning: the journal may have lost some of it.
 */
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
  const change = database.prepare('INSERT OR REPLACE INTO person_change VALUES (?, ?)');
  const peer = database.prepare(`INSERT OR REPLACE INTO peer VALUES (?, ?, ?, ?, ?, ?, ?, '0.0', 0, ?, NULL)`);
  database.exec('DELETE FROM person; DELETE FROM setting');
  for (const { reference, name, pin_hash } of content.people) person.run(reference, name, pin_hash);
  for (const { key, value } of content.settings) setting.run(key, value);
  for (const { reference, at } of content.changes) change.run(reference, at);
  for (const one of content.peers) {
    const { server_id, role, address, public_key, recipient, stall_id, epoch, enrolled_at } = one;
    peer.run(server_id, role, address, public_key, recipient, stall_id, epoch, enrolled_at);
  }
}
