import type { ExternalId } from '../domain/ids.ts';
import { PRIORITY, type Wanted } from '../store/job-records.ts';
import type { FlowConnection } from './flow.ts';
import { wantPullOrder, wantPullOrders, wantPullShipments, wantPullStock } from './wanted.ts';

/**
 * What a pull by hand asks for, ahead of everything scheduled: what is new, or one order by the channel's id. Empty where
 * the connection can be asked for nothing of the kind.
 */
export function wantPullNow(
  { id, capabilities }: Pick<FlowConnection, 'id' | 'capabilities'>,
  externalId: ExternalId | null,
): Wanted[] {
  const prio = PRIORITY.operator;
  if (externalId !== null) return capabilities.orders === undefined ? [] : [wantPullOrder(id, externalId, prio)];
  return [
    ...(capabilities.stock === undefined ? [] : [wantPullStock(id)]),
    ...(capabilities.orders === undefined ? [] : [wantPullOrders(id)]),
    ...(capabilities.shipments === undefined ? [] : [wantPullShipments(id)]),
  ].map((wanted) => ({ ...wanted, prio }));
}
