import type { Database } from 'better-sqlite3';
import { projectBacklog } from './catalogue-projection';
import type { UnreadableEntry } from './entry';
import { journalRows } from './journal-rows';
import { entryApplier } from './projector';
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
      const apply = entryApplier(database);
      for (const row of journalRows(database)) {
        const applied = apply(row);
        if (!applied.ok) unreadable.push(applied.unreadable);
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
