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
  const looks = looksOf(surroundings);
  const look = (): Promise<void> => lookUntilNothingIsNew(looks, surroundings, crew);
  try {
    await look();
    // No call is on its way for a day.
    await world.run(() => world.onWires === 0, world.now + 5 * MINUTE);
    await look();
    world.now = Math.max(world.now, begun + 25 * HOUR);
    await rest(surroundings, crew, wantPullStock('depot'), wantPostDue('shop'), wantPublishStock('shop', true));
    // What a count had left over may have been handed on: what becomes of that is looked at like everything before.
    await look();
    if (chance.percent(30)) {
      // Of a day that is posted already.
      for (const order of shop.orders.values()) shop.refund(order, 'good will', begun + 6_000);
      await look();
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

/** Something of a remote that changes when there is something new, and what is wanted of the workers then. */
interface Look {
  readonly at: () => unknown;
  readonly wanted: Wanted;
  /** How it was when they were last asked to look: what they missed then they are not asked for again. */
  seen: string;
}

function looksOf({ shop, depot }: Surroundings): readonly Look[] {
  return [
    // Whole, since a shop that counts its versions in seconds has one for all that happens in one of them.
    { at: () => [...shop.orders.values()], wanted: wantPullOrders('shop'), seen: '' },
    // Once, and again for what no list shows.
    { at: () => shop.unlisted(), wanted: wantSweepOrders('shop'), seen: '' },
    { at: () => depot.shipments.map(({ version }) => version), wanted: wantPullShipments('depot'), seen: '' },
    { at: () => [...depot.shelves], wanted: wantPullStock('depot'), seen: '' },
  ];
}

async function lookUntilNothingIsNew(looks: readonly Look[], surroundings: Surroundings, crew: Crew): Promise<void> {
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    await allIsListed(surroundings);
    const wanted = looks.flatMap((look) => {
      const before = look.seen;
      look.seen = JSON.stringify(look.at());
      return look.seen === before ? [] : [look.wanted];
    });
    if (wanted.length > 0) await rest(surroundings, crew, ...wanted);
    else if ((await settleByHand(surroundings, crew)) === 0) return;
    else await rest(surroundings, crew);
  }
  throw new Restless('I6: there is something new in every round');
}

/** Waits until the depot has nothing to do and lists all that it and the shop have: while one is waited for, more may come. */
async function allIsListed({ world, shop, depot }: Surroundings): Promise<void> {
  const patience = world.now + 5 * MINUTE;
  for (;;) {
    await world.run(() => depot.idle(), patience);
    const by = Math.max(shop.listedBy(), depot.listedBy());
    if (by <= world.now || world.now >= patience) return;
    await world.run(() => false, by);
  }
}
