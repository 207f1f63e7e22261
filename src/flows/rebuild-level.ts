import { SyncError } from '../domain/errors.ts';
import { rebuilt } from '../domain/stock-rebuild.ts';
import type { Flow } from './flow.ts';
import { wantDrainStock, wantReleaseShortfall } from './wanted.ts';

/** A level that changes so often while it is rebuilt is in good hands. */
const MOST_TRIES = 8;

/**
 * Puts what the movements of a level add up to in the place of what stands there, as a movement of its own that adds
 * nothing. What is free by it goes to those who wait; what is promised and not there is planned again.
 * @returns false where they agree already
 * @throws SyncError `data` code `no-such-level` where there is no such level, `movements-broken` where its movements do not
 *   tell what ought to stand there; `transient` when others change it again and again
 */
export async function rebuildLevel(flow: Flow, id: string, cause: string): Promise<boolean> {
  const { store, clock } = flow;
  for (let tried = 0; tried < MOST_TRIES; tried += 1) {
    const [before] = await store.levels.read([id]);
    if (before === undefined)
      throw new SyncError('data', `There is no stock level ${id}.`, {
        code: 'no-such-level',
        remedy: 'List them: crossdock stock list',
      });
    const { level, differences } = rebuilt(before, await store.levels.movements(id));
    if (differences.length === 0) return false;
    if (level === null)
      throw new SyncError('data', `Movements of ${id} are missing or contradict themselves.`, {
        code: 'movements-broken',
        remedy: `Nothing was changed. The next count of ${before.location} sets what is on hand; compare what is reserved with the orders: crossdock stock show ${id}`,
      });
    const refused = await store.levels.change([
      {
        // Over the level as it ought to have been: then what the movement adds is nothing.
        before: { ...before, onHand: level.onHand, free: level.free },
        ...level,
        backlog: before.backlog,
        movement: { at: new Date(clock.now()), kind: 'rebuilt', lines: [], cause },
      },
    ]);
    if (refused.size > 0) continue;
    // Where this is killed here, the next count asks for both.
    await store.jobs.enqueue([wantDrainStock(before.sku), wantReleaseShortfall(id)], clock.now());
    return true;
  }
  throw new SyncError('transient', `${id} was changed by others again and again while it was rebuilt.`, {
    code: 'contended',
    remedy: 'Nothing was changed: try again.',
  });
}
