import type { Observed, OrderSource } from '../connector/contract.ts';
import type { Mapping } from '../connector/mapping/mapping.ts';
import { decidedHolds, type HoldDecision } from '../domain/holds.ts';
import type { Order } from '../domain/order.ts';

/**
 * The canonical order of one observation: as the connector reads it, then the mapping's rules and holds, then what people
 * decided about its holds. The same observation, mapping and decisions always give the same order (I8).
 * @throws SyncError `data` naming the field that cannot be read, or the rule that failed
 */
export async function readOrder(
  source: OrderSource,
  mapping: Mapping,
  observed: Observed,
  decisions: readonly HoldDecision[],
): Promise<Order> {
  let order = source.normalize(observed, mapping);
  if (mapping.rules !== undefined) order = await mapping.rules.apply(observed.body, order);
  const holds = decidedHolds(order.holds, decisions);
  return holds === order.holds ? order : { ...order, holds };
}
