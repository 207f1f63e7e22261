import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TEST_SCOPE, testMapping } from '../../test/flows/order-text.ts';
import { openRig, type Rig } from '../../test/flows/rig.ts';
import { runContext } from '../../test/flows/run-one.ts';
import { orderId, type OrderId } from '../domain/ids.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { Wanted } from '../store/job-records.ts';
import { applyCounts } from './count-levels.ts';
import { runRound } from './round.ts';
import { settleOrders, type Enqueue } from './settle-orders.ts';
import { wantPullOrders } from './wanted.ts';

let rig: Rig;
/** When the five were counted. */
let counted: number;

const id = (externalId: string): OrderId => orderId(TEST_SCOPE.connection, externalId);

/** Five units, counted; one of them reserved for each of three orders. */
beforeEach(async () => {
  rig = await openRig({ mapping: testMapping('m1') });
  rig.stock.set('A@east', 5);
  for (const order of ['1', '2', '3'])
    rig.channel.tell({ id: order, version: Number(order), lines: [{ sku: 'A', quantity: 1 }] });
  const worker = await rig.worker();
  await runRound(rig.flow, worker.enqueue, new AbortController().signal);
  await worker.stop();
  const [head] = await rig.store.levels.heads(['A@east']);
  counted = head?.countedAt.getTime() ?? 0;
});
afterEach(() => rig.close());

async function level(): Promise<{
  onHand: number | undefined;
  free: number | undefined;
  reserved: number | undefined;
}> {
  const [found] = await rig.store.levels.read(['A@east']);
  return { onHand: found?.onHand, free: found?.free, reserved: found?.reserved.length };
}

/** Makes it known that an order's unit left, so long after the count, and takes it off the shelf. */
async function left(
  externalId: string,
  afterCountMs: number,
  enqueue: Enqueue = () => Promise.resolve(),
): Promise<void> {
  const shippedAt = new Date(counted + afterCountMs);
  const [order] = await rig.store.orders.read([id(externalId)]);
  const line = order?.order.lines[0]?.id ?? '';
  const item = { line, sku: 'A', quantity: 1 };
  const parcel = { carrier: null, tracking: externalId, url: null, units: [{ line, quantity: 1 }], taken: false };
  const part: FulfillmentPart = {
    n: 1,
    location: 'east',
    provider: TEST_SCOPE.connection,
    lines: [item],
    revision: order?.revision ?? 1,
    assigned: true,
    state: 'closed',
    unwanted: null,
    cancel: null,
    externalId,
    reason: null,
    at: shippedAt,
    shipments: [
      {
        externalId,
        version: 1,
        status: 'shipped',
        reason: null,
        shippedAt,
        parcels: [{ ...parcel, items: [item], confirmed: externalId }],
      },
    ],
  };
  await rig.store.collections.orders.updateOne({ _id: id(externalId) }, { $set: { fulfillments: [part] } });
  await settleOrders(rig.flow, [id(externalId)], {
    inTurn: false,
    ownJob: false,
    cause: 'test',
    enqueue,
  });
}

describe('a unit that left', () => {
  it('comes off the shelf once, in whatever order two departures are seen', async () => {
    await rig.flow.clock.sleep(20);
    await left('2', 10);
    expect(await level()).toEqual({ onHand: 4, free: 2, reserved: 2 });
    await left('1', 5);
    await left('3', 10);
    expect(await level()).toEqual({ onHand: 2, free: 2, reserved: 0 });
  });

  it('is not brought back by a count that was asked for before it left, and not taken off again after a later one', async () => {
    await rig.flow.clock.sleep(20);
    const context = runContext();
    const count = { sku: 'A', location: 'east', basis: 'gross' } as const;
    await left('2', 10);
    await applyCounts(rig.flow, [{ ...count, quantity: 5, asOf: counted + 5 }], 'count', context);
    expect((await level()).onHand).toBe(4);
    await applyCounts(rig.flow, [{ ...count, quantity: 3, asOf: counted + 15 }], 'count', context);
    await left('1', 12);
    expect(await level()).toEqual({ onHand: 3, free: 2, reserved: 1 });
  });
  it('is offered to whoever waits, where a count had missed it before it was known to have left', async () => {
    await rig.flow.clock.sleep(20);
    const context = runContext();
    const count = { sku: 'A', location: 'east', basis: 'gross' } as const;
    await applyCounts(rig.flow, [{ ...count, quantity: 4, asOf: counted + 15 }], 'count', context);
    rig.channel.tell({ id: '4', version: 4, lines: [{ sku: 'A', quantity: 2 }] });
    const worker = await rig.worker();
    await worker.enqueue([wantPullOrders(TEST_SCOPE.connection)]);
    await rig.quiet();
    await worker.stop();
    expect((await level()).free).toBe(1);
    const wanted: Wanted[] = [];
    await left('1', 10, async (more) => void wanted.push(...more));
    expect((await level()).free).toBe(2);
    expect(wanted.map(({ key }) => key)).toContain('drain-stock:A');
  });
});
