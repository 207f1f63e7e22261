import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { FulfillmentProvider } from '../../src/connector/contract.ts';
import { fulfillmentKey } from '../../src/domain/fulfillment-key.ts';
import { orderId } from '../../src/domain/ids.ts';
import { NO_EFFECTS, type Flow } from '../../src/flows/flow.ts';
import { fulfillOrder } from '../../src/flows/fulfill-order.ts';
import { pushFulfillment } from '../../src/flows/push-fulfillment.ts';
import { settleEffect } from '../../src/flows/settle-effect.ts';
import { KIND, wantForFulfillment, wantFulfillOrder, wantPullOrder } from '../../src/flows/wanted.ts';
import type { Handler } from '../../src/jobs/handler.ts';
import type { ShipmentPart } from '../../src/store/fulfillment-documents.ts';
import type { Wanted } from '../../src/store/job-records.ts';
import { TEST_SCOPE } from './order-text.ts';
import { openRig, type Rig } from './rig.ts';
import { runOne } from './run-one.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const order = orderId(TEST_SCOPE.connection, '1');
const key = fulfillmentKey(order, 1);

const push = wantForFulfillment(KIND.pushFulfillment, 'depot', key);

async function never(): Promise<never> {
  throw new Error('nothing is to be asked');
}

/** What the depot was asked under this key, as it is frozen. */
function frozen(asked: string): string {
  return JSON.stringify({
    key: asked,
    order,
    number: '#1',
    location: 'east',
    placedAt: 0,
    lines: [],
    recipient: {
      name: '',
      email: null,
      phone: null,
      address: {
        name: null,
        company: null,
        lines: [],
        city: null,
        region: null,
        postcode: null,
        country: null,
        phone: null,
      },
    },
    method: 'standard',
  });
}

/** The rig with a provider that does this. */
function withDepot(provider: FulfillmentProvider): Flow {
  const [channel] = rig.flow.connections.values();
  if (channel === undefined) throw new Error('there is no channel');
  const capabilities = { provider, check: async () => undefined };
  const depot = { ...channel, id: 'depot', effects: NO_EFFECTS, capabilities };
  return { ...rig.flow, connections: new Map([...rig.flow.connections, ['depot', depot]]) };
}

async function wantedBy(handler: Handler, wanted: Wanted): Promise<readonly string[]> {
  const result = await runOne(handler, wanted);
  expect(result).toMatchObject({ done: true });
  return (result.enqueue ?? []).map((want) => want.key);
}

it('what a provider refused of an order that was cancelled since is looked at once more, and nothing follows from that', async () => {
  rig.channel.tell({ id: '1', version: 1_000, lines: [{ sku: 'a', quantity: 1 }], cancelled: true });
  const worker = await rig.worker();
  await worker.enqueue([wantPullOrder(TEST_SCOPE.connection, '1')]);
  await rig.quiet();
  const [before] = await rig.store.orders.readForAllocation([order]);
  if (before === undefined) throw new Error('the order is not there');
  const part = {
    n: 1,
    location: 'east',
    provider: 'depot',
    lines: [{ line: '1', sku: 'a', quantity: 1 }],
    revision: 1,
  };
  const refused = {
    ...part,
    assigned: true,
    state: 'rejected',
    unwanted: null,
    cancel: null,
    externalId: null,
  } as const;
  const fulfillments = [{ ...refused, reason: 'no', at: new Date(0), shipments: [] }];
  await rig.store.orders.change([{ before, set: { fulfillments }, trail: [] }]);

  const flow = withDepot({ uniqueness: { by: 'none' }, send: never, find: never, cancel: never });
  expect(await wantedBy(fulfillOrder(flow), wantFulfillOrder(order))).toEqual([push.key]);
  expect(await wantedBy(pushFulfillment(flow), push)).toEqual([]);
});

it('a request that was cut off and whose goods have left is looked up, so that its outcome is known too', async () => {
  const [before] = await rig.store.orders.readForAllocation([order]);
  const [refused] = before?.fulfillments ?? [];
  if (before === undefined || refused === undefined) throw new Error('the order is not there');
  const fulfillments = [{ ...refused, state: 'closed', reason: null } as const];
  await rig.store.orders.change([{ before, set: { fulfillments }, trail: [] }]);
  const effect = { key, connection: 'depot', verb: 'push', subject: order, payload: frozen(key) };
  await rig.store.effects.freeze(effect, Date.now(), { state: 'sending', settleAt: null });

  const asked: string[] = [];
  const flow = withDepot({
    uniqueness: { by: 'find', settleMs: 0 },
    send: never,
    cancel: never,
    find: async (found) => {
      asked.push(found);
      return 'd1';
    },
  });
  expect(await wantedBy(pushFulfillment(flow), push)).toEqual([]);
  expect(asked).toEqual([key]);
  expect(await rig.store.effects.get(key)).toMatchObject({ state: 'sent', externalId: 'd1' });
  const [after] = await rig.store.orders.readForAllocation([order]);
  expect(after?.fulfillments?.[0]).toMatchObject({ state: 'closed', externalId: 'd1' });
});

it('a request that is known to have arrived, by one that was killed before it could note that, is noted when its goods have left', async () => {
  const [before] = await rig.store.orders.readForAllocation([order]);
  if (before === undefined) throw new Error('the order is not there');
  const fulfillments = (before.fulfillments ?? []).map((part) => ({ ...part, externalId: null }));
  await rig.store.orders.change([{ before, set: { fulfillments }, trail: [] }]);
  expect(await rig.store.effects.get(key)).toMatchObject({ state: 'sent', externalId: 'd1' });

  const flow = withDepot({ uniqueness: { by: 'find', settleMs: 0 }, send: never, cancel: never, find: never });
  expect(await wantedBy(pushFulfillment(flow), push)).toEqual([]);
  const [after] = await rig.store.orders.readForAllocation([order]);
  expect(after?.fulfillments?.[0]).toMatchObject({ state: 'closed', externalId: 'd1' });
});

it('a request whose goods are seen to leave while it is looked up keeps the id by which it was found', async () => {
  const other = fulfillmentKey(order, 2);
  const set = async (state: 'asked' | 'closed'): Promise<void> => {
    const [before] = await rig.store.orders.readForAllocation([order]);
    const [first] = before?.fulfillments ?? [];
    if (before === undefined || first === undefined) throw new Error('the order is not there');
    const fulfillments = [first, { ...first, n: 2, state, externalId: null, unwanted: 'no longer wanted' }];
    await rig.store.orders.change([{ before, set: { fulfillments }, trail: [] }]);
  };
  await set('asked');
  const effect = { key: other, connection: 'depot', verb: 'push', subject: order, payload: frozen(other) };
  await rig.store.effects.freeze(effect, Date.now(), { state: 'sending', settleAt: null });
  const flow = withDepot({
    uniqueness: { by: 'find', settleMs: 0 },
    send: never,
    cancel: never,
    find: async () => {
      await set('closed');
      return 'd2';
    },
  });
  await wantedBy(pushFulfillment(flow), wantForFulfillment(KIND.pushFulfillment, 'depot', other));
  const [after] = await rig.store.orders.readForAllocation([order]);
  expect(after?.fulfillments?.[1]).toMatchObject({ n: 2, state: 'closed', externalId: 'd2' });
});

/** The first fulfillment order in a state, and its request cut off on its way. */
async function cutOff(state: 'asked' | 'closed', shipments: readonly ShipmentPart[]): Promise<void> {
  const [before] = await rig.store.orders.readForAllocation([order]);
  const [part] = before?.fulfillments ?? [];
  if (before === undefined || part === undefined) throw new Error('the order is not there');
  const unwanted = state === 'asked' ? 'cancelled' : null;
  const fulfillments = [{ ...part, state, unwanted, externalId: null, reason: null, shipments: [...shipments] }];
  await rig.store.orders.change([{ before, set: { fulfillments }, trail: [] }]);
  await rig.store.collections.effects.deleteOne({ _id: key });
  const effect = { key, connection: 'depot', verb: 'push', subject: order, payload: frozen(key) };
  await rig.store.effects.freeze(effect, Date.now(), { state: 'sending', settleAt: null });
}

it('a request that was cut off on its way to who cannot be asked is known to have arrived when its goods left', async () => {
  await cutOff('closed', [
    { externalId: 's1', version: 1, status: 'shipped', reason: null, shippedAt: new Date(0), parcels: [] },
  ]);
  const flow = withDepot({ uniqueness: { by: 'none' }, send: never, find: never, cancel: never });
  expect(await wantedBy(pushFulfillment(flow), push)).toEqual([]);
  expect(await rig.store.effects.get(key)).toMatchObject({ state: 'sent' });
});

it('a request that was called back on its way to who cannot be asked is a case for a person, and goes on from there', async () => {
  await cutOff('asked', []);
  const flow = withDepot({ uniqueness: { by: 'none' }, send: never, find: never, cancel: never });
  const parked = await runOne(pushFulfillment(flow), push);
  expect(parked).toMatchObject({ error: { fault: 'data', code: 'effect-unknown' } });
  await settleEffect(flow, key, { as: 'not-sent' }, 'the depot does not have it');
  expect(await wantedBy(pushFulfillment(flow), push)).toEqual([
    wantForFulfillment(KIND.cancelFulfillment, 'depot', key).key,
  ]);
});
