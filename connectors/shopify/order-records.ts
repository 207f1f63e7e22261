import type { Observed } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import { formatInstant, parseInstant } from '../../src/domain/time.ts';
import type { TimeWindow } from '../../src/domain/time.ts';
import type { ShopifyClient } from './client.ts';
import type { ShopifyConfig } from './config.ts';
import { completed, unexpected } from './connections.ts';
import type { Document, OrderDocuments } from './documents.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';

/** What the order reading of one connection works with. */
export interface OrderReading {
  readonly client: ShopifyClient;
  readonly config: ShopifyConfig;
  readonly io: Io;
  readonly documents: OrderDocuments;
}

/** An order node as a raw record, its nested connections complete. */
export async function observed(
  reading: OrderReading,
  node: Json,
  document: Document,
  signal?: AbortSignal,
): Promise<Observed> {
  const id = node['id'];
  if (typeof id !== 'string') throw unexpected(document);
  const whole = await completed(reading.client, 'Order', node, undefined, signal);
  return { id, version: versionOf(node, document), body: JSON.stringify(whole) };
}

/** `updatedAt` in ms: it never goes back, and a later change of the same second comes with the same version and another content. */
export function versionOf(node: Json, document: Document): number {
  const updatedAt = node['updatedAt'];
  if (typeof updatedAt !== 'string') throw unexpected(document);
  return parseInstant(updatedAt, 'updatedAt');
}

/** How many orders are read by id in one call: below 1,000 points even if Shopify counts each id in full. */
const BY_ID = 6;

/** These orders in full; one that Shopify no longer has, or that this app may not see, is left out. */
export async function recordsById(
  reading: OrderReading,
  wanted: readonly string[],
  signal?: AbortSignal,
): Promise<Observed[]> {
  const document = reading.documents.byIds;
  const records: Observed[] = [];
  for (let at = 0; at < wanted.length; at += BY_ID) {
    const data = await reading.client.query(document, { ids: wanted.slice(at, at + BY_ID) }, signal);
    const nodes = data['nodes'];
    if (!Array.isArray(nodes)) throw unexpected(document);
    for (const node of nodes) {
      if (isObject(node) && node['id'] !== undefined) records.push(await observed(reading, node, document, signal));
    }
  }
  return records;
}

/** Shopify's search text for orders changed in a window (https://shopify.dev/docs/api/usage/search-syntax). */
export function windowQuery(window: TimeWindow): string {
  return `updated_at:>='${formatInstant(window.from)}' updated_at:<'${formatInstant(window.to)}'`;
}
