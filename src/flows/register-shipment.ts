import type { Shipment } from '../domain/fulfillment.ts';
import type { OrderLine } from '../domain/order.ts';
import type { FulfillmentPart, ParcelPart, ShipmentPart } from '../store/fulfillment-documents.ts';
import { isComplete } from './decide-parts.ts';
import { isLive, parcelsOf } from './parts.ts';

/** A shipment as its provider told it last. */
export interface ToldShipment {
  readonly shipment: Shipment;
  readonly version: number;
}

/**
 * A part with what its provider says of one of its shipments; the very same part where that says nothing new. Parcels are
 * written down once, when they have left, and stay: what the channel is told and what is booked follow from them. Whether
 * the part has come to its end by it, `endedBy` says, once all that was told is registered.
 */
export function registerShipment(
  part: FulfillmentPart,
  { shipment, version }: ToldShipment,
  lines: readonly Pick<OrderLine, 'id' | 'components'>[],
): FulfillmentPart {
  const known = part.shipments.find(({ externalId }) => externalId === shipment.externalId);
  if (known !== undefined && known.version >= version) return part;
  const left = shipment.status === 'shipped' || shipment.status === 'delivered';
  const parcels =
    known !== undefined && known.parcels.length > 0
      ? known.parcels
      : left
        ? parcelsThatLeft(part, shipment, lines)
        : [];
  const told: ShipmentPart = {
    externalId: shipment.externalId,
    version,
    status: shipment.status,
    reason: shipment.reason,
    shippedAt: known?.shippedAt ?? (shipment.shippedAt === null ? null : new Date(shipment.shippedAt)),
    parcels,
  };
  const shipments =
    known === undefined ? [...part.shipments, told] : part.shipments.map((each) => (each === known ? told : each));
  return { ...part, shipments };
}

/**
 * A part as it stands by what all of its shipments say, the very same part where that is how it stands already: one of them
 * that is cancelled ends it only where no other is to leave.
 */
export function endedBy(part: FulfillmentPart): FulfillmentPart {
  if (isComplete(part))
    return part.state === 'closed' && part.reason === null ? part : { ...part, state: 'closed', reason: null };
  const done = part.shipments.every(
    ({ status }) => status === 'cancelled' || status === 'shipped' || status === 'delivered',
  );
  if (!done || !part.shipments.some(({ status }) => status === 'cancelled') || !isLive(part)) return part;
  const reason = part.shipments.find(({ status }) => status === 'cancelled')?.reason ?? 'cancelled by the provider';
  // Some left and the rest never will: the rest is planned again.
  if (parcelsOf(part).length > 0) return { ...part, state: 'closed', reason };
  return part.unwanted === null ? { ...part, state: 'rejected', reason } : { ...part, state: 'cancelled', reason };
}

/** The parcels of a shipment as they left: what a parcel holds goes to the lines that asked for it, in their order. */
function parcelsThatLeft(
  part: FulfillmentPart,
  shipment: Shipment,
  lines: readonly Pick<OrderLine, 'id' | 'components'>[],
): ParcelPart[] {
  const before = parcelsOf(part);
  const gone = new Map<string, number>();
  const add = (line: string, sku: string, quantity: number): void => {
    const key = JSON.stringify([line, sku]);
    gone.set(key, (gone.get(key) ?? 0) + quantity);
  };
  const goneOf = (line: string, sku: string): number => gone.get(JSON.stringify([line, sku])) ?? 0;
  for (const { line, sku, quantity } of before.flatMap(({ items }) => items)) add(line, sku, quantity);
  const complete = new Map<string, number>();
  for (const { line, quantity } of before.flatMap(({ units }) => units))
    complete.set(line, (complete.get(line) ?? 0) + quantity);
  return shipment.parcels.map((parcel) => {
    const items: ParcelPart['items'] = [];
    for (const { sku, quantity } of parcel.lines) {
      let left = quantity;
      const asking = part.lines.filter((each) => each.sku === sku);
      for (const [index, { line, quantity: asked }] of asking.entries()) {
        // More than was asked for stands with the last that asked: it left, whoever wanted it.
        const room = Math.max(0, asked - goneOf(line, sku));
        const taken = index === asking.length - 1 ? left : Math.min(left, room);
        if (taken === 0) continue;
        items.push({ line, sku, quantity: taken });
        add(line, sku, taken);
        left -= taken;
      }
    }
    const units: ParcelPart['units'] = [];
    for (const id of new Set(items.map(({ line }) => line))) {
      const components = lines.find((line) => line.id === id)?.components ?? [];
      const asked = part.lines.filter((each) => each.line === id);
      const made = components.filter(({ sku }) => asked.some((each) => each.sku === sku));
      const whole =
        made.length === 0
          ? Math.max(...asked.map(({ sku }) => goneOf(id, sku)))
          : Math.min(...made.map(({ sku, quantity }) => Math.floor(goneOf(id, sku) / quantity)));
      const fresh = whole - (complete.get(id) ?? 0);
      if (fresh <= 0) continue;
      units.push({ line: id, quantity: fresh });
      complete.set(id, whole);
    }
    const { carrier, tracking, url } = parcel;
    return { carrier, tracking, url, items, units, taken: false, confirmed: null };
  });
}
