import type { InventorySink, Published } from '../../src/connector/contract.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { ChannelLevel, Publication } from '../../src/domain/fulfillment.ts';
import { contentHash, type Key } from '../../src/domain/ids.ts';
import type { ShopifyClient } from './client.ts';
import type { ShopifyConfig } from './config.ts';
import { completed, rootPages, unexpected } from './connections.ts';
import { PUBLISH, STOCK_MORE, STOCK_PAGE } from './documents.ts';
import { Field, isObject } from './field.ts';
import type { Json } from './field.ts';
import { itemPages } from './item-pages.ts';

/** The most quantities of one request (https://shopify.dev/docs/api/usage/limits: input arrays). */
const TOGETHER = 250;
/** Listings asked for by one search: its text stays well below what Shopify accepts. */
const SEARCHED = 20;

/** `available` by listing and location: what is read, and what is set in place of exactly that. */
export function openInventory(client: ShopifyClient, config: ShopifyConfig): InventorySink {
  const first = config.itemsPerPage;

  async function levelsIn(nodes: readonly Json[], signal?: AbortSignal): Promise<ChannelLevel[]> {
    const levels: ChannelLevel[] = [];
    for (const node of nodes)
      levels.push(...levelsOf(new Field(await completed(client, 'InventoryItem', node, [STOCK_MORE], signal))));
    return levels;
  }

  return {
    async levels(listings, signal) {
      const wanted = new Set(listings);
      const found: ChannelLevel[] = [];
      const all = [...wanted];
      for (let from = 0; from < all.length; from += SEARCHED) {
        const query = all
          .slice(from, from + SEARCHED)
          .map((listing) => `sku:${quoted(listing)}`)
          .join(' OR ');
        // The search also finds what begins alike.
        for await (const nodes of rootPages(client, STOCK_PAGE, 'inventoryItems', { first, query }, signal))
          found.push(...(await levelsIn(nodes, signal)).filter(({ listing }) => wanted.has(listing)));
      }
      return found;
    },

    async *all(signal) {
      for await (const { nodes } of itemPages(client, first, undefined, signal)) yield await levelsIn(nodes, signal);
    },

    async publish(publications, key, signal) {
      const results: Published[] = [];
      for (let from = 0; from < publications.length; from += TOGETHER) {
        const part = publications.slice(from, from + TOGETHER);
        results.push(...(await publishPart(client, part, `${key}:${from}`, signal)));
      }
      return results;
    },
  };
}

function levelsOf(item: Field): ChannelLevel[] {
  const listing = item.textOrNull('sku');
  if (listing === null || listing === '' || !item.flag('tracked')) return [];
  return item.nodes('inventoryLevels').flatMap((level) => {
    const found = level.list('quantities').find((quantity) => quantity.text('name') === 'available');
    const available = found?.value['quantity'];
    if (typeof available !== 'number' || !Number.isSafeInteger(available)) return [];
    return [{ listing, item: item.text('id'), location: level.child('location').text('id'), available }];
  });
}

/**
 * One request. Shopify refuses it whole where one number is not what was read: those are told apart by the place that
 * each refusal names, and the others are sent again under a key of their own.
 */
async function publishPart(
  client: ShopifyClient,
  publications: readonly Publication[],
  key: Key,
  signal?: AbortSignal,
): Promise<Published[]> {
  const results = new Map<number, Published>();
  for (let round = 0; results.size < publications.length; round += 1) {
    const open = publications
      .map((publication, index) => ({ publication, index }))
      .filter(({ index }) => !results.has(index));
    const input = {
      name: 'available',
      reason: 'correction',
      referenceDocumentUri: `crossdock://stock/${contentHash(key).slice(0, 22)}`,
      quantities: open.map(({ publication: { item, location, available, wanted } }) => ({
        inventoryItemId: item,
        locationId: location,
        quantity: wanted,
        changeFromQuantity: available,
      })),
    };
    const data = await client.query(
      PUBLISH,
      { input, key: uuidOf(`${key}:${round}:${JSON.stringify(input)}`) },
      signal,
    );
    const payload = data['inventorySetQuantities'];
    if (!isObject(payload) || !Array.isArray(payload['userErrors'])) throw unexpected(PUBLISH);
    const errors = payload['userErrors'].filter(isObject);
    if (errors.length === 0) {
      for (const { index } of open) results.set(index, 'done');
      break;
    }
    let named = 0;
    for (const error of errors) {
      const place = open[placeOf(error)];
      if (place === undefined || results.has(place.index)) continue;
      named += 1;
      results.set(place.index, refusalOf(String(error['code'])));
    }
    // Refused for a reason that is none of the numbers': it would be refused again.
    if (named === 0) throw refusedWhole(errors);
  }
  return publications.map((_, index) => results.get(index) ?? 'moved on');
}

/** The position in the request's quantities that a refusal names: `["input", "quantities", "3", "changeFromQuantity"]`. */
function placeOf(error: Json): number {
  const { field } = error;
  const at = Array.isArray(field) ? field.indexOf('quantities') : -1;
  return Array.isArray(field) && at >= 0 ? Number(field[at + 1]) : Number.NaN;
}

function refusalOf(code: string): Published {
  if (code === 'CHANGE_FROM_QUANTITY_STALE' || code === 'COMPARE_QUANTITY_STALE') return 'moved on';
  return { refused: `Shopify refuses the number (${code.toLowerCase().replaceAll('_', ' ')}).` };
}

function refusedWhole(errors: readonly Json[]): SyncError {
  const codes = errors.map((error) => String(error['code']));
  if (codes.includes('IDEMPOTENCY_CONCURRENT_REQUEST')) {
    return new SyncError('transient', 'Shopify is still working on the same request', {
      code: 'still-working',
      remedy: 'Nothing to do: it is asked again.',
    });
  }
  return new SyncError('data', `Shopify refused the stock quantities (${codes.join(', ')})`, {
    code: 'user-errors',
    remedy: 'Report this with the codes. Stock is published again with the next change.',
  });
}

/** A key in the form that Shopify's examples have, the same for the same text. */
function uuidOf(text: string): string {
  const hex = Buffer.from(contentHash(text), 'base64url').toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
