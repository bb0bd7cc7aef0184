/** Chance that one number decides: the same seed gives the same story. (sfc32, Chris Doty-Humphrey, PractRand.) */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(seed: number) {
    this.#a = 0x9e37_79b9;
    this.#b = seed >>> 0;
    this.#c = Math.floor(seed / 2 ** 32) >>> 0;
    for (let round = 0; round < 15; round += 1) this.next();
  }

  /** From 0 up to 1, 1 not included. */
  next(): number {
    const sum = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to `bound`, which is not included. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** A number between two, evenly spread. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error('nothing to pick from');
    return choice;
  }

  /** An independent stream: what draws from it leaves this one's story as it is. */
  fork(): Random {
    return new Random(this.below(2 ** 32) * 2 ** 20 + this.below(2 ** 20));
  }
}
