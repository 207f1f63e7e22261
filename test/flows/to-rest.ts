import { z } from 'zod';
import { startProduct } from './children.ts';
import type { Remotes } from './remotes.ts';

const MOST_ROUNDS = 6;
const books = z.looseObject({ shipments: z.array(z.looseObject({ status: z.string() })) });

/** How many parcels have left the warehouses. */
async function leftSoFar(open: Remotes): Promise<number> {
  let left = 0;
  for (const id of open.ids.filter((each) => each.startsWith('shipbob')))
    left += books.parse(await open.ask(id, 'books')).shipments.filter(({ status }) => status === 'Completed').length;
  return left;
}

/**
 * Runs rounds until one in which nothing leaves: what a round plans after its look at the providers leaves them after that
 * look. @returns how the last ended, and what it said of the comparison with the remotes
 */
export async function roundsToRest(open: Remotes): Promise<{ code: number | null; said: readonly string[] }> {
  let before = -1;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const product = startProduct('--once', '--config', open.config);
    const code = await product.ended;
    const left = await leftSoFar(open);
    if (left === before) return { code, said: product.lines.filter((line) => line.includes('differences')) };
    before = left;
  }
  throw new Error(`something still left in round ${MOST_ROUNDS}`);
}
