/** One durable insert, read back: run by set-up in each runtime that is to load better-sqlite3. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';

const folder = mkdtempSync(join(tmpdir(), 'trestle-sqlite-check-'));
try {
  const database = new Database(join(folder, 'check.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT');
  database.prepare('INSERT INTO entry (body) VALUES (?)').run('£1 Crème');
  const body = database.prepare('SELECT body FROM entry').pluck().get();
  database.close();
  if (body !== '£1 Crème') throw new Error(`read back ${JSON.stringify(body)}`);
} finally {
  rmSync(folder, { recursive: true });
}
