import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { TEST_SCOPE } from '../../test/flows/order-text.ts';
import { openRig, type Rig } from '../../test/flows/rig.ts';
import { runOne } from '../../test/flows/run-one.ts';
import { orderId } from '../domain/ids.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import { takeShipments } from './take-shipments.ts';
import { wantAccountOrder, wantPullOrders, wantTakeShipments } from './wanted.ts';

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

it('books an order of which nothing new is told at the version that stands, so that the next edit of it is booked too', async () => {
  rig.channel.tell({ id: '1', version: 1, lines: [{ sku: 'A', quantity: 1 }] });
  const worker = await rig.worker();
  await worker.enqueue([wantPullOrders(SHOP)]);
  await rig.quiet();
  await worker.stop();
  await rig.store.collections.orders.updateOne({ _id: ORDER }, { $set: { fulfillments: [SHIPPED] } });
  const [order] = await rig.store.orders.read([ORDER]);
  const channel = rig.flow.connections.get(SHOP);
  if (channel === undefined) throw new Error('there is no channel');
  const booked = { ...channel, books: { ledger: 'erp', side: 'shop', maxLines: 100 } } as const;
  const flow = { ...rig.flow, connections: new Map([[SHOP, booked]]) };
  const result = await runOne(takeShipments(flow), wantTakeShipments(ORDER));
  expect(result).toMatchObject({ done: true, enqueue: [wantAccountOrder(SHOP, ORDER, order?.v ?? 0)] });
});
