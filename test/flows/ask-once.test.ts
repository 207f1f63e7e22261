import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { orderId } from '../../src/domain/ids.ts';
import { decideParts } from '../../src/flows/decide-parts.ts';
import { wantPullOrder, wantPullStock } from '../../src/flows/wanted.ts';
import { TEST_SCOPE } from './order-text.ts';
import { openRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

it('units that left and still stand in the plan are not asked for again', async () => {
  rig.channel.tell({ id: '1', version: 1_000, lines: [{ sku: 'a', quantity: 2 }] });
  rig.stock.set('a@east', 2);
  const worker = await rig.worker();
  await worker.enqueue([wantPullStock(TEST_SCOPE.connection)]);
  await rig.quiet();
  await worker.enqueue([wantPullOrder(TEST_SCOPE.connection, '1')]);
  await rig.quiet();
  const [order] = await rig.store.orders.readForAllocation([orderId(TEST_SCOPE.connection, '1')]);
  if (order === undefined) throw new Error('the order is not there');
  expect(order.plan?.lines).toEqual([{ line: '1', sku: 'a', location: 'east', quantity: 2 }]);

  const rules = {
    shipsBy: new Map([['east', 'depot']]),
    push: () => 'on' as const,
    whole: false,
    known: () => true,
    now: 0,
  };
  const [part] = decideParts(order, rules).fulfillments;
  if (part === undefined) throw new Error('nothing is asked for');
  const items = [{ line: '1', sku: 'a', quantity: 2 }];
  const parcel = {
    carrier: null,
    tracking: 'T1',
    url: null,
    items,
    units: [{ line: '1', quantity: 2 }],
    confirmed: null,
  };
  const left = { externalId: 's1', version: 1, status: 'shipped', reason: null, shippedAt: new Date(0) } as const;
  const gone = { ...part, state: 'closed' as const, shipments: [{ ...left, parcels: [{ ...parcel, taken: false }] }] };
  expect(decideParts({ ...order, fulfillments: [gone] }, rules)).toMatchObject({
    changed: false,
    fulfillments: [gone],
  });
});
