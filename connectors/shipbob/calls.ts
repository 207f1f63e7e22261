import type { CallKind, HttpRequest } from '../../src/connector/io.ts';
import type { ExternalId, Key, LocationId } from '../../src/domain/ids.ts';
import type { FulfillmentRequest } from '../../src/domain/fulfillment.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { Instant } from '../../src/domain/time.ts';
import { API_VERSION } from './config.ts';

/** One call as it will be sent, without address and credentials: everything that this connector can ask of ShipBob. */
export interface Call {
  readonly method: HttpRequest['method'];
  /** With the API version in front, e.g. `/2026-01/order/7`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly kind: CallKind;
  /** Whether it is limited to the configured channel. */
  readonly channel: boolean;
  /** Refusals that the caller reads himself. */
  readonly accept: readonly number[];
}

function get(path: string, query: Readonly<Record<string, string>> = {}, also: Partial<Call> = {}): Call {
  const asked = { method: 'GET', path: `/${API_VERSION}${path}`, query, body: undefined, kind: 'read' } as const;
  return { ...asked, channel: false, accept: [], ...also };
}

function post(path: string, body: unknown, also: Partial<Call> = {}): Call {
  const asked = { method: 'POST', path: `/${API_VERSION}${path}`, query: {}, body, kind: 'write' } as const;
  return { ...asked, channel: false, accept: [], ...also };
}

/** Which clock of an order a list is limited by: that of the order and its shipments, or that of the carrier's scans. */
export type ChangedBy = 'updated' | 'tracked';

const SINCE = { updated: 'LastUpdateStartDate', tracked: 'LastTrackingUpdateStartDate' } as const;

/** Oldest first: a page never moves forward while it is walked, so an order can come twice but not be passed over. */
export function listOrders(by: ChangedBy, since: Instant, page: number, limit: number): Call {
  const query = { [SINCE[by]]: iso(since), Page: String(page), Limit: String(limit), SortOrder: 'Oldest' };
  return get('/order', query, { channel: true });
}

/** @throws SyncError `bug` for a key that ShipBob could not be asked for again. */
export function findOrders(keys: readonly Key[]): Call {
  return get('/order', { ReferenceIds: keys.map(reference).join(',') }, { channel: true });
}

export const getOrder = (id: ExternalId): Call => get(`/order/${number(id)}`, {}, { channel: true });

export const getShipment = (id: ExternalId): Call =>
  get(`/shipment/${number(id)}`, {}, { channel: true, accept: [400, 404] });

export const cancelOrder = (id: ExternalId): Call => post(`/order/${number(id)}:cancel`, undefined, { accept: [422] });

/** `cursor` holds the query of the next page as ShipBob gave it. */
export const listLevels = (size: number, cursor: string | null): Call =>
  get('/inventory-level/locations', { ...queryOf(cursor), PageSize: String(size) });

export const getLevel = (id: ExternalId): Call =>
  get(`/inventory-level/${number(id)}/locations`, {}, { accept: [404] });

export const listChannels = (cursor: string | null): Call => get('/channel', queryOf(cursor));
export const listLocations = (): Call => get('/location', { IncludeInactive: 'true' });

export const listSubscriptions = (cursor: string | null): Call => get('/webhook', queryOf(cursor));
export const subscribe = (url: string, topics: readonly string[], secret: string): Call =>
  post('/webhook', { url, topics, secret, description: 'Crossdock: hints that a shipment changed' });
export const unsubscribe = (id: string): Call => ({
  ...post(`/webhook/${encodeURIComponent(id)}`, undefined),
  method: 'DELETE',
});

/**
 * A request for fulfillment with our key as `reference_id`. Lines of one SKU become one product, because that is how its
 * shipments name them.
 * @throws SyncError `data` naming what is missing, `unmapped-center` for a location that is no configured center.
 */
export function createOrder(item: FulfillmentRequest, key: Key, centers: Readonly<Record<LocationId, number>>): Call {
  const { recipient } = item;
  const { address } = recipient;
  const [address1, ...more] = address.lines.filter((line) => line.trim() !== '');
  const products = new Map<string, { reference_id: string; name: string; quantity: number }>();
  for (const { sku, title, quantity } of item.lines) {
    const sum = quantity + (products.get(sku)?.quantity ?? 0);
    products.set(sku, { reference_id: sku, name: products.get(sku)?.name ?? title, quantity: sum });
  }
  if (products.size === 0) throw missing('lines', 'at least one line');
  const body = {
    reference_id: reference(key),
    order_number: item.number,
    type: 'DTC',
    shipping_method: filled(item.method, 'method'),
    purchase_date: iso(item.placedAt),
    location_id: centerOf(item.location, centers),
    recipient: {
      name: filled(recipient.name, 'recipient.name'),
      email: recipient.email,
      phone_number: recipient.phone ?? address.phone,
      address: {
        address1: filled(address1, 'recipient.address.lines[0]'),
        address2: more.length === 0 ? null : more.join(', '),
        company_name: address.company,
        city: filled(address.city, 'recipient.address.city'),
        state: address.region,
        zip_code: address.postcode,
        country: filled(address.country, 'recipient.address.country'),
      },
    },
    products: [...products.values()],
  };
  return post('/order', body, { channel: true, accept: [400, 422] });
}

function centerOf(location: LocationId, centers: Readonly<Record<LocationId, number>>): number {
  const center = Object.hasOwn(centers, location) ? centers[location] : undefined;
  if (center !== undefined) return center;
  // Without it ShipBob would choose a center itself, and ship what is reserved somewhere else.
  throw new SyncError('data', `The location ${location} is no fulfillment center of this connection`, {
    code: 'unmapped-center',
    field: 'location',
    remedy: `Add ${location} with the id of its fulfillment center to \`settings.centers\` of this connection.`,
  });
}

function filled(value: string | null | undefined, field: string): string {
  if (value !== null && value !== undefined && value.trim() !== '') return value;
  throw missing(field, 'text');
}

function missing(field: string, expected: string): SyncError {
  return new SyncError('data', `ShipBob needs ${expected} at ${field} of a fulfillment request`, {
    code: 'incomplete-request',
    field,
    remedy: 'Complete the order in its channel; it then goes on by itself.',
  });
}

/** Commas separate references in a look-up, and 300 characters is the most (https://developer.shipbob.com/api/orders/create-order). */
function reference(key: Key): string {
  if (/^[^,\s]{1,300}$/.test(key)) return key;
  throw new SyncError('bug', 'A key with commas, blanks or more than 300 characters cannot be looked up at ShipBob', {
    code: 'unusable-key',
    remedy: 'This is a fault in Crossdock. Report it with the job key.',
  });
}

function number(id: ExternalId): string {
  if (/^[1-9]\d{0,18}$/.test(id)) return id;
  throw new SyncError('data', 'An id of ShipBob is a whole number', {
    code: 'bad-id',
    remedy: 'Check where this id comes from.',
  });
}

/** Only the query of a next page is taken, so that no answer can send our token to another address. */
function queryOf(next: string | null): Record<string, string> {
  return next === null ? {} : Object.fromEntries(new URL(next, 'https://next.invalid').searchParams);
}

function iso(instant: Instant): string {
  return new Date(instant).toISOString();
}
