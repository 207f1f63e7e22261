import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { askedPart } from '../../test/flows/asked-part.ts';
import { TEST_SCOPE } from '../../test/flows/order-text.ts';
import { openRig, type Rig } from '../../test/flows/rig.ts';
import { runOne } from '../../test/flows/run-one.ts';
import type { ShipmentSource } from '../connector/contract.ts';
import type { Parcel } from '../domain/fulfillment.ts';
import { fulfillmentKey } from '../domain/fulfillment-key.ts';
import { orderId } from '../domain/ids.ts';
import type { Flow, FlowConnection } from './flow.ts';
import { shipmentRecord } from './shipment-intake.ts';
import { takeShipments } from './take-shipments.ts';
import { wantPullOrders, wantTakeShipments } from './wanted.ts';

let rig: Rig;
let flow: Flow;

const SHOP = TEST_SCOPE.connection;
const ORDER = orderId(SHOP, '1');
const AT = Date.parse('2026-11-20T12:00:00Z');

/** A depot whose records are the parcels of its one shipment, which has left. */
const depot: ShipmentSource = {
  async *pull() {},
  get: async () => null,
  async *ids() {},
  normalize: ({ id, body }) => ({
    connection: 'depot',
    externalId: id,
    request: fulfillmentKey(ORDER, 1),
    status: 'shipped',
    reason: null,
    shippedAt: AT,
    parcels: JSON.parse(body),
  }),
};

const parcel = (tracking: string | null, ...skus: readonly string[]): Parcel => ({
  carrier: 'ups',
  tracking,
  url: null,
  lines: skus.map((sku) => ({ sku, quantity: 1 })),
});

beforeEach(async () => {
  rig = await openRig();
  rig.channel.tell({ id: '1', version: 1, lines: [{ sku: 'a', quantity: 1 }] });
  const worker = await rig.worker();
  await worker.enqueue([wantPullOrders(SHOP)]);
  await rig.quiet();
  await worker.stop();
  const fulfillments = [askedPart(1, { state: 'pushed', externalId: 'd1' })];
  await rig.store.collections.orders.updateOne({ _id: ORDER }, { $set: { fulfillments } });
  const standing = rig.flow.connections.get(SHOP);
  if (standing === undefined) throw new Error('there is no channel');
  const provider: FlowConnection = {
    ...standing,
    id: 'depot',
    capabilities: { shipments: depot, check: async () => undefined },
  };
  flow = { ...rig.flow, connections: new Map([...rig.flow.connections, ['depot', provider]]) };
});
afterEach(() => rig.close());

/** The depot says what left. Returns the last step in the order's life by then. */
async function tell(version: number, ...parcels: readonly Parcel[]): Promise<string | undefined> {
  const record = shipmentRecord(ORDER, 'depot', 's1');
  const told = { order: ORDER, record, externalId: 's1', version, body: JSON.stringify(parcels) };
  await rig.store.raws.appendShipments('depot', 'list', [told], AT + version);
  await runOne(takeShipments(flow), wantTakeShipments(ORDER));
  const [order] = await rig.store.orders.read([ORDER]);
  return order?.trail.at(-1)?.text;
}

describe('what a provider says of a parcel', () => {
  it('that holds what was not asked for is kept in the order’s life', async () => {
    expect(await tell(1, parcel('T1', 'a', 'z'))).toBe(
      'depot s1 shipped: 1 × a by ups T1; not asked for and left all the same: 1 × z',
    );
  });

  it('whose number changes later is kept, with what the channel was told', async () => {
    await tell(1, parcel('T1', 'a'));
    expect(await tell(2, parcel('T2', 'a'))).toBe('depot s1 shipped; its number is T2 now, and the channel is told T1');
  });

  it('whose number comes later is kept, with the channel having none', async () => {
    await tell(1, parcel(null, 'a'));
    expect(await tell(2, parcel('T2', 'a'))).toBe(
      'depot s1 shipped; its number is T2 now, and the channel is told none',
    );
  });
});
