import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { TEST_SCOPE } from '../../test/flows/order-text.ts';
import { openRig, type Rig } from '../../test/flows/rig.ts';
import { runContext, runOne } from '../../test/flows/run-one.ts';
import type { OrderSource } from '../connector/contract.ts';
import { orderId } from '../domain/ids.ts';
import type { FlowConnection } from './flow.ts';
import { pullOrders } from './pull-orders.ts';
import { wantPullOrders } from './wanted.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

const SHOP = TEST_SCOPE.connection;

it('an order of a page that could not be had with the others is asked for by its id before the page counts as read', async () => {
  const standing = rig.flow.connections.get(SHOP);
  if (standing === undefined) throw new Error('there is no channel');
  const orders: OrderSource = {
    pull: async function* () {
      yield { records: [{ id: '1', version: 1, body: '{}' }], unread: ['2'], next: 'after 2' };
    },
    get: async () => null,
    ids: async function* () {},
    normalize: () => {
      throw new Error('not asked for');
    },
  };
  const shop: FlowConnection = { ...standing, capabilities: { ...standing.capabilities, orders } };
  const wanted: string[] = [];
  const cursors: (string | undefined)[] = [];
  const context = runContext({
    async enqueue(more) {
      wanted.push(...more.map(({ key }) => key));
      cursors.push((await rig.store.connections.cursor(`${SHOP}/orders`))?.cursor);
    },
  });
  await runOne(pullOrders({ ...rig.flow, connections: new Map([[SHOP, shop]]) }), wantPullOrders(SHOP), context);
  expect(wanted).toEqual([`normalize-order:${orderId(SHOP, '1')}`, `pull-order:${SHOP}:2`]);
  expect([cursors, (await rig.store.connections.cursor(`${SHOP}/orders`))?.cursor]).toEqual([[undefined], 'after 2']);
});
