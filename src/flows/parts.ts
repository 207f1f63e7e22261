import type { ExternalId, LineId, LocationId } from '../domain/ids.ts';
import type { Transfer } from '../domain/ledger/fact.ts';
import type { OrderLine } from '../domain/order.ts';
import type { OrderDocument, PlannedLine } from '../store/documents.ts';
import type { AskedLine, FulfillmentPart, ParcelPart } from '../store/fulfillment-documents.ts';

/** What of an order its fulfillment orders are looked up by. */
export type WithParts = Pick<OrderDocument, 'fulfillments'>;

/** Whether its units are still to leave, as far as anybody knows: then they are nobody else's to plan. */
export function isLive({ state }: Pick<FulfillmentPart, 'state'>): boolean {
  return state === 'asked' || state === 'pending' || state === 'pushed' || state === 'shadow';
}

export function livePartsOf({ fulfillments }: WithParts): FulfillmentPart[] {
  return (fulfillments ?? []).filter(isLive);
}

export function parcelsOf(part: FulfillmentPart): ParcelPart[] {
  return part.shipments.flatMap(({ parcels }) => parcels);
}

/** What was asked and has not left, in component units. */
export function outstandingOf(part: FulfillmentPart): AskedLine[] {
  const left = new Map<string, number>();
  for (const { line, sku, quantity } of parcelsOf(part).flatMap(({ items }) => items))
    left.set(itemKey(line, sku), (left.get(itemKey(line, sku)) ?? 0) + quantity);
  return part.lines.flatMap((asked) => {
    const quantity = asked.quantity - (left.get(itemKey(asked.line, asked.sku)) ?? 0);
    return quantity > 0 ? [{ ...asked, quantity }] : [];
  });
}

/** The reservations that no plan may touch: what providers were asked for and what has not left them. */
export function pinnedOf(order: WithParts): PlannedLine[] {
  return merged(
    livePartsOf(order).flatMap((part) => outstandingOf(part).map((line) => ({ ...line, location: part.location }))),
  );
}

/** Entries of one line, component and place as one. */
export function merged(lines: readonly PlannedLine[]): PlannedLine[] {
  const places = new Map<string, PlannedLine>();
  for (const { line, sku, location, quantity } of lines) {
    const key = JSON.stringify([line, sku, location]);
    const known = places.get(key);
    places.set(key, { line, sku, location, quantity: (known?.quantity ?? 0) + quantity });
  }
  return [...places.values()];
}

/** Units of each line that left with our providers and are complete. */
export function shippedUnitsOf({ fulfillments }: WithParts): Map<LineId, number> {
  const units = new Map<LineId, number>();
  for (const { line, quantity } of (fulfillments ?? []).flatMap(parcelsOf).flatMap((parcel) => parcel.units))
    units.set(line, (units.get(line) ?? 0) + quantity);
  return units;
}

/** The channel's ids of every parcel of an order that it was told of. */
export function confirmedOf({ fulfillments }: WithParts): ExternalId[] {
  return (fulfillments ?? []).flatMap(parcelsOf).flatMap(({ confirmed }) => confirmed ?? []);
}

/** Units of a line, in line units, that a part asks for and that are not complete yet. */
export function openUnitsOf(part: FulfillmentPart, line: Pick<OrderLine, 'id' | 'components'>): number {
  const asked = askedUnits(part, line);
  const complete = parcelsOf(part)
    .flatMap(({ units }) => units)
    .reduce((sum, each) => sum + (each.line === line.id ? each.quantity : 0), 0);
  return Math.max(0, asked - complete);
}

/** Units of a line that its components in a part make up: of a kit as many as the scarcest component allows. */
export function askedUnits(part: Pick<FulfillmentPart, 'lines'>, line: Pick<OrderLine, 'id' | 'components'>): number {
  const asked = part.lines.filter((each) => each.line === line.id);
  if (asked.length === 0) return 0;
  const components = line.components.filter(({ sku }) => asked.some((each) => each.sku === sku));
  // What the order's line is made of has changed since it was asked: then each piece counts for itself.
  if (components.length === 0) return Math.max(...asked.map(({ quantity }) => quantity));
  return Math.min(
    ...components.map(({ sku, quantity }) => {
      const units = asked.reduce((sum, each) => sum + (each.sku === sku ? each.quantity : 0), 0);
      return Math.ceil(units / quantity);
    }),
  );
}

type Asking = Pick<OrderDocument, 'fulfillments' | 'revision' | 'asks'>;

/** Whether a part was refused as it would be asked for today. */
export function isRefused(part: FulfillmentPart, { revision, asks }: Asking): boolean {
  return part.state === 'rejected' && part.revision >= (asks ?? revision);
}

/** The locations that let the order down as it is now: their provider would not ship it. */
export function avoidedOf(order: Asking): Set<LocationId> {
  return new Set((order.fulfillments ?? []).filter((part) => isRefused(part, order)).map(({ location }) => location));
}

/** What passed to the buyer with our providers' parcels, for the books. */
export function transfersOf({ fulfillments }: WithParts): Transfer[] {
  return (fulfillments ?? []).flatMap(({ provider, location, shipments }) =>
    shipments.flatMap(({ externalId, shippedAt, parcels }) =>
      parcels.flatMap(({ units }, index) =>
        shippedAt === null || units.length === 0
          ? []
          : [{ id: `${provider}:${externalId}:${index}`, at: shippedAt.getTime(), location, lines: units }],
      ),
    ),
  );
}

function itemKey(line: LineId, sku: string): string {
  return `${line}/${sku}`;
}
