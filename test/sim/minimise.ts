import type { Fault } from './faults.ts';
import { runSeed, type Outcome } from './run.ts';
import type { Plant } from './worker.ts';

/** The first word of what was violated, e.g. `I2`: a smaller list must break the same. */
function broken(outcome: Outcome): ReadonlySet<string> {
  return new Set(outcome.violations.map((violation) => violation.slice(0, 2)));
}

/**
 * Drops what goes wrong in a failing seed, one by one, for as long as it still breaks one of the same invariants.
 * Stores of all but the last are closed.
 * @returns the outcome with the fewest faults that was found
 */
export async function minimised(failing: Outcome, plant?: Plant): Promise<Outcome> {
  const wanted = broken(failing);
  let least = failing;
  let faults: readonly Fault[] = failing.faults;
  for (let at = faults.length - 1; at >= 0; at -= 1) {
    const fewer = faults.filter((_, index) => index !== at);
    const outcome = await runSeed(failing.seed, {
      faults: fewer,
      keepsLines: true,
      ...(plant === undefined ? {} : { plant }),
    });
    const fails = [...broken(outcome)].some((one) => wanted.has(one));
    if (!fails) continue;
    faults = fewer;
    least = outcome;
  }
  return least;
}
