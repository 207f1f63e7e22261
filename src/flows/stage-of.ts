import { openQuantity } from '../domain/order.ts';
import type { PlannedLine, Stage } from '../store/documents.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import { livePartsOf, parcelsOf, pinnedOf, shippedUnitsOf } from './parts.ts';

type Staged = Pick<AllocatableOrder, 'order' | 'fulfillments' | 'stage'>;

/** Where an order stands: how far its units have come with us, and what it waits for. */
export function stageOf(order: Staged, lines: readonly PlannedLine[], waits: boolean): Stage {
  if (order.order.cancelledAt !== null) return 'cancelled';
  const shipped = (order.fulfillments ?? []).some((part) => parcelsOf(part).length > 0);
  const unpaid = order.order.holds.some((hold) => hold.kind === 'unpaid');
  if (lines.length === 0 && !waits) {
    // Of what has left in full nothing waits to be paid: an authorization may expire after its order has shipped.
    if (unpaid && !hasLeft(order)) return shipped ? 'partly shipped' : 'held';
    return shipped ? 'shipped' : 'nothing to ship';
  }
  if (shipped) return 'partly shipped';
  const handed = livePartsOf(order).filter(({ state }) => state === 'pushed' || state === 'pending');
  if (handed.length > 0) {
    const units = pinnedOf({ fulfillments: handed }).reduce((sum, { quantity }) => sum + quantity, 0);
    return !waits && units >= lines.reduce((sum, { quantity }) => sum + quantity, 0) ? 'pushed' : 'partly pushed';
  }
  if (unpaid) return 'held';
  if (waits) return lines.length > 0 ? 'partly allocated' : 'waiting';
  return 'allocated';
}

/** Whether units of ours were shipped, by us or by the channel, and none is left to be. */
function hasLeft(order: Staged): boolean {
  const byUs = shippedUnitsOf(order);
  const ours = order.order.lines
    .filter(({ fulfilledBy }) => fulfilledBy === 'us')
    .map((line) => ({ ...line, shipped: Math.max(line.shipped, byUs.get(line.id) ?? 0) }));
  return ours.some(({ shipped }) => shipped > 0) && ours.every((line) => openQuantity(line) === 0);
}
