import type { Cursor, Observed, Page, StockSource } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import type { Mapping } from '../../src/connector/mapping/mapping.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { StockCount } from '../../src/domain/stock.ts';
import { parseInstant } from '../../src/domain/time.ts';
import type { ShopifyClient } from './client.ts';
import type { ShopifyConfig } from './config.ts';
import { completed, unexpected } from './connections.ts';
import { STOCK_MORE, STOCK_ONE, STOCK_PAGE } from './documents.ts';
import { Field, isObject } from './field.ts';
import type { Json } from './field.ts';
import { itemPages, itemPlace } from './item-pages.ts';
import { instantOrNull } from './normalize-payments.ts';

/**
 * What a Shopify shop says is in stock, one record per inventory item with its quantity at every location. Shopify does not say which
 * items' quantities changed since an instant, so a pull walks all items; changes in between come as webhook hints and
 * are read by id.
 */
export function openStock(client: ShopifyClient, config: ShopifyConfig, io: Io): StockSource {
  return {
    pull: (since, signal) => pull(client, config, since, signal),
    get: async (id, signal) => {
      const data = await client.query(STOCK_ONE, { id }, signal);
      const item = data['inventoryItem'];
      return isObject(item) ? observed(client, item, signal) : null;
    },
    async *ids(window, signal) {
      for await (const { nodes } of itemPages(client, config.itemsPerPage, undefined, signal)) {
        for (const item of nodes) {
          const record = await observed(client, item, signal);
          if (record.version >= window.from && record.version < window.to)
            yield { id: record.id, version: record.version };
        }
      }
    },
    normalize: (record, map) => normalizeStock(record, map, io),
  };
}

/** The cursor is the place in the walk that is under way; the end of a walk is the start of the next. */
async function* pull(
  client: ShopifyClient,
  config: ShopifyConfig,
  since: Cursor | null,
  signal?: AbortSignal,
): AsyncIterable<Page> {
  const from = itemPlace(since === null ? null : JSON.parse(since));
  for await (const { nodes, next } of itemPages(client, config.itemsPerPage, from, signal)) {
    const records: Observed[] = [];
    for (const item of nodes) records.push(await observed(client, item, signal));
    yield { records, next: JSON.stringify(next) };
  }
}

async function observed(client: ShopifyClient, item: Json, signal?: AbortSignal): Promise<Observed> {
  const whole = await completed(client, 'InventoryItem', item, [STOCK_MORE], signal);
  const id = whole['id'];
  if (typeof id !== 'string') throw unexpected(STOCK_PAGE);
  return { id, version: newest(whole), body: JSON.stringify(whole) };
}

/** The newest instant that an item, one of its levels or quantities was changed at: an item's own `updatedAt` ignores its quantities. */
function newest(item: Json): number {
  let version = 0;
  const look = (value: unknown): void => {
    if (typeof value === 'string') version = Math.max(version, parseInstant(value, 'updatedAt'));
  };
  look(item['updatedAt']);
  for (const level of new Field(item).nodes('inventoryLevels')) {
    look(level.value['updatedAt']);
    for (const quantity of level.list('quantities')) look(quantity.value['updatedAt']);
  }
  return version;
}

/**
 * Counts by our SKU and location. `on_hand` is gross: Shopify takes its own open orders (`committed`) off only for `available`
 * (https://shopify.dev/docs/apps/build/orders-fulfillment/inventory-management-apps#inventory-states). An item that is not tracked,
 * or stands for a kit or a pack, counts nothing; a location that is not mapped is not ours and left out.
 */
function normalizeStock(record: Observed, map: Mapping, io: Io): readonly StockCount[] {
  const value: unknown = JSON.parse(record.body);
  if (!isObject(value)) {
    throw new SyncError('data', `The stored inventory item ${record.id} of ${io.connection.id} is not an object`, {
      code: 'unreadable-record',
      remoteId: record.id,
      remedy: 'Pull the stock of this connection again.',
    });
  }
  const item = new Field(value);
  const listing = item.textOrNull('sku');
  if (listing === null || listing === '' || !item.flag('tracked')) return [];
  const { components } = map.listing(listing);
  const [component] = components;
  if (component === undefined || components.length > 1 || component.quantity !== 1) return [];
  const counts: StockCount[] = [];
  for (const level of item.nodes('inventoryLevels')) {
    const location = map.code('locations', level.child('location').text('id'));
    if (location === null) continue;
    const onHand = level.list('quantities').find((quantity) => quantity.text('name') === 'on_hand');
    if (onHand === undefined) throw level.unreadable('quantities', 'quantity on_hand');
    const quantity = onHand.value['quantity'];
    // Shopify lets a count go below zero when more is sold than was there.
    if (typeof quantity !== 'number' || !Number.isSafeInteger(quantity))
      throw onHand.unreadable('quantity', 'whole number of units');
    const asOf = instantOrNull(onHand, 'updatedAt') ?? instantOrNull(level, 'updatedAt') ?? record.version;
    counts.push({ sku: component.sku, location, quantity, basis: 'gross', asOf });
  }
  return counts;
}
