import type { CompanyId, ConnectionId, ExternalId, LineId, LocationId, OrderId, Sku } from './ids.ts';
import type { BusinessDate, Instant } from './time.ts';

/**
 * An amount in both currencies of an order, in minor units (safe integers): `shop` in `order.currency.shop` (what the
 * channel keeps its books in), `buyer` in `order.currency.buyer` (what the buyer saw and paid).
 */
export interface Amount {
  readonly shop: number;
  readonly buyer: number;
}

/** Who ships a line: we, the channel itself (FBA), somebody else, or nobody (digital goods, gift cards, tips). */
export type FulfilledBy = 'us' | 'channel' | 'elsewhere' | 'nobody';

/** Tax of one jurisdiction on one line, as the channel computed it. `collectedBy: 'channel'` = remitted by the marketplace, never ours. */
export interface TaxLine {
  readonly title: string;
  /** Decimal text, e.g. `0.0725`. */
  readonly rate: string;
  readonly jurisdiction: string | null;
  readonly amount: Amount;
  readonly collectedBy: 'us' | 'channel';
}

/** The part of one discount that fell on one line. Amounts are positive. */
export interface DiscountAllocation {
  /** Index into `order.discounts`. */
  readonly discount: number;
  readonly amount: Amount;
}

export interface Discount {
  readonly kind: 'code' | 'automatic' | 'manual' | 'script';
  readonly title: string;
  readonly code: string | null;
}

export interface Duty {
  readonly externalId: ExternalId;
  readonly amount: Amount;
  readonly taxes: readonly TaxLine[];
}

/**
 * One line of an order. Quantities: `ordered` is what was bought, `cancelled` what an edit, a cancellation or a refund
 * took away before it shipped, `shipped` what already left (by anyone), `returned` what came back.
 * Open demand = ordered − cancelled − shipped.
 */
export interface OrderLine {
  readonly id: LineId;
  readonly externalId: ExternalId;
  /** The channel's own SKU, before mapping. */
  readonly listing: string | null;
  /** Our SKU or kit; null where the line has none (custom item, tip). */
  readonly sku: Sku | null;
  readonly title: string;
  readonly kind: 'goods' | 'digital' | 'gift-card' | 'tip' | 'custom';
  readonly fulfilledBy: FulfilledBy;
  readonly ordered: number;
  readonly cancelled: number;
  readonly shipped: number;
  readonly returned: number;
  /** Quantity × unit price before discounts, of `ordered`; includes tax when `order.taxIncluded`. */
  readonly gross: Amount;
  readonly discounts: readonly DiscountAllocation[];
  readonly taxes: readonly TaxLine[];
  readonly duties: readonly Duty[];
  /** What of one unit of this line goes out of the warehouse, by our SKU: a plain item is itself × 1. */
  readonly components: readonly { readonly sku: Sku; readonly quantity: number }[];
  readonly attributes: Readonly<Record<string, string>>;
}

/** A line by its units alone: how many of what, and how far they have come. */
export type UnitLine = Omit<OrderLine, 'gross' | 'discounts' | 'taxes' | 'duties' | 'attributes'>;

export interface ShippingLine {
  readonly externalId: ExternalId;
  readonly title: string;
  readonly code: string | null;
  readonly carrier: string | null;
  readonly gross: Amount;
  readonly discounts: readonly DiscountAllocation[];
  readonly taxes: readonly TaxLine[];
  readonly removed: boolean;
}

/** One movement of the buyer's money at a gateway. Refund transactions stand in their Refund. */
export interface Payment {
  readonly externalId: ExternalId;
  readonly kind: 'authorization' | 'capture' | 'sale' | 'void' | 'change';
  readonly status: 'success' | 'pending' | 'failure';
  /** The channel's own name of the gateway. */
  readonly gateway: string;
  /** Our payment method by the mapping's code table `payments`; null while unmapped: only what books money needs it. */
  readonly method: string | null;
  readonly amount: Amount;
  readonly at: Instant;
  /** The authorization that a capture or void belongs to. */
  readonly parent: ExternalId | null;
  readonly giftCard: boolean;
}

export interface RefundLine {
  readonly line: LineId;
  readonly quantity: number;
  readonly restock: 'return' | 'cancel' | 'no-restock' | 'legacy';
  readonly location: LocationId | null;
  readonly subtotal: Amount;
  readonly tax: Amount;
}

/** Money going back. Lines may be empty (shipping-only or adjustment-only). */
export interface Refund {
  readonly externalId: ExternalId;
  readonly at: Instant;
  readonly lines: readonly RefundLine[];
  readonly shipping: readonly { readonly externalId: ExternalId; readonly amount: Amount; readonly tax: Amount }[];
  readonly duties: readonly { readonly externalId: ExternalId; readonly amount: Amount }[];
  /** Positive = more given back than the lines say; negative = less (a restocking fee). */
  readonly adjustments: readonly { readonly reason: string; readonly amount: Amount; readonly tax: Amount }[];
  readonly payments: readonly (Omit<Payment, 'kind'> & { readonly kind: 'refund' })[];
  /** What is given back in all, money included that a gateway has yet to pay out; never what failed. */
  readonly total: Amount;
  readonly return: ExternalId | null;
}

export interface Return {
  readonly externalId: ExternalId;
  readonly name: string;
  readonly status: string;
  readonly lines: readonly { readonly line: LineId; readonly quantity: number; readonly reason: string | null }[];
}

/** What the channel has decided about who ships what: its assigned location is respected (moved there first, or parked). */
export interface Assignment {
  readonly externalId: ExternalId;
  readonly status: 'open' | 'in-progress' | 'scheduled' | 'on-hold' | 'closed' | 'cancelled' | 'incomplete';
  /** Our location by the mapping's code table `locations`; null while unmapped or where the channel names none. */
  readonly location: LocationId | null;
  readonly remoteLocation: ExternalId | null;
  readonly method: 'shipping' | 'pickup' | 'local' | 'none';
  readonly lines: readonly { readonly line: LineId; readonly quantity: number; readonly remaining: number }[];
}

/** A reason why an order waits. */
export interface Hold {
  readonly kind: 'risk' | 'edit-window' | 'unpaid' | 'scheduled' | 'channel' | 'person' | 'rule';
  /** By what it is let go: a mapping's rule and a person give a name; one of the channel is known by its kind. */
  readonly name?: string;
  readonly reason: string;
  /** Ends by itself at this instant; null = a person or an event ends it. */
  readonly until: Instant | null;
}

/** The channel's own totals, to which ours must add up to the cent. `current` = after edits and refunds where the channel has it. */
export interface Totals {
  readonly lines: Amount;
  readonly discounts: Amount;
  readonly shipping: Amount;
  readonly tax: Amount;
  readonly duties: Amount;
  readonly tips: Amount;
  readonly fees: Amount;
  /** What the channel says the buyer owes or owed in all, as first placed plus edits. */
  readonly total: Amount;
  /** Cash rounding at the till, as the channel states it. */
  readonly rounding: Amount;
  /** As each refund's total: with what gateways have yet to pay out. */
  readonly refunded: Amount;
}

/** What identifies a person. Kept apart, encrypted under a key of its own per order. */
export interface Personal {
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly customer: ExternalId | null;
  readonly shippingAddress: Address | null;
  readonly billingAddress: Address | null;
  readonly note: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly ip: string | null;
  readonly pickup: string | null;
}

/** The personal part of an order whose key was destroyed. */
export const NOBODY: Personal = {
  name: null,
  email: null,
  phone: null,
  customer: null,
  shippingAddress: null,
  billingAddress: null,
  note: null,
  attributes: {},
  ip: null,
  pickup: null,
};

export interface Address {
  readonly name: string | null;
  readonly company: string | null;
  readonly lines: readonly string[];
  readonly city: string | null;
  readonly region: string | null;
  readonly postcode: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly phone: string | null;
}

/** What a buyer bought, canonical: the newest revision. Nothing personal stands outside `personal`. */
export interface Order {
  readonly id: OrderId;
  readonly connection: ConnectionId;
  readonly company: CompanyId;
  readonly externalId: ExternalId;
  /** What the buyer sees, e.g. `#1001`. */
  readonly number: string;
  readonly placedAt: Instant;
  readonly updatedAt: Instant;
  readonly cancelledAt: Instant | null;
  readonly closedAt: Instant | null;
  readonly businessDate: BusinessDate;
  readonly test: boolean;
  readonly currency: { readonly shop: string; readonly buyer: string };
  readonly taxIncluded: boolean;
  readonly lines: readonly OrderLine[];
  readonly shipping: readonly ShippingLine[];
  /** Our shipping method where a field rule decided it; absent = what the mapping's `methods` say of the shipping line. */
  readonly method?: string;
  readonly fees: readonly { readonly title: string; readonly amount: Amount; readonly taxes: readonly TaxLine[] }[];
  readonly discounts: readonly Discount[];
  readonly payments: readonly Payment[];
  readonly refunds: readonly Refund[];
  readonly returns: readonly Return[];
  readonly assignments: readonly Assignment[];
  readonly holds: readonly Hold[];
  readonly risk: {
    readonly level: 'none' | 'low' | 'medium' | 'high' | 'pending';
    readonly recommendation: string | null;
  };
  readonly totals: Totals;
  /** Where it goes, coarse enough to be no person's address: ISO 3166-1 alpha-2 and the region code. */
  readonly destination: { readonly country: string | null; readonly region: string | null };
  readonly tags: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly personal: Personal;
}

/** Units of a line still to be shipped: ordered − cancelled − shipped, never below zero (a remote can report more). */
export function openQuantity(line: Pick<OrderLine, 'ordered' | 'cancelled' | 'shipped'>): number {
  return Math.max(0, line.ordered - line.cancelled - line.shipped);
}
