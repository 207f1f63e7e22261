import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { FulfillmentProvider } from '../../src/connector/contract.ts';
import { fulfillmentKey } from '../../src/domain/fulfillment-key.ts';
import { orderId } from '../../src/domain/ids.ts';
import { NO_EFFECTS, type Flow } from '../../src/flows/flow.ts';
import { fulfillOrder } from '../../src/flows/fulfill-order.ts';
import { pushFulfillment } from '../../src/flows/push-fulfillment.ts';
import { KIND, wantForFulfillment, wantFulfillOrder, wantPullOrder } from '../../src/flows/wanted.ts';
import type { Handler } from '../../src/jobs/handler.ts';
import type { ClaimedJob, Wanted } from '../../src/store/job-records.ts';
import { silentLog } from '../../src/system/log.ts';
import { TEST_SCOPE } from './order-text.ts';
import { openRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const order = orderId(TEST_SCOPE.connection, '1');
const key = fulfillmentKey(order, 1);

function claimed({ key: _id, kind, lane, connection, subject, prio }: Wanted): ClaimedJob {
  return { _id, kind, lane, connection, subject, prio, wanted: 0, mark: '', token: 't', attempts: 0, at: new Date(0) };
}

async function wantedBy(handler: Handler, wanted: Wanted): Promise<readonly string[]> {
  const results = await handler.run([claimed(wanted)], {
    signal: new AbortController().signal,
    log: silentLog,
    enqueue: async () => undefined,
    alive: () => true,
  });
  return results.flatMap((result) => {
    expect(result).toMatchObject({ done: true });
    return (result.enqueue ?? []).map((want) => want.key);
  });
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

  const [channel] = rig.flow.connections.values();
  if (channel === undefined) throw new Error('there is no channel');
  const never = async (): Promise<never> => {
    throw new Error('nothing is to be asked');
  };
  const provider: FulfillmentProvider = { uniqueness: { by: 'none' }, send: never, find: never, cancel: never };
  const depot = {
    ...channel,
    id: 'depot',
    effects: NO_EFFECTS,
    capabilities: { provider, check: async () => undefined },
  };
  const flow: Flow = { ...rig.flow, connections: new Map([...rig.flow.connections, ['depot', depot]]) };
  const push = wantForFulfillment(KIND.pushFulfillment, 'depot', key);
  expect(await wantedBy(fulfillOrder(flow), wantFulfillOrder(order))).toEqual([push.key]);
  expect(await wantedBy(pushFulfillment(flow), push)).toEqual([]);
});
