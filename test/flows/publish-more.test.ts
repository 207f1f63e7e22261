import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { InventorySink } from '../../src/connector/contract.ts';
import type { ChannelLevel } from '../../src/domain/fulfillment.ts';
import { orderId } from '../../src/domain/ids.ts';
import type { Log } from '../../src/domain/ports.ts';
import { NO_EFFECTS, type Flow } from '../../src/flows/flow.ts';
import { flowHandlers } from '../../src/flows/handlers.ts';
import { publishAll, publishStock } from '../../src/flows/publish-stock.ts';
import { pullOrders } from '../../src/flows/pull-orders.ts';
import {
  KIND,
  wantAllocateOrder,
  wantNormalizeOrder,
  wantPublishStock,
  wantPullOrders,
} from '../../src/flows/wanted.ts';
import type { Handler, Result } from '../../src/jobs/handler.ts';
import { startWorker } from '../../src/jobs/worker.ts';
import { pathTotals } from '../../src/queries/path-totals.ts';
import { toldDifferences } from '../../src/queries/told-differences.ts';
import type { Wanted } from '../../src/store/job-records.ts';
import { levelId, type LevelChange } from '../../src/store/level-records.ts';
import { systemClock, systemRandom } from '../../src/system/clock.ts';
import { silentLog } from '../../src/system/log.ts';
import { TEST_SCOPE, testMapping, type ToldOrder } from './order-text.ts';
import { openRig, type Rig } from './rig.ts';
import { runContext, runOne } from './run-one.ts';

let rig: Rig;
let flow: Flow;
let inventory: InventorySink;
/** What the channel shows, by listing; under `<listing>/2` what a second item of the same SKU shows. */
let shown: Map<string, number>;
/** Which listings were read, in order. */
let read: string[];
/** Which kinds of jobs publishing wanted, and what it said aloud. */
let wanted: string[];
let said: string[];
/** What happens at the channel between its being read and its being told. */
let sale: () => void;

const SHOP = TEST_SCOPE.connection;

beforeEach(async () => {
  rig = await openRig();
  shown = new Map();
  read = [];
  wanted = [];
  said = [];
  sale = () => undefined;
  inventory = {
    async levels(listings) {
      read.push(...listings);
      return listings.flatMap((listing) =>
        [listing, `${listing}/2`].flatMap((item) => {
          const available = shown.get(item);
          return available === undefined ? [] : [{ listing, item, location: 'l1', available }];
        }),
      );
    },
    async *all() {},
    async publish(publications) {
      sale();
      sale = () => undefined;
      return publications.map(({ item, available, wanted: number }) => {
        if (shown.get(item) !== available) return 'moved on';
        shown.set(item, number);
        return 'done';
      });
    },
  };
  const [standing] = rig.flow.connections.values();
  if (standing === undefined) throw new Error('there is no channel');
  const channel = {
    ...standing,
    mapping: {
      ...testMapping('m1'),
      // What the shop keeps, it keeps at l1 only.
      remote: (table: string, ours: string) =>
        table !== 'locations' ? null : ours === 'east' ? 'l1' : ours === 'west' ? 'l2' : null,
    },
    effects: { ...NO_EFFECTS, publish: 'on' },
    capabilities: { ...standing.capabilities, inventory },
  } as const;
  flow = {
    ...rig.flow,
    connections: new Map([[SHOP, channel]]),
    stockFrom: new Map([
      ['east', 'depot'],
      ['west', 'depot'],
    ]),
  };
});
afterEach(() => rig.close());

async function run(handler: Handler, want: Wanted): Promise<Result> {
  const context = runContext({
    log: listening(),
    async enqueue(wants) {
      if (want.kind === KIND.publishStock) wanted.push(...wants.map(({ kind }) => kind));
      else await rig.store.jobs.enqueue(wants, Date.now());
    },
  });
  return runOne(handler, want, context);
}

function listening(): Log {
  const log: Log = { ...silentLog, warn: (message: string) => void said.push(message), with: () => log };
  return log;
}

/** Publishes once. Returns what the channel shows of `a` then, and whether the job is done or comes again. */
async function publish(): Promise<readonly [number | undefined, 'done' | 'again' | 'failed']> {
  await systemClock.sleep(5);
  const result = await run(publishStock(flow), wantPublishStock(SHOP));
  await systemClock.sleep(5);
  return [shown.get('a'), 'done' in result ? 'done' : 'again' in result ? 'again' : 'failed'];
}

async function pull(...orders: readonly ToldOrder[]): Promise<void> {
  rig.channel.tell(...orders);
  await run(pullOrders(flow), wantPullOrders(SHOP));
}

/** Runs jobs of these kinds only, until none is left that would go on by itself. */
async function work(...kinds: readonly string[]): Promise<void> {
  const handlers = flowHandlers(flow).filter(({ kind }) => kinds.includes(kind));
  const settings = { store: rig.store, handlers, clock: systemClock, random: systemRandom, log: silentLog };
  const worker = await startWorker({ ...settings, host: 'test', pid: 1 });
  const { jobs } = rig.store.collections;
  while ((await jobs.countDocuments({ kind: { $in: [...kinds] }, state: { $ne: 'parked' } })) > 0)
    await systemClock.sleep(10);
  await worker.stop();
}

/** Ten are free here, and the channel shows fewer. */
async function stocked(showing: number): Promise<void> {
  const at = Date.now();
  await rig.store.levels.open([{ sku: 'a', location: 'east', onHand: 10, countedAt: new Date(at), cause: 'test' }], at);
  shown.set('a', showing);
}

/** From now on so many of a SKU are free there. */
async function counted(onHand: number, location = 'east', sku = 'a'): Promise<void> {
  const { levels } = rig.store;
  const at = new Date();
  await levels.open([{ sku, location, onHand, countedAt: at, cause: 'test' }], at.getTime());
  const [before] = await levels.heads([levelId(sku, location)]);
  if (before === undefined) throw new Error('the level is not there');
  const movement: LevelChange['movement'] = { at, kind: 'counted', lines: [], cause: 'test' };
  await levels.change([{ before, onHand, free: onHand, backlog: false, movement }]);
}

/** The channel keeps two items under `a`. Returns under which SKU each is, to be changed. */
function twoItems(): Map<string, string> {
  const listingOf = new Map([
    ['a', 'a'],
    ['a/2', 'a'],
  ]);
  const all = (): ChannelLevel[] =>
    [...listingOf].map(([item, listing]) => ({ listing, item, location: 'l1', available: shown.get(item) ?? 0 }));
  inventory.levels = async (listings) => all().filter(({ listing }) => listings.includes(listing));
  inventory.all = async function* () {
    yield all();
  };
  return listingOf;
}

it('a higher number is told as soon as the orders are here that the channel had when it was read, though stock has just changed', async () => {
  await stocked(2);
  expect(await publish()).toEqual([2, 'again']);
  await pull();
  expect(await publish()).toEqual([10, 'done']);
  expect(read).toEqual(['a']);
});

it('a higher number waits for an order that was pulled until it is planned, also between its normalizing and its allocating', async () => {
  await stocked(9);
  expect(await publish()).toEqual([9, 'again']);
  await pull({ id: '1', version: 1, lines: [{ sku: 'a', quantity: 1 }] });
  expect(await publish()).toEqual([9, 'again']);
  await work(KIND.normalizeOrder);
  expect((await rig.store.jobs.get(wantAllocateOrder(orderId(SHOP, '1')).key))?.state).toBe('ready');
  expect(await publish()).toEqual([9, 'again']);
  await work(KIND.allocateOrder);
  expect(await publish()).toEqual([9, 'done']);
});

it('a higher number waits while an order of the channel is parked, which is said once; a lower one does not', async () => {
  await stocked(9);
  await pull({ id: '1', version: 1, broken: true, lines: [{ sku: 'a', quantity: 1 }] });
  await work(KIND.normalizeOrder);
  expect(await publish()).toEqual([9, 'done']);
  expect(await publish()).toEqual([9, 'done']);
  expect(said).toEqual(['Higher numbers wait: an order of this channel is parked, and its units may be sold already.']);
  await rig.store.levels.open(
    [{ sku: 'b', location: 'east', onHand: 3, countedAt: new Date(), cause: 'test' }],
    Date.now(),
  );
  shown.set('b', 4);
  await publish();
  expect([shown.get('a'), shown.get('b')]).toEqual([9, 3]);
  await pull({ id: '1', version: 2, lines: [{ sku: 'a', quantity: 2 }] });
  await work(KIND.normalizeOrder, KIND.allocateOrder);
  expect(await publish()).toEqual([8, 'done']);
});

it('a lower number that the channel did not take is tried again at once, also while an order is parked', async () => {
  await stocked(12);
  await pull({ id: '1', version: 1, broken: true, lines: [{ sku: 'a', quantity: 1 }] });
  await work(KIND.normalizeOrder);
  sale = () => shown.set('a', 11);
  expect(await publish()).toEqual([11, 'again']);
  expect(await publish()).toEqual([10, 'done']);
});

it('every item that a channel keeps under one SKU is told the number, also the one that drifts alone later', async () => {
  await stocked(12);
  shown.set('a/2', 14);
  expect(await publish()).toEqual([10, 'done']);
  expect(shown.get('a/2')).toBe(10);
  shown.set('a/2', 11);
  const all = [...shown].map(([item, available]) => ({ listing: 'a', item, location: 'l1', available }));
  inventory.all = async function* () {
    yield all.slice(0, 1);
    yield all.slice(1);
  };
  await run(publishAll(flow), wantPublishStock(SHOP, true));
  expect([...shown]).toEqual([
    ['a', 10],
    ['a/2', 10],
  ]);
  expect(said).toEqual(['A channel showed other stock than it was told.']);
});

it('an item that is gone keeps none beside it waiting, and is told again when it is back', async () => {
  await stocked(10);
  shown.set('a/2', 10);
  expect(await publish()).toEqual([10, 'done']);
  shown.delete('a');
  await counted(12);
  read = [];
  expect([await publish(), shown.get('a/2')]).toEqual([[undefined, 'again'], 10]);
  await pull();
  expect([await publish(), shown.get('a/2')]).toEqual([[undefined, 'done'], 12]);
  await publish();
  expect(read).toEqual(['a']);
  expect((await pathTotals(rig.store)).published).toEqual([{ connection: SHOP, levels: 1, refused: 0 }]);

  await counted(13);
  await publish();
  await counted(14);
  await pull();
  expect([await publish(), shown.get('a/2')]).toEqual([[undefined, 'done'], 14]);
  expect(read).toEqual(['a', 'a']);

  shown.set('a', 16);
  await counted(11);
  expect([await publish(), shown.get('a/2')]).toEqual([[11, 'done'], 11]);
});

it('a listing that is gone altogether is looked for once when its number changes, and told where it is back', async () => {
  await stocked(10);
  expect(await publish()).toEqual([10, 'done']);
  shown.delete('a');
  await counted(12);
  await publish();
  await publish();
  expect(read).toEqual(['a', 'a']);
  const nothing = { requests: [], confirmations: [], documents: [], levels: [] };
  expect((await toldDifferences(rig.store, new Map([[SHOP, nothing]]))).differences).toEqual([]);
  shown.set('a', 13);
  inventory.all = async function* () {
    yield [{ listing: 'a', item: 'a', location: 'l1', available: 13 }];
  };
  await run(publishAll(flow), wantPublishStock(SHOP, true));
  expect([shown.get('a'), said]).toEqual([12, []]);
});

it('a location that a listing was taken off keeps none of its others waiting', async () => {
  const kept = new Map([
    ['l1', 10],
    ['l2', 5],
  ]);
  inventory.levels = async (listings) => {
    read.push(...listings);
    return [...kept].map(([location, available]) => ({ listing: 'a', item: 'a', location, available }));
  };
  inventory.publish = async (publications) =>
    publications.map(({ location, wanted: number }) => {
      kept.set(location, number);
      return 'done';
    });
  await stocked(10);
  await counted(5, 'west');
  expect(await publish()).toEqual([10, 'done']);
  kept.delete('l2');
  await counted(7, 'west');
  await counted(12);
  read = [];
  expect((await publish())[1]).toBe('again');
  await pull();
  expect((await publish())[1]).toBe('done');
  expect([[...kept], read]).toEqual([[['l1', 12]], ['a']]);
});

it('a number that a channel refuses for one location keeps none of its others waiting', async () => {
  const kept = new Map([
    ['l1', 12],
    ['l2', 2],
  ]);
  inventory.levels = async (listings) => {
    read.push(...listings);
    return [...kept].map(([location, available]) => ({ listing: 'a', item: 'a', location, available }));
  };
  inventory.publish = async (publications) =>
    publications.map(({ location, wanted: number }) => {
      if (location === 'l1') return { refused: 'not stocked there' };
      kept.set(location, number);
      return 'done';
    });
  await stocked(12);
  await counted(5, 'west');
  expect((await publish())[1]).toBe('again');
  await pull();
  expect([(await publish())[1], kept.get('l2'), read]).toEqual(['done', 5, ['a']]);
});

it('an item that is under another SKU by now is not told the number of the one before, once that was looked at again', async () => {
  const listingOf = twoItems();
  await stocked(2);
  shown.set('a/2', 14);
  sale = () => {
    shown.set('a/2', 13);
    listingOf.set('a', 'b');
  };
  expect(await publish()).toEqual([2, 'again']);
  await pull();
  expect([await publish(), shown.get('a/2')]).toEqual([[2, 'done'], 10]);
});

it('an item that is under another SKU by now is not told the number of the one before, once the channel was walked through', async () => {
  const listingOf = twoItems();
  await stocked(2);
  shown.set('a/2', 2);
  expect(await publish()).toEqual([2, 'again']);
  listingOf.set('a', 'b');
  await counted(2, 'east', 'b');
  await run(publishAll(flow), wantPublishStock(SHOP, true));
  await pull();
  expect([await publish(), shown.get('a/2')]).toEqual([[2, 'done'], 10]);
});

it("another channel's orders that stand still keep nothing from being told here", async () => {
  await stocked(9);
  await rig.store.jobs.enqueue(
    [wantNormalizeOrder('paused', orderId('paused', '1')), wantAllocateOrder(orderId('paused', '2'))],
    1_000,
  );
  await publish();
  await pull();
  expect(await publish()).toEqual([10, 'done']);
});

it('what waits for orders that are pulled already asks for no further pull, and is looked at ever more seldom', async () => {
  await stocked(9);
  await publish();
  expect(wanted).toEqual([KIND.pullOrders]);
  await pull({ id: '1', version: 1, lines: [{ sku: 'a', quantity: 1 }] });
  const handler = publishStock({ ...flow, clock: { ...systemClock, now: () => 1_000 } });
  const waits: number[] = [];
  for (let look = 0; look < 8; look += 1) {
    const result = await run(handler, wantPublishStock(SHOP));
    if ('again' in result) waits.push(result.again - 1_000);
  }
  expect([wanted, waits]).toEqual([[KIND.pullOrders], [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]]);
});

it('what an unpaid order has bought is sold, and is counted once also when it is paid', async () => {
  await stocked(9);
  await publish();
  await pull({ id: '1', version: 1, unpaid: true, lines: [{ sku: 'a', quantity: 2, cancelled: 1 }] });
  await work(KIND.normalizeOrder, KIND.allocateOrder);
  const [unpaid] = await rig.store.orders.read([orderId(SHOP, '1')]);
  expect([unpaid?.stage, await publish()]).toEqual(['held', [9, 'done']]);
  await pull({ id: '1', version: 2, lines: [{ sku: 'a', quantity: 2, cancelled: 1 }] });
  await work(KIND.normalizeOrder, KIND.allocateOrder);
  const [paid] = await rig.store.orders.read([orderId(SHOP, '1')]);
  expect([paid?.stage, await publish()]).toEqual(['allocated', [9, 'done']]);
});

it('what an order has bought is sold also where it is there and waits for something else to go with it', async () => {
  await stocked(7);
  flow = { ...flow, sourcing: { ...flow.sourcing, policy: 'ship-complete' } };
  await publish();
  await pull({
    id: '1',
    version: 1,
    lines: [
      { sku: 'a', quantity: 2 },
      { sku: 'none-left', quantity: 1 },
    ],
  });
  await work(KIND.normalizeOrder, KIND.allocateOrder);
  const [waiting] = await rig.store.orders.read([orderId(SHOP, '1')]);
  expect([waiting?.stage, waiting?.plan?.lines, waiting?.waiting]).toEqual(['waiting', [], ['none-left']]);
  expect(await publish()).toEqual([8, 'done']);
});

it('every level that changed is looked at in one run, however many changed at once', async () => {
  const at = Date.now();
  const skus = Array.from({ length: 4_100 }, (_, index) => `s${index}`);
  await rig.store.levels.open(
    skus.map((sku) => ({ sku, location: 'east', onHand: 1, countedAt: new Date(at), cause: 'test' })),
    at,
  );
  for (const sku of skus) shown.set(sku, 2);
  await publish();
  expect([read.length, new Set(read).size]).toEqual([4_100, 4_100]);
  expect([...new Set(shown.values())]).toEqual([1]);
  await publish();
  expect(read.length).toBe(4_100);
});
