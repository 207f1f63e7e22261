import type { Observed, ShipmentSource } from '../connector/contract.ts';
import { asSyncError } from '../domain/errors.ts';
import { readFulfillmentKey } from '../domain/fulfillment-key.ts';
import type { Shipment } from '../domain/fulfillment.ts';
import type { OrderId } from '../domain/ids.ts';
import type { RawDocument } from '../store/documents.ts';
import type { Wanted } from '../store/job-records.ts';
import { PRIORITY } from '../store/job-records.ts';
import type { Flow, FlowConnection } from './flow.ts';
import { wantPullShipment, wantTakeShipments } from './wanted.ts';

export interface ShipmentsTakenIn {
  /** Belong to orders of ours. */
  readonly ours: number;
  /** Somebody else asked for them, or their order is not here. */
  readonly foreign: number;
  readonly enqueue: readonly Wanted[];
}

/** Where the observations of an order's shipment stand: beside its order's own, and sealed under the same key. */
export function shipmentRecord(order: OrderId, connection: string, externalId: string): string {
  return `${order}~${connection}~${externalId}`;
}

/**
 * Stores observations of shipments and says which orders they are to be taken over for. One that cannot be read parks
 * alone, under its own id; where it may be of a request of which another was cancelled, that one is asked for by its id
 * too, among those of its request.
 * @param alone they are one request's, or one shipment: all of them are stored, or none
 * @throws SyncError what one of them cannot be read for, where they stand `alone`; else only what is no record's fault
 */
export async function takeInShipments(
  flow: Flow,
  connection: FlowConnection,
  source: ShipmentSource,
  by: RawDocument['by'],
  records: readonly Observed[],
  alone = false,
): Promise<ShipmentsTakenIn> {
  const enqueue: Wanted[] = [];
  const read: { readonly record: Observed; readonly shipment: Shipment }[] = [];
  for (const record of records) {
    try {
      read.push({ record, shipment: source.normalize(record, connection.mapping) });
    } catch (thrown) {
      const error = asSyncError(thrown);
      if (alone || error.fault !== 'data') throw error;
      enqueue.push(wantPullShipment(connection.id, record.id, PRIORITY.poll));
    }
  }
  // Of which request the unread ones are nobody knows: by itself a cancelled one would end what they still ship.
  const apart = enqueue.length > 0 && source.siblings !== undefined;
  const observations: Parameters<Flow['store']['raws']['appendShipments']>[2][number][] = [];
  let foreign = 0;
  for (const { record, shipment } of read) {
    const key = shipment.request === null ? null : readFulfillmentKey(shipment.request);
    if (key === null) foreign += 1;
    else if (apart && shipment.status === 'cancelled')
      enqueue.push(wantPullShipment(connection.id, record.id, PRIORITY.poll));
    else {
      observations.push({
        order: key.order,
        record: shipmentRecord(key.order, connection.id, record.id),
        externalId: record.id,
        version: record.version,
        body: record.body,
      });
    }
  }
  const there = await flow.store.raws.appendShipments(connection.id, by, observations, flow.clock.now());
  const ours = observations.filter(({ order }) => there.has(order));
  foreign += observations.length - ours.length;
  enqueue.push(...[...new Set(ours.map(({ order }) => order))].map(wantTakeShipments));
  flow.meter.count('shipments_pulled', ours.length, { connection: connection.id });
  return { ours: ours.length, foreign, enqueue };
}
