import type { Database } from 'better-sqlite3';
import { projectBacklog } from './catalogue-projection';
import { notApplicable, readEntry, type UnreadableEntry } from './entry';
import { journalRows, type JournalRow } from './journal-rows';
import { project } from './projector';
import { createReadModels, dropReadModels } from './read-models';

export interface RebuildOptions {
  /** Hears how many of how many entries are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface RebuildReport {
  readonly entryCount: number;
  /** Entries that could not be applied; everything else was. */
  readonly unreadable: readonly UnreadableEntry[];
}

const ENTRIES_PER_REPORT = 500;

/**
 * Throws the read models away and makes them again from the journal, in one transaction: whoever fails on the way
 * leaves the tables as they were.
 */
export function rebuildReadModels(database: Database, options: RebuildOptions = {}): RebuildReport {
  const total = database.prepare('SELECT count(*) FROM journal').pluck().get() as number;
  const unreadable: UnreadableEntry[] = [];
  let done = 0;
  database
    .transaction(() => {
      dropReadModels(database);
      createReadModels(database);
      // Nested, so a savepoint each: an entry that cannot be applied leaves no half of itself.
      const apply = database.transaction(project);
      for (const row of journalRows(database)) {
        const problem = applyRow(row, apply, database);
        if (problem !== null) unreadable.push(problem);
        done += 1;
        if (done % ENTRIES_PER_REPORT === 0) options.onProgress?.(done, total);
      }
      options.onProgress?.(total, total);
      while (projectBacklog(database, reportedAbove));
    })
    .immediate();
  return { entryCount: total, unreadable };
}

/** A part of an import that cannot be read was met as an entry already. */
const reportedAbove = (): void => undefined;

function applyRow(row: JournalRow, apply: typeof project, database: Database): UnreadableEntry | null {
  const read = readEntry(row);
  if (!read.ok) return read.unreadable;
  try {
    apply(read.entry, database);
    return null;
  } catch (error) {
    return notApplicable(row, error);
  }
}
