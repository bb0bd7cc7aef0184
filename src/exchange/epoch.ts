/**
 * By how much an epoch's number may grow. The same backup may be restored twice, and what came in after the first time must
 * not look like what came in after the second: the number grows by chance. Numbers have nine digits, enough for ten thousand
 * restores.
 */
const LARGEST_STEP = 100_000;

/**
 * The number of the epoch that follows another.
 * @param random from 0 to 1, 1 not included
 */
export function nextEpoch(epoch: number, random: () => number = Math.random): number {
  return epoch + 1 + Math.floor(random() * LARGEST_STEP);
}
