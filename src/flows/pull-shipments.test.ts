import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { askedPart } from '../../test/flows/asked-part.ts';
import { TEST_SCOPE } from '../../test/flows/order-text.ts';
import { openRig, type Rig } from '../../test/flows/rig.ts';
import { runContext, runOne } from '../../test/flows/run-one.ts';
import type { Observed, ShipmentSource } from '../connector/contract.ts';
import type { Shipment } from '../domain/fulfillment.ts';
import { SyncError } from '../domain/errors.ts';
import { fulfillmentKey } from '../domain/fulfillment-key.ts';
import { orderId } from '../domain/ids.ts';
import type { Result } from '../jobs/handler.ts';
import type { Flow, FlowConnection } from './flow.ts';
import { pullShipment, pullShipments } from './pull-shipments.ts';
import { takeShipments } from './take-shipments.ts';
import { wantPullOrders, wantPullShipment, wantPullShipments, wantTakeShipments } from './wanted.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

const SHOP = TEST_SCOPE.connection;
const ORDER = orderId(SHOP, '1');

type Statuses = Record<string, Shipment['status'] | 'unreadable'>;

/** A provider that has split a request of five units into these shipments. */
function depot(statuses: Readonly<Statuses>): ShipmentSource {
  const told = (id: string): Observed => ({ id, version: 1, body: id });
  return {
    async *pull() {
      yield { records: Object.keys(statuses).map(told), next: 'the end' };
    },
    get: async (id) => told(id),
    async *ids() {},
    siblings: async () => Object.keys(statuses).map(told),
    normalize({ id }) {
      const status = statuses[id] ?? 'processing';
      if (status === 'unreadable') throw new SyncError('data', `${id} cannot be read`, { remedy: 'none' });
      const reason = status === 'cancelled' ? 'broken' : null;
      const request = fulfillmentKey(ORDER, 1);
      return { connection: 'depot', externalId: id, request, status, reason, shippedAt: null, parcels: [] };
    },
  };
}

/** The flow in which five units were handed to the depot. */
async function handedTo(shipments: ShipmentSource): Promise<Flow> {
  rig.channel.tell({ id: '1', version: 1, lines: [{ sku: 'a', quantity: 5 }] });
  const worker = await rig.worker();
  await worker.enqueue([wantPullOrders(SHOP)]);
  await rig.quiet();
  await worker.stop();
  const part = askedPart(1, { state: 'pushed', externalId: 'd1', lines: [{ line: '1', sku: 'a', quantity: 5 }] });
  await rig.store.collections.orders.updateOne({ _id: ORDER }, { $set: { fulfillments: [part] } });
  const standing = rig.flow.connections.get(SHOP);
  if (standing === undefined) throw new Error('there is no channel');
  const provider: FlowConnection = {
    ...standing,
    id: 'depot',
    capabilities: { shipments, check: async () => undefined },
  };
  return { ...rig.flow, connections: new Map([...rig.flow.connections, ['depot', provider]]) };
}

/** What comes of it that the depot says of one shipment that it changed. */
async function hinted(flow: Flow, id: string): Promise<Result> {
  const result = await runOne(pullShipment(flow), wantPullShipment('depot', id));
  await runOne(takeShipments(flow), wantTakeShipments(ORDER));
  return result;
}

/** What is wanted after all that the depot lists. */
async function listed(flow: Flow): Promise<readonly string[]> {
  const wanted: string[] = [];
  const context = runContext({ enqueue: async (more) => void wanted.push(...more.map(({ key }) => key)) });
  expect(await runOne(pullShipments(flow), wantPullShipments('depot'), context)).toMatchObject({ done: true });
  await runOne(takeShipments(flow), wantTakeShipments(ORDER));
  return wanted.toSorted();
}

async function partNow(): Promise<readonly [string, readonly string[]]> {
  const [order] = await rig.store.orders.read([ORDER]);
  const part = order?.fulfillments?.[0];
  return [part?.state ?? 'none', part?.shipments.map(({ externalId }) => externalId).toSorted() ?? []];
}

it('one cancelled shipment ends no request of which the provider still ships another', async () => {
  await hinted(await handedTo(depot({ s1: 'cancelled', s2: 'processing' })), 's1');
  expect(await partNow()).toEqual(['pushed', ['s1', 's2']]);
});

it('a request ends whose shipments are all cancelled', async () => {
  await hinted(await handedTo(depot({ s1: 'cancelled', s2: 'cancelled' })), 's1');
  expect(await partNow()).toEqual(['rejected', ['s1', 's2']]);
});

it('a cancelled one ends no request of which another cannot be read: it waits with that one’s cause, and goes on when it is mended', async () => {
  const statuses: Statuses = { s1: 'cancelled', s2: 'unreadable' };
  const flow = await handedTo(depot(statuses));
  expect(await hinted(flow, 's1')).toMatchObject({ error: { fault: 'data', message: 's2 cannot be read' } });
  expect(await partNow()).toEqual(['pushed', []]);
  statuses['s2'] = 'cancelled';
  expect(await hinted(flow, 's1')).toMatchObject({ done: true });
  expect(await partNow()).toEqual(['rejected', ['s1', 's2']]);
});

it('a cancelled one whose request cannot be had is told by itself', async () => {
  await hinted(await handedTo({ ...depot({ s1: 'cancelled' }), siblings: async () => [] }), 's1');
  expect(await partNow()).toEqual(['rejected', ['s1']]);
});

it('a cancelled one is asked for among those of its request where not all that were listed with it can be read', async () => {
  const flow = await handedTo(depot({ s1: 'cancelled', s2: 'unreadable', s3: 'processing' }));
  expect(await listed(flow)).toEqual([
    wantPullShipment('depot', 's1').key,
    wantPullShipment('depot', 's2').key,
    wantTakeShipments(ORDER).key,
  ]);
  expect(await partNow()).toEqual(['pushed', ['s3']]);
});

it('a cancelled one of a provider whose requests have one shipment only is told at once, whatever else cannot be read', async () => {
  const { siblings: _none, ...single } = depot({ s1: 'cancelled', s2: 'unreadable' });
  expect(await listed(await handedTo(single))).toEqual([
    wantPullShipment('depot', 's2').key,
    wantTakeShipments(ORDER).key,
  ]);
  expect(await partNow()).toEqual(['rejected', ['s1']]);
});
