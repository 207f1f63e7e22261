import { afterAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { wantPullOrders, wantPullStock, wantSweepOrders } from '../../src/flows/wanted.ts';
import type { Wanted } from '../../src/store/job-records.ts';
import type { Store } from '../../src/store/open-store.ts';
import { startChild, type Child } from './children.ts';
import { judge } from './shop-judge.ts';
import { openShops, type Shops } from './shops.ts';

const SHOPS = ['harbour-us', 'harbour-eu'];
const TAKEOVER_MS = 5_000;
let shops: Shops | null = null;
const children: Child[] = [];

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await shops?.close();
});

/** Asks again while the store changes hands: only a write that was cut off is the asker's to repeat. */
async function persist<T>(ask: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + 20_000; ;) {
    try {
      return await ask();
    } catch (thrown) {
      if (Date.now() > until) throw thrown;
      await wait(50);
    }
  }
}

async function enqueue(store: Store, wanted: readonly Wanted[]): Promise<void> {
  await persist(() => store.jobs.enqueue(wanted, Date.now()));
}

async function quiet(store: Store): Promise<void> {
  while (await persist(() => store.jobs.open(new Date(Date.now() + 20_000), []))) await wait(50);
}

describe('three workers on one embedded store', () => {
  it(`lose the one that serves it in mid-work: another serves within ${TAKEOVER_MS / 1_000} s, each order is there once, nothing is oversold`, async () => {
    shops = await openShops({ seed: 'three' });
    const address = await shops.storeAddress();
    // The first to open the file serves it; the others find it served and connect.
    const serving = startChild(shops.config, 'work');
    children.push(serving);
    await serving.line('working');
    const others = [startChild(shops.config, 'work'), startChild(shops.config, 'work')];
    children.push(...others);
    for (const other of others) await other.line('working');

    const store = await shops.connect(address);
    await enqueue(store, SHOPS.map(wantPullStock));
    await quiet(store);
    await enqueue(store, SHOPS.map(wantPullOrders));
    while ((await store.collections.orders.countDocuments({})) < 60) await wait(10);
    expect(await store.collections.workers.countDocuments({ state: 'alive' })).toBe(3);
    const held = await store.collections.jobs.countDocuments({ state: 'claimed' });
    serving.kill('SIGKILL');
    const killed = Date.now();
    await persist(() => store.measureClock());
    const served = Date.now() - killed;
    expect(held).toBeGreaterThan(0);
    expect(served).toBeLessThan(TAKEOVER_MS);
    await shops.us.tell('tick', { orders: 10, changes: 20, counts: 20 });
    await shops.eu.tell('tick', { orders: 10, changes: 20, counts: 20 });
    await enqueue(store, [...SHOPS.map(wantPullStock), ...SHOPS.map(wantPullOrders)]);
    while ((await persist(() => store.collections.workers.countDocuments({ state: 'alive' }))) > 2) await wait(20);
    const buried = Date.now() - killed;
    expect(buried).toBeLessThan(TAKEOVER_MS);
    await quiet(store);
    // Once more, as the schedule would: what was counted or changed while the list was walked.
    await enqueue(store, [...SHOPS.map(wantPullStock), ...SHOPS.map(wantSweepOrders)]);
    await quiet(store);

    const { faults, seen, parked } = await judge(store, shops.books());
    expect(faults).toEqual([]);
    expect(seen.orders).toBe(580);
    expect(parked).toEqual([
      '#1018 totals-differ',
      '#5014 unmapped-payment',
      '#5061 unmapped-payment',
      '#5121 unmapped-payment',
    ]);
    await store.close();

    for (const other of others) {
      const asked = Date.now();
      other.kill('SIGTERM');
      expect(await other.ended).toBe(0);
      expect(Date.now() - asked).toBeLessThan(10_000);
    }
  }, 90_000);
});
