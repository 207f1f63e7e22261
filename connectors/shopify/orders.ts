import type { Cursor, Observed, OrderSource, Page } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { formatInstant, parseInstant } from '../../src/domain/time.ts';
import type { Instant, TimeWindow } from '../../src/domain/time.ts';
import { backfill } from './bulk.ts';
import type { ShopifyClient } from './client.ts';
import type { ShopifyConfig } from './config.ts';
import { pageOf, rootPages, unexpected } from './connections.ts';
import { orderDocuments } from './documents.ts';
import type { Document } from './documents.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';
import { normalizeOrder } from './normalize-order.ts';
import { observed, recordsById, versionOf, windowQuery } from './order-records.ts';
import type { OrderReading } from './order-records.ts';

/** Ids per page of the light list, the most that Shopify gives. */
const IDS_PER_PAGE = 250;

/** Shopify refuses to page past 25,000 objects (https://shopify.dev/docs/api/usage/limits); we start a new list before. */
const LIST_LIMIT = 24_000;

/** The orders of a Shopify shop. A record's version is its `updatedAt` in ms, its body the order with every connection complete. */
export function openOrders(client: ShopifyClient, config: ShopifyConfig, io: Io): OrderSource {
  const reading: OrderReading = { client, config, io, documents: orderDocuments(config.metafields) };
  return {
    pull: (since, signal) => pull(reading, since, signal),
    backfill: (window, since, signal) => backfill(reading, window, since, signal),
    get: async (id, signal) => (await recordsById(reading, [id], signal))[0] ?? null,
    ids: (window, signal) => ids(reading, window, signal),
    normalize: (record, map) => normalizeOrder(record, map, io.connection),
  };
}

/**
 * Where a pull stands: the list it walks (changes from `from` on), how far it is in it (`after`, `listed`), and the newest change it
 * has seen. Between two lists only `from` remains.
 */
interface Position {
  readonly from: Instant;
  readonly after: string | null;
  readonly listed: number;
  readonly newest: Instant;
}

function readPosition(since: Cursor | null, cutOver: Instant): Position {
  if (since === null) return { from: cutOver, after: null, listed: 0, newest: cutOver };
  const value: unknown = JSON.parse(since);
  const from = isObject(value) ? value['from'] : undefined;
  if (!isObject(value) || typeof from !== 'number') {
    throw new SyncError('bug', 'The saved position of this connection’s orders cannot be read', {
      code: 'unreadable-cursor',
      remedy: 'Pull this connection again from a date: crossdock pull <connection> --since <date>.',
    });
  }
  const after = typeof value['after'] === 'string' ? value['after'] : null;
  const listed = typeof value['listed'] === 'number' ? value['listed'] : 0;
  const newest = typeof value['newest'] === 'number' ? value['newest'] : from;
  return { from, after, listed, newest };
}

/**
 * Pages of changed orders, oldest change first. An order that changes while its list is walked moves to the end of it, so it is
 * listed again and never skipped. When the list is done the next pull starts `overlapMinutes` before the newest change seen: Shopify's
 * `updatedAt` counts whole seconds and its replicas lag, so an order may be listed after a newer one.
 */
async function* pull(reading: OrderReading, since: Cursor | null, signal?: AbortSignal): AsyncIterable<Page> {
  const { config, documents } = reading;
  let position = readPosition(since, parseInstant(config.cutOver, 'cutOver'));
  let size = config.ordersPerPage;
  for (;;) {
    const variables = { first: size, after: position.after, query: `updated_at:>='${formatInstant(position.from)}'` };
    const data = await queryOrNull(reading, documents.page, variables, signal);
    if (data === null) {
      size = Math.floor(size / 2);
      continue;
    }
    const page = pageOf(data['orders'], documents.page);
    const records: Observed[] = [];
    for (const node of page.nodes) records.push(await observed(reading, node, documents.page, signal));
    position = advanced(position, page.after, records, config.overlapMinutes * 60_000);
    yield { records, next: JSON.stringify(position) };
    if (page.after === null) return;
  }
}

function advanced(position: Position, after: string | null, records: readonly Observed[], overlap: number): Position {
  let newest = position.newest;
  for (const record of records) newest = Math.max(newest, record.version);
  const listed = position.listed + records.length;
  if (after === null) return { from: Math.max(position.from, newest - overlap), after: null, listed: 0, newest };
  // A new list from where this one stands: by the least version of the page, since an order that was edited while its
  // old place was listed says how late it is, not how far the list has come. What is listed twice costs little.
  const reached = Math.min(...records.map((record) => record.version)) - 1000;
  if (listed >= LIST_LIMIT && reached > position.from) return { from: reached, after: null, listed: 0, newest };
  return { from: position.from, after, listed, newest };
}

/** The answer, or null where the document was refused as too dear and a smaller page may do. */
async function queryOrNull(
  reading: OrderReading,
  document: Document,
  variables: Json,
  signal?: AbortSignal,
): Promise<Json | null> {
  try {
    return await reading.client.query(document, variables, signal);
  } catch (thrown) {
    const size = variables['first'];
    if (!(thrown instanceof SyncError) || thrown.code !== 'max-cost-exceeded' || typeof size !== 'number' || size < 2)
      throw thrown;
    reading.io.log.warn('Shopify found a page of orders too dear; asking for half of it', {
      document: document.name,
      size,
    });
    return null;
  }
}

async function* ids(
  reading: OrderReading,
  window: TimeWindow,
  signal?: AbortSignal,
): AsyncIterable<{ id: string; version: number }> {
  const document = reading.documents.ids;
  let from = window.from;
  for (let more = true; more;) {
    more = false;
    let listed = 0;
    const query = windowQuery({ from, to: window.to });
    for await (const nodes of rootPages(reading.client, document, 'orders', { first: IDS_PER_PAGE, query }, signal)) {
      let least = Infinity;
      for (const node of nodes) {
        const id = node['id'];
        if (typeof id !== 'string') throw unexpected(document);
        const version = versionOf(node, document);
        least = Math.min(least, version);
        // The search index lags behind the record: what it still lists but has moved on since is in a later window.
        if (version >= window.from && version < window.to) yield { id, version };
      }
      listed += nodes.length;
      // Shopify lists no further: a new list goes on from here, and may name some twice.
      more = listed >= LIST_LIMIT && least - 1000 > from;
      if (!more) continue;
      from = least - 1000;
      break;
    }
  }
}
