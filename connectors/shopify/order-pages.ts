import type { Observed } from '../../src/connector/contract.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { ExternalId } from '../../src/domain/ids.ts';
import type { Instant } from '../../src/domain/time.ts';
import { pageOf, unexpected } from './connections.ts';
import type { Document } from './documents.ts';
import type { Json } from './field.ts';
import { observed, recordsById, versionOf } from './order-records.ts';
import type { OrderReading } from './order-records.ts';

/** A page of the list of orders. */
export interface OrderPage {
  readonly records: readonly Observed[];
  /** Listed, but not to be had whole with the others. */
  readonly unread: readonly ExternalId[];
  /** When each listed order was changed last. */
  readonly versions: readonly Instant[];
  readonly after: string | null;
}

/** The variables of a page: how many orders from where in which list. */
export interface Asked extends Json {
  readonly first: number;
  readonly after: string | null;
  readonly query: string;
}

/**
 * One page of orders. Where Shopify finds it too dear, or fails at it, half of it may do: a single order that it cannot
 * give fails every page that it stands on. One that fails alone, while its id can be listed, is named and passed over.
 * @returns `too dear` or `failed` where a smaller page may do
 * @throws SyncError what was thrown, where Shopify does not even list the id, or not one of several orders can be had
 */
export async function readOrders(
  reading: OrderReading,
  asked: Asked,
  signal?: AbortSignal,
): Promise<OrderPage | 'too dear' | 'failed'> {
  const { client, documents, io } = reading;
  try {
    const data = await client.query(documents.page, asked, signal);
    const { nodes, after } = pageOf(data['orders'], documents.page);
    return { ...(await observedApart(reading, nodes, signal)), after };
  } catch (thrown) {
    const code = thrown instanceof SyncError ? thrown.code : '';
    if (code !== 'max-cost-exceeded' && code !== 'remote-failure') throw thrown;
    const failed = code === 'max-cost-exceeded' ? 'too dear' : 'failed';
    if (asked.first > 1) {
      io.log.warn('Shopify found a page of orders too dear, or failed at it; asking for half of it', {
        document: documents.page.name,
        size: asked.first,
        code,
      });
      return failed;
    }
    const listed = failed === 'failed' ? await listedAt(reading, asked, signal) : null;
    if (listed === null) throw thrown;
    return listed;
  }
}

/** What a page of one order names, without anything of it; null where Shopify fails at that too. */
async function listedAt(
  { client, documents }: OrderReading,
  asked: Asked,
  signal?: AbortSignal,
): Promise<OrderPage | null> {
  try {
    const data = await client.query(documents.ids, asked, signal);
    const { nodes, after } = pageOf(data['orders'], documents.ids);
    const unread = nodes.map((node) => idOf(node, documents.ids));
    return { records: [], unread, versions: nodes.map((node) => versionOf(node, documents.ids)), after };
  } catch (thrown) {
    if (thrown instanceof SyncError && thrown.code === 'remote-failure') return null;
    throw thrown;
  }
}

/**
 * Each order of a page for itself, so that one of which the rest cannot be had keeps none of its neighbours back.
 * @throws SyncError what was thrown for the first, where not one of several could be had
 */
async function observedApart(
  reading: OrderReading,
  nodes: readonly Json[],
  signal?: AbortSignal,
): Promise<Omit<OrderPage, 'after'>> {
  const document = reading.documents.page;
  const records: Observed[] = [];
  const unread: ExternalId[] = [];
  const versions: Instant[] = [];
  let first: SyncError | null = null;
  for (const node of nodes) {
    const id = idOf(node, document);
    versions.push(versionOf(node, document));
    try {
      records.push(await observed(reading, node, document, signal));
    } catch (thrown) {
      if (!isOfOne(thrown)) throw thrown;
      first ??= thrown;
      unread.push(id);
    }
  }
  // That is no fault of each of them: it is ours, or Shopify’s as a whole, and would make every order a case.
  if (first !== null && nodes.length > 1 && records.length === 0) throw first;
  return { records, unread, versions };
}

/** Orders by their ids; where not all of them can be had together each is asked for alone, and what fails then is named. */
export async function recordsApart(
  reading: OrderReading,
  ids: readonly ExternalId[],
  signal?: AbortSignal,
): Promise<Pick<OrderPage, 'records' | 'unread'>> {
  try {
    return { records: await recordsById(reading, ids, signal), unread: [] };
  } catch (thrown) {
    if (!isOfOne(thrown)) throw thrown;
  }
  const records: Observed[] = [];
  const unread: ExternalId[] = [];
  for (const id of ids) {
    try {
      records.push(...(await recordsById(reading, [id], signal)));
    } catch (thrown) {
      if (!isOfOne(thrown)) throw thrown;
      unread.push(id);
    }
  }
  return { records, unread };
}

/** Whether it may be the fault of one order: deleted while it was read, or one that Shopify fails at. */
function isOfOne(thrown: unknown): thrown is SyncError {
  if (!(thrown instanceof SyncError)) return false;
  return thrown.fault === 'bug' || thrown.fault === 'data' || thrown.code === 'remote-failure';
}

function idOf(node: Json, document: Document): ExternalId {
  const id = node['id'];
  if (typeof id !== 'string') throw unexpected(document);
  return id;
}
