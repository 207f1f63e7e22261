import { SyncError } from '../../src/domain/errors.ts';
import type { ExternalId } from '../../src/domain/ids.ts';
import type { ShopifyClient } from './client.ts';
import { completed, unexpected } from './connections.ts';
import { FULFILLING } from './documents.ts';
import { Field, isObject } from './field.ts';

/** Units that a fulfillment order still wants shipped. */
export interface WorkLine {
  /** Of the fulfillment order's own line. */
  readonly id: ExternalId;
  readonly line: ExternalId;
  /** What a person finds it by; null where Shopify gives it none. */
  readonly sku: string | null;
  readonly remaining: number;
}

/** Work that the shop has given to one of its locations. */
export interface Work {
  readonly id: ExternalId;
  readonly status: string;
  readonly location: ExternalId | null;
  readonly lines: readonly WorkLine[];
}

/** What has left by the shop's books. */
export interface Left {
  readonly id: ExternalId;
  readonly location: ExternalId | null;
  readonly tracking: readonly string[];
  readonly lines: ReadonlyMap<ExternalId, number>;
}

export interface Fulfilling {
  readonly cancelled: boolean;
  readonly work: readonly Work[];
  readonly left: readonly Left[];
}

const VOID: ReadonlySet<string> = new Set(['CANCELLED', 'ERROR', 'FAILURE']);

/** How an order stands in the shop's books now. @throws SyncError `data` where the shop does not have it (any more). */
export async function readFulfilling(
  client: ShopifyClient,
  order: ExternalId,
  signal?: AbortSignal,
): Promise<Fulfilling> {
  const data = await client.query(FULFILLING, { id: order }, signal);
  if (data['order'] === null) {
    throw new SyncError('data', `The shop has no order ${order} any more`, {
      code: 'order-gone',
      remoteId: order,
      remedy: 'It was deleted in Shopify. Nothing can be told of it there: dismiss this.',
    });
  }
  if (!isObject(data['order'])) throw unexpected(FULFILLING);
  const read = new Field(await completed(client, 'Order', data['order'], undefined, signal));
  return {
    cancelled: read.textOrNull('cancelledAt') !== null,
    work: read.nodes('fulfillmentOrders').map((each) => ({
      id: each.text('id'),
      status: each.text('status'),
      location: each.child('assignedLocation').childOrNull('location')?.text('id') ?? null,
      lines: each.nodes('lineItems').map((line) => ({
        id: line.text('id'),
        line: line.child('lineItem').text('id'),
        sku: line.textOrNull('sku'),
        remaining: line.count('remainingQuantity'),
      })),
    })),
    left: read
      .list('fulfillments')
      .filter((each) => !VOID.has(each.text('status')))
      .map((each) => {
        const lines = new Map<ExternalId, number>();
        for (const line of each.nodes('fulfillmentLineItems')) {
          const id = line.child('lineItem').text('id');
          lines.set(id, (lines.get(id) ?? 0) + line.count('quantity'));
        }
        return {
          id: each.text('id'),
          location: each.childOrNull('location')?.text('id') ?? null,
          tracking: each.list('trackingInfo').flatMap((info) => info.textOrNull('number') ?? []),
          lines,
        };
      }),
  };
}

/** What can still be shipped or moved: open, also where a part has left, but not what is held, scheduled or ended. */
export function isOpen({ status }: Work): boolean {
  return status === 'OPEN' || status === 'IN_PROGRESS';
}
