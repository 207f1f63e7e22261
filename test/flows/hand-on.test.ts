import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { orderId, type OrderId } from '../../src/domain/ids.ts';
import type { Flow } from '../../src/flows/flow.ts';
import { handOn } from '../../src/flows/fulfill-order.ts';
import { settleOrders, type Settled } from '../../src/flows/settle-orders.ts';
import { wantPullOrder } from '../../src/flows/wanted.ts';
import type { AllocatableOrder } from '../../src/store/order-records.ts';
import { TEST_SCOPE } from './order-text.ts';
import { openRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

/** An order that was read and planned while nothing of what it wants was there. */
async function waiting(id: string, sku: string): Promise<OrderId> {
  rig.channel.tell({ id, version: 1_000, lines: [{ sku, quantity: 2 }] });
  const worker = await rig.worker();
  await worker.enqueue([wantPullOrder(TEST_SCOPE.connection, id)]);
  await rig.quiet();
  await worker.stop();
  return orderId(TEST_SCOPE.connection, id);
}

async function settled(id: OrderId): Promise<Settled> {
  const { flow } = rig;
  const enqueue = (): Promise<void> => Promise.resolve();
  const found = await settleOrders(flow, [id], { inTurn: true, ownJob: true, cause: 'test', enqueue });
  const order = found.settled.get(id);
  if (order === undefined) throw new Error('it was not settled');
  return order;
}

async function standing(id: OrderId): Promise<AllocatableOrder> {
  const [order] = await rig.store.orders.readForAllocation([id]);
  if (order === undefined) throw new Error('the order is not there');
  return order;
}

async function arrive(sku: string, onHand: number): Promise<void> {
  const countedAt = new Date(rig.flow.clock.now());
  const fresh = { sku, location: 'east', onHand, countedAt, cause: 'test' };
  await rig.store.levels.open([fresh], countedAt.getTime());
}

/** The rig's flow, with a depot that is asked for what stands at one of its locations. */
function withDepot(): Flow {
  const [channel] = rig.flow.connections.values();
  if (channel === undefined) throw new Error('the rig has no channel');
  const depot = { ...channel, id: 'depot', effects: { ...channel.effects, push: 'on' as const } };
  const connections = new Map([...rig.flow.connections, ['depot', depot]]);
  return { ...rig.flow, connections, shipsBy: new Map([['east', 'depot']]) };
}

it('an order that was settled is told exactly as it then stands in the store', async () => {
  const id = await waiting('1', 'a');
  const before = await standing(id);
  expect(before.waiting).toEqual(['a']);
  // Nothing is there yet: nothing changes, and that is what is told.
  expect((await settled(id)).order).toEqual(before);
  await arrive('a', 2);
  const { order } = await settled(id);
  expect(order.plan).toMatchObject({ applied: true, lines: [{ sku: 'a', location: 'east', quantity: 2 }] });
  expect(order).toEqual(await standing(id));
});

it('what was settled is handed on over that very version; changed since, nothing is written', async () => {
  const id = await waiting('2', 'b');
  await arrive('b', 2);
  const { order } = await settled(id);
  const flow = withDepot();
  await rig.store.orders.change([{ before: order, set: {}, trail: [] }]);
  expect(await handOn(flow, [order], null)).toEqual(new Map([[id, { refused: true, enqueue: [] }]]));
  expect((await standing(id)).fulfillments).toBeUndefined();
  const handed = (await handOn(flow, [await standing(id)], null)).get(id);
  expect(handed?.enqueue.map(({ kind, connection }) => [kind, connection])).toEqual([['push-fulfillment', 'depot']]);
  const asked = await standing(id);
  expect(asked.fulfillments).toMatchObject([{ n: 1, provider: 'depot', state: 'asked' }]);
  // Again, as after a crash: the same work follows, and nothing is asked twice.
  expect(await handOn(flow, [asked], null)).toEqual(new Map([[id, handed]]));
  expect(await standing(id)).toEqual(asked);
});
