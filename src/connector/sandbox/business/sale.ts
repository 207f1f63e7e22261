import type { ConnectionId, LocationId, Sku } from '../../../domain/ids.ts';
import type { Amount, FulfilledBy } from '../../../domain/order.ts';
import type { Instant } from '../../../domain/time.ts';
import { NOTHING, part, plus, minus, times } from './amounts.ts';
import type { Person, PostalAddress } from './people.ts';

/** What happened to an order that makes it worth having in a sandbox. `plain` is most of them. */
export type Story =
  | 'plain'
  | 'long'
  | 'repeated-sku'
  | 'misstated'
  | 'unknown-location'
  | 'unmapped-payment'
  | 'tip'
  | 'gift-card-sold'
  | 'gift-card-used'
  | 'split-tender'
  | 'cancelled'
  | 'voided'
  | 'refund-full'
  | 'refund-partial'
  | 'refund-shipping'
  | 'refund-fee'
  | 'edit-add'
  | 'edit-reduce'
  | 'pending'
  | 'failed-payment'
  | 'high-risk'
  | 'pickup'
  | 'digital'
  | 'channel-fulfilled'
  | 'duties'
  | 'custom'
  | 'returned'
  | 'on-hold'
  | 'scheduled'
  | 'two-locations';

export interface TaxShare {
  readonly title: string;
  /** Decimal text, e.g. `0.0725`. */
  readonly rate: string;
  readonly micros: number;
  readonly amount: Amount;
}

export interface DiscountShare {
  /** Index into `sale.promotions`. */
  readonly promotion: number;
  readonly amount: Amount;
}

export interface SaleLine {
  /** 1, 2, … within the sale, for good. */
  readonly number: number;
  readonly sku: Sku | null;
  /** Number of the product in the catalogue; null for what is in none. */
  readonly product: number | null;
  readonly title: string;
  readonly variant: string | null;
  readonly vendor: string | null;
  readonly kind: 'goods' | 'kit' | 'digital' | 'gift-card' | 'tip' | 'custom';
  readonly fulfilledBy: FulfilledBy;
  /** As bought, plus nothing, minus nothing: what was taken away since stands in `removed`. */
  readonly quantity: number;
  readonly unit: Amount;
  /** Of `quantity`. */
  readonly discounts: readonly DiscountShare[];
  /** Of `quantity`. */
  readonly taxes: readonly TaxShare[];
  readonly duty: Amount | null;
  readonly customsCode: string | null;
  /** Cancelled or edited away before it shipped. */
  readonly removed: number;
  readonly shipped: number;
  readonly returned: number;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ShippingCharge {
  readonly number: number;
  readonly title: string;
  readonly code: string;
  readonly carrier: string | null;
  readonly price: Amount;
  readonly discounts: readonly DiscountShare[];
  readonly taxes: readonly TaxShare[];
}

export interface Promotion {
  readonly kind: 'code' | 'automatic' | 'manual';
  readonly title: string;
  readonly target: 'lines' | 'shipping';
  /** `each` = to the lines entitled, one by one; `across` = to the whole order, spread. */
  readonly spread: 'each' | 'across';
  readonly value: { readonly percent: number } | { readonly amount: Amount };
}

export interface Tender {
  readonly number: number;
  readonly kind: 'authorization' | 'capture' | 'sale' | 'void' | 'refund';
  readonly status: 'success' | 'pending' | 'failure';
  readonly gateway: string;
  readonly amount: Amount;
  readonly at: Instant;
  readonly parent: number | null;
}

export interface MoneyBackLine {
  readonly line: number;
  readonly quantity: number;
  readonly restock: 'return' | 'cancel' | 'no-restock';
  readonly place: LocationId | null;
  /** After discounts; includes tax where prices do. */
  readonly subtotal: Amount;
  readonly tax: Amount;
}

export interface MoneyBack {
  readonly number: number;
  readonly at: Instant;
  readonly note: string | null;
  readonly lines: readonly MoneyBackLine[];
  /** `amount` is after discounts, without tax where prices are without. */
  readonly shipping: readonly { readonly charge: number; readonly amount: Amount; readonly tax: Amount }[];
  /** Duty of these lines given back. */
  readonly duties: readonly { readonly line: number; readonly amount: Amount }[];
  /** Positive = more given back than the lines say; negative = kept. */
  readonly adjustments: readonly { readonly number: number; readonly reason: string; readonly amount: Amount }[];
  readonly tenders: readonly Tender[];
  readonly returned: number | null;
}

export interface GoodsBack {
  readonly number: number;
  readonly at: Instant;
  readonly status: 'open' | 'closed';
  readonly lines: readonly { readonly line: number; readonly quantity: number; readonly reason: string }[];
}

/** Work that the channel has given to one of its places. `place` null = a place that nobody of ours knows. */
export interface Assigned {
  readonly number: number;
  readonly place: LocationId | null;
  readonly by: 'us' | 'channel';
  readonly method: 'shipping' | 'pickup';
  readonly status: 'open' | 'in-progress' | 'scheduled' | 'on-hold' | 'closed' | 'cancelled';
  readonly fulfillAt: Instant | null;
  readonly heldFor: string | null;
  readonly lines: readonly { readonly line: number; readonly total: number; readonly remaining: number }[];
}

export interface Parcel {
  readonly number: number;
  readonly at: Instant;
  readonly place: LocationId | null;
  readonly carrier: string;
  readonly tracking: string;
  readonly lines: readonly { readonly line: number; readonly quantity: number }[];
}

/** One order of the business with everything that has happened to it so far. Amounts are minor units. */
export interface Sale {
  readonly shop: ConnectionId;
  /** 0, 1, … in the order of placing, per shop. */
  readonly index: number;
  /** What the buyer sees after the #. */
  readonly number: number;
  readonly story: Story;
  readonly placedAt: Instant;
  readonly updatedAt: Instant;
  /** Grows by one with each change, also of two in one second. */
  readonly revision: number;
  readonly cancelledAt: Instant | null;
  readonly cancelReason: 'customer' | 'fraud' | 'inventory' | null;
  readonly closedAt: Instant | null;
  readonly currency: { readonly shop: string; readonly buyer: string };
  readonly taxIncluded: boolean;
  readonly country: string;
  readonly lines: readonly SaleLine[];
  readonly shipping: readonly ShippingCharge[];
  readonly fees: readonly { readonly number: number; readonly title: string; readonly amount: Amount }[];
  readonly promotions: readonly Promotion[];
  readonly tenders: readonly Tender[];
  readonly refunds: readonly MoneyBack[];
  readonly returns: readonly GoodsBack[];
  readonly assigned: readonly Assigned[];
  readonly parcels: readonly Parcel[];
  readonly risk: 'none' | 'low' | 'medium' | 'high';
  readonly edited: boolean;
  readonly person: Person | null;
  readonly shippingAddress: PostalAddress | null;
  readonly billingAddress: PostalAddress | null;
  readonly ip: string | null;
  readonly note: string | null;
  readonly tags: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  /** What the stated total is wrong by; zero for every order but the misstated one. */
  readonly misstatedBy: number;
}

export function grossOf(line: SaleLine): Amount {
  return times(line.unit, line.quantity);
}

export function discountOf(piece: { readonly discounts: readonly DiscountShare[] }): Amount {
  return plus(NOTHING, ...piece.discounts.map((each) => each.amount));
}

export function taxOf(piece: { readonly taxes: readonly TaxShare[] }): Amount {
  return plus(NOTHING, ...piece.taxes.map((each) => each.amount));
}

/** Of `count` of a line's units, after discounts; as the last of them the rest, so that parts sum back to the whole. */
export function netOf(line: SaleLine, count = line.quantity): Amount {
  return part(minus(grossOf(line), discountOf(line)), count, line.quantity);
}

/** Units that are neither taken away nor come back. */
export function currentQuantity(line: SaleLine): number {
  return line.quantity - line.removed - line.returned;
}

export interface SaleTotals {
  /** Lines after discounts, without tips. */
  readonly subtotal: Amount;
  readonly tips: Amount;
  /** Lines and shipping. */
  readonly discounts: Amount;
  /** After discounts. */
  readonly shipping: Amount;
  readonly tax: Amount;
  readonly duties: Amount;
  readonly fees: Amount;
  readonly total: Amount;
}

/** As placed plus what edits added; what was taken away or given back is still in it. */
export function totalsOf(sale: Sale): SaleTotals {
  return addUp(sale, (line) => line.quantity, true);
}

/** Of what is left after edits, cancellation, returns and refunds. */
export function currentTotalsOf(sale: Sale): SaleTotals {
  return addUp(sale, currentQuantity, false);
}

function addUp(sale: Sale, count: (line: SaleLine) => number, asPlaced: boolean): SaleTotals {
  let [subtotal, tips, discounts, shipping, tax, duties] = [NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING];
  for (const line of sale.lines) {
    const left = count(line);
    if (line.kind === 'tip') tips = plus(tips, netOf(line, left));
    else subtotal = plus(subtotal, netOf(line, left));
    discounts = plus(discounts, part(discountOf(line), left, line.quantity));
    for (const share of line.taxes) tax = plus(tax, part(share.amount, left, line.quantity));
    if (line.duty) duties = plus(duties, line.duty);
  }
  for (const charge of sale.shipping) {
    shipping = plus(shipping, minus(charge.price, discountOf(charge)));
    discounts = plus(discounts, discountOf(charge));
    tax = plus(tax, taxOf(charge));
  }
  let fees = plus(NOTHING, ...sale.fees.map((fee) => fee.amount));
  if (!asPlaced) {
    for (const refund of sale.refunds) {
      for (const back of refund.shipping) {
        shipping = minus(shipping, back.amount);
        tax = minus(tax, back.tax);
      }
      for (const back of refund.duties) duties = minus(duties, back.amount);
    }
    if (sale.cancelledAt !== null) fees = NOTHING;
  }
  const misstated = { shop: sale.misstatedBy, buyer: sale.misstatedBy };
  const total = plus(subtotal, tips, shipping, sale.taxIncluded ? NOTHING : tax, duties, fees, misstated);
  return { subtotal, tips, discounts, shipping, tax, duties, fees, total };
}

export function receivedOf(sale: Sale): Amount {
  return plus(
    NOTHING,
    ...sale.tenders
      .filter((tender) => tender.status === 'success' && (tender.kind === 'sale' || tender.kind === 'capture'))
      .map((tender) => tender.amount),
  );
}

export function refundedOf(sale: Sale): Amount {
  return plus(NOTHING, ...sale.refunds.flatMap((refund) => refund.tenders.map((tender) => tender.amount)));
}
