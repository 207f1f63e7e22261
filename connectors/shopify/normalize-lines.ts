import type { ExternalId, LineId } from '../../src/domain/ids.ts';
import { derivedId } from '../../src/domain/ids.ts';
import type { Mapping } from '../../src/connector/mapping/mapping.ts';
import type { Amount, Duty, FulfilledBy, OrderLine, ShippingLine } from '../../src/domain/order.ts';
import type { Field } from './field.ts';
import { amountAt, taxesAt, times } from './normalize-money.ts';
import type { Currencies, Discounts } from './normalize-money.ts';

/** What the parts of one order's normalization share. */
export interface OrderScope {
  readonly lineId: LineIds;
  readonly map: Mapping;
  readonly currencies: Currencies;
  readonly discounts: Discounts;
  readonly cancelled: boolean;
  /** Whether the channel says that the buyer left a tip. */
  readonly tipped: boolean;
  /** Units that left, by line; null where the record does not carry what its fulfillments hold. */
  readonly shipped: ReadonlyMap<ExternalId, number> | null;
  /** Units that came back, by line. */
  readonly returned: ReadonlyMap<ExternalId, number>;
  /** Who else ships a line: a fulfillment service's location that is none of our mapped ones. */
  readonly servicedBy: ReadonlyMap<ExternalId, 'channel' | 'elsewhere'>;
}

/** Our id of a line by Shopify's. */
export type LineIds = (externalId: ExternalId) => LineId;

/** The line ids of one order, each derived once: assignments, refunds and returns name the same lines again. */
export function lineIds(connection: string): LineIds {
  const known = new Map<ExternalId, LineId>();
  return (externalId) => {
    let id = known.get(externalId);
    if (id === undefined) {
      id = derivedId('lin', connection, externalId);
      known.set(externalId, id);
    }
    return id;
  };
}

export function orderLine(line: Field, scope: OrderScope): OrderLine {
  const externalId = line.text('id');
  const kind = kindOf(line, scope);
  const listing = listingOf(line, kind);
  const unit = listing === null ? null : scope.map.listing(listing);
  const variantTitle = line.textOrNull('variantTitle');
  return {
    id: scope.lineId(externalId),
    externalId,
    listing,
    sku: unit === null ? null : unit.sku,
    title: line.text('title'),
    kind,
    fulfilledBy: fulfilledBy(line, kind, scope.servicedBy.get(externalId)),
    ...quantities(line, externalId, scope),
    gross: grossOf(line, scope.currencies),
    discounts: scope.discounts.allocationsAt(line),
    taxes: taxesAt(line, scope.currencies),
    duties: line.list('duties').map((duty) => dutyOf(duty, scope.currencies)),
    components: unit === null ? [] : unit.components,
    attributes: variantTitle === null ? {} : { variant: variantTitle },
  };
}

function grossOf(line: Field, currencies: Currencies): Amount {
  return times(amountAt(line, 'originalUnitPriceSet', currencies), line.count('quantity'));
}

function dutyOf(duty: Field, currencies: Currencies): Duty {
  return { externalId: duty.text('id'), amount: amountAt(duty, 'price', currencies), taxes: taxesAt(duty, currencies) };
}

/**
 * Shopify marks neither a tip nor a custom item. A tip is an untracked, untaxed line without product that is titled so, on an order
 * whose tips are not zero; a custom item is a line without product, variant and SKU.
 */
function kindOf(line: Field, scope: OrderScope): OrderLine['kind'] {
  if (line.flag('isGiftCard')) return 'gift-card';
  const loose = line.childOrNull('variant') === null && line.childOrNull('product') === null && !line.textOrNull('sku');
  const shipped = line.flag('requiresShipping');
  if (loose && !shipped && scope.tipped && /^tip\b/i.test(line.text('title'))) return 'tip';
  if (loose) return 'custom';
  return shipped ? 'goods' : 'digital';
}

/** The channel's SKU; goods without one are known by their variant, so that they can be mapped and are never lost. */
function listingOf(line: Field, kind: OrderLine['kind']): string | null {
  const sku = line.textOrNull('sku');
  if (sku !== null && sku !== '') return sku;
  return kind === 'goods' ? (line.childOrNull('variant')?.text('id') ?? null) : null;
}

function fulfilledBy(line: Field, kind: OrderLine['kind'], service: 'channel' | 'elsewhere' | undefined): FulfilledBy {
  if (kind === 'tip' || !line.flag('requiresShipping')) return 'nobody';
  return service ?? 'us';
}

interface Quantities {
  readonly ordered: number;
  readonly cancelled: number;
  readonly shipped: number;
  readonly returned: number;
}

/**
 * Shopify counts `quantity` (all that was ever ordered), `currentQuantity` (without what was removed or refunded) and
 * `unfulfilledQuantity`. Ordered = cancelled + shipped + open, so what neither left nor is open was cancelled before it shipped.
 */
function quantities(line: Field, externalId: ExternalId, scope: OrderScope): Quantities {
  const ordered = line.count('quantity');
  const current = Math.min(ordered, line.countOrNull('currentQuantity') ?? ordered);
  const unfulfilled = line.countOrNull('unfulfilledQuantity');
  const returned = Math.min(ordered, scope.returned.get(externalId) ?? 0);
  if (scope.shipped === null) {
    const shipped = unfulfilled === null ? 0 : Math.max(0, current - unfulfilled);
    return { ordered, cancelled: scope.cancelled ? ordered - shipped : ordered - current, shipped, returned };
  }
  const shipped = Math.min(ordered, scope.shipped.get(externalId) ?? 0);
  const rest = ordered - shipped;
  if (scope.cancelled) return { ordered, cancelled: rest, shipped, returned: Math.min(returned, shipped) };
  const open = Math.min(rest, unfulfilled ?? Math.max(0, current - Math.max(0, shipped - returned)));
  return {
    ordered,
    cancelled: Math.min(rest - open, ordered - current),
    shipped,
    returned: Math.min(returned, shipped),
  };
}

export function shippingLine(line: Field, scope: OrderScope, position: number): ShippingLine {
  return {
    // The id of a shipping line may be absent by the schema; its place in the list then stands for it.
    externalId: line.textOrNull('id') ?? `shipping-${position}`,
    title: line.text('title'),
    code: line.textOrNull('code'),
    carrier: line.textOrNull('carrierIdentifier'),
    gross: amountAt(line, 'originalPriceSet', scope.currencies),
    discounts: scope.discounts.allocationsAt(line),
    taxes: taxesAt(line, scope.currencies),
    removed: line.flag('isRemoved'),
  };
}
