import { Binary } from 'bson';
import { sampleOrder } from '../domain/sample-order.ts';
import type { OrderDocument } from './documents.ts';
import { storedOrder } from './order-records.ts';

/** An order as it is stored the first time, by which tests say only what matters to them. Nothing is sealed in it. */
export function testOrder(
  id: string,
  but: Partial<Omit<OrderDocument, 'v' | 'by'>> = {},
): Omit<OrderDocument, 'v' | 'by'> {
  const order = sampleOrder({ id });
  return {
    _id: id,
    connection: order.connection,
    company: order.company,
    externalId: id,
    number: `#${id}`,
    version: 1,
    revision: 1,
    raw: { n: 1, hash: '', by: 'list' },
    mapping: 'm1',
    stage: 'captured',
    promise: new Date(order.placedAt),
    order: storedOrder(order),
    personal: new Binary(),
    problems: [],
    plan: null,
    trail: [],
    ...but,
  };
}
