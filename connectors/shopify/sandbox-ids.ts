import type { LocationId } from '../../src/domain/ids.ts';
import type { Instant } from '../../src/domain/time.ts';
import { PLACES, SHOPS } from '../../src/connector/sandbox/business/places.ts';
import type { Sale } from '../../src/connector/sandbox/business/sale.ts';

/** `gid://shopify/<type>/<tail>`, as Shopify writes its ids. */
export function gid(type: string, tail: string | number): string {
  return `gid://shopify/${type}/${tail}`;
}

/** The type and the tail of an id, or null when it is not one of Shopify's. */
export function readGid(id: string): { readonly type: string; readonly tail: string } | null {
  const found = /^gid:\/\/shopify\/([A-Za-z]+)\/(\d+)$/.exec(id);
  return found ? { type: found[1] ?? '', tail: found[2] ?? '' } : null;
}

const shopNumbers = new Map(SHOPS.map((shop, at) => [shop.id, 5 + at]));

/** The tail of an order's id: thirteen digits, of which the first says whose it is. */
export function orderTail(sale: Pick<Sale, 'shop' | 'number'>): string {
  return `${shopNumbers.get(sale.shop) ?? 9}${String(sale.number).padStart(12, '0')}`;
}

/** The tail of something inside an order: the order's own and four digits, so that a child leads to its order. */
export function childTail(sale: Pick<Sale, 'shop' | 'number'>, number: number): string {
  return `${orderTail(sale)}${String(number).padStart(4, '0')}`;
}

export function orderTailOfChild(tail: string): string {
  return tail.slice(0, -4);
}

const LOCATION_TAILS = new Map<LocationId, number>(PLACES.map((place, at) => [place.id, 9001 + at]));
/** A market stall that somebody opened in the shop's admin and told nobody about. */
export const UNKNOWN_LOCATION = 9099;
/** The location that stands for the channel's own fulfillment service. */
export const SERVICE_LOCATION = 9050;

export function locationTail(place: LocationId | null, by: 'us' | 'channel' = 'us'): number {
  if (by === 'channel') return SERVICE_LOCATION;
  return (place === null ? undefined : LOCATION_TAILS.get(place)) ?? UNKNOWN_LOCATION;
}

let lastAt = Number.NaN;
let lastText = '';

/** Shopify tells time in whole seconds of UTC. */
export function dateTime(at: Instant): string {
  // One order names the same moment a dozen times.
  if (at !== lastAt) {
    lastAt = at;
    lastText = `${new Date(at).toISOString().slice(0, 19)}Z`;
  }
  return lastText;
}
