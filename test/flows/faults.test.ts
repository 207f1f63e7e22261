import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import type { FaultKind, PlannedFault } from '../../src/connector/sandbox/fault-plan.ts';
import { orderId } from '../../src/domain/ids.ts';
import { wantPullOrder, wantPullOrders, wantPullStock, wantSweepOrders } from '../../src/flows/wanted.ts';
import type { Wanted } from '../../src/store/job-records.ts';
import type { Store } from '../../src/store/open-store.ts';
import { startChild, type Child } from './children.ts';
import { judge } from './shop-judge.ts';
import { openShops, type Shops } from './shops.ts';

const SHOP = 'harbour-us';
const TIMEOUT_MS = 1_000;
const PLANTED = ['#1018 totals-differ'];
const host = (): string => `POST ${new URL(shops.us.url).host}/admin/api/2026-10/graphql.json`;

let shops: Shops;
let worker: Child;
let store: Store;

beforeAll(async () => {
  shops = await openShops({ seed: 'faults', timeoutMs: TIMEOUT_MS, only: SHOP });
  const address = await shops.storeAddress();
  worker = startChild(shops.config, 'work');
  await worker.line('working');
  store = await shops.connect(address);
});
afterAll(async () => {
  await store.close();
  worker.kill('SIGTERM');
  await worker.ended;
  await shops.close();
});

async function run(...wanted: readonly Wanted[]): Promise<void> {
  await store.jobs.enqueue(wanted, Date.now());
  await settled();
}

async function settled(): Promise<void> {
  while (await store.jobs.open(new Date(Date.now() + 20_000), [])) await wait(20);
}

/** What went wrong with each pull of orders since, oldest first; null = it went well. */
async function pullsSince(at: number): Promise<(string | null)[]> {
  const runs = await store.connections.runs({ connection: SHOP, limit: 100 });
  return runs
    .filter((each) => each.startedAt.getTime() >= at)
    .map(({ error }) => error)
    .reverse();
}

/** Nothing lost, nothing doubled, nothing parked but what is planted, nobody paused, and every planned fault has happened. */
async function expectAllIsWell(orders: number): Promise<void> {
  const { faults, seen, parked } = await judge(store, shops.books());
  expect(faults).toEqual([]);
  expect(seen.orders).toBe(orders);
  expect(parked).toEqual(PLANTED);
  expect(await store.connections.paused()).toEqual([]);
  expect(shops.us.control.pendingFaults()).toEqual([]);
}

const idOf = (number: string): string => shops.us.books().orders.find((order) => order.number === number)?.id ?? '';

describe('a shop that fails', () => {
  let orders = 324;

  it('in seven ways on the first walk through its list is walked to the end, each page once', async () => {
    const kinds: PlannedFault[] = [
      { kind: '429', retryAfterS: 1 },
      { kind: 'throttled' },
      { kind: '5xx', status: 502 },
      { kind: 'cut-before-apply' },
      { kind: 'malformed' },
      { kind: 'timeout' },
      { kind: 'slow', ms: 3 * TIMEOUT_MS },
    ];
    // One page goes well between two failures; a request that fails for one plan counts for those behind it.
    kinds.forEach((fault, index) =>
      shops.us.control.fail({ ...fault, match: { body: 'query Orders(' }, after: 1 + 2 * index }),
    );
    const at = Date.now();
    await run(wantPullStock(SHOP));
    await run(wantPullOrders(SHOP));
    await expectAllIsWell(orders);
    expect(await pullsSince(at)).toEqual([
      `${host()}: the remote asks us to slow down (status 429)`,
      'Shopify’s cost bucket was empty for Orders for harbour-us.myshopify.com',
      `${host()}: the remote failed (status 502)`,
      `${host()}: the connection broke before the answer was whole (ECONNRESET)`,
      'Shopify answered Orders for harbour-us.myshopify.com with something that is not a GraphQL answer',
      `${host()}: no whole answer within ${TIMEOUT_MS} ms`,
      `${host()}: no whole answer within ${TIMEOUT_MS} ms`,
      null,
    ]);
    expect(await store.collections.raws.countDocuments({})).toBe(orders);
  }, 60_000);

  it.each<[FaultKind, Partial<PlannedFault>]>([
    ['429', { retryAfterS: 0.3 }],
    ['throttled', {}],
    ['5xx', { status: 503, times: 2 }],
    ['timeout', {}],
    ['cut-before-apply', { times: 2 }],
    ['malformed', {}],
    ['slow', { ms: TIMEOUT_MS / 2 }],
  ])(
    'by %s %j at its list, its stock, its ids and a single order costs nothing but time',
    async (kind, more) => {
      await shops.us.tell('tick', { orders: 3, changes: 5, counts: 5 });
      orders += 3;
      for (const body of ['query Orders(', 'query Stock(', 'query OrderIds(', 'query OrdersById(']) {
        shops.us.control.fail({ kind, ...more, match: { body } });
      }
      const before = shops.us.control.requests().length;
      const at = Date.now();
      await run(wantPullStock(SHOP), wantPullOrders(SHOP), wantSweepOrders(SHOP), wantPullOrder(SHOP, idOf('#1010')));
      // A count that was read before the last change of stock is read again on schedule.
      await run(wantPullStock(SHOP), wantSweepOrders(SHOP));
      await expectAllIsWell(orders);
      const failed = shops.us.control
        .requests()
        .slice(before)
        .filter(({ fault }) => fault === kind).length;
      expect(failed).toBe(4 * Number(more.times ?? 1));
      const slowButGood = kind === 'slow';
      expect((await pullsSince(at)).map((error) => error !== null)).toEqual([
        ...Array.from({ length: slowButGood ? 0 : Number(more.times ?? 1) }, () => true),
        false,
      ]);
    },
    30_000,
  );

  it('by listing an order late, behind newer ones, has it found by the sweep and asked for by its id', async () => {
    const earlier = new Date(Date.now() - 40 * 60_000).toISOString();
    const late = await shops.us.tell('tick', { orders: 1, changes: 0, counts: 0, at: earlier });
    const [id = ''] = placedIn(late);
    await shops.us.tell('list-late', { order: id });
    await shops.us.tell('tick', { orders: 2, changes: 0, counts: 0 });
    orders += 3;
    await run(wantPullOrders(SHOP));
    await shops.us.tell('show-all');
    // The list is read on from the newest change seen: what it left out is behind that.
    await run(wantPullOrders(SHOP));
    expect(await store.orders.read([orderId(SHOP, id)])).toEqual([]);
    await run(wantSweepOrders(SHOP));
    const [found] = await store.orders.read([orderId(SHOP, id)]);
    expect(found?.externalId).toBe(id);
    const raw = await store.raws.history(orderId(SHOP, id));
    expect(raw.map(({ n, by }) => ({ n, by }))).toEqual([{ n: 1, by: 'id' }]);
    await expectAllIsWell(orders);
    await run(wantSweepOrders(SHOP));
    const days = await store.connections.completeness(SHOP);
    expect(days.map(({ missing, stale, extra, parked }) => [missing, stale, extra, parked]).flat(2)).toEqual([]);
  }, 30_000);

  it('by changing an order twice within one tick of its clock is believed by the id: both changes are there', async () => {
    const at = new Date(Math.floor(Date.now() / 1_000) * 1_000).toISOString();
    const open = shops.us
      .books()
      .orders.find(
        ({ cancelled, story, lines }) =>
          !cancelled && story === 'plain' && lines.every(({ shipped, cancelled: gone }) => shipped + gone === 0),
      );
    const id = open?.id ?? '';
    await shops.us.tell('change', { order: id, kind: 'edit-add', at });
    await run(wantPullOrders(SHOP));
    await shops.us.tell('change', { order: id, kind: 'edit-reduce', at });
    await run(wantPullOrders(SHOP));
    const [order] = await store.orders.read([orderId(SHOP, id)]);
    const raw = await store.raws.history(orderId(SHOP, id));
    expect(raw.map(({ version, by }) => ({ version, by })).slice(-3)).toEqual([
      { version: Date.parse(at), by: 'list' },
      { version: Date.parse(at), by: 'list' },
      { version: Date.parse(at), by: 'id' },
    ]);
    expect(order?.revision).toBe(3);
    await expectAllIsWell(orders);
  }, 30_000);
});

function placedIn(told: unknown): string[] {
  if (typeof told !== 'object' || told === null || !('placed' in told) || !Array.isArray(told.placed))
    throw new Error('nothing was placed');
  return told.placed.map(String);
}
