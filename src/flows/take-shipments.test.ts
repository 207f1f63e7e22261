import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { askedPart } from '../../test/flows/asked-part.ts';
import { TEST_SCOPE } from '../../test/flows/order-text.ts';
import { openRig, type Rig } from '../../test/flows/rig.ts';
import { runOne } from '../../test/flows/run-one.ts';
import type { ShipmentSource } from '../connector/contract.ts';
import { SyncError } from '../domain/errors.ts';
import type { Shipment } from '../domain/fulfillment.ts';
import { fulfillmentKey } from '../domain/fulfillment-key.ts';
import { orderId } from '../domain/ids.ts';
import type { Result } from '../jobs/handler.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import { NO_EFFECTS, type Flow, type FlowConnection } from './flow.ts';
import { shipmentRecord } from './shipment-intake.ts';
import { takeShipments } from './take-shipments.ts';
import {
  KIND,
  wantAccountOrder,
  wantAllocateOrder,
  wantForFulfillment,
  wantPullOrders,
  wantTakeShipments,
} from './wanted.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

const SHOP = TEST_SCOPE.connection;
const ORDER = orderId(SHOP, '1');
const SHIPPED: FulfillmentPart = {
  n: 1,
  location: 'east',
  provider: 'depot',
  lines: [{ line: '1', sku: 'A', quantity: 1 }],
  revision: 1,
  assigned: true,
  state: 'closed',
  unwanted: null,
  cancel: null,
  externalId: 'd1',
  reason: null,
  at: new Date('2026-11-20T12:00:00Z'),
  shipments: [
    {
      externalId: 's1',
      version: 1,
      status: 'shipped',
      reason: null,
      shippedAt: new Date('2026-11-20T12:00:00Z'),
      parcels: [
        {
          carrier: null,
          tracking: 'T1',
          url: null,
          items: [{ line: '1', sku: 'A', quantity: 1 }],
          units: [{ line: '1', quantity: 1 }],
          taken: true,
          confirmed: 'c1',
        },
      ],
    },
  ],
};

/** The order is there, with these parts. */
async function placed(fulfillments: FulfillmentPart[]): Promise<void> {
  rig.channel.tell({ id: '1', version: 1, lines: [{ sku: 'A', quantity: 2 }] });
  const worker = await rig.worker();
  await worker.enqueue([wantPullOrders(SHOP)]);
  await rig.quiet();
  await worker.stop();
  await rig.store.collections.orders.updateOne({ _id: ORDER }, { $set: { fulfillments } });
}

it('books an order of which nothing new is told at the version that stands, so that the next edit of it is booked too', async () => {
  await placed([SHIPPED]);
  const [order] = await rig.store.orders.read([ORDER]);
  const channel = rig.flow.connections.get(SHOP);
  if (channel === undefined) throw new Error('there is no channel');
  const booked = { ...channel, books: { ledger: 'erp', side: 'shop', maxLines: 100 } } as const;
  const flow = { ...rig.flow, connections: new Map([[SHOP, booked]]) };
  const result = await runOne(takeShipments(flow), wantTakeShipments(ORDER));
  expect(result).toMatchObject({ done: true, enqueue: [wantAccountOrder(SHOP, ORDER, order?.v ?? 0)] });
});

/** A part of the order that this provider has. */
function pushed(n: number, provider: string): FulfillmentPart {
  return askedPart(n, {
    provider,
    state: 'pushed',
    externalId: `d${n}`,
    lines: [{ line: '1', sku: 'A', quantity: 1 }],
  });
}

/** A flow with two providers whose records are only a status, and whose shipments of these ids cannot be read. */
function withProviders(unreadable: ReadonlySet<string>): Flow {
  const channel = rig.flow.connections.get(SHOP);
  if (channel === undefined) throw new Error('there is no channel');
  const provider = (n: number, id: string): [string, FlowConnection] => {
    const shipments: ShipmentSource = {
      async *pull() {},
      get: async () => null,
      async *ids() {},
      normalize({ id: externalId, body }): Shipment {
        if (unreadable.has(externalId)) throw new SyncError('data', `${externalId} cannot be read`, { remedy: 'none' });
        const status = body === 'cancelled' ? 'cancelled' : 'processing';
        const request = fulfillmentKey(ORDER, n);
        return { connection: id, externalId, request, status, reason: 'broken', shippedAt: null, parcels: [] };
      },
    };
    return [id, { ...channel, id, effects: NO_EFFECTS, capabilities: { shipments, check: async () => undefined } }];
  };
  const connections = new Map([...rig.flow.connections, provider(1, 'depot'), provider(2, 'yard')]);
  return { ...rig.flow, connections };
}

async function observed(provider: string, externalId: string, version: number, body: string): Promise<void> {
  const record = shipmentRecord(ORDER, provider, externalId);
  const observation = { order: ORDER, record, externalId, version, body };
  await rig.store.raws.appendShipments(provider, 'list', [observation], rig.store.clock.now());
}

async function taken(flow: Flow): Promise<Result> {
  return runOne(takeShipments(flow), wantTakeShipments(ORDER));
}

async function statesNow(): Promise<readonly (readonly [string, readonly string[]])[]> {
  const [order] = await rig.store.orders.readForAllocation([ORDER]);
  return (order?.fulfillments ?? []).map(({ state, shipments }) => [
    state,
    shipments.map(({ externalId, status }) => `${externalId} ${status}`).toSorted(),
  ]);
}

it('ends a part by what was cancelled once each shipment of it can be read, also where nothing new is told by then', async () => {
  const unreadable = new Set<string>();
  const flow = withProviders(unreadable);
  await placed([pushed(1, 'depot')]);
  await observed('depot', 's1', 1, 'processing');
  await observed('depot', 's2', 1, 'cancelled');
  expect(await taken(flow)).toMatchObject({ done: true, enqueue: [] });
  expect(await statesNow()).toEqual([['pushed', ['s1 processing', 's2 cancelled']]]);
  await observed('depot', 's1', 2, 'cancelled');
  unreadable.add('s2');
  expect(await taken(flow)).toMatchObject({ error: { message: 's2 cannot be read' }, enqueue: [] });
  expect(await statesNow()).toEqual([['pushed', ['s1 cancelled', 's2 cancelled']]]);
  unreadable.clear();
  expect(await taken(flow)).toMatchObject({ done: true });
  expect(await statesNow()).toEqual([['rejected', ['s1 cancelled', 's2 cancelled']]]);
});

it('ends a part by what was cancelled also while a shipment of another provider cannot be read', async () => {
  const flow = withProviders(new Set(['y1']));
  await placed([pushed(1, 'depot'), pushed(2, 'yard')]);
  await observed('depot', 's1', 1, 'cancelled');
  await observed('yard', 'y1', 1, 'cancelled');
  const wanted = [
    wantAllocateOrder(ORDER),
    wantForFulfillment(KIND.pushFulfillment, 'depot', fulfillmentKey(ORDER, 1)),
  ];
  expect(await taken(flow)).toMatchObject({ error: { message: 'y1 cannot be read' }, enqueue: wanted });
  expect(await statesNow()).toEqual([
    ['rejected', ['s1 cancelled']],
    ['pushed', []],
  ]);
});
