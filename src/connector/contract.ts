import type { ZodType } from 'zod';
import type {
  AssignmentRequest,
  ChannelLevel,
  Confirmation,
  FulfillmentRequest,
  LedgerDocument,
  Publication,
  Shipment,
} from '../domain/fulfillment.ts';
import type { ExternalId, Key, LocationId, Sku } from '../domain/ids.ts';
import type { Order } from '../domain/order.ts';
import type { StockCount } from '../domain/stock.ts';
import type { ApiInUse } from '../domain/sunset.ts';
import type { TimeWindow } from '../domain/time.ts';
import type { BudgetSpec, Io } from './io.ts';
import type { Mapping } from './mapping/mapping.ts';

/** An opaque position in a remote's list, made and read by the connector alone. */
export type Cursor = string;

/** A remote record as it came. `version` is a safe integer that only grows with the record (its updated time in ms, a revision). */
export interface Observed {
  readonly id: ExternalId;
  readonly version: number;
  /** The whole record, as text, exactly what `normalize` will be given. */
  readonly body: string;
}

/** A page of remote records. `next` is saved only after the whole page is stored. */
export interface Page {
  readonly records: readonly Observed[];
  /** Listed on it, but not to be had whole while the others can: each is to be asked for by its id. Absent = none. */
  readonly unread?: readonly ExternalId[];
  readonly next: Cursor;
}

/** Where T comes from. `pull` may repeat records but never skips one; `normalize` is pure. */
export interface Source<T> {
  /** Pages from the cursor on, oldest change first; `null` = from the connection's cut-over. Ends when nothing more is listed now. */
  pull(since: Cursor | null, signal?: AbortSignal): AsyncIterable<Page>;
  /** Everything changed in the window by the remote's cheapest road (bulk export); resumable by its own pages. Absent = `pull` does. */
  backfill?(window: TimeWindow, since: Cursor | null, signal?: AbortSignal): AsyncIterable<Page>;
  get(id: ExternalId, signal?: AbortSignal): Promise<Observed | null>;
  /** For completeness: what the remote says it has in the window, by (id, version). */
  ids(window: TimeWindow, signal?: AbortSignal): AsyncIterable<{ readonly id: ExternalId; readonly version: number }>;
  /** @throws SyncError `data` naming the field that cannot be read. */
  normalize(record: Observed, map: Mapping): T;
}

export type OrderSource = Source<Order>;
/** One record is one remote item with its quantity at every location. */
export type StockSource = Source<readonly StockCount[]>;

export interface Sent {
  readonly id: ExternalId;
  /** `pending` = accepted but decided later (a feed, an EDI document): then `outcome` is asked until it is known. */
  readonly state: 'done' | 'pending';
  /** What of the item the remote could not take any more, while the rest of it was done. Absent = all of it was done. */
  readonly short?: { readonly units: number; readonly why: string };
}
export type Outcome =
  | { readonly state: 'pending' | 'done' }
  | {
      readonly state: 'rejected';
      readonly reasons: readonly { readonly line: string | null; readonly reason: string }[];
    };

/** How a sink can be asked whether it has a key already. */
export type Uniqueness =
  | { readonly by: 'native'; readonly forMs: number }
  | { readonly by: 'find'; readonly settleMs: number }
  | { readonly by: 'none' };

/** Where T goes. The same key twice makes one remote record; `find` answers after a lost reply. */
export interface Sink<T> {
  send(item: T, key: Key, signal?: AbortSignal): Promise<Sent>;
  outcome?(id: ExternalId): Promise<Outcome>;
  readonly uniqueness: Uniqueness;
  find(key: Key, item: T, signal?: AbortSignal): Promise<ExternalId | Pick<Sent, 'id' | 'short'> | 'absent' | 'unsure'>;
}

/** A request of ours as a provider holds it, by what it says of it today. */
export interface Recalled {
  readonly key: Key;
  readonly id: ExternalId;
  /** Where it is shipped from; null where the provider does not say. */
  readonly location: LocationId | null;
  /** All that it was asked for, also what has left by now. What is not stopped and names no unit is a case for a person. */
  readonly lines: readonly { readonly sku: Sku; readonly quantity: number }[];
  /** `stopped` = nothing of it will leave any more. */
  readonly state: Sent['state'] | 'stopped';
}

/** A provider that ships for us. A cancellation is asked for; whether it came in time is the answer. */
export interface FulfillmentProvider extends Sink<FulfillmentRequest> {
  /** Work is taken whole or not at all. */
  find(key: Key, item: FulfillmentRequest, signal?: AbortSignal): Promise<ExternalId | 'absent' | 'unsure'>;
  cancel(id: ExternalId, signal?: AbortSignal): Promise<'cancelled' | 'too late' | 'pending'>;
  /**
   * What it holds under these keys, of each key once, shipped and stopped ones too: our own books do not say after a
   * restore. Absent = it cannot tell.
   */
  recall?(keys: readonly Key[], signal?: AbortSignal): Promise<readonly Recalled[]>;
}

/** One record is one shipment of a provider, at its latest state. */
export interface ShipmentSource extends Source<Shipment> {
  /**
   * Every shipment of the request that this one is of, it among them, as they stand together: one that was cancelled does
   * not say whether the rest still ships. Empty where it is not there. Absent = a request has one shipment only.
   */
  siblings?(id: ExternalId, signal?: AbortSignal): Promise<readonly Observed[]>;
}

/** Where a channel is told what shipped. */
export type ShipmentSink = Sink<Confirmation>;

/**
 * Where a channel's own choice of location is made ours, before anything is pushed. Done already counts as done: `find`
 * answers the order's id once every unit stands at the location.
 */
export type AssignmentSink = Sink<AssignmentRequest>;

/** What came of one publication: taken, another number stood there by now, or the channel does not keep it there. */
export type Published = 'done' | 'moved on' | { readonly refused: string };

/** Where what is left to sell is published, in absolute numbers. */
export interface InventorySink {
  /** What the channel shows now of these listings, at every location that it keeps them at. A listing it does not have is left out. */
  levels(listings: readonly string[], signal?: AbortSignal): Promise<readonly ChannelLevel[]>;
  /** Every listing that the channel counts, in pages. */
  all(signal?: AbortSignal): AsyncIterable<readonly ChannelLevel[]>;
  /** One answer per publication, in their order. The same key is the same request: it changes nothing twice. */
  publish(publications: readonly Publication[], key: Key, signal?: AbortSignal): Promise<readonly Published[]>;
}

/** Where batches are posted: by create under our key, never by overwrite. */
export interface LedgerSink extends Sink<LedgerDocument> {
  /** What the ERP holds, to be compared with what was posted. Null = it is not there. */
  read(id: ExternalId, signal?: AbortSignal): Promise<LedgerDocument | null>;
}

/** What a webhook tells: only a hint. The record itself is fetched. */
export interface Hint {
  /** The remote's id of this delivery; the same on a repeated one. */
  readonly delivery: string;
  readonly topic: string;
  readonly kind: 'order' | 'stock' | 'shipment' | 'other';
  readonly id: ExternalId | null;
}

export interface WebhookSource {
  /** Checks the signature over the untouched bytes before anything is parsed. Null = not genuine, to be answered 401. */
  verify(headers: Readonly<Record<string, string | undefined>>, bytes: Uint8Array): Promise<Hint | null>;
  /** Makes the remote's subscriptions what they should be, at this public address. */
  subscribe?(address: string, signal?: AbortSignal): Promise<void>;
}

/** What one connection can do. A capability that it lacks is absent. */
export interface Capabilities {
  readonly orders?: OrderSource;
  readonly stock?: StockSource;
  readonly webhooks?: WebhookSource;
  readonly provider?: FulfillmentProvider;
  readonly shipments?: ShipmentSource;
  readonly confirmations?: ShipmentSink;
  readonly assignments?: AssignmentSink;
  readonly inventory?: InventorySink;
  readonly ledger?: LedgerSink;
  /** A cheap call that proves address, credentials and scopes. @throws SyncError `config` that says which is wrong. */
  check(signal?: AbortSignal): Promise<void>;
}

/** A connector: code for one kind of outside system. */
export interface Connector<Config = unknown> {
  readonly kind: string;
  /**
   * The schema of what `open` is given. It is asked to read one flat object: the connection's `settings` as they stand in
   * the configuration file, and beside them each of its credentials by its own name (the secret itself, resolved from its
   * reference), `cutOver` (ISO instant as text), and where configured `baseUrl` (without a slash at the end) and
   * `overlapMinutes`. `.meta({ description: 'what is expected', examples: [...] })` on a field is shown to whoever gets it wrong.
   */
  readonly config: ZodType<Config>;
  /** The remote's API as this connection speaks it, and when its vendor removes it: admins are told half a year ahead. */
  api(config: Config): ApiInUse;
  budgets(config: Config): readonly BudgetSpec[];
  open(config: Config, io: Io): Capabilities;
}

/** Keeps the types of a connector's config and its `open` together. */
export function defineConnector<Config>(connector: Connector<Config>): Connector<Config> {
  return connector;
}
