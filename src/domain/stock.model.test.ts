import { describe, expect, it } from '@jest/globals';
import { emptyLevel, release, reserve, type StockLevel } from './stock.ts';

/** A level as the store keeps it: written only over the version that was read. */
interface Kept {
  v: number;
  level: StockLevel;
}

interface Step {
  readonly order: string;
  readonly quantity: number;
  readonly revision: number;
  readonly act: 'reserve' | 'release';
}

/** A small linear congruential generator (Numerical Recipes' constants): 100,000 seeds must be cheap and repeatable. */
function chanceOf(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** One writer: reads, decides on what it read, writes if nobody wrote since, else reads again. Each call is one of these moments. */
class Writer {
  readonly #kept: Kept;
  readonly #steps: readonly Step[];
  readonly granted: Step[] = [];
  #at = 0;
  #read: Kept | null = null;

  constructor(kept: Kept, steps: readonly Step[]) {
    this.#kept = kept;
    this.#steps = steps;
  }

  get done(): boolean {
    return this.#at >= this.#steps.length;
  }

  advance(careful: boolean): void {
    const step = this.#steps[this.#at];
    if (step === undefined) return;
    if (this.#read === null) {
      this.#read = { ...this.#kept };
      return;
    }
    const { level, v } = this.#read;
    this.#read = null;
    const { order, quantity, revision, act } = step;
    const result =
      act === 'reserve'
        ? reserve(level, { order, line: '1', quantity, revision })
        : release(level, order, '1', revision);
    if (typeof result === 'string') {
      this.#at++;
      return;
    }
    if (careful && this.#kept.v !== v) return;
    this.#kept.v++;
    this.#kept.level = result;
    this.granted.push(step);
    this.#at++;
  }
}

/** Two writers in a random interleaving; the second works on some of the first one's orders, as a zombie would. */
function run(seed: number, careful: boolean): { onHand: number; granted: readonly Step[]; level: StockLevel } {
  const chance = chanceOf(seed);
  const onHand = chance(6);
  const kept: Kept = { v: 0, level: { ...emptyLevel('X', 'A'), onHand, free: onHand } };
  const stepsOf = (): Step[] =>
    Array.from({ length: 1 + chance(4) }, () => {
      const [order, revision] = [chance(3), 1 + chance(2)];
      // The quantity follows from order and revision, as it does from a plan.
      return {
        order: `o${order}`,
        quantity: 1 + ((order + revision) % 3),
        revision,
        act: chance(4) === 0 ? 'release' : 'reserve',
      };
    });
  const writers = [new Writer(kept, stepsOf()), new Writer(kept, stepsOf())];
  while (writers.some(({ done }) => !done)) writers[chance(2)]?.advance(careful);
  return { onHand, granted: writers.flatMap(({ granted }) => granted), level: kept.level };
}

/** What the orders believe to have: the newest revision granted to each, unless it was released at that revision or later. */
function believed(granted: readonly Step[]): number {
  let units = 0;
  for (const order of new Set(granted.map((step) => step.order))) {
    const own = granted.filter((step) => step.order === order);
    const newest = Math.max(...own.map(({ revision }) => revision));
    const last = own.filter(({ revision }) => revision === newest);
    if (!last.some(({ act }) => act === 'release')) units += last[0]?.quantity ?? 0;
  }
  return units;
}

describe('two writers on one level (I3)', () => {
  it('never oversell in 100,000 interleavings, where each writes only over the version that it read', () => {
    let contested = 0;
    for (let seed = 1; seed <= 100_000; seed++) {
      const { onHand, granted, level } = run(seed, true);
      const reserved = level.reserved.reduce((sum, { quantity }) => sum + quantity, 0);
      if (reserved > onHand || level.free !== onHand - reserved || believed(granted) !== reserved) {
        throw new Error(
          `seed ${seed}: ${reserved} reserved, ${believed(granted)} believed, of ${onHand}: ${JSON.stringify(level)}`,
        );
      }
      if (level.free === 0 && onHand > 0) contested++;
    }
    // The runs are worth something only where the last unit went.
    expect(contested).toBeGreaterThan(20_000);
  });

  it('would oversell without the version: the model sees what it is there to see', () => {
    let oversold = 0;
    for (let seed = 1; seed <= 10_000; seed++) {
      const { onHand, granted } = run(seed, false);
      if (believed(granted) > onHand) oversold++;
    }
    expect(oversold).toBeGreaterThan(100);
  });
});
