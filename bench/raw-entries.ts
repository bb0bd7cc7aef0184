/** What PostgreSQL itself can take: entries put in by one `INSERT … SELECT FROM unnest` per batch, nothing else done. */
import pg from 'pg';
import type { SealedEntry } from '../src/journal/entry';

export const RAW_TABLE = `CREATE TABLE raw_entry (
  stall text NOT NULL, device text NOT NULL, seq bigint NOT NULL, id text NOT NULL, kind text NOT NULL, at text NOT NULL,
  event text, actor text, body text NOT NULL, prev text NOT NULL, hash text NOT NULL,
  PRIMARY KEY (stall, device, seq))`;

const INSERT = `INSERT INTO raw_entry
  SELECT 'stall', * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[])
  ON CONFLICT DO NOTHING`;

/** One statement, prepared once per connection. */
export async function insertRaw(client: pg.ClientBase, entries: readonly SealedEntry[]): Promise<void> {
  const column = (name: keyof SealedEntry): unknown[] => entries.map((entry) => entry[name]);
  const values = [
    column('device'),
    column('seq'),
    column('id'),
    column('kind'),
    column('at'),
    column('event'),
    column('actor'),
    column('body'),
    column('prev'),
    column('hash'),
  ];
  await client.query({ name: 'insert-raw', text: INSERT, values });
}

/** Connects; a connection that breaks while nobody asks fails the next question instead of the process. */
export async function connectPostgres(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
