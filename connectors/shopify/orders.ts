import type { Cursor, OrderSource, Page } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { formatInstant, parseInstant } from '../../src/domain/time.ts';
import type { Instant, TimeWindow } from '../../src/domain/time.ts';
import { backfill } from './bulk.ts';
import type { ShopifyClient } from './client.ts';
import type { ShopifyConfig } from './config.ts';
import { LIST_LIMIT, rootPages, unexpected } from './connections.ts';
import { orderDocuments } from './documents.ts';
import { isObject } from './field.ts';
import { normalizeOrder } from './normalize-order.ts';
import { readOrders } from './order-pages.ts';
import type { OrderPage } from './order-pages.ts';
import { recordsById, versionOf, windowQuery } from './order-records.ts';
import type { OrderReading } from './order-records.ts';

/** Ids per page of the light list, the most that Shopify gives. */
const IDS_PER_PAGE = 250;

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
  const { config } = reading;
  let position = readPosition(since, parseInstant(config.cutOver, 'cutOver'));
  let most = config.ordersPerPage;
  let size = most;
  for (;;) {
    const query = `updated_at:>='${formatInstant(position.from)}'`;
    const page = await readOrders(reading, { first: size, after: position.after, query }, signal);
    if (page === 'failed' || page === 'too dear') {
      size = Math.floor(size / 2);
      // What is too dear stays so; what failed may have failed at one order, which is passed soon.
      if (page === 'too dear') most = size;
      continue;
    }
    const { records, unread } = page;
    if (records.length > 0) size = Math.min(most, size * 2);
    position = advanced(position, page, config.overlapMinutes * 60_000);
    yield { records, next: JSON.stringify(position), ...(unread.length > 0 ? { unread } : {}) };
    if (page.after === null) return;
  }
}

function advanced(position: Position, { after, versions }: OrderPage, overlap: number): Position {
  const newest = Math.max(position.newest, ...versions);
  const listed = position.listed + versions.length;
  if (after === null) return { from: Math.max(position.from, newest - overlap), after: null, listed: 0, newest };
  // A new list from where this one stands: by the least version of the page, since an order that was edited while its
  // old place was listed says how late it is, not how far the list has come. What is listed twice costs little.
  const reached = versions.length === 0 ? position.from : Math.min(...versions) - 1000;
  if (listed >= LIST_LIMIT && reached > position.from) return { from: reached, after: null, listed: 0, newest };
  return { from: position.from, after, listed, newest };
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
