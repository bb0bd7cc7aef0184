import { createHash } from 'node:crypto';

/** SHA-256 over the hashes of the entries that placed a shift's orders, one per line, in the order of `seq`. */
export function ordersHash(orders: Iterable<{ readonly hash: string }>): string {
  const sum = createHash('sha256');
  for (const { hash } of orders) sum.update(`${hash}\n`);
  return sum.digest('hex');
}
