import { afterAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { Chance } from '../../src/connector/sandbox/business/chance.ts';
import { startChild, startProduct } from './children.ts';
import { judge } from './shop-judge.ts';
import { openShops, type Shops } from './shops.ts';

/**
 * After which line of a starting worker it is killed, and within how many milliseconds: from its first instruction to its
 * last. Where no line is waited for it is `npm start -- --once` itself.
 */
const MOMENTS = [
  ...Array.from({ length: 7 }, () => ({ at: '', within: 2_500 })),
  ...Array.from({ length: 5 }, () => ({ at: 'step stock', within: 500 })),
  ...Array.from({ length: 6 }, () => ({ at: 'step orders', within: 900 })),
  ...Array.from({ length: 2 }, () => ({ at: 'step sweep', within: 300 })),
];
const KILLS = MOMENTS.length;
const SEED = 'killed-1';
let shops: Shops | null = null;

afterAll(() => shops?.close());

/** The shop goes on living while the worker does not: new orders, edits, cancellations, counts. */
async function live(open: Shops): Promise<void> {
  for (const shop of [open.us, open.eu]) await shop.tell('tick', { orders: 4, changes: 6, counts: 6 });
}

describe('a round that is killed', () => {
  it(`${KILLS} times at moments drawn from "${SEED}" ends, started again, with every order once, to the cent, and nothing oversold`, async () => {
    shops = await openShops({ seed: SEED });
    const chance = new Chance(SEED, 0);
    const kills: string[] = [];
    for (const [index, { at, within }] of MOMENTS.entries()) {
      const child = at === '' ? startProduct('--once', '--config', shops.config) : startChild(shops.config, 'once');
      if (at !== '') await child.line(at);
      const after = chance.whole(0, within);
      await wait(after);
      child.kill('SIGKILL');
      const code = await child.ended;
      kills.push(`${index + 1}: ${code === null ? 'killed' : `ended with ${code}`} ${after} ms after "${at}"`);
      await live(shops);
    }
    const last = startProduct('--once', '--config', shops.config);
    expect({ code: await last.ended, says: last.lines.at(-1) }).toEqual({
      code: 0,
      says: 'I1–I6 hold. What is parked waits for a person, and stops nothing else: crossdock parked list',
    });

    const { store, close } = await shops.openStore();
    const { faults, seen, parked } = await judge(store, shops.books());
    await close();
    expect({ faults, kills: faults.length === 0 ? 'as drawn' : kills }).toEqual({ faults: [], kills: 'as drawn' });
    expect(parked).toEqual([
      '#1018 totals-differ',
      '#5014 unmapped-payment',
      '#5061 unmapped-payment',
      '#5121 unmapped-payment',
    ]);
    expect(seen.orders).toBe(560 + KILLS * 2 * 4);
    // A kill that came too late proves nothing.
    expect(kills.filter((kill) => kill.includes('killed')).length).toBeGreaterThanOrEqual(KILLS - 2);
    expect(shops.us.control.problems()).toEqual([]);
    expect(shops.eu.control.problems()).toEqual([]);
  }, 180_000);
});
