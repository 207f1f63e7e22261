import type { Demand } from '../domain/allocate.ts';
import { asSyncError, type SyncError } from '../domain/errors.ts';
import { orderDemands } from '../domain/order-demands.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import { livePartsOf, openUnitsOf, shippedUnitsOf } from './parts.ts';

/** What the order demands, line by line where one of them cannot be understood: that one parks, and keeps nothing it should not. */
export function demandsOf(
  allocatable: AllocatableOrder,
  assigned: 'kept' | 'ours to choose',
): { demands: Demand[]; error: SyncError | null } {
  const order = stillOpen(allocatable);
  try {
    return { demands: unasked(allocatable, orderDemands(order, assigned)), error: null };
  } catch {
    const demands: Demand[] = [];
    let error: SyncError | null = null;
    for (const line of order.lines) {
      try {
        demands.push(...orderDemands({ ...order, lines: [line] }, assigned));
      } catch (thrown) {
        error = asSyncError(thrown);
      }
    }
    return { demands: unasked(allocatable, demands), error };
  }
}

/** The order with what our providers shipped counted as shipped, also while the channel does not know it yet. */
function stillOpen({ order, fulfillments }: AllocatableOrder): AllocatableOrder['order'] {
  if (fulfillments === undefined) return order;
  const units = shippedUnitsOf({ fulfillments });
  return {
    ...order,
    lines: order.lines.map((line) => ({ ...line, shipped: Math.max(line.shipped, units.get(line.id) ?? 0) })),
  };
}

/** The demands without what providers were asked for already: those at the same place first. */
function unasked(order: AllocatableOrder, demands: readonly Demand[]): Demand[] {
  const live = livePartsOf(order);
  if (live.length === 0) return [...demands];
  const lines = new Map(order.order.lines.map((line) => [line.id, line]));
  const open = demands.map((demand) => ({ demand, quantity: demand.quantity }));
  for (const part of live) {
    for (const id of new Set(part.lines.map(({ line }) => line))) {
      const line = lines.get(id);
      if (line === undefined) continue;
      let asked = openUnitsOf(part, line);
      const here = open.filter(({ demand }) => demand.line === id);
      here.sort((a, b) => Number(b.demand.location === part.location) - Number(a.demand.location === part.location));
      for (const each of here) {
        const quantity = Math.min(asked, each.quantity);
        each.quantity -= quantity;
        asked -= quantity;
      }
    }
  }
  return open.flatMap(({ demand, quantity }) => (quantity > 0 ? [{ ...demand, quantity }] : []));
}
