import { minus, NOTHING, part, plus } from '../../src/connector/sandbox/business/amounts.ts';
import {
  currentTotalsOf,
  receivedOf,
  refundedOf,
  totalsOf,
  type Sale,
  type SaleLine,
  type TaxShare,
} from '../../src/connector/sandbox/business/sale.ts';
import type { Amount } from '../../src/domain/order.ts';
import { taxLine } from './sandbox-order-lines.ts';
import type { Plain, Writing } from './sandbox-writing.ts';

/** Shopify keeps what was taken away or refunded in its totals; the `current…` ones are without. */
export function totals(sale: Sale, money: Writing['money']): Record<string, unknown> {
  const placed = totalsOf(sale);
  const now = currentTotalsOf(sale);
  const received = receivedOf(sale);
  const refunded = refundedOf(sale);
  const net = minus(received, refunded);
  const owed = sale.cancelledAt === null ? minus(now.total, net) : NOTHING;
  const pending =
    sale.tenders.some((tender) => tender.status === 'success' && tender.kind === 'authorization') &&
    received.shop === 0 &&
    sale.cancelledAt === null;
  const fees = sale.fees.length > 0;
  const duties = placed.duties.shop > 0;
  return {
    subtotalPriceSet: money(placed.subtotal),
    totalDiscountsSet: money(placed.discounts),
    totalShippingPriceSet: money(placed.shipping),
    totalTaxSet: money(placed.tax),
    totalPriceSet: money(placed.total),
    totalTipReceivedSet: money(placed.tips),
    originalTotalPriceSet: money(placed.total),
    originalTotalDutiesSet: duties ? money(placed.duties) : null,
    originalTotalAdditionalFeesSet: fees ? money(placed.fees) : null,
    currentSubtotalPriceSet: money(now.subtotal),
    currentTotalDiscountsSet: money(now.discounts),
    currentShippingPriceSet: money(now.shipping),
    currentTotalTaxSet: money(now.tax),
    currentTotalDutiesSet: duties ? money(now.duties) : null,
    currentTotalAdditionalFeesSet: fees ? money(now.fees) : null,
    currentTotalPriceSet: money(now.total),
    totalReceivedSet: money(received),
    totalRefundedSet: money(refunded),
    totalRefundedShippingSet: money(
      plus(NOTHING, ...sale.refunds.flatMap((refund) => refund.shipping.map((each) => each.amount))),
    ),
    netPaymentSet: money(net),
    totalOutstandingSet: money(owed),
    totalCapturableSet: money(pending ? placed.total : NOTHING),
    totalCashRoundingAdjustment: { paymentSet: money(NOTHING), refundSet: money(NOTHING) },
  };
}

/** The order's taxes by title, of so many units of each line. */
export function taxSummary(sale: Sale, money: Writing['money'], count: (line: SaleLine) => number): Plain[] {
  const sums = new Map<string, { share: TaxShare; amount: Amount }>();
  const add = (share: TaxShare, amount: Amount): void => {
    sums.set(share.title, { share, amount: plus(sums.get(share.title)?.amount ?? NOTHING, amount) });
  };
  for (const line of sale.lines)
    for (const share of line.taxes) add(share, part(share.amount, count(line), line.quantity));
  for (const charge of sale.shipping) for (const share of charge.taxes) add(share, share.amount);
  return [...sums.values()].map(({ share, amount }) => taxLine(share.title, share.rate, share.micros, money(amount)));
}
