import type { Amount, Assignment, Order, OrderLine, ShippingLine, TaxLine } from './order.ts';

/** The same amount in both currencies, as where the buyer pays in the shop's own. */
export function both(minor: number): Amount {
  return { shop: minor, buyer: minor };
}

/** One jurisdiction's tax. */
export function sampleTax(minor: number): TaxLine {
  return { title: 'VAT', rate: '0.19', jurisdiction: null, amount: both(minor), collectedBy: 'us' };
}

/** A plain line of goods that we ship: one unit of SKU-<id> at 10.00, untaxed, unless told otherwise. */
export function sampleLine(id: string, but: Partial<OrderLine> = {}): OrderLine {
  const sku = but.sku === undefined ? `SKU-${id}` : but.sku;
  return {
    id,
    externalId: `remote-${id}`,
    listing: sku,
    sku,
    title: `Item ${id}`,
    kind: 'goods',
    fulfilledBy: 'us',
    ordered: 1,
    cancelled: 0,
    shipped: 0,
    returned: 0,
    gross: both(1000),
    discounts: [],
    taxes: [],
    duties: [],
    components: sku === null ? [] : [{ sku, quantity: 1 }],
    attributes: {},
    ...but,
  };
}

/** Standard shipping at 5.00, untaxed, unless told otherwise. */
export function sampleShipping(but: Partial<ShippingLine> = {}): ShippingLine {
  return {
    externalId: 'shipping-1',
    title: 'Standard',
    code: null,
    carrier: null,
    gross: both(500),
    discounts: [],
    taxes: [],
    removed: false,
    ...but,
  };
}

/** An open assignment of units of one line to a location of the channel that is mapped to ours. */
export function sampleAssignment(
  location: string,
  line: string,
  remaining: number,
  but: Partial<Assignment> = {},
): Assignment {
  return {
    externalId: `${location}-${line}`,
    status: 'open',
    location,
    remoteLocation: `remote-${location}`,
    method: 'shipping',
    lines: [{ line, quantity: remaining, remaining }],
    ...but,
  };
}

/** A paid order of one plain line to Germany, by which tests say only what matters to them. Its totals are all zero. */
export function sampleOrder(but: Partial<Order> = {}): Order {
  const none = both(0);
  return {
    id: 'ord_sample',
    connection: 'shop',
    company: 'acme',
    externalId: '1001',
    number: '#1001',
    placedAt: 1_790_000_000_000,
    updatedAt: 1_790_000_000_000,
    cancelledAt: null,
    closedAt: null,
    businessDate: '2026-09-21',
    test: false,
    currency: { shop: 'EUR', buyer: 'EUR' },
    taxIncluded: false,
    lines: [sampleLine('A')],
    shipping: [],
    fees: [],
    discounts: [],
    payments: [],
    refunds: [],
    returns: [],
    assignments: [],
    holds: [],
    risk: { level: 'none', recommendation: null },
    totals: {
      lines: none,
      discounts: none,
      shipping: none,
      tax: none,
      duties: none,
      tips: none,
      fees: none,
      total: none,
      rounding: none,
      refunded: none,
    },
    destination: { country: 'DE', region: null },
    tags: [],
    attributes: {},
    personal: {
      name: null,
      email: null,
      phone: null,
      customer: null,
      shippingAddress: null,
      billingAddress: null,
      note: null,
      attributes: {},
      ip: null,
      pickup: null,
    },
    ...but,
  };
}
