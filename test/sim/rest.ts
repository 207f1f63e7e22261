import {
  wantPostDue,
  wantPublishStock,
  wantPullOrders,
  wantPullShipments,
  wantPullStock,
  wantReconcileDue,
  wantSweepOrders,
} from '../../src/flows/wanted.ts';
import type { Wanted } from '../../src/store/job-records.ts';
import type { Crew } from './crew.ts';
import type { Surroundings } from './worker.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Work that has not come to rest after so long never will. */
const REST_MS = 30 * MINUTE;
const MOST_ROUNDS = 20;

/**
 * Everybody looks at whatever has something new until nothing has; then the day is closed, and once more after the time
 * in which late entries are gathered. @returns what did not come to rest
 */
export async function comeToRest(surroundings: Surroundings, crew: Crew, begun: number): Promise<string[]> {
  const { world, shop, depot } = surroundings;
  const rest = async (...wanted: readonly Wanted[]): Promise<boolean> => {
    await world.run(() => crew.up(), world.now + 5 * MINUTE);
    await crew.enqueue(wanted);
    return world.run(() => crew.atRest(), world.now + REST_MS);
  };
  const restless = (): string[] => [`I6: the work did not come to rest: ${crew.restless().join(', ')}`];
  const looks: readonly { readonly at: () => unknown; readonly wanted: readonly Wanted[] }[] = [
    {
      at: () => [...shop.orders.values()].map(({ version }) => version),
      wanted: [wantSweepOrders('shop'), wantPullOrders('shop')],
    },
    { at: () => depot.shipments.length, wanted: [wantPullShipments('depot')] },
    { at: () => [...depot.shelves], wanted: [wantPullStock('depot')] },
  ];
  const seen = looks.map(() => '');
  for (let round = 1; ; round += 1) {
    if (round > MOST_ROUNDS) return ['I6: there is something new in every round'];
    await world.run(() => depot.idle(), world.now + 5 * MINUTE);
    // What was just written is listed later.
    await world.run(() => false, Math.max(world.now, shop.listedBy(), depot.listedBy()));
    const news = looks.map(({ at }) => JSON.stringify(at()));
    const wanted = looks.flatMap((look, index) => (news[index] === seen[index] ? [] : look.wanted));
    if (wanted.length === 0) break;
    seen.splice(0, seen.length, ...news);
    if (!(await rest(...wanted))) return restless();
  }
  world.now = Math.max(world.now, begun + 25 * HOUR);
  if (!(await rest(wantPullStock('depot'), wantPostDue('shop'), wantPublishStock('shop', true)))) return restless();
  world.now += HOUR;
  if (!(await rest(wantPostDue('shop'), wantReconcileDue('ledger')))) return restless();
  return [];
}
