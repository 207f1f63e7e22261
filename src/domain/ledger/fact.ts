import type { CompanyId, ConnectionId, ExternalId, LineId, LocationId, OrderId } from '../ids.ts';
import type { BusinessDate, Instant } from '../time.ts';

/** What kind of thing happened. A kind that moves no money (`void`) makes no entry. */
export type FactKind =
  | 'capture'
  | 'gift-card-redeemed'
  | 'change'
  | 'void'
  | 'transfer'
  | 'gift-card-issued'
  | 'tip'
  | 'revised'
  | 'rounding'
  | 'refund'
  | 'refund-paid';

/** What an account is for. The account map says which account of which ERP that is. */
export type AccountKind =
  | 'clearing'
  | 'deposit'
  | 'receivable'
  | 'sales'
  | 'discounts'
  | 'sales-returns'
  | 'shipping'
  | 'fees'
  | 'tips'
  | 'duties'
  | 'tax'
  | 'tax-by-channel'
  | 'gift-cards'
  | 'refund-adjustments'
  | 'rounding';

/** An amount for one account and one cause: positive is a credit (income, a liability of ours), negative a debit. */
export interface Part {
  /** The line's id, `shipping/<id>`, `fee/<position>`, `order`: what of the order the amount belongs to. */
  readonly of: string;
  readonly kind: AccountKind;
  readonly jurisdiction: string | null;
  /** Minor units of the fact's currency. */
  readonly minor: number;
}

/** Units or charges that a refund took away before they were recognised: they will never be. */
export interface Cancellation {
  readonly of: string;
  readonly units: number;
  /** Units that the channel counts as cancelled beside these, and that had passed: they are returned. Absent = none. */
  readonly passed?: number;
  readonly parts: readonly Part[];
}

/**
 * One thing that happened to an order's money, once and for good. It balances in itself:
 * `tender.minor + receivable = Σ parts + deposit`.
 */
export interface Fact {
  /** Derived from the order and what happened, so that seeing it again is not a second fact. */
  readonly id: string;
  readonly kind: FactKind;
  readonly order: OrderId;
  /** What the buyer sees, e.g. `#1001`, for memos. */
  readonly number: string;
  readonly company: CompanyId;
  readonly connection: ConnectionId;
  readonly currency: string;
  readonly at: Instant;
  /** The day in the connection's time zone. */
  readonly date: BusinessDate;
  /** The remote's id of the payment, refund or shipment; what was compared where there is none. */
  readonly source: ExternalId;
  /** Money that came in (positive) or went out at a gateway; null where none moved. */
  readonly tender: { readonly gateway: string; readonly giftCard: boolean; readonly minor: number } | null;
  readonly parts: readonly Part[];
  /** Change of what we hold of the buyer's money (a liability). */
  readonly deposit: number;
  /** Change of what the buyer owes us for what is already theirs. */
  readonly receivable: number;
  /** Units whose control passed with this fact. */
  readonly units: readonly { readonly line: LineId; readonly quantity: number }[];
  readonly cancels: readonly Cancellation[];
  readonly location: LocationId | null;
}

/** Units that passed to the buyer: a shipment, a pickup or a delivery, whichever the connection's setting counts. */
export interface Transfer {
  readonly id: ExternalId;
  readonly at: Instant;
  readonly location: LocationId | null;
  readonly lines: readonly { readonly line: LineId; readonly quantity: number }[];
}

/** The key under which parts add up. */
export function partKey(part: Pick<Part, 'of' | 'kind' | 'jurisdiction'>): string {
  return JSON.stringify([part.of, part.kind, part.jurisdiction]);
}
