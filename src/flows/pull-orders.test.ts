import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { TEST_SCOPE } from '../../test/flows/order-text.ts';
import { openRig, type Rig } from '../../test/flows/rig.ts';
import { runContext, runOne } from '../../test/flows/run-one.ts';
import type { OrderSource, Page } from '../connector/contract.ts';
import { orderId } from '../domain/ids.ts';
import type { Flow, FlowConnection } from './flow.ts';
import { pullOrders } from './pull-orders.ts';
import { wantPullOrder, wantPullOrders } from './wanted.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

const SHOP = TEST_SCOPE.connection;

/** A flow whose channel lists this page. */
function listing(page: Page): Flow {
  const standing = rig.flow.connections.get(SHOP);
  if (standing === undefined) throw new Error('there is no channel');
  const orders: OrderSource = {
    pull: async function* () {
      yield page;
    },
    get: async () => null,
    ids: async function* () {},
    normalize: () => {
      throw new Error('not asked for');
    },
  };
  const shop: FlowConnection = { ...standing, capabilities: { ...standing.capabilities, orders } };
  return { ...rig.flow, connections: new Map([[SHOP, shop]]) };
}

it('an order of a page that could not be had with the others is asked for by its id before the page counts as read', async () => {
  const flow = listing({ records: [{ id: '1', version: 1, body: '{}' }], unread: ['2'], next: 'after 2' });
  const wanted: string[] = [];
  const cursors: (string | undefined)[] = [];
  const context = runContext({
    async enqueue(more) {
      wanted.push(...more.map(({ key }) => key));
      cursors.push((await rig.store.connections.cursor(`${SHOP}/orders`))?.cursor);
    },
  });
  await runOne(pullOrders(flow), wantPullOrders(SHOP), context);
  expect(wanted).toEqual([`normalize-order:${orderId(SHOP, '1')}`, `pull-order:${SHOP}:2`]);
  expect([cursors, (await rig.store.connections.cursor(`${SHOP}/orders`))?.cursor]).toEqual([[undefined], 'after 2']);
});

it('an order that could not be had by its id either, and is a case by now, is not asked for at every pull', async () => {
  const { jobs } = rig.store.collections;
  const one = wantPullOrder(SHOP, '2');
  await rig.store.jobs.enqueue([one], rig.store.clock.now());
  await jobs.updateOne({ _id: one.key }, { $set: { state: 'parked' } });
  const wanted: string[] = [];
  const context = runContext({ enqueue: async (more) => void wanted.push(...more.map(({ key }) => key)) });
  const page = { records: [], unread: ['2', '3'], next: 'after 3' };
  await runOne(pullOrders(listing(page)), wantPullOrders(SHOP), context);
  expect(wanted).toEqual([wantPullOrder(SHOP, '3').key]);
});
