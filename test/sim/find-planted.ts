import { setImmediate } from 'node:timers/promises';
import { runSeed } from './run.ts';
import type { Plant } from './worker.ts';

export interface Found {
  /** The first seed that breaks something; null = none of those tried. */
  readonly seed: number | null;
  readonly violation: string;
  readonly tried: number;
}

/** Runs seed after seed with a planted mistake until one breaks something. */
export async function findPlanted(plant: Plant, most: number, first = 1): Promise<Found> {
  for (let seed = first; seed < first + most; seed += 1) {
    await setImmediate();
    const outcome = await runSeed(seed, { plant });
    const [violation] = outcome.violations;
    // A seed that breaks something anyway says nothing about the mistake.
    if (violation !== undefined && (await runSeed(seed)).violations.length === 0)
      return { seed, violation, tried: seed - first + 1 };
  }
  return { seed: null, violation: '', tried: most };
}
