import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { TEST_SCOPE, testMapping } from '../../test/flows/order-text.ts';
import { openRig, type Rig } from '../../test/flows/rig.ts';
import { orderId } from '../domain/ids.ts';
import type { PlanDocument } from '../store/documents.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import { runRound } from './round.ts';
import { wantPullOrders } from './wanted.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig({ mapping: testMapping('m1') });
});
afterEach(() => rig.close());

const id = orderId(TEST_SCOPE.connection, '1');

async function planOf(): Promise<PlanDocument | null> {
  const [order] = await rig.store.orders.read([id]);
  return order?.plan ?? null;
}

it('says of what was handed on already why it is where it is, also when the order changes afterwards', async () => {
  rig.stock.set('A@east', 5);
  rig.stock.set('B@west', 5);
  rig.channel.tell({ id: '1', version: 1, lines: [{ sku: 'A', quantity: 1 }] });
  const worker = await rig.worker();
  await runRound(rig.flow, worker.enqueue, new AbortController().signal);
  const first = await planOf();
  expect(first?.lines).toMatchObject([{ line: '1', location: 'east' }]);
  const part: FulfillmentPart = {
    n: 1,
    location: 'east',
    provider: TEST_SCOPE.connection,
    lines: [{ line: '1', sku: 'A', quantity: 1 }],
    revision: 1,
    assigned: true,
    state: 'pushed',
    unwanted: null,
    cancel: null,
    externalId: 'd1',
    reason: null,
    at: new Date(0),
    shipments: [],
  };
  await rig.store.collections.orders.updateOne({ _id: id }, { $set: { fulfillments: [part] } });
  const lines = [
    { sku: 'A', quantity: 1 },
    { sku: 'B', quantity: 1 },
  ];
  rig.channel.tell({ id: '1', version: 2, lines });
  await worker.enqueue([wantPullOrders(TEST_SCOPE.connection)]);
  await rig.quiet();
  await worker.stop();
  const second = await planOf();
  expect(second?.rev).toBeGreaterThan(first?.rev ?? 0);
  expect(second?.why.filter(({ line }) => line === '1')).toEqual(first?.why);
  expect(second?.why.filter(({ line }) => line === '2')).not.toEqual([]);
});
