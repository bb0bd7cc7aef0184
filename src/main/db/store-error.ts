/** Codes of the contract for what the store itself can say. */
export type StoreErrorCode = 'disk-full' | 'store-damaged' | 'store-locked' | 'store-too-new';

/** A failure of the store with a mend a person can act on. Nothing was written; the store stays usable. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}

/**
 * Turns SQLite's complaint into one of ours where a person can do something about it; anything else comes back as it
 * is. A disk that cannot be written is treated as full: in both cases the sale did not happen and space or the disk
 * must be seen to.
 */
export function asStoreError(error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR')) {
    return new StoreError(
      'disk-full',
      'The disk is full or cannot be written: free some space, then try again.',
      error,
    );
  }
  if (isDamage(error)) {
    return new StoreError('store-damaged', 'The store is damaged: restart the till to recover it.', error);
  }
  return error;
}

/** Whether SQLite says that the file is not a sound database. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}

export function sqliteCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}
