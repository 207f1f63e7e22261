import type { Observed, ShipmentSource } from '../connector/contract.ts';
import { asSyncError } from '../domain/errors.ts';
import { readFulfillmentKey } from '../domain/fulfillment-key.ts';
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
 * alone, under its own id.
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
  const observations: Parameters<Flow['store']['raws']['appendShipments']>[2][number][] = [];
  let foreign = 0;
  for (const record of records) {
    try {
      const { request } = source.normalize(record, connection.mapping);
      const key = request === null ? null : readFulfillmentKey(request);
      if (key === null) foreign += 1;
      else {
        observations.push({
          order: key.order,
          record: shipmentRecord(key.order, connection.id, record.id),
          externalId: record.id,
          version: record.version,
          body: record.body,
        });
      }
    } catch (thrown) {
      const error = asSyncError(thrown);
      if (alone || error.fault !== 'data') throw error;
      enqueue.push(wantPullShipment(connection.id, record.id, PRIORITY.poll));
    }
  }
  const there = await flow.store.raws.appendShipments(connection.id, by, observations, flow.clock.now());
  const ours = observations.filter(({ order }) => there.has(order));
  foreign += observations.length - ours.length;
  enqueue.push(...[...new Set(ours.map(({ order }) => order))].map(wantTakeShipments));
  flow.meter.count('shipments_pulled', ours.length, { connection: connection.id });
  return { ours: ours.length, foreign, enqueue };
}
