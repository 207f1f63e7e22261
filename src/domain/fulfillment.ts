import type { CompanyId, ConnectionId, ExternalId, Key, LineId, LocationId, OrderId, Sku } from './ids.ts';
import type { Address } from './order.ts';
import type { BusinessDate, Instant } from './time.ts';

/** Work asked of one provider at one location: what is sent, frozen, under its key. */
export interface FulfillmentRequest {
  /** Our key of the work, given to the remote as its reference. */
  readonly key: Key;
  readonly order: OrderId;
  /** What the buyer sees, e.g. `#1001`. */
  readonly number: string;
  readonly location: LocationId;
  readonly placedAt: Instant;
  readonly lines: readonly {
    readonly line: LineId;
    readonly sku: Sku;
    readonly title: string;
    readonly quantity: number;
  }[];
  readonly recipient: {
    readonly name: string;
    readonly email: string | null;
    readonly phone: string | null;
    readonly address: Address;
  };
  /** The provider's shipping method by the mapping. */
  readonly method: string;
}

/** What left, as a provider reports it. One shipment can have several parcels. */
export interface Shipment {
  readonly connection: ConnectionId;
  readonly externalId: ExternalId;
  /** The key of the request that it answers; null where it bears no reference: it was asked for by somebody else. */
  readonly request: Key | null;
  readonly status: 'processing' | 'shipped' | 'delivered' | 'on-hold' | 'exception' | 'cancelled';
  readonly reason: string | null;
  readonly shippedAt: Instant | null;
  readonly parcels: readonly Parcel[];
}

export interface Parcel {
  readonly carrier: string | null;
  readonly tracking: string | null;
  readonly url: string | null;
  readonly lines: readonly { readonly sku: Sku; readonly quantity: number }[];
}

/** What the channel is told of one parcel: its own names of order, lines and location, and what the buyer can track it by. */
export interface Confirmation {
  /** Our key of the telling. */
  readonly key: Key;
  /** The channel's ids throughout. */
  readonly order: ExternalId;
  readonly location: ExternalId;
  readonly lines: readonly { readonly line: ExternalId; readonly quantity: number }[];
  /** The carrier as the channel calls it; ours where it has no name for it. */
  readonly carrier: string | null;
  /** Usually one; several where a line left in parts and is told with the last. */
  readonly tracking: readonly { readonly number: string; readonly url: string | null }[];
  readonly shippedAt: Instant;
  /** Whether the channel writes to the buyer. */
  readonly notify: boolean;
  /**
   * The channel's ids of what it was told of the order's other parcels, as known when it is asked: none of these is this
   * parcel, however like it is. It is no part of what is told, and not frozen with it. Absent = nothing.
   */
  readonly told?: readonly ExternalId[];
}

/** Units of an order's lines that are to be the work of one location in the channel's books too. The channel's ids throughout. */
export interface AssignmentRequest {
  readonly order: ExternalId;
  readonly location: ExternalId;
  readonly lines: readonly {
    readonly line: ExternalId;
    /** All of the line that is to leave from there and that the channel was not told of when this was decided. */
    readonly quantity: number;
    /** How many of these are the work of others than who this is asked for. Absent = none. */
    readonly others?: number;
  }[];
  /** The channel's ids of what it had been told of by then: none of it is among these units. Absent = nothing. */
  readonly told?: readonly ExternalId[];
}

/** What a channel shows as left to sell of one listing at one of its locations. */
export interface ChannelLevel {
  readonly listing: string;
  /** The channel's id of what is counted. */
  readonly item: ExternalId;
  readonly location: ExternalId;
  readonly available: number;
}

/** An absolute quantity for a channel, in place of the one that was read: refused where the channel shows another by now. */
export interface Publication extends ChannelLevel {
  /** What `available` is to become. */
  readonly wanted: number;
}

/** One document for the ERP: a batch of entries with its key. Σ debit = Σ credit. */
export interface LedgerDocument {
  readonly key: Key;
  readonly company: CompanyId;
  readonly kind: 'journal';
  readonly date: BusinessDate;
  readonly currency: string;
  readonly memo: string;
  readonly lines: readonly LedgerLine[];
}

export interface LedgerLine {
  /** The ERP's account, by the account map. */
  readonly account: string;
  /** Minor units of the document's currency, positive; a line has the one or the other. */
  readonly debit: number;
  readonly credit: number;
  readonly memo: string;
  readonly dimensions: Readonly<Record<string, string>>;
}
