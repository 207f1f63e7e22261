import type { Demand } from './allocate.ts';
import { SyncError } from './errors.ts';
import type { LocationId } from './ids.ts';
import { openQuantity, type Assignment, type Order, type UnitLine } from './order.ts';

/**
 * What an order needs from stock: its lines that we fulfill, by what is still open of them. Nothing for a test order or
 * a cancelled one. Holds are not looked at: whether a held order reserves is the caller's rule.
 *
 * `assigned` says what the channel's own choice of location means: `kept` = the units are demanded there, in as many
 * demands as the channel has cut the line into; `ours to choose` = we choose (`location: null`) and move them afterwards.
 * A pickup is always kept: the buyer chose the store. Units that no open assignment speaks of are ours to choose.
 * @throws SyncError `data`: `unmapped-location` where the channel's location is not mapped, `line-without-sku` where
 * a line that we ship names nothing that stock could be kept of.
 */
export function orderDemands(
  order: Pick<Order, 'test' | 'cancelledAt' | 'assignments'> & { readonly lines: readonly UnitLine[] },
  assigned: 'kept' | 'ours to choose' = 'kept',
): Demand[] {
  if (order.test || order.cancelledAt !== null) return [];
  const demands: Demand[] = [];
  for (const line of order.lines) {
    if (line.fulfilledBy !== 'us') continue;
    const open = openQuantity(line);
    if (open === 0) continue;
    if (line.sku === null || line.components.length === 0) throw withoutSku(line);
    for (const [location, quantity] of placesOf(line, open, order.assignments, assigned)) {
      demands.push({ line: line.id, sku: line.sku, quantity, components: line.components, location });
    }
  }
  return demands;
}

/** Where the open units of a line are wanted, one entry per location. */
function placesOf(
  line: UnitLine,
  open: number,
  assignments: readonly Assignment[],
  assigned: 'kept' | 'ours to choose',
): Map<LocationId | null, number> {
  const places = new Map<LocationId | null, number>();
  let left = open;
  for (const assignment of assignments) {
    if (left === 0) break;
    if (!STILL_TO_SHIP.has(assignment.status)) continue;
    if (assignment.location === null && assignment.remoteLocation === null) continue;
    if (assigned === 'ours to choose' && assignment.method !== 'pickup') continue;
    for (const part of assignment.lines) {
      // The channel may not have seen the latest shipment or edit yet: never more than what is open.
      const quantity = part.line === line.id ? Math.min(left, part.remaining) : 0;
      if (quantity <= 0) continue;
      if (assignment.location === null) throw unmappedLocation(assignment.remoteLocation ?? '');
      places.set(assignment.location, (places.get(assignment.location) ?? 0) + quantity);
      left -= quantity;
    }
  }
  if (left > 0) places.set(null, left);
  return places;
}

const STILL_TO_SHIP: ReadonlySet<Assignment['status']> = new Set(['open', 'in-progress', 'scheduled', 'on-hold']);

function unmappedLocation(remote: string): SyncError {
  return new SyncError('data', `The channel ships from its location ${remote}, which is not mapped`, {
    code: 'unmapped-location',
    field: 'assignments.location',
    needs: [`locations/${remote}`],
    remoteId: remote,
    remedy: `Map ${remote} to one of our locations in the connection's mapping, under "locations".`,
  });
}

function withoutSku(line: UnitLine): SyncError {
  return new SyncError('data', `Line ${line.externalId} is ours to ship but has no SKU`, {
    code: 'line-without-sku',
    field: `lines.${line.externalId}.sku`,
    needs: line.listing === null ? [] : [`listings/${line.listing}`],
    remoteId: line.externalId,
    remedy:
      line.listing === null
        ? 'Give the item a SKU in the channel, or take the line off the order if nothing is to be shipped for it.'
        : `Map the listing "${line.listing}" to one of our SKUs in the connection's mapping, under "listings".`,
  });
}
