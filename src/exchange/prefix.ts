/** What a receipt number may begin with (`TR1:` codes are read back by it). */
const PREFIX = /^[A-Z][A-Z0-9]{0,11}$/;
const NUMBERED = /^T(\d{1,9})$/;

/** A device that joins, and what its hub knows. */
export interface PrefixRequest {
  readonly wanted: string;
  /** Whether it sells for a stall already: then receipts with its prefix may be about. */
  readonly isUsed: boolean;
  /** Those of the stall's other devices. */
  readonly taken: readonly string[];
  /** The hub's. */
  readonly epoch: number;
}

/**
 * The prefix of the receipt numbers of a device: the wanted one while nobody else has it, else the next `T` number that
 * nobody ever had. A hub that was restored does not know who joined after the backup was made, so whoever is new to it is
 * numbered from its epoch on: that grows by chance, and with it no number comes again.
 */
export function prefixFor({ wanted, isUsed, taken, epoch }: PrefixRequest): string {
  const isRestored = epoch > 1;
  if (PREFIX.test(wanted) && !taken.includes(wanted) && (isUsed || !isRestored)) return wanted;
  const numbers = taken.map((prefix) => Number(NUMBERED.exec(prefix)?.[1] ?? 0));
  return `T${Math.max(epoch - 1, ...numbers) + 1}`;
}
