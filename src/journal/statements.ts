import type { Database, Statement } from 'better-sqlite3';

const cache = new WeakMap<Database, Map<string, Statement>>();

/** Prepares a statement once per connection. The texts are constants of the code, so their number is bounded. */
export function prepared(database: Database, sql: string): Statement {
  let statements = cache.get(database);
  if (statements === undefined) cache.set(database, (statements = new Map()));
  let statement = statements.get(sql);
  if (statement === undefined) statements.set(sql, (statement = database.prepare(sql)));
  return statement;
}
