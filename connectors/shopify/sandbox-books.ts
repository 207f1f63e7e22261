import {
  currentQuantity,
  currentTotalsOf,
  receivedOf,
  refundedOf,
  totalsOf,
} from '../../src/connector/sandbox/business/sale.ts';
import type { Told } from '../../src/connector/sandbox/told.ts';
import { childTail, gid, orderTail } from './sandbox-ids.ts';
import type { ShopState } from './sandbox-state.ts';

/** The shop's own truth, counted from the business and not from what was answered; amounts are minor units. */
export function booksOf(state: ShopState) {
  const orders = [...state.all()].map((sale) => ({
    id: gid('Order', orderTail(sale)),
    number: `#${sale.number}`,
    version: sale.updatedAt,
    revision: sale.revision,
    story: sale.story,
    cancelled: sale.cancelledAt !== null,
    currency: sale.currency,
    lines: sale.lines.map((line) => ({
      id: gid('LineItem', childTail(sale, line.number)),
      sku: line.sku,
      by: line.fulfilledBy,
      ordered: line.quantity,
      cancelled: line.removed,
      shipped: line.shipped,
      returned: line.returned,
      current: currentQuantity(line),
    })),
    totals: totalsOf(sale),
    current: currentTotalsOf(sale).total,
    received: receivedOf(sale),
    refunded: refundedOf(sale),
    gateways: [...new Set(sale.tenders.map((tender) => tender.gateway))],
  }));
  return {
    shop: state.shop.id,
    orders,
    stock: [...state.stock()].map(({ sku, place, onHand, updatedAt }) => ({ sku, place, onHand, updatedAt })),
    subscriptions: state.subscriptions,
    bulk: state.runs,
    events: state.events.length,
  };
}

/** Every parcel that the shop knows of. */
export function confirmationsOf(state: ShopState): Told['confirmations'] {
  return [...state.all()].flatMap((sale) =>
    sale.parcels.map((parcel) => ({
      id: gid('Fulfillment', childTail(sale, parcel.number)),
      order: gid('Order', orderTail(sale)),
      tracking: parcel.tracking.split(' ').filter((number) => number !== ''),
      units: parcel.lines.reduce((sum, { quantity }) => sum + quantity, 0),
    })),
  );
}

export type Books = ReturnType<typeof booksOf>;
