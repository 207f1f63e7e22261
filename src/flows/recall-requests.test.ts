import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { askedPart } from '../../test/flows/asked-part.ts';
import { TEST_SCOPE } from '../../test/flows/order-text.ts';
import { openRig, type Rig } from '../../test/flows/rig.ts';
import { claimed, runContext, runOne } from '../../test/flows/run-one.ts';
import type { FulfillmentProvider, Recalled, ShipmentSource } from '../connector/contract.ts';
import type { Shipment } from '../domain/fulfillment.ts';
import { fulfillmentKey } from '../domain/fulfillment-key.ts';
import { SyncError } from '../domain/errors.ts';
import { orderId, type Key } from '../domain/ids.ts';
import type { Result } from '../jobs/handler.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { OpenedRaw } from '../store/raw-records.ts';
import { allocateOrder } from './allocate-order.ts';
import { cancelFulfillment } from './cancel-fulfillment.ts';
import { NO_EFFECTS, type Flow } from './flow.ts';
import { fulfillOrder } from './fulfill-order.ts';
import { pushFulfillment } from './push-fulfillment.ts';
import { recallRequests } from './recall-requests.ts';
import { settleEffect } from './settle-effect.ts';
import { takeShipments } from './take-shipments.ts';
import {
  KIND,
  wantAllocateOrder,
  wantForFulfillment,
  wantFulfillOrder,
  wantPullOrders,
  wantPullStock,
  wantRecallRequests,
  wantTakeShipments,
} from './wanted.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

const order = orderId(TEST_SCOPE.connection, '1');
const keyOf = (n: number): Key => fulfillmentKey(order, n);
const RAW: OpenedRaw = {
  _id: 'depot/s1#1',
  record: 's1',
  n: 1,
  connection: 'depot',
  kind: 'shipment',
  order,
  externalId: 's1',
  version: 1,
  hash: '',
  at: new Date(0),
  by: 'list',
  text: '{}',
};
/** What left is taken over, and the rest is planned: also after a run that was killed before it could want that. */
const FOLLOWS = [wantTakeShipments(order).key, wantAllocateOrder(order).key];
const RECALL = wantRecallRequests('depot', order);

/** An order of these lines, planned at east, where there is enough of everything. */
async function planned(lines: readonly { readonly sku: string; readonly quantity: number }[]): Promise<void> {
  for (const { sku } of lines) rig.stock.set(`${sku}@east`, 20);
  rig.channel.tell({ id: '1', version: 1_000, lines });
  const worker = await rig.worker();
  await worker.enqueue([wantPullStock(TEST_SCOPE.connection)]);
  await rig.quiet();
  await worker.enqueue([wantPullOrders(TEST_SCOPE.connection)]);
  await rig.quiet();
  await worker.stop();
}

/** The flow after a restore so long ago, with a depot at east that holds these requests. */
function restored(agoMs: number, held: readonly Recalled[], asked: Key[] = []): Flow {
  const [channel] = rig.flow.connections.values();
  if (channel === undefined) throw new Error('there is no channel');
  const never = async (): Promise<never> => {
    throw new Error('nothing is to be sent');
  };
  const provider: FulfillmentProvider = {
    uniqueness: { by: 'find', settleMs: 5_000 },
    send: never,
    find: never,
    cancel: never,
    recall: async (keys) => {
      asked.push(...keys);
      return held.filter(({ key }) => keys.includes(key));
    },
  };
  const depot = {
    ...channel,
    id: 'depot',
    effects: { ...NO_EFFECTS, push: 'on' as const },
    capabilities: { provider, check: async () => undefined },
  };
  const at = rig.store.clock.now() - agoMs;
  return {
    ...rig.flow,
    store: { ...rig.store, effects: { ...rig.store.effects, restoredAt: async () => at } },
    connections: new Map([...rig.flow.connections, ['depot', depot]]),
    shipsBy: new Map([['east', 'depot']]),
  };
}

function held(n: number, lines: Recalled['lines'], state: Recalled['state'] = 'done'): Recalled {
  return { key: keyOf(n), id: `d${n}`, location: 'east', lines, state };
}

function wantedOf(result: Result): readonly string[] {
  expect(result).toMatchObject({ done: true });
  return (result.enqueue ?? []).map(({ key }) => key);
}

async function parts(): Promise<readonly Pick<FulfillmentPart, 'n' | 'state' | 'externalId' | 'lines'>[]> {
  const [standing] = await rig.store.orders.readForAllocation([order]);
  return (standing?.fulfillments ?? []).map(({ n, state, externalId, lines }) => ({ n, state, externalId, lines }));
}

describe('a part that a backup has as not sent, of a provider that can be asked nothing', () => {
  it('is no part that was never sent when it is called back: a person says what became of it', async () => {
    rig.channel.tell({ id: '1', version: 1_000, lines: [{ sku: 'a', quantity: 1 }] });
    const worker = await rig.worker();
    await worker.enqueue([wantPullOrders(TEST_SCOPE.connection)]);
    await rig.quiet();
    await worker.stop();
    await known([atEast(1, { unwanted: 'the order was cancelled' })]);
    const flow = blind(restored(60_000, []));
    const push = wantForFulfillment(KIND.pushFulfillment, 'depot', keyOf(1));
    const cancel = wantForFulfillment(KIND.cancelFulfillment, 'depot', keyOf(1));
    expect(wantedOf(await runOne(cancelFulfillment(flow), cancel))).toEqual([push.key]);
    expect(await runOne(pushFulfillment(flow), push)).toMatchObject({
      error: { fault: 'data', code: 'effect-unknown' },
    });
    expect((await rig.store.effects.get(keyOf(1)))?.state).toBe('unsure');
    await settleEffect(flow, keyOf(1), { as: 'not-sent' }, 'it is not there');
    expect(wantedOf(await runOne(pushFulfillment(flow), push))).toEqual([cancel.key]);
    expect(wantedOf(await runOne(cancelFulfillment(flow), cancel))).toEqual([wantAllocateOrder(order).key]);
    expect((await parts()).map(({ state }) => state)).toEqual(['cancelled']);
  });
});

describe('an order that may have been handed on before a restore', () => {
  it('is handed on to nobody before its provider was asked what it holds of it', async () => {
    await planned([{ sku: 'a', quantity: 3 }]);
    expect(wantedOf(await runOne(fulfillOrder(restored(0, [])), wantFulfillOrder(order)))).toEqual([RECALL.key]);
    expect(await parts()).toEqual([]);
  });

  it('is asked about when what was under way at the restore has arrived and is settled, and not sooner', async () => {
    await planned([{ sku: 'a', quantity: 3 }]);
    const asked: Key[] = [];
    const early = restored(34_000, [], asked);
    const at = await early.store.effects.restoredAt();
    const result = await runOne(recallRequests(early), RECALL);
    expect(result).toMatchObject({
      error: { fault: 'throttled', code: 'effect-settling', retryAt: (at ?? 0) + 35_000 },
    });
    expect(asked).toEqual([]);
    expect(wantedOf(await runOne(recallRequests(restored(36_000, [], asked)), RECALL))).toEqual(FOLLOWS);
    expect(asked).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map(keyOf));
  });

  it('has then what the provider holds as its own, and asks only for the rest, under a key that it never had', async () => {
    await planned([{ sku: 'a', quantity: 3 }]);
    const asked: Key[] = [];
    const flow = restored(
      60_000,
      [held(1, [{ sku: 'a', quantity: 2 }]), held(8, [{ sku: 'a', quantity: 1 }], 'stopped')],
      asked,
    );
    expect(wantedOf(await runOne(recallRequests(flow), RECALL))).toEqual(FOLLOWS);
    // The last key that was asked for was taken: there may be more behind it.
    expect(asked).toHaveLength(16);
    const known = [
      { n: 1, state: 'pushed', externalId: 'd1', lines: [{ line: '1', sku: 'a', quantity: 2 }] },
      { n: 8, state: 'cancelled', externalId: 'd8', lines: [{ line: '1', sku: 'a', quantity: 1 }] },
    ];
    expect(await parts()).toEqual(known);
    await runOne(fulfillOrder(flow), wantFulfillOrder(order));
    expect(await parts()).toEqual([
      ...known,
      { n: 9, state: 'asked', externalId: null, lines: [{ line: '1', sku: 'a', quantity: 1 }] },
    ]);
  });

  it('is asked about once for a restore, and again after the next', async () => {
    await planned([{ sku: 'a', quantity: 1 }]);
    const asked: Key[] = [];
    const flow = restored(60_000, [], asked);
    await runOne(recallRequests(flow), RECALL);
    expect(asked).toHaveLength(8);
    const wanted = async (now: Flow): Promise<boolean> =>
      wantedOf(await runOne(fulfillOrder(now), wantFulfillOrder(order))).includes(RECALL.key);
    expect([await wanted(flow), await wanted(restored(-1_000, []))]).toEqual([false, true]);
  });

  it('is asked about when a shipment of it comes that we do not know to have asked for', async () => {
    await planned([{ sku: 'a', quantity: 1 }]);
    const flow = restored(60_000, []);
    const depot = flow.connections.get('depot');
    if (depot === undefined) throw new Error('there is no depot');
    const shipment: Shipment = {
      connection: 'depot',
      externalId: 's1',
      request: keyOf(1),
      status: 'shipped',
      reason: null,
      shippedAt: 1_000,
      parcels: [],
    };
    const none: ShipmentSource = {
      async *pull() {},
      get: async () => null,
      async *ids() {},
      normalize: () => shipment,
    };
    const told: Flow = {
      ...flow,
      store: {
        ...flow.store,
        raws: { ...flow.store.raws, shipmentsOf: async () => new Map([[order, [RAW]]]) },
      },
      connections: new Map([
        ...flow.connections,
        ['depot', { ...depot, capabilities: { ...depot.capabilities, shipments: none } }],
      ]),
    };
    expect(wantedOf(await runOne(takeShipments(told), wantTakeShipments(order)))).toEqual([RECALL.key]);
    await runOne(recallRequests(told), RECALL);
    expect(wantedOf(await runOne(takeShipments(told), wantTakeShipments(order)))).toEqual([]);
  });

  it('is not pushed, nor taken for never sent, while that is not known', async () => {
    await planned([{ sku: 'a', quantity: 1 }]);
    await known([atEast(1), atEast(2, { unwanted: 'fewer units are wanted' })]);
    const flow = restored(60_000, []);
    for (const n of [1, 2])
      expect(
        wantedOf(await runOne(pushFulfillment(flow), wantForFulfillment(KIND.pushFulfillment, 'depot', keyOf(n)))),
      ).toEqual([RECALL.key]);
    const cancel = wantForFulfillment(KIND.cancelFulfillment, 'depot', keyOf(2));
    expect(wantedOf(await runOne(cancelFulfillment(flow), cancel))).toEqual([RECALL.key]);
    expect((await parts()).map(({ state }) => state)).toEqual(['asked', 'asked']);
    expect(await rig.store.effects.get(keyOf(2))).toBeNull();
  });

  it('has as sent what the backup had as still to be sent, and what it has not sent gives way to what somebody has', async () => {
    await planned([{ sku: 'a', quantity: 2 }]);
    await known([atEast(1), atEast(2)]);
    const sending = { key: keyOf(2), connection: 'depot', verb: 'push', subject: order, payload: 'null' };
    await rig.store.effects.freeze(sending, rig.store.clock.now() - 120_000, { state: 'sending', settleAt: null });
    const flow = restored(60_000, [held(2, [{ sku: 'a', quantity: 1 }]), held(3, [{ sku: 'a', quantity: 1 }])]);
    await runOne(recallRequests(flow), RECALL);
    expect(wantedOf(await runOne(fulfillOrder(flow), wantFulfillOrder(order)))).toEqual([
      wantForFulfillment(KIND.cancelFulfillment, 'depot', keyOf(1)).key,
    ]);
    expect(await parts()).toMatchObject([
      { n: 1, state: 'asked', externalId: null },
      { n: 2, state: 'pushed', externalId: 'd2' },
      { n: 3, state: 'pushed', externalId: 'd3' },
    ]);
    expect(await rig.store.effects.get(keyOf(2))).toMatchObject({ state: 'sent', externalId: 'd2' });
  });

  it('is asked about when it was cancelled since and nothing of it is to be planned', async () => {
    rig.channel.tell({ id: '1', version: 1_000, lines: [{ sku: 'a', quantity: 1 }], cancelled: true });
    const worker = await rig.worker();
    await worker.enqueue([wantPullOrders(TEST_SCOPE.connection)]);
    await rig.quiet();
    await worker.stop();
    const flow = restored(60_000, [held(1, [{ sku: 'a', quantity: 1 }])]);
    expect(wantedOf(await runOne(allocateOrder(flow), wantAllocateOrder(order)))).toEqual([RECALL.key]);
    await runOne(recallRequests(flow), RECALL);
    expect(wantedOf(await runOne(allocateOrder(flow), wantAllocateOrder(order)))).toEqual([
      wantForFulfillment(KIND.cancelFulfillment, 'depot', keyOf(1)).key,
    ]);
  });

  it('waits for what its channel has of it since the backup, since units are told apart by its lines', async () => {
    await planned([{ sku: 'a', quantity: 1 }]);
    await rig.store.collections.connections.updateOne(
      { _id: TEST_SCOPE.connection },
      { $set: { pulledFrom: new Date(rig.store.clock.now() - 120_000) } },
    );
    const asked: Key[] = [];
    expect(await runOne(recallRequests(restored(60_000, [], asked)), RECALL)).toMatchObject({
      error: { fault: 'throttled', code: 'effect-settling' },
    });
    expect(asked).toEqual([]);
  });

  it('keeps no other order waiting where what a provider says of one cannot be read', async () => {
    await planned([{ sku: 'a', quantity: 1 }]);
    const flow = restored(60_000, []);
    const depot = flow.connections.get('depot');
    if (depot?.capabilities.provider === undefined) throw new Error('there is no depot');
    const unreadable = new SyncError('bug', 'an answer that nobody understands', { remedy: 'Report it.' });
    const provider: FulfillmentProvider = {
      ...depot.capabilities.provider,
      recall: async (keys) => {
        if (keys.some((key) => !key.includes(order))) throw unreadable;
        return [];
      },
    };
    rig.channel.tell({ id: '2', version: 2_000, lines: [{ sku: 'a', quantity: 1 }] });
    const worker = await rig.worker();
    await worker.enqueue([wantPullOrders(TEST_SCOPE.connection)]);
    await rig.quiet();
    await worker.stop();
    const two = {
      ...flow,
      connections: new Map([
        ...flow.connections,
        ['depot', { ...depot, capabilities: { provider, check: async () => undefined } }],
      ]),
    };
    const other = wantRecallRequests('depot', orderId(TEST_SCOPE.connection, '2'));
    const results = await recallRequests(two).run([other, RECALL].map(claimed), runContext());
    expect(results.map((result) => ('error' in result ? result.error.fault : 'done'))).toEqual(['bug', 'done']);
  });

  it.each([
    ['units that none of its lines is made of', 'recalled-without-line', 'depot', ['unheard-of']],
    ['a request of which it names no unit', 'recalled-without-units', 'depot', []],
    ['a key that another provider was asked for since', 'recalled-elsewhere', 'other', ['a']],
  ])('is a case for a person where a provider holds %s', async (_what, code, provider, skus) => {
    await planned([{ sku: 'a', quantity: 1 }]);
    if (provider === 'other') await known([atEast(1, { provider })]);
    const lines = skus.map((sku) => ({ sku, quantity: 1 }));
    const flow = restored(60_000, [held(1, lines)]);
    expect(await runOne(recallRequests(flow), RECALL)).toMatchObject({ error: { fault: 'data', code } });
    const [standing] = await rig.store.orders.readForAllocation([order]);
    expect(standing?.recalled).toBeUndefined();
  });
});

function atEast(n: number, change: Partial<FulfillmentPart> = {}): FulfillmentPart {
  return askedPart(n, { location: 'east', assigned: true, ...change });
}

/** The order as the backup had it, with these parts. */
async function known(fulfillments: FulfillmentPart[]): Promise<void> {
  const [before] = await rig.store.orders.readForAllocation([order]);
  if (before === undefined) throw new Error('the order is not there');
  await rig.store.orders.change([{ before, set: { fulfillments }, trail: [] }]);
}

/** The same with a provider that can be asked nothing. */
function blind(flow: Flow): Flow {
  const depot = flow.connections.get('depot');
  const sink = depot?.capabilities.provider;
  if (depot === undefined || sink === undefined) throw new Error('there is no depot');
  const { recall: _asked, ...rest } = sink;
  const provider: FulfillmentProvider = { ...rest, uniqueness: { by: 'none' } };
  return {
    ...flow,
    connections: new Map([
      ...flow.connections,
      ['depot', { ...depot, capabilities: { ...depot.capabilities, provider } }],
    ]),
  };
}
