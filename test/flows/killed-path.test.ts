import { afterAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { Chance } from '../../src/connector/sandbox/business/chance.ts';
import type { Store } from '../../src/store/open-store.ts';
import { startChild } from './children.ts';
import { judgePath } from './path-judge.ts';
import { openRemotes, type Remotes } from './remotes.ts';
import { roundsToRest } from './to-rest.ts';

/** After which line of a starting worker it is killed, and within how many milliseconds: over the whole path. */
const MOMENTS = [
  ...Array.from({ length: 10 }, () => ({ at: 'step orders', within: 2_500 })),
  ...Array.from({ length: 6 }, () => ({ at: 'step shipments', within: 1_200 })),
  ...Array.from({ length: 4 }, () => ({ at: 'step confirmed', within: 600 })),
  ...Array.from({ length: 3 }, () => ({ at: 'step publish', within: 600 })),
  ...Array.from({ length: 5 }, () => ({ at: 'step books', within: 900 })),
  ...Array.from({ length: 2 }, () => ({ at: 'step reconcile', within: 400 })),
];
const SEED = process.env['KILLS_SEED'] ?? 'killed-path-1';
let remotes: Remotes | null = null;

afterAll(() => remotes?.close());

/** The remotes go on living while the worker does not. */
async function live(open: Remotes): Promise<void> {
  for (const shop of ['harbour-us', 'harbour-eu'])
    await open.tell(shop, 'do/tick', { orders: 3, changes: 4, counts: 0 });
}

/** What the store holds of the orders that faults name: for whoever has to find out why. */
async function toldOf(store: Store, faults: readonly string[]): Promise<string> {
  let told = '';
  for (const order of await store.collections.orders.find({}).toArray()) {
    if (!faults.some((fault) => fault.includes(order.number) || fault.includes(order._id))) continue;
    const of = { _id: new RegExp(order._id, 'u') };
    told += `\n${JSON.stringify(
      {
        order,
        jobs: await store.collections.jobs.find(of).toArray(),
        effects: await store.collections.effects.find({ subject: order._id }).toArray(),
        log: await store.collections.log.find({ order: order._id }).sort({ at: 1 }).toArray(),
      },
      null,
      2,
    )}\n`;
  }
  return told;
}

describe('the whole path, killed', () => {
  it(`${MOMENTS.length} times at moments drawn from "${SEED}", leaves one request, one confirmation and one document of each`, async () => {
    remotes = await openRemotes({
      seed: SEED,
      // What a shop limits is another test's: here the time goes into kills.
      edit: (configuration) => {
        for (const { connector, settings } of configuration.connections)
          if (connector === 'shopify') settings['pointsPerSecond'] = 1_000_000;
      },
    });
    const chance = new Chance(SEED, 0);
    const kills: string[] = [];
    for (const [index, { at, within }] of MOMENTS.entries()) {
      // A round that ended before its kill proves nothing: how long a step takes is the machine's, so it is drawn again, nearer.
      for (let most = within, killed = false; !killed; most = Math.floor(most / 2)) {
        const child = startChild(remotes.config, 'once');
        await child.line(at);
        const after = chance.whole(0, most);
        await wait(after);
        child.kill('SIGKILL');
        const code = await child.ended;
        killed = code === null;
        expect(killed || most > 0).toBe(true);
        kills.push(`${index + 1}: ${killed ? 'killed' : `ended with ${code}`} ${after} ms after "${at}"`);
        await live(remotes);
      }
    }
    expect(await roundsToRest(remotes)).toEqual({ code: 0, said: [expect.stringMatching(/^\s*✓ .*: 0 differences$/)] });
    const { store, close } = await remotes.openStore();
    // A day that began less than a day ago may still be open in one of the companies' zones.
    const closed = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
    const { faults, seen } = await judgePath(store, remotes, closed);
    const told = await toldOf(store, faults);
    await close();
    if (told !== '') process.stderr.write(told);
    expect({ faults, kills: faults.length === 0 ? 'as drawn' : kills }).toEqual({ faults: [], kills: 'as drawn' });
    expect(seen.requests).toBeGreaterThan(100);
    expect(seen.shipped).toBeGreaterThan(100);
    expect(seen.confirmations).toBeGreaterThan(100);
    expect(seen.documents).toBeGreaterThan(20);
    expect(seen.entries).toBeGreaterThan(500);
    expect(seen.shelves).toBeGreaterThan(100);
    expect(kills.filter((kill) => kill.includes(': killed ')).length).toBe(MOMENTS.length);
    for (const id of remotes.ids) expect(await remotes.ask(id, 'problems')).toEqual([]);
  }, 1_200_000);
});
