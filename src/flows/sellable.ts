import { availableOf, type Sellable } from '../domain/available.ts';
import type { ExternalId, LocationId } from '../domain/ids.ts';
import { levelId } from '../store/level-records.ts';
import type { Flow, FlowConnection } from './flow.ts';

/** One listing at one location of a channel. */
export interface Place {
  readonly listing: string;
  readonly location: ExternalId;
}

/**
 * Where a channel is told what is left: its locations that are ours, without those whose stock it counts itself, since a
 * count that is sent back to whoever made it says nothing.
 */
export function publishedLocations(flow: Flow, channel: FlowConnection): Map<ExternalId, LocationId> {
  const locations = new Map<ExternalId, LocationId>();
  for (const { id } of flow.sourcing.locations) {
    const remote = channel.mapping.remote('locations', id);
    const source = flow.stockFrom.get(id);
    if (remote === null || source === undefined || source === channel.id) continue;
    locations.set(remote, id);
  }
  return locations;
}

/**
 * How many of each can be sold now, in the order of what was asked. What orders have bought and none has reserved is sold:
 * those that wait for stock, and those that wait to be paid. Shopify commits stock when an order is placed.
 * https://shopify.dev/docs/apps/build/orders-fulfillment/inventory-management-apps
 */
export async function sellableOf(flow: Flow, channel: FlowConnection, places: readonly Place[]): Promise<number[]> {
  const locations = publishedLocations(flow, channel);
  const listings = new Map(places.map(({ listing }) => [listing, channel.mapping.listing(listing).components]));
  const ids = new Set<string>();
  for (const { listing, location } of places) {
    const ours = locations.get(location);
    if (ours !== undefined) for (const { sku } of listings.get(listing) ?? []) ids.add(levelId(sku, ours));
  }
  const skus = [...new Set([...listings.values()].flatMap((components) => components.map(({ sku }) => sku)))];
  // Before the levels: an order that is paid or served meanwhile then counts twice for a moment, and never not at all.
  const [unpaid, waiting] = await Promise.all([
    flow.store.orders.unpaidUnits(skus),
    flow.store.orders.waitingUnits(skus),
  ]);
  const levels = new Map((await flow.store.levels.heads([...ids])).map((level) => [level._id, level]));
  return places.map(({ listing, location }) => {
    const ours = locations.get(location);
    if (ours === undefined) return 0;
    const there = (sku: string): Sellable | null => {
      const level = levels.get(levelId(sku, ours));
      return level === undefined
        ? null
        : { free: level.free, waiting: (waiting.get(sku) ?? 0) + (unpaid.get(sku) ?? 0) };
    };
    return availableOf(listings.get(listing) ?? [], there, channel.buffer);
  });
}
