import type { Amount } from '../../../domain/order.ts';
import type { Instant } from '../../../domain/time.ts';
import { lesser, minus, NOTHING, part, plus } from './amounts.ts';
import {
  currentQuantity,
  discountOf,
  netOf,
  taxOf,
  type Assigned,
  type MoneyBack,
  type MoneyBackLine,
  type Sale,
  type SaleLine,
  type Tender,
} from './sale.ts';

type Restock = 'cancel' | 'by-shipment';

/** Lines with units taken away, and what each of those was worth: the difference of what is left before and after, so nothing is lost to rounding. */
export function takeAway(sale: Sale, taken: readonly (readonly [SaleLine, number])[], how: Restock) {
  const back: MoneyBackLine[] = [];
  const lines = sale.lines.map((line) => {
    const count = taken.find(([each]) => each === line)?.[1] ?? 0;
    if (count === 0) return line;
    const left = currentQuantity(line);
    const returns = how === 'by-shipment' && line.shipped - line.returned >= count;
    back.push({
      line: line.number,
      quantity: count,
      restock: returns ? 'return' : line.fulfilledBy === 'us' ? 'cancel' : 'no-restock',
      place: sale.assigned.find((work) => work.lines.some((each) => each.line === line.number))?.place ?? null,
      subtotal: minus(netOf(line, left), netOf(line, left - count)),
      tax: plus(
        NOTHING,
        ...line.taxes.map((share) =>
          minus(part(share.amount, left, line.quantity), part(share.amount, left - count, line.quantity)),
        ),
      ),
    });
    return returns ? { ...line, returned: line.returned + count } : { ...line, removed: line.removed + count };
  });
  return { lines, back };
}

/** Open work never asks for more than is left of a line. */
export function fitted(assigned: readonly Assigned[], lines: readonly SaleLine[]): Assigned[] {
  return assigned.map((work) => {
    if (work.status === 'closed' || work.status === 'cancelled') return work;
    const rest = work.lines.map((part) => {
      const line = lines.find((each) => each.number === part.line);
      if (!line) return part;
      const open = Math.max(0, line.quantity - line.removed - line.shipped);
      return { ...part, remaining: Math.min(part.remaining, open) };
    });
    const done = rest.every((each) => each.remaining === 0);
    return {
      ...work,
      status: done ? (lines.some((line) => line.shipped > 0) ? 'closed' : 'cancelled') : work.status,
      lines: rest,
    };
  });
}

interface Giving {
  readonly lines: readonly MoneyBackLine[];
  readonly shipping?: boolean;
  readonly duties?: boolean;
  /** Fees of the order go back with it. */
  readonly fees?: boolean;
  readonly keptPercent?: number;
  readonly goodwill?: Amount;
  readonly note: string | null;
}

/** One refund of these lines and of what else goes back with them; its tenders sum to what it says. */
export function givenBack(sale: Sale, at: Instant, giving: Giving): MoneyBack {
  const goods = plus(
    NOTHING,
    ...giving.lines.map((line) => plus(line.subtotal, sale.taxIncluded ? NOTHING : line.tax)),
  );
  const already = new Set(sale.refunds.flatMap((refund) => refund.shipping.map((each) => each.charge)));
  const shipping = giving.shipping
    ? sale.shipping
        .filter((charge) => !already.has(charge.number) && charge.price.shop > discountOf(charge).shop)
        .map((charge) => ({
          charge: charge.number,
          amount: minus(charge.price, discountOf(charge)),
          tax: taxOf(charge),
        }))
    : [];
  const duties = giving.duties
    ? sale.lines.flatMap((line) => (line.duty ? [{ line: line.number, amount: line.duty }] : []))
    : [];
  const adjustments: MoneyBack['adjustments'][number][] = [];
  if (giving.keptPercent)
    adjustments.push({
      number: adjustments.length + 1,
      reason: 'RESTOCK',
      amount: minus(NOTHING, part(goods, giving.keptPercent, 100)),
    });
  if (giving.goodwill && giving.goodwill.shop > 0)
    adjustments.push({ number: adjustments.length + 1, reason: 'CUSTOMER', amount: giving.goodwill });
  if (giving.fees && sale.fees.length > 0)
    adjustments.push({
      number: adjustments.length + 1,
      reason: 'REFUND_DISCREPANCY',
      amount: plus(NOTHING, ...sale.fees.map((fee) => fee.amount)),
    });
  const owed = plus(
    goods,
    ...shipping.map((each) => plus(each.amount, sale.taxIncluded ? NOTHING : each.tax)),
    ...duties.map((each) => each.amount),
    ...adjustments.map((each) => each.amount),
  );
  const number = sale.refunds.length + 1;
  return {
    number,
    at,
    note: giving.note,
    lines: giving.lines,
    shipping,
    duties,
    adjustments,
    tenders: payBack(sale, at, owed, number),
    returned: null,
  };
}

/** Money goes back the way it came, the newest payment first, never more than each one brought. */
function payBack(sale: Sale, at: Instant, owed: Amount, refund: number): Tender[] {
  const tenders: Tender[] = [];
  let left = owed;
  for (const tender of sale.tenders.toReversed()) {
    if (left.shop <= 0 || tender.status !== 'success' || (tender.kind !== 'sale' && tender.kind !== 'capture'))
      continue;
    const gone = plus(
      NOTHING,
      ...sale.refunds.flatMap((each) =>
        each.tenders.filter((one) => one.parent === tender.number).map((one) => one.amount),
      ),
    );
    const amount = lesser(left, minus(tender.amount, gone));
    if (amount.shop <= 0) continue;
    tenders.push({
      number: refund * 10 + tenders.length,
      kind: 'refund',
      status: 'success',
      gateway: tender.gateway,
      amount,
      at,
      parent: tender.number,
    });
    left = minus(left, amount);
  }
  return tenders;
}
