import { join } from 'node:path';
import { z } from 'zod';
import type { Remotes } from '../flows/remotes.ts';
import { warehousesOf } from './life.ts';
import { startProcess } from './processes.ts';

const PRODUCT = join(import.meta.dirname, '../../src/main.ts');
const MOST_ROUNDS = 8;

const gone = z.looseObject({ shipments: z.array(z.looseObject({ status: z.string() })) });

export interface Settled {
  readonly rounds: number;
  /** What is wrong with the last of them; empty = nothing. */
  readonly faults: readonly string[];
}

/** How many parcels have left the warehouses. */
export async function leftSoFar(remotes: Pick<Remotes, 'ids' | 'ask'>): Promise<number> {
  let left = 0;
  for (const id of warehousesOf(remotes))
    left += gone.parse(await remotes.ask(id, 'books')).shipments.filter(({ status }) => status === 'Completed').length;
  return left;
}

/**
 * Rounds as `npm start -- --once` runs them until one in which nothing leaves: what a round plans after its look at the
 * warehouses leaves them after that look. The last has to end well, and to find no difference itself.
 */
export async function settle(remotes: Remotes, storeUri: string, logs: string): Promise<Settled> {
  let left = await leftSoFar(remotes);
  for (let round = 1; ; round += 1) {
    const before = left;
    const product = startProcess([PRODUCT, '--once', '--config', remotes.config], {
      log: join(logs, `round-${round}.log`),
      env: { MONGODB_URI: storeUri },
    });
    const compared = product.line('  ✓').catch(() => null);
    const code = await product.ended;
    left = await leftSoFar(remotes);
    if (left !== before && round < MOST_ROUNDS) continue;
    const faults: string[] = [];
    if (left !== before) faults.push(`After ${round} rounds parcels still leave.`);
    if (code !== 0) faults.push(`The last round ended with ${code}: see round-${round}.log.`);
    if ((await compared) === null) faults.push('The last round compared nothing.');
    return { rounds: round, faults };
  }
}
