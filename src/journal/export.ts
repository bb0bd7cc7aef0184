import type { Database } from 'better-sqlite3';
import { entryLine } from './entry';
import { journalRows } from './journal-rows';

/** The journal as JSON lines, in the order the entries arrived, each line whole with its newline. */
export function* exportJournal(database: Database): Generator<string> {
  for (const row of journalRows(database)) yield `${entryLine(row)}\n`;
}
