import type { Mapping } from '../../src/connector/mapping/mapping.ts';
import type { Amount, Payment, Refund, RefundLine, Return } from '../../src/domain/order.ts';
import type { Instant } from '../../src/domain/time.ts';
import type { Field } from './field.ts';
import type { LineIds } from './normalize-lines.ts';
import { amountAt, minus, NOTHING, plus } from './normalize-money.ts';
import type { Currencies } from './normalize-money.ts';

export interface PaymentScope {
  readonly lineId: LineIds;
  readonly map: Mapping;
  readonly currencies: Currencies;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** The instant at `key`, or null where it is absent. @throws SyncError `data` for anything but ISO 8601 with a zone. */
export function instantOrNull(field: Field, key: string): Instant | null {
  const text = field.textOrNull(key);
  if (text === null) return null;
  const instant = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant)) throw field.unreadable(key, 'instant with its zone');
  return instant;
}

/** The first of these instants that is there. */
export function instantAt(field: Field, key: string, otherwise?: string): Instant {
  const instant = instantOrNull(field, key) ?? (otherwise === undefined ? null : instantOrNull(field, otherwise));
  if (instant === null) throw field.unreadable(key, 'instant');
  return instant;
}

const KINDS: Readonly<Record<string, Payment['kind'] | 'refund' | 'none'>> = {
  AUTHORIZATION: 'authorization',
  EMV_AUTHORIZATION: 'authorization',
  CAPTURE: 'capture',
  SALE: 'sale',
  VOID: 'void',
  CHANGE: 'change',
  REFUND: 'refund',
  // A suggestion moved no money.
  SUGGESTED_REFUND: 'none',
};

const STATES: Readonly<Record<string, Payment['status']>> = {
  SUCCESS: 'success',
  PENDING: 'pending',
  AWAITING_RESPONSE: 'pending',
  UNKNOWN: 'pending',
  FAILURE: 'failure',
  ERROR: 'failure',
};

interface Movement {
  readonly kind: Payment['kind'] | 'refund' | 'none';
  readonly money: Omit<Payment, 'kind'>;
}

function movement(transaction: Field, scope: PaymentScope): Movement {
  const kind = KINDS[transaction.text('kind')];
  if (kind === undefined) throw transaction.unreadable('kind', 'known kind of transaction');
  const status = STATES[transaction.text('status')];
  if (status === undefined) throw transaction.unreadable('status', 'known status of a transaction');
  const gateway = transaction.textOrNull('gateway') ?? '';
  const money = {
    externalId: transaction.text('id'),
    status,
    gateway,
    method: gateway === '' ? null : scope.map.code('payments', gateway),
    amount: amountAt(transaction, 'amountSet', scope.currencies),
    at: instantAt(transaction, 'processedAt', 'createdAt'),
    parent: transaction.childOrNull('parentTransaction')?.text('id') ?? null,
    giftCard: gateway === 'gift_card',
  };
  return { kind, money };
}

/** The order's payments, and its refunds with theirs. A refund transaction that stands in no refund becomes one without lines. */
export function paymentsAndRefunds(
  order: Field,
  scope: PaymentScope,
): {
  payments: Payment[];
  refunds: Refund[];
  /** What gateways have yet to pay out and Shopify's totals leave out until then: it is in the refunds' totals here. */
  awaited: Amount;
} {
  let awaited = NOTHING;
  const refunds = order.list('refunds').map((stated) => {
    const refund = refundOf(stated, scope);
    awaited = plus(awaited, minus(refund.total, amountAt(stated, 'totalRefundedSet', scope.currencies)));
    return refund;
  });
  const attached = new Set(refunds.flatMap((refund) => refund.payments.map((payment) => payment.externalId)));
  const payments: Payment[] = [];
  for (const transaction of order.list('transactions')) {
    const { kind, money } = movement(transaction, scope);
    if (kind === 'none') continue;
    if (kind !== 'refund') payments.push({ ...money, kind });
    else if (!attached.has(money.externalId)) {
      refunds.push(looseRefund(money));
      if (money.status === 'pending') awaited = plus(awaited, money.amount);
    }
  }
  return { payments, refunds, awaited };
}

/**
 * What a refund gives back, with what is under way. Shopify's total counts only what has succeeded (so
 * https://github.com/microsoft/BCApps/pull/9112): a refund under way is one of nothing there, and would look like money kept.
 */
function givenBack(stated: Amount, payments: Refund['payments']): Amount {
  // Where nothing is under way what is stated counts, so that payments that are not of it are seen as a difference.
  if (!payments.some(({ status }) => status === 'pending')) return stated;
  let sum = NOTHING;
  for (const { status, amount } of payments) if (status !== 'failure') sum = plus(sum, amount);
  return { shop: Math.max(stated.shop, sum.shop), buyer: Math.max(stated.buyer, sum.buyer) };
}

function looseRefund(money: Movement['money']): Refund {
  const total = money.status === 'failure' ? NOTHING : money.amount;
  return {
    externalId: money.externalId,
    at: money.at,
    lines: [],
    shipping: [],
    duties: [],
    adjustments: total === NOTHING ? [] : [{ reason: 'refund without lines', amount: total, tax: NOTHING }],
    payments: [{ ...money, kind: 'refund' }],
    total,
    return: null,
  };
}

const RESTOCKS: Readonly<Record<string, RefundLine['restock']>> = {
  RETURN: 'return',
  CANCEL: 'cancel',
  NO_RESTOCK: 'no-restock',
  LEGACY_RESTOCK: 'legacy',
};

function refundOf(refund: Field, scope: PaymentScope): Refund {
  const { currencies } = scope;
  const payments: Refund['payments'][number][] = [];
  for (const transaction of refund.nodes('transactions')) {
    const { kind, money } = movement(transaction, scope);
    if (kind === 'refund') payments.push({ ...money, kind });
  }
  return {
    externalId: refund.text('id'),
    at: instantAt(refund, 'processedAt', 'createdAt'),
    lines: refund.nodes('refundLineItems').map((line) => refundLine(line, scope)),
    shipping: refund.nodes('refundShippingLines').map((line) => ({
      externalId: line.child('shippingLine').textOrNull('id') ?? line.text('id'),
      amount: amountAt(line, 'subtotalAmountSet', currencies),
      tax: amountAt(line, 'taxAmountSet', currencies),
    })),
    duties: refund.list('duties').map((duty) => ({
      externalId: duty.childOrNull('originalDuty')?.text('id') ?? refund.text('id'),
      amount: amountAt(duty, 'amountSet', currencies),
    })),
    adjustments: refund
      .nodes('orderAdjustments')
      .map((adjustment) => adjustmentOf(adjustment, currencies))
      .filter(({ reason }) => reason !== AWAITED),
    payments,
    total: givenBack(amountAt(refund, 'totalRefundedSet', currencies), payments),
    return: refund.childOrNull('return')?.text('id') ?? null,
  };
}

/** By this reason Shopify balances a refund whose money is under way. It is part of our total already. */
const AWAITED = 'PENDING_REFUND_DISCREPANCY';

function adjustmentOf(adjustment: Field, currencies: Currencies): Refund['adjustments'][number] {
  return {
    reason: adjustment.textOrNull('reason') ?? 'unstated',
    // Shopify counts a discrepancy in the merchant's favour as positive (Order.refundDiscrepancySet); here it is the buyer's.
    amount: minus(NOTHING, amountAt(adjustment, 'amountSet', currencies)),
    tax: minus(NOTHING, amountAt(adjustment, 'taxAmountSet', currencies)),
  };
}

function refundLine(line: Field, scope: PaymentScope): RefundLine {
  const restock = RESTOCKS[line.text('restockType')];
  if (restock === undefined) throw line.unreadable('restockType', 'known kind of restock');
  const location = line.childOrNull('location');
  return {
    line: scope.lineId(line.child('lineItem').text('id')),
    quantity: line.count('quantity'),
    restock,
    location: location === null ? null : scope.map.code('locations', location.text('id')),
    subtotal: amountAt(line, 'subtotalSet', scope.currencies),
    tax: amountAt(line, 'totalTaxSet', scope.currencies),
  };
}

/** The order's returns. A line that Shopify cannot tie to an order line (an unverified return) is left out. */
export function returnsOf(order: Field, lineId: LineIds): Return[] {
  return order.nodes('returns').map((each) => {
    const lines: Return['lines'][number][] = [];
    for (const line of each.nodes('returnLineItems')) {
      const item = line.childOrNull('fulfillmentLineItem')?.child('lineItem').text('id');
      if (item === undefined) continue;
      const reason = line.childOrNull('returnReasonDefinition')?.textOrNull('handle') ?? null;
      lines.push({ line: lineId(item), quantity: line.count('quantity'), reason });
    }
    return { externalId: each.text('id'), name: each.text('name'), status: each.text('status').toLowerCase(), lines };
  });
}

/** Units that came back, by Shopify's line id: refunded into stock after shipping, or received on a return, whichever says more. */
export function returnedUnits(order: Field): Map<string, number> {
  const refunded = new Map<string, number>();
  for (const refund of order.list('refunds')) {
    for (const line of refund.nodes('refundLineItems')) {
      if (line.text('restockType') === 'RETURN')
        count(refunded, line.child('lineItem').text('id'), line.count('quantity'));
    }
  }
  const received = new Map<string, number>();
  for (const each of order.nodes('returns')) {
    for (const line of each.nodes('returnLineItems')) {
      const item = line.childOrNull('fulfillmentLineItem')?.child('lineItem').text('id');
      if (item !== undefined) count(received, item, line.countOrNull('processedQuantity') ?? 0);
    }
  }
  for (const [item, units] of received) refunded.set(item, Math.max(units, refunded.get(item) ?? 0));
  return refunded;
}

export function count(units: Map<string, number>, key: string, more: number): void {
  units.set(key, (units.get(key) ?? 0) + more);
}
