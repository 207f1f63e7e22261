import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { askedPart } from '../../test/flows/asked-part.ts';
import { TEST_SCOPE } from '../../test/flows/order-text.ts';
import { openRig, type Rig } from '../../test/flows/rig.ts';
import { runOne } from '../../test/flows/run-one.ts';
import type { Observed, ShipmentSource } from '../connector/contract.ts';
import type { Shipment } from '../domain/fulfillment.ts';
import { SyncError } from '../domain/errors.ts';
import { fulfillmentKey } from '../domain/fulfillment-key.ts';
import { orderId } from '../domain/ids.ts';
import type { Flow, FlowConnection } from './flow.ts';
import { pullShipment } from './pull-shipments.ts';
import { takeShipments } from './take-shipments.ts';
import { wantPullOrders, wantPullShipment, wantTakeShipments } from './wanted.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

const SHOP = TEST_SCOPE.connection;
const ORDER = orderId(SHOP, '1');

/** A provider that has split a request of five units into these shipments. */
function depot(statuses: Readonly<Record<string, Shipment['status'] | 'unreadable'>>): ShipmentSource {
  const told = (id: string): Observed => ({ id, version: 1, body: id });
  return {
    async *pull() {},
    get: async (id) => told(id),
    async *ids() {},
    siblings: async () => Object.keys(statuses).map(told),
    normalize({ id }) {
      const status = statuses[id] ?? 'processing';
      if (status === 'unreadable') throw new SyncError('data', 'no', { remedy: 'none' });
      const reason = status === 'cancelled' ? 'broken' : null;
      const request = fulfillmentKey(ORDER, 1);
      return { connection: 'depot', externalId: id, request, status, reason, shippedAt: null, parcels: [] };
    },
  };
}

/** Five units were handed to the depot; it says that one shipment of them changed. */
async function hinted(shipments: ShipmentSource, id: string): Promise<void> {
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
  const flow: Flow = { ...rig.flow, connections: new Map([...rig.flow.connections, ['depot', provider]]) };
  await runOne(pullShipment(flow), wantPullShipment('depot', id));
  await runOne(takeShipments(flow), wantTakeShipments(ORDER));
}

async function partNow(): Promise<readonly [string, readonly string[]]> {
  const [order] = await rig.store.orders.read([ORDER]);
  const part = order?.fulfillments?.[0];
  return [part?.state ?? 'none', part?.shipments.map(({ externalId }) => externalId).toSorted() ?? []];
}

it('one cancelled shipment ends no request of which the provider still ships another', async () => {
  await hinted(depot({ s1: 'cancelled', s2: 'processing' }), 's1');
  expect(await partNow()).toEqual(['pushed', ['s1', 's2']]);
});

it('a request ends whose shipments are all cancelled', async () => {
  await hinted(depot({ s1: 'cancelled', s2: 'cancelled' }), 's1');
  expect(await partNow()).toEqual(['rejected', ['s1', 's2']]);
});

it('one that cannot be read among those of its request is asked for alone, and keeps the others from nothing', async () => {
  await hinted(depot({ s1: 'cancelled', s2: 'unreadable', s3: 'processing' }), 's1');
  expect(await partNow()).toEqual(['pushed', ['s1', 's3']]);
});
