import { formatAmount } from './money.ts';
import type { Order } from './order.ts';
import { checkTotals } from './order-totals.ts';

/** Why an order cannot be booked yet. It is finance's problem: fulfillment goes on. */
export interface BookingProblem {
  readonly code: 'unmapped-payment' | 'totals-differ';
  readonly message: string;
  readonly remedy: string;
  readonly field: string;
  /** Mapping entries that would mend it. */
  readonly needs: readonly string[];
}

/** Everything that keeps an order from being booked: money taken or given back by an unmapped payment method, totals that do not add up (I4). */
export function bookingProblems(order: Order): BookingProblem[] {
  const problems: BookingProblem[] = [];
  const gateways = new Set<string>();
  for (const payment of [...order.payments, ...order.refunds.flatMap((refund) => refund.payments)]) {
    if (payment.method !== null || payment.status !== 'success' || gateways.has(payment.gateway)) continue;
    gateways.add(payment.gateway);
    problems.push({
      code: 'unmapped-payment',
      message: `The payment method "${payment.gateway}" is not mapped.`,
      remedy: `Map "${payment.gateway}" in the connection's mapping, under "payments". The order then goes on by itself.`,
      field: 'payments.gateway',
      needs: [`payments/${payment.gateway}`],
    });
  }
  for (const difference of checkTotals(order)) {
    if (difference.kind === 'rounding') continue;
    // Shop and buyer speak of the same money where there is one currency.
    if (difference.currency === 'buyer' && order.currency.buyer === order.currency.shop) continue;
    const currency = order.currency[difference.currency];
    problems.push({
      code: 'totals-differ',
      message:
        `The channel says ${difference.piece} is ${formatAmount(difference.expected, currency)}, ` +
        `the lines add up to ${formatAmount(difference.found, currency)}: ${formatAmount(difference.by, currency)} apart.`,
      remedy:
        'Compare the order with the channel and correct it there; it is then read again by itself. Its goods go on meanwhile.',
      field: `totals.${difference.piece}`,
      needs: [],
    });
  }
  return problems;
}
