/** Chance that can be had again: the same seed gives the same draws on every machine. */
export class Chance {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Two different texts, or one text with two different positions, give unrelated draws. */
  constructor(seed: string, position = 0) {
    let hash = 0x811c9dc5;
    for (let at = 0; at < seed.length; at++) hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193);
    this.#a = hash >>> 0;
    this.#b = Math.imul(position + 1, 0x9e3779b1) >>> 0;
    this.#c = (hash ^ (position << 7) ^ 0x5bd1e995) >>> 0;
    // Neighbouring seeds start out alike; a dozen rounds of the generator part them.
    for (let round = 0; round < 12; round++) this.#next32();
  }

  /** sfc32, Chris Doty-Humphrey's small fast counting generator (PractRand). */
  #next32(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }

  /** In [0, 1). */
  next(): number {
    return this.#next32() / 0x1_0000_0000;
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** True in `percent` of a hundred draws. */
  percent(percent: number): boolean {
    return this.next() * 100 < percent;
  }

  /** One of a list. @throws RangeError when it is empty. */
  pick<T>(from: readonly T[]): T {
    const chosen = from[Math.floor(this.next() * from.length)];
    if (chosen === undefined) throw new RangeError('nothing to pick from');
    return chosen;
  }

  /** One of a list, each as often as its weight says. @throws RangeError when the list is empty. */
  weighted<T>(from: readonly (readonly [weight: number, choice: T])[]): T {
    let total = 0;
    for (const [weight] of from) total += weight;
    let left = this.next() * total;
    for (const [weight, choice] of from) {
      left -= weight;
      if (left < 0) return choice;
    }
    const last = from.at(-1);
    if (last === undefined) throw new RangeError('nothing to pick from');
    return last[1];
  }
}
