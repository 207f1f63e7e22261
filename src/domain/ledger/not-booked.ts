import type { Order } from '../order.ts';
import type { BusinessDate } from '../time.ts';
import { businessDate } from '../time.ts';
import type { Fact, Transfer } from './fact.ts';

/**
 * The days on which something happened to an order's money, or units of it passed, that its facts do not tell: while it
 * cannot be booked, the documents of these days lack it. One of which nothing is booked lacks on the day it was placed too.
 */
export function daysNotBooked(
  order: Pick<Order, 'businessDate' | 'payments' | 'refunds'>,
  transfers: readonly Transfer[],
  known: readonly Fact[],
  zone: string,
): Set<BusinessDate> {
  const told = new Set(known.map(({ source }) => source));
  const payments = [...order.payments, ...order.refunds.flatMap((refund) => refund.payments)].filter(
    ({ kind, status }) => status === 'success' && kind !== 'authorization',
  );
  const happened = [
    ...payments.map(({ externalId, at }) => ({ source: externalId, at })),
    ...order.refunds.map(({ externalId, at }) => ({ source: externalId, at })),
    ...transfers.map(({ id, at }) => ({ source: id, at })),
  ];
  const days = happened.filter(({ source }) => !told.has(source)).map(({ at }) => businessDate(at, zone));
  return new Set(known.length === 0 ? [order.businessDate, ...days] : days);
}
