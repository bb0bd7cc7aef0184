/** Makes SQLite fail at a chosen statement. */
import Database from 'better-sqlite3';
import { vi } from 'vitest';

/** The prototype all statements share. */
function statementPrototype(): Record<'run' | 'get' | 'all', (...values: unknown[]) => unknown> {
  const database = new Database(':memory:');
  const prototype = Object.getPrototypeOf(database.prepare('SELECT 1')) as never;
  database.close();
  return prototype;
}

/** Lets the n-th statement from now fail, before it runs or after; counts them all. */
export function failAt(n: number, when: 'before' | 'after', code: string): { readonly count: () => number } {
  const prototype = statementPrototype();
  let count = 0;
  for (const method of ['run', 'get', 'all'] as const) {
    const real = prototype[method];
    vi.spyOn(prototype, method).mockImplementation(function (this: unknown, ...values: unknown[]) {
      // What begins or ends a transaction has no outcome to doubt: it happened, or it failed before.
      const isBoundary = /^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)/i.test((this as { source: string }).source);
      if (when === 'after' && isBoundary) return real.apply(this, values);
      count += 1;
      if (count === n && when === 'before') throw new Database.SqliteError('made to fail', code);
      const result = real.apply(this, values);
      if (count === n) throw new Database.SqliteError('made to fail', code);
      return result;
    });
  }
  return { count: () => count };
}
