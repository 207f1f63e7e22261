import type { Observed } from '../connector/contract.ts';
import { orderId } from '../domain/ids.ts';
import type { RawDocument } from '../store/documents.ts';
import { PRIORITY, type Wanted } from '../store/job-records.ts';
import type { Flow, FlowConnection } from './flow.ts';
import { wantNormalizeOrder } from './wanted.ts';

export interface TakenIn {
  readonly stored: number;
  readonly unchanged: number;
  readonly enqueue: readonly Wanted[];
}

/** Stores observations of orders and says which normalize jobs they want. What we hold at this version and content is left alone. */
export async function takeIn(
  flow: Flow,
  connection: FlowConnection,
  by: RawDocument['by'],
  records: readonly Observed[],
  prio: number = PRIORITY.downstream,
): Promise<TakenIn> {
  const observations = records.map(({ id, version, body }) => ({
    record: orderId(connection.id, id),
    externalId: id,
    version,
    body,
  }));
  const { fresh, stored, unchanged } = await flow.store.raws.append(connection.id, by, observations, flow.clock.now());
  flow.meter.count('orders_pulled', stored, { connection: connection.id });
  flow.meter.count('orders_unchanged', unchanged, { connection: connection.id });
  return {
    stored,
    unchanged,
    enqueue: fresh.map(({ record, n }) => wantNormalizeOrder(connection.id, record, n, prio)),
  };
}
