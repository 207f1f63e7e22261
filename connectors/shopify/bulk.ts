import type { Cursor, Observed, Page } from '../../src/connector/contract.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { TimeWindow } from '../../src/domain/time.ts';
import { BULK_RUN, BULK_STATE } from './documents.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';
import { bulkRecords, cutShort } from './bulk-lines.ts';
import { unexpected } from './connections.ts';
import { recordsApart } from './order-pages.ts';
import { versionOf, windowQuery } from './order-records.ts';
import type { OrderReading } from './order-records.ts';
import { refuseUserErrors, userErrorCodes } from './user-errors.ts';

/** Orders per page of a backfill: what is stored at once, and what is repeated after a crash. */
const PAGE = 100;
/** Waits between two looks at a running operation, in ms; the last one goes on. */
const WAITS = [1_000, 2_000, 5_000, 10_000, 30_000] as const;
/** Result files are held at another host; a slow one is not a dead one. */
const DOWNLOAD_TIMEOUT_MS = 120_000;

/** Which operation a backfill reads, and how many of its orders are stored. */
interface Position {
  readonly operation: string | null;
  readonly stored: number;
}

/**
 * Orders changed in the window through a bulk operation: one query, one file, no points per order. The operation is named in the
 * cursor before anything is read, so a restart goes on with the same file where it stopped; one that failed, or whose file
 * is kept no longer (https://shopify.dev/docs/api/admin-graphql/latest/objects/BulkOperation: seven days), is started anew
 * by the next call. A file ends well only with as many orders as Shopify counted.
 * @throws SyncError `transient` where the operation failed or its file was cut short; `data` where Shopify refuses to start it.
 */
export async function* backfill(
  reading: OrderReading,
  window: TimeWindow,
  since: Cursor | null,
  signal?: AbortSignal,
): AsyncIterable<Page> {
  let { operation, stored } = readPosition(since);
  if (operation === null) {
    operation = await start(reading, window, signal);
    stored = 0;
    yield { records: [], next: JSON.stringify({ operation, stored }) };
  }
  const ended = await awaitEnd(reading, operation, signal);
  if (ended.state !== 'COMPLETED') {
    yield ANEW;
    throw failed(operation, ended.state);
  }
  // No url = the operation found nothing.
  if (ended.url === null) return;
  const lines = reading.io.http.lines({
    method: 'GET',
    url: ended.url,
    kind: 'read',
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
    ...(signal && { signal }),
  });
  let page: Json[] = [];
  let seen = 0;
  try {
    for await (const order of bulkRecords(lines, reading.documents.bulk)) {
      seen += 1;
      if (seen <= stored) continue;
      page.push(order);
      if (page.length < PAGE) continue;
      stored += page.length;
      yield { ...(await whole(reading, page, signal)), next: JSON.stringify({ operation, stored }) };
      page = [];
    }
  } catch (thrown) {
    if (seen > 0 || !(thrown instanceof SyncError) || !KEPT_NO_LONGER.has(thrown.code)) throw thrown;
    yield ANEW;
    throw failed(operation, 'EXPIRED');
  }
  if (seen < ended.orders) throw cutShort();
  stored += page.length;
  yield { ...(await whole(reading, page, signal)), next: JSON.stringify({ operation, stored }) };
}

const ANEW: Page = { records: [], next: JSON.stringify({ operation: null, stored: 0 }) };

/** What the host of the files answers for an address that has expired, by the transport's names: the token is not asked there. */
const KEPT_NO_LONGER: ReadonlySet<string> = new Set(['refused', 'forbidden', 'not-found', 'gone']);

function failed(operation: string, state: string): SyncError {
  return new SyncError('transient', `Shopify’s bulk operation ${operation} ended ${state.toLowerCase()}`, {
    code: 'bulk-failed',
    remoteId: operation,
    remedy: 'Nothing to do at first: it is started again. If it fails again, pull a shorter window.',
  });
}

function readPosition(since: Cursor | null): Position {
  const value: unknown = since === null ? null : JSON.parse(since);
  if (!isObject(value)) return { operation: null, stored: 0 };
  const { operation, stored } = value;
  return {
    operation: typeof operation === 'string' ? operation : null,
    stored: typeof stored === 'number' ? stored : 0,
  };
}

async function start(reading: OrderReading, window: TimeWindow, signal?: AbortSignal): Promise<string> {
  const query = reading.documents.bulk.replace('%QUERY%', windowQuery(window));
  const data = await reading.client.query(BULK_RUN, { query }, signal);
  if (userErrorCodes(data['bulkOperationRunQuery']).some((code) => BUSY.has(code))) throw busy(reading);
  const payload = refuseUserErrors(data['bulkOperationRunQuery'], BULK_RUN);
  const started = payload['bulkOperation'];
  const id = isObject(started) ? started['id'] : undefined;
  if (typeof id !== 'string') throw unexpected(BULK_RUN);
  return id;
}

/** Shopify runs five bulk queries at a time per shop; a sixth is to be asked for later. */
const BUSY: ReadonlySet<string> = new Set(['OPERATION_IN_PROGRESS', 'LIMIT_REACHED']);
const BUSY_WAIT_MS = 60_000;

function busy(reading: OrderReading): SyncError {
  return new SyncError(
    'throttled',
    `Shopify already runs as many bulk operations for ${reading.config.shop} as it allows`,
    {
      code: 'bulk-busy',
      retryAt: reading.io.clock.now() + BUSY_WAIT_MS,
      remedy:
        'Nothing to do: it is asked for again in a minute. If it never starts, look which app runs bulk operations in the shop.',
    },
  );
}

/** Asks until the operation has ended; `bulkOperation(id:)`, since up to five may run at once from 2026-01. */
async function awaitEnd(
  reading: OrderReading,
  id: string,
  signal?: AbortSignal,
): Promise<{ state: string; url: string | null; orders: number }> {
  for (let round = 0; ; round += 1) {
    const data = await reading.client.query(BULK_STATE, { id }, signal);
    const operation = data['bulkOperation'];
    if (!isObject(operation)) return { state: 'EXPIRED', url: null, orders: 0 };
    const state = operation['status'];
    if (typeof state !== 'string') throw unexpected(BULK_STATE);
    if (operation['errorCode'] === 'ACCESS_DENIED') throw bulkDenied(id);
    if (state !== 'CREATED' && state !== 'RUNNING' && state !== 'CANCELING') {
      const url = typeof operation['url'] === 'string' ? operation['url'] : null;
      const orders = Number(operation['rootObjectCount'] ?? 0);
      return { state: url === null && orders > 0 && state === 'COMPLETED' ? 'EXPIRED' : state, url, orders };
    }
    await reading.io.clock.sleep(WAITS[Math.min(round, WAITS.length - 1)] ?? 30_000, signal);
  }
}

function bulkDenied(id: string): SyncError {
  return new SyncError('config', `Shopify denied bulk operation ${id} a field that it asks for`, {
    code: 'missing-scope',
    remoteId: id,
    remedy:
      'Run `crossdock check` for this connection: it names the access scopes that the app lacks. Grant them, then pull again.',
  });
}

/** What a bulk line cannot hold, because connections inside lists are not exported: then the order is read by its id. */
function isCutShort(order: Json): boolean {
  const refunds = order['refunds'];
  return (Array.isArray(refunds) && refunds.length > 0) || order['returnStatus'] !== 'NO_RETURN';
}

/** These orders in full. One that has to be read by its id and cannot be is named, and keeps no other back. */
async function whole(
  reading: OrderReading,
  orders: readonly Json[],
  signal?: AbortSignal,
): Promise<Pick<Page, 'records' | 'unread'>> {
  const wanted = orders.filter(isCutShort).map((order) => String(order['id']));
  const { records: read, unread } = await recordsApart(reading, wanted, signal);
  const byId = new Map(read.map((record) => [record.id, record]));
  const records: Observed[] = [];
  for (const order of orders) {
    const id = String(order['id']);
    if (!isCutShort(order)) records.push({ id, version: versionOf(order, BULK_STATE), body: JSON.stringify(order) });
    else {
      const record = byId.get(id);
      // Gone since the export: there is nothing left to store.
      if (record !== undefined) records.push(record);
    }
  }
  return { records, ...(unread.length > 0 ? { unread } : {}) };
}
