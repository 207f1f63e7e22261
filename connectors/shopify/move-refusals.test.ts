import { describe, expect, it } from '@jest/globals';
import { openAssignments } from './assignments.ts';
import { openClient } from './client.ts';
import type { Json } from './field.ts';
import { connection, type TestShop } from './test-shop.ts';
import { testShops } from './test-shops.ts';

const shop = testShops();

const ORDER = 'gid://shopify/Order/1';
const TO = 'gid://shopify/Location/9002';
const line = (id: number, sku: string | null, remaining: number): Json => ({
  id: `gid://shopify/FulfillmentOrderLineItem/${id}`,
  totalQuantity: remaining,
  remainingQuantity: remaining,
  sku,
  lineItem: { id: `gid://shopify/LineItem/${id}` },
});

/** Two units of SKU-1 and one of a line without SKU stand at another location than they are to ship from. */
async function refusing(userErrors: readonly Json[]): Promise<TestShop> {
  const work = {
    id: 'gid://shopify/FulfillmentOrder/5',
    status: 'OPEN',
    assignedLocation: { location: { id: 'gid://shopify/Location/9001' } },
    lineItems: connection([line(1, 'SKU-1', 2), line(2, null, 1)]),
  };
  return shop(({ name }) =>
    name === 'Fulfilling'
      ? { data: { order: { id: ORDER, cancelledAt: null, fulfillmentOrders: connection([work]), fulfillments: [] } } }
      : { data: { fulfillmentOrderMove: { movedFulfillmentOrder: null, userErrors } } },
  );
}

const ITEM = {
  order: ORDER,
  location: TO,
  lines: [
    { line: 'gid://shopify/LineItem/1', quantity: 2 },
    { line: 'gid://shopify/LineItem/2', quantity: 1 },
  ],
};

describe('a move that Shopify refuses', () => {
  it('for a location that does not stock an item says which item is to be stocked where', async () => {
    const message = 'The location does not stock the item.';
    const to = await refusing([{ field: ['id'], message, code: null }]);
    await expect(openAssignments(openClient(to.config, to.io)).send(ITEM, 'assign:1')).rejects.toMatchObject({
      fault: 'data',
      code: 'not-stocked',
      field: 'location',
      remoteId: ORDER,
      message: `Shopify does not move 2 × SKU-1, 1 × gid://shopify/LineItem/2 to ${TO}: ${message}`,
      remedy: `In Shopify open the product of each of SKU-1, gid://shopify/LineItem/2, under Inventory → Edit locations tick the location ${TO}, save, and replay this. If it is not to ship from there, correct the stock that is counted for it there: it is then planned elsewhere.`,
    });
  });

  it('for reported progress says which fulfillment is to be marked as open', async () => {
    const code = 'CANNOT_MOVE_FULFILLMENT_ORDER_WITH_REPORTED_PROGRESS';
    const to = await refusing([{ field: ['id'], message: 'Progress was reported.', code }]);
    await expect(openAssignments(openClient(to.config, to.io)).send(ITEM, 'assign:1')).rejects.toMatchObject({
      fault: 'data',
      code: 'progress-reported',
      remedy:
        'In Shopify open the order and take back “in progress” of the fulfillment gid://shopify/FulfillmentOrder/5 (Mark as open); then replay this.',
    });
  });

  it('for a reason that cannot be told names every one that there can be', async () => {
    const to = await refusing([{ field: ['id'], message: 'Cannot be moved.', code: null }]);
    await expect(openAssignments(openClient(to.config, to.io)).send(ITEM, 'assign:1')).rejects.toMatchObject({
      fault: 'data',
      code: 'move-refused',
      remedy: expect.stringMatching(
        /9002 an active location.*stocked at it.*in progress.*fulfillment service.*replay/s,
      ),
    });
  });
});
