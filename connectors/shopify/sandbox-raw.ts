import { parse } from 'graphql';
import type { Business } from '../../src/connector/sandbox/business/business.ts';
import type { ConnectionId } from '../../src/domain/ids.ts';
import { answeringSchema } from './sandbox-answer.ts';
import { orderDocuments } from './documents.ts';
import { gid, orderTail } from './sandbox-ids.ts';
import { orderNode } from './sandbox-order.ts';
import { projectionOf } from './sandbox-projection.ts';

export interface RawOrder {
  readonly id: string;
  /** The order's updated time in ms, as `pull` gives it. */
  readonly version: number;
  /** JSON of the order as the connector keeps it: its page query's answer with every page inside complete. */
  readonly body: string;
}

/**
 * The orders of a shop, oldest first, byte for byte as the connector's `pull` would have them from the stand-in, without HTTP and
 * without the GraphQL executor: for benchmarks.
 */
export function* rawOrders(
  business: Business,
  shop: ConnectionId,
  metafields: readonly string[] = [],
): Iterable<RawOrder> {
  const project = projectionOf(answeringSchema(), parse(orderDocuments(metafields).page.text), 'orders', true);
  for (const sale of business.sales(shop)) {
    yield {
      id: gid('Order', orderTail(sale)),
      version: sale.updatedAt,
      body: JSON.stringify(project(orderNode(sale))),
    };
  }
}
