import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TEST_SCOPE } from '../../test/flows/order-text.ts';
import { openRig, type Rig } from '../../test/flows/rig.ts';
import type { FulfillmentProvider, Recalled, ShipmentSource } from '../connector/contract.ts';
import type { Shipment } from '../domain/fulfillment.ts';
import { fulfillmentKey } from '../domain/fulfillment-key.ts';
import { orderId, type Key } from '../domain/ids.ts';
import type { Handler, Result } from '../jobs/handler.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import type { OpenedRaw } from '../store/raw-records.ts';
import { NO_EFFECTS, type Flow } from './flow.ts';
import { fulfillOrder } from './fulfill-order.ts';
import { recallRequests } from './recall-requests.ts';
import { takeShipments } from './take-shipments.ts';
import {
  wantAllocateOrder,
  wantFulfillOrder,
  wantPullOrder,
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
const RECALL = wantRecallRequests('depot', order);

/** An order of these lines, planned at east, where there is enough of everything. */
async function planned(lines: readonly { readonly sku: string; readonly quantity: number }[]): Promise<void> {
  for (const { sku } of lines) rig.stock.set(`${sku}@east`, 20);
  rig.channel.tell({ id: '1', version: 1_000, lines });
  const worker = await rig.worker();
  await worker.enqueue([wantPullStock(TEST_SCOPE.connection)]);
  await rig.quiet();
  await worker.enqueue([wantPullOrder(TEST_SCOPE.connection, '1')]);
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

async function run(handler: Handler, { key: _id, ...wanted }: Wanted): Promise<Result> {
  const { kind, lane, connection, subject, prio } = wanted;
  const job: ClaimedJob = {
    ...{ _id, kind, lane, connection, subject, prio },
    ...{ wanted: 0, mark: '', token: 't', attempts: 0, at: new Date(0) },
  };
  const [result] = await handler.run([job], {
    signal: new AbortController().signal,
    log: rig.flow.log,
    enqueue: async () => undefined,
    alive: () => true,
    requestMs: 30_000,
  });
  if (result === undefined) throw new Error('it has no result');
  return result;
}

function wantedOf(result: Result): readonly string[] {
  expect(result).toMatchObject({ done: true });
  return (result.enqueue ?? []).map(({ key }) => key);
}

async function parts(): Promise<readonly Pick<FulfillmentPart, 'n' | 'state' | 'externalId' | 'lines'>[]> {
  const [standing] = await rig.store.orders.readForAllocation([order]);
  return (standing?.fulfillments ?? []).map(({ n, state, externalId, lines }) => ({ n, state, externalId, lines }));
}

describe('an order that may have been handed on before a restore', () => {
  it('is handed on to nobody before its provider was asked what it holds of it', async () => {
    await planned([{ sku: 'a', quantity: 3 }]);
    expect(wantedOf(await run(fulfillOrder(restored(0, [])), wantFulfillOrder(order)))).toEqual([RECALL.key]);
    expect(await parts()).toEqual([]);
  });

  it('is asked about when what was under way at the restore has arrived and is settled, and not sooner', async () => {
    await planned([{ sku: 'a', quantity: 3 }]);
    const asked: Key[] = [];
    const early = restored(34_000, [], asked);
    const at = await early.store.effects.restoredAt();
    const result = await run(recallRequests(early), RECALL);
    expect(result).toMatchObject({
      error: { fault: 'throttled', code: 'effect-settling', retryAt: (at ?? 0) + 35_000 },
    });
    expect(asked).toEqual([]);
    expect(wantedOf(await run(recallRequests(restored(36_000, [], asked)), RECALL))).toEqual([
      wantAllocateOrder(order).key,
    ]);
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
    expect(wantedOf(await run(recallRequests(flow), RECALL))).toEqual([
      wantTakeShipments(order).key,
      wantAllocateOrder(order).key,
    ]);
    // The last key that was asked for was taken: there may be more behind it.
    expect(asked).toHaveLength(16);
    const known = [
      { n: 1, state: 'pushed', externalId: 'd1', lines: [{ line: '1', sku: 'a', quantity: 2 }] },
      { n: 8, state: 'cancelled', externalId: 'd8', lines: [{ line: '1', sku: 'a', quantity: 1 }] },
    ];
    expect(await parts()).toEqual(known);
    await run(fulfillOrder(flow), wantFulfillOrder(order));
    expect(await parts()).toEqual([
      ...known,
      { n: 9, state: 'asked', externalId: null, lines: [{ line: '1', sku: 'a', quantity: 1 }] },
    ]);
  });

  it('is asked about once for a restore, and again after the next', async () => {
    await planned([{ sku: 'a', quantity: 1 }]);
    const asked: Key[] = [];
    const flow = restored(60_000, [], asked);
    await run(recallRequests(flow), RECALL);
    await run(recallRequests(flow), RECALL);
    expect(asked).toHaveLength(8);
    await run(recallRequests(restored(36_000, [], asked)), RECALL);
    expect(asked).toHaveLength(16);
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
    expect(wantedOf(await run(takeShipments(told), wantTakeShipments(order)))).toEqual([RECALL.key]);
    await run(recallRequests(told), RECALL);
    expect(wantedOf(await run(takeShipments(told), wantTakeShipments(order)))).toEqual([]);
  });

  it('gives the units of a SKU to its lines in their order, each what was ordered, and what is more to the last', async () => {
    await planned([
      { sku: 'a', quantity: 2 },
      { sku: 'b', quantity: 1 },
      { sku: 'a', quantity: 3 },
    ]);
    const lines = [
      { sku: 'a', quantity: 4 },
      { sku: 'b', quantity: 1 },
      { sku: 'unheard-of', quantity: 1 },
    ];
    const more = [{ sku: 'a', quantity: 3 }];
    await run(recallRequests(restored(60_000, [held(1, lines), held(2, more, 'pending')])), RECALL);
    expect(await parts()).toMatchObject([
      {
        state: 'pushed',
        lines: [
          { line: '1', sku: 'a', quantity: 2 },
          { line: '3', sku: 'a', quantity: 2 },
          { line: '2', sku: 'b', quantity: 1 },
        ],
      },
      { state: 'pending', lines: [{ line: '3', sku: 'a', quantity: 3 }] },
    ]);
  });
});
