import { SyncError } from '../../src/domain/errors.ts';
import type { ShopifyClient } from './client.ts';
import { NESTED } from './documents.ts';
import type { Document, NestedConnection } from './documents.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';

/** Shopify refuses to page past 25,000 objects (https://shopify.dev/docs/api/usage/limits); we start a new list before. */
export const LIST_LIMIT = 24_000;

/** One page of a connection as Shopify answered it. */
export interface NodePage {
  readonly nodes: readonly Json[];
  /** Where the next page starts; null = there is none. */
  readonly after: string | null;
}

/**
 * A connection's page. @throws SyncError `bug` where the answer does not have the shape that the document asks for, since then nothing
 * could be trusted to be complete.
 */
export function pageOf(connection: unknown, document: Document): NodePage {
  const nodes = isObject(connection) ? connection['nodes'] : undefined;
  const info = isObject(connection) ? connection['pageInfo'] : undefined;
  if (!Array.isArray(nodes) || !isObject(info)) throw unexpected(document);
  const objects: Json[] = [];
  for (const node of nodes) {
    if (!isObject(node)) throw unexpected(document);
    objects.push(node);
  }
  if (info['hasNextPage'] !== true) return { nodes: objects, after: null };
  const cursor = info['endCursor'];
  if (typeof cursor !== 'string' || cursor === '') throw unexpected(document);
  return { nodes: objects, after: cursor };
}

export function unexpected(document: Document): SyncError {
  return new SyncError('bug', `Shopify answered ${document.name} in another shape than was asked for`, {
    code: 'unexpected-answer',
    remedy: 'This is a fault in Crossdock or in a stand-in. Report it with the document name and the API version.',
  });
}

/** All pages of a root connection, one after the other. */
export async function* rootPages(
  client: ShopifyClient,
  document: Document,
  field: string,
  variables: Json,
  signal?: AbortSignal,
): AsyncIterable<readonly Json[]> {
  let after: string | null = null;
  do {
    const data: Json = await client.query(document, { ...variables, after }, signal);
    const page: NodePage = pageOf(data[field], document);
    yield page.nodes;
    after = page.after;
  } while (after !== null);
}

/** How a type's nested connections are found: by the fields of NESTED that a record of this type carries. */
type Carried = { readonly owner: Json; readonly connection: NestedConnection };

/** Which type stands under a field of an order that may itself carry connections. */
const CHILD_TYPES: Readonly<Record<string, string>> = {
  fulfillmentOrders: 'FulfillmentOrder',
  returns: 'Return',
  fulfillments: 'Fulfillment',
  refunds: 'Refund',
};
const CHILD_FIELDS = Object.keys(CHILD_TYPES);

/**
 * A record with every nested connection complete and without page marks, so that its text is the same whatever the page sizes were.
 * Further pages are fetched until the last; nothing is cut off in silence.
 */
export async function completed(
  client: ShopifyClient,
  type: string,
  record: Json,
  nested: readonly NestedConnection[] = NESTED,
  signal?: AbortSignal,
): Promise<Json> {
  // Fields keep their places: only those that carry something are put anew.
  const whole: Record<string, unknown> = { ...record };
  for (const connection of nested) {
    const { field } = connection;
    if (connection.type !== type || !Object.hasOwn(record, field)) continue;
    whole[field] = { nodes: await children(client, { owner: record, connection }, field, nested, signal) };
  }
  for (const field of CHILD_FIELDS) {
    const value = record[field];
    if (!Array.isArray(value) || nested.some((each) => each.type === type && each.field === field)) continue;
    whole[field] = await completedAll(client, field, value, nested, signal);
  }
  return whole;
}

async function children(
  client: ShopifyClient,
  { owner, connection }: Carried,
  field: string,
  nested: readonly NestedConnection[],
  signal: AbortSignal | undefined,
): Promise<readonly unknown[]> {
  const { document } = connection;
  let page = pageOf(owner[field], document);
  const nodes = [...page.nodes];
  while (page.after !== null) {
    const data = await client.query(document, { id: owner['id'], after: page.after }, signal);
    const node = data['node'];
    page = pageOf(isObject(node) ? node[field] : undefined, document);
    nodes.push(...page.nodes);
  }
  return CHILD_TYPES[field] === undefined ? nodes : completedAll(client, field, nodes, nested, signal);
}

async function completedAll(
  client: ShopifyClient,
  field: string,
  entries: readonly unknown[],
  nested: readonly NestedConnection[],
  signal: AbortSignal | undefined,
): Promise<readonly unknown[]> {
  const whole: unknown[] = [];
  for (const entry of entries) {
    whole.push(isObject(entry) ? await completed(client, CHILD_TYPES[field] ?? '', entry, nested, signal) : entry);
  }
  return whole;
}
