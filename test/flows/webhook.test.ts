import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import type { Delivery } from '../../connectors/shopify/sandbox-webhooks.ts';
import { orderId } from '../../src/domain/ids.ts';
import { wantBackfillOrders } from '../../src/flows/wanted.ts';
import type { Store } from '../../src/store/open-store.ts';
import { startProduct, type Child } from './children.ts';
import { judge } from './shop-judge.ts';
import { openShops, type Shops } from './shops.ts';

const SHOP = 'harbour-us';
let shops: Shops;
let product: Child;
let store: Store;
let orders = 324;

/** `npm start`, until its first round is done. */
async function startServing(): Promise<void> {
  product = startProduct('--config', shops.config);
  await product.line('Stop with Ctrl-C');
}

beforeAll(async () => {
  shops = await openShops({ seed: 'hints', only: SHOP });
  const address = await shops.storeAddress();
  await startServing();
  store = await shops.connect(address);
  while ((await store.collections.orders.countDocuments({ stage: { $ne: 'captured' } })) < orders) await wait(50);
  await quiet();
}, 30_000);
afterAll(async () => {
  await store.close();
  product.kill('SIGTERM');
  await product.ended;
  await shops.close();
});

async function quiet(): Promise<void> {
  while (await store.jobs.open(new Date(Date.now() + 20_000), [])) await wait(20);
}

function web(): string {
  return /Health (http:\S+)\/healthz/.exec(product.lines.join('\n'))?.[1] ?? '';
}

/** The shop tells what has happened; what each delivery was answered. */
async function deliver(input: Readonly<Record<string, unknown>> = {}, connection = SHOP): Promise<number[]> {
  const told = await shops.us.tell('deliver', { address: `${web()}/webhooks/${connection}`, ...input });
  return isDeliveries(told) ? told.map(({ status }) => status) : [];
}

function isDeliveries(value: unknown): value is readonly Delivery[] {
  return Array.isArray(value);
}

/** An order that the list does not show: only a hint can tell of it. */
async function placeUnlisted(): Promise<string> {
  const told = await shops.us.tell('tick', { orders: 1, changes: 0, counts: 0 });
  orders += 1;
  const id =
    typeof told === 'object' && told !== null && 'placed' in told && Array.isArray(told.placed)
      ? String(told.placed[0])
      : '';
  await shops.us.tell('list-late', { order: id });
  return id;
}

async function captured(id: string): Promise<{ n: number; by: string }[]> {
  for (const until = Date.now() + 10_000; Date.now() < until; await wait(20)) {
    const raw = await store.raws.history(orderId(SHOP, id));
    if (raw.length > 0 && (await store.orders.read([orderId(SHOP, id)])).length > 0)
      return raw.map(({ n, by }) => ({ n, by }));
  }
  return [];
}

const kept = (): Promise<number> => store.collections.inbox.countDocuments({});

async function expectAllIsWell(): Promise<void> {
  await quiet();
  const { faults, seen, parked } = await judge(store, shops.books());
  expect({ faults, parked, orders: seen.orders }).toEqual({ faults: [], parked: ['#1018 totals-differ'], orders });
}

describe('a webhook', () => {
  it('that is genuine is kept before it is answered: killed right after the answer, the next start pulls the order by its id', async () => {
    const id = await placeUnlisted();
    expect(await deliver()).toEqual([200]);
    product.kill('SIGKILL');
    await product.ended;
    await startServing();
    expect(await captured(id)).toEqual([{ n: 1, by: 'id' }]);
    expect(await kept()).toBe(1);
    await expectAllIsWell();
  }, 40_000);

  it('that is signed with another secret is refused with 401, and nothing is kept or pulled', async () => {
    const before = await kept();
    const id = await placeUnlisted();
    expect(await deliver({ badHmac: true })).toEqual([401]);
    await quiet();
    expect(await kept()).toBe(before);
    expect(await store.orders.read([orderId(SHOP, id)])).toEqual([]);
    await shops.us.tell('change', { order: id, kind: 'touch' });
    expect(await deliver()).toEqual([200]);
    expect(await captured(id)).toEqual([{ n: 1, by: 'id' }]);
  }, 20_000);

  it('that comes twice is answered twice and kept once; in the wrong order, the newest state still stands', async () => {
    const before = await kept();
    const id = await placeUnlisted();
    await shops.us.tell('change', { order: id, kind: 'edit-add' });
    await wait(1_100);
    await shops.us.tell('change', { order: id, kind: 'edit-reduce' });
    const events = shops.us.books().events;
    const answers = await deliver({ duplicate: true, reversed: true });
    expect(answers).toEqual(Array.from({ length: 2 * events }, () => 200));
    expect(await kept()).toBe(before + events);
    await captured(id);
    await expectAllIsWell();
  }, 20_000);

  it('of stock that changed has it counted; one of a connection that there is not is answered 404', async () => {
    const [shelf] = shops.us.books().stock;
    await shops.us.tell('count', { sku: shelf?.sku, place: shelf?.place, onHand: (shelf?.onHand ?? 0) + 7 });
    expect(await deliver({}, 'harbour-mars')).toEqual([404]);
    await shops.us.tell('count', { sku: shelf?.sku, place: shelf?.place, onHand: (shelf?.onHand ?? 0) + 9 });
    expect(await deliver()).toEqual([200]);
    await wait(300);
    await expectAllIsWell();
  }, 20_000);

  it('overtakes a backfill: its order is captured while the past is still being read', async () => {
    shops.us.control.fail({ kind: 'slow', ms: 3_000, match: { path: '/bulk/' } });
    const day = 86_400_000;
    await store.jobs.enqueue([wantBackfillOrders(SHOP, Date.now() - 4 * day, Date.now() - 3 * day)], Date.now());
    while (shops.us.control.pendingFaults().length > 0) await wait(20);
    const id = await placeUnlisted();
    expect(await deliver()).toEqual([200]);
    expect(await captured(id)).toEqual([{ n: 1, by: 'id' }]);
    expect(
      (await store.collections.jobs.find({ kind: 'backfill-orders' }).toArray()).map(({ state }) => state),
    ).toEqual(['claimed']);
    await expectAllIsWell();
    const [run] = (await store.connections.runs({ connection: SHOP, limit: 20 })).filter(
      ({ verb }) => verb === 'backfill-orders',
    );
    expect(run?.error).toBeNull();
    expect(run?.seen).toBeGreaterThan(10);
  }, 30_000);
});
