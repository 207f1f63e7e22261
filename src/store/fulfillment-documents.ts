import type { ConnectionId, ExternalId, LineId, LocationId, Sku } from '../domain/ids.ts';

/** Units that one fulfillment order asks for, in component units: one entry per line and component. */
export interface AskedLine {
  line: LineId;
  sku: Sku;
  quantity: number;
}

/**
 * `asked` = decided, and perhaps on its way to the provider; `pushed` = the provider has it; `pending` = it has it and
 * has not decided; `rejected` = it will not ship; `cancelled` = taken back in time, or never sent; `closed` = all that
 * will ever ship of it has shipped. `shadow` = it would have been sent; nothing was.
 */
export type FulfillmentState = 'asked' | 'pending' | 'pushed' | 'rejected' | 'cancelled' | 'closed' | 'shadow';

/** What left with one parcel. Once it stands here it is never changed: what the channel is told follows from it. */
export interface ParcelPart {
  carrier: string | null;
  tracking: string | null;
  url: string | null;
  /** Component units, as the provider counts. */
  items: { line: LineId; sku: Sku; quantity: number }[];
  /** Units of order lines that are complete with this parcel: a kit is when its last component left. */
  units: { line: LineId; quantity: number }[];
  /** Its units are off their levels, or the plan that takes them off says so. */
  taken: boolean;
  /** The channel's id of the confirmation; null until it was told. */
  confirmed: ExternalId | null;
  /** Units of it that the channel could not be told of any more: it had cancelled them by then. Absent = none. */
  untold?: number;
}

export interface ShipmentPart {
  externalId: ExternalId;
  version: number;
  status: 'processing' | 'shipped' | 'delivered' | 'on-hold' | 'exception' | 'cancelled';
  reason: string | null;
  shippedAt: Date | null;
  /** Empty until it has left. */
  parcels: ParcelPart[];
}

/** Work asked of one provider at one location. It stands in its order, so that a plan and what was asked by it change together. */
export interface FulfillmentPart {
  /** 1 for the order's first; never given twice. The key at the provider is `push:<order>:<n>`. */
  n: number;
  location: LocationId;
  provider: ConnectionId;
  lines: AskedLine[];
  /** The revision of the order that it was asked for. */
  revision: number;
  /** The channel shows these units at this location, or need not. */
  assigned: boolean;
  state: FulfillmentState;
  /** Why it is to be taken back; null = it is wanted. */
  unwanted: string | null;
  /** What the provider answered when it was asked to take it back. */
  cancel: 'asked' | 'pending' | 'too late' | null;
  externalId: ExternalId | null;
  /** What the provider says of it where it does not simply ship. */
  reason: string | null;
  at: Date;
  shipments: ShipmentPart[];
}

/** Units that left: to be taken off on hand and off the reservation, together, once. */
export interface ConsumedLine {
  line: LineId;
  sku: Sku;
  location: LocationId;
  quantity: number;
  /** The plan's rev that took them off: a reservation written by this rev or a later one has lost them already. */
  rev: number;
  /** A count as of later has seen them leave: then only the reservation ends. */
  at: Date;
}
