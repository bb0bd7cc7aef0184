/** The 82 characters of GS1 General Specifications 7.11-1, in the order of their values in check character pairs. */
const CHARACTERS_82 = `!"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz`;

/** The 32 characters of check character pairs, by value. */
const CHARACTERS_32 = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/**
 * The pair of check characters of a text (GS1 General Specifications 7.9.5): values weighted by rising primes from the
 * right, modulo 1021, in two digits of base 32.
 * @param text of the 82 characters, at most 97 of them
 */
export function checkCharacterPair(text: string): string {
  let sum = 0;
  for (let index = 0; index < text.length; index += 1) {
    sum += CHARACTERS_82.indexOf(text.charAt(text.length - 1 - index)) * (PRIMES[index] ?? 0);
  }
  const value = sum % 1021;
  return CHARACTERS_32.charAt(value >> 5) + CHARACTERS_32.charAt(value & 31);
}

const PRIMES = primesBelow(510);

function primesBelow(limit: number): number[] {
  const primes: number[] = [];
  for (let number = 2; number < limit; number += 1) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  return primes;
}
