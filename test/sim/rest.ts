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
import { Chance } from './chance.ts';
import type { Crew } from './crew.ts';
import { settleByHand } from './person.ts';
import type { Surroundings } from './worker.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Work that has not come to rest after so long never will. */
const REST_MS = 30 * MINUTE;
const MOST_ROUNDS = 20;

/**
 * Everybody looks at whatever has something new until nothing has, and a person settles what nobody else can; then the day
 * is closed, and once more after the time in which late entries are gathered. @returns what did not come to rest
 */
export async function comeToRest(surroundings: Surroundings, crew: Crew, begun: number): Promise<string[]> {
  const { world, shop, seed } = surroundings;
  const chance = new Chance(`${seed}/late`);
  try {
    await lookUntilNothingIsNew(surroundings, crew);
    // No call is on its way for a day.
    await world.run(() => world.onWires === 0, world.now + 5 * MINUTE);
    await lookUntilNothingIsNew(surroundings, crew);
    world.now = Math.max(world.now, begun + 25 * HOUR);
    await rest(surroundings, crew, wantPullStock('depot'), wantPostDue('shop'), wantPublishStock('shop', true));
    // What a count had left over may have been handed on: what becomes of that is looked at like everything before.
    await lookUntilNothingIsNew(surroundings, crew);
    if (chance.percent(30)) {
      // Of a day that is posted already.
      for (const order of shop.orders.values()) shop.refund(order, 'good will', begun + 6_000);
      await lookUntilNothingIsNew(surroundings, crew);
    }
    world.now += HOUR;
    await rest(surroundings, crew, wantPostDue('shop'), wantReconcileDue('ledger'), wantPublishStock('shop'));
    if ((await settleByHand(surroundings, crew)) > 0) await rest(surroundings, crew);
    return [];
  } catch (thrown) {
    if (thrown instanceof Restless) return [thrown.message];
    throw thrown;
  }
}

class Restless extends Error {}

async function rest(surroundings: Surroundings, crew: Crew, ...wanted: readonly Wanted[]): Promise<void> {
  const { world } = surroundings;
  await world.run(() => crew.up(), world.now + 5 * MINUTE);
  if (wanted.length > 0) await crew.enqueue(wanted);
  if (await world.run(() => crew.atRest(), world.now + REST_MS)) return;
  throw new Restless(`I6: the work did not come to rest: ${crew.restless().join(', ')}`);
}

async function lookUntilNothingIsNew(surroundings: Surroundings, crew: Crew): Promise<void> {
  const { world, shop, depot } = surroundings;
  const looks: readonly { readonly at: () => unknown; readonly wanted: readonly Wanted[] }[] = [
    { at: () => [...shop.orders.values()].map(({ version }) => version), wanted: [wantPullOrders('shop')] },
    // Once, and again for what no list shows.
    { at: () => shop.unlisted(), wanted: [wantSweepOrders('shop')] },
    { at: () => depot.shipments.length, wanted: [wantPullShipments('depot')] },
    { at: () => [...depot.shelves], wanted: [wantPullStock('depot')] },
  ];
  const seen = looks.map(() => '');
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    await world.run(() => depot.idle(), world.now + 5 * MINUTE);
    // What was just written is listed later.
    await world.run(() => false, Math.max(world.now, shop.listedBy(), depot.listedBy()));
    const news = looks.map(({ at }) => JSON.stringify(at()));
    const wanted = looks.flatMap((look, index) => (news[index] === seen[index] ? [] : look.wanted));
    seen.splice(0, seen.length, ...news);
    if (wanted.length > 0) await rest(surroundings, crew, ...wanted);
    else if ((await settleByHand(surroundings, crew)) === 0) return;
    else await rest(surroundings, crew);
  }
  throw new Restless('I6: there is something new in every round');
}
