import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { SyncError } from '../../src/domain/errors.ts';
import type { Amount, Order } from '../../src/domain/order.ts';
import { checkTotals } from '../../src/domain/order-totals.ts';
import { normalizeOrder } from './normalize-order.ts';
import { isObject } from './field.ts';
import { FIXTURE_MAPPING, FIXTURE_SCOPE } from './test-shop.ts';

const folder = new URL('./fixtures/', import.meta.url);
const cases = readdirSync(folder)
  .filter((file) => file.endsWith('.raw.json'))
  .map((file) => file.replace('.raw.json', ''));

function read(file: string): Record<string, unknown> {
  const value: unknown = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  if (!isObject(value)) throw new Error(`${file} is no object`);
  return { ...value };
}

function normalize(raw: unknown): Order {
  return normalizeOrder(
    { id: 'gid://shopify/Order/1', version: 1, body: JSON.stringify(raw) },
    FIXTURE_MAPPING,
    FIXTURE_SCOPE,
  );
}

function refusal(raw: unknown): SyncError {
  try {
    normalize(raw);
  } catch (thrown) {
    if (thrown instanceof SyncError) return thrown;
  }
  throw new Error('expected a SyncError');
}

describe.each(cases)('%s', (name) => {
  const raw = read(`${name}.raw.json`);
  const order = normalize(raw);

  it('is this canonical order, every time', () => {
    expect(order).toEqual(read(`${name}.canonical.json`));
    expect(JSON.stringify(normalize(raw))).toBe(JSON.stringify(order));
  });

  it('adds up to the channel’s totals to the cent', () => {
    expect(checkTotals(order)).toEqual([]);
  });

  it('has refunds whose parts add up to what was given back', () => {
    const side = (amount: Amount, key: 'shop' | 'buyer'): number => amount[key];
    for (const refund of order.refunds) {
      for (const key of ['shop', 'buyer'] as const) {
        const taxed = (part: { amount: Amount; tax: Amount }): number =>
          side(part.amount, key) + (order.taxIncluded ? 0 : side(part.tax, key));
        const lines = refund.lines.map((line) => taxed({ amount: line.subtotal, tax: line.tax }));
        const parts = [
          ...lines,
          ...refund.shipping.map(taxed),
          ...refund.duties.map((duty) => side(duty.amount, key)),
          ...refund.adjustments.map(taxed),
        ];
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(side(refund.total, key));
      }
    }
  });
});

describe('what a Shopify order becomes', () => {
  const quantities = (order: Order): number[][] =>
    order.lines.map((line) => [line.ordered, line.cancelled, line.shipped, line.returned]);
  const of = (name: string): Order => normalize(read(`${name}.raw.json`));

  it('counts what an edit removed as cancelled and keeps it in the gross', () => {
    const order = of('edited-added-and-removed');
    expect(quantities(order)).toEqual([
      [3, 2, 0, 0],
      [1, 0, 0, 0],
    ]);
    expect(order.lines[0]?.gross).toEqual({ shop: 3000, buyer: 3000 });
    expect(order.shipping.map((line) => line.removed)).toEqual([false, true]);
  });

  it('counts a refund without restocking as cancelled only where the unit had not left', () => {
    // 4 ordered, 2 sent, 1 open; of the 2 refunded one had left (no restock) and one had not (cancelled).
    expect(quantities(of('partial-refund-with-restocking-fee'))).toEqual([[4, 1, 2, 0]]);
  });

  it('cancels every unit of a cancelled order that had not left, and holds nothing', () => {
    const order = of('cancelled');
    expect([quantities(order), order.holds]).toEqual([[[2, 2, 0, 0]], []]);
  });

  it('turns Shopify’s discrepancy in the merchant’s favour into less for the buyer', () => {
    expect(of('partial-refund-with-restocking-fee').refunds[0]?.adjustments).toEqual(
      [{ reason: 'RESTOCK', amount: { shop: -500, buyer: -500 }, tax: { shop: -0, buyer: -0 } }].map((each) => ({
        ...each,
        tax: { shop: 0, buyer: 0 },
      })),
    );
  });

  it('says who fulfills each line', () => {
    expect(of('split-locations-with-pickup').lines.map((line) => line.fulfilledBy)).toEqual(['us', 'us', 'elsewhere']);
    expect(of('tip-digital-and-custom').lines.map((line) => [line.kind, line.fulfilledBy])).toEqual([
      ['digital', 'nobody'],
      ['custom', 'us'],
      ['tip', 'nobody'],
    ]);
  });

  it('keeps a pickup at its store and leaves an unmapped location null', () => {
    expect(of('split-locations-with-pickup').assignments[1]).toMatchObject({
      location: 'berlin-store',
      method: 'pickup',
    });
    expect(of('split-locations-with-pickup').personal.pickup).toBe('Berlin store');
    expect(of('high-risk-unpaid-on-hold').assignments[1]).toMatchObject({
      location: null,
      remoteLocation: 'gid://shopify/Location/9999',
    });
  });

  it('holds for risk, payment, Shopify’s own hold and a later day', () => {
    expect(of('high-risk-unpaid-on-hold').holds.map((hold) => [hold.kind, hold.until])).toEqual([
      ['risk', null],
      ['unpaid', null],
      ['channel', null],
      ['scheduled', Date.parse('2026-12-01T05:00:00Z')],
    ]);
  });

  it.each([
    ['PENDING', ['The payment is pending']],
    ['EXPIRED', ['The authorization of the payment has expired']],
    ['VOIDED', ['The payment was voided']],
    ['AUTHORIZED', []],
    ['PAID', []],
    ['PARTIALLY_PAID', []],
    ['REFUNDED', []],
  ])('that is %s is held for its payment where nobody has to pay it: %j', (displayFinancialStatus, reasons) => {
    const { holds } = normalize({ ...read('plain.raw.json'), displayFinancialStatus });
    expect(holds.map(({ kind, reason }) => [kind, reason])).toEqual(reasons.map((reason) => ['unpaid', reason]));
  });

  it('keeps both currencies, and the tax that the channel remits apart', () => {
    expect(of('tax-included-two-currencies').totals.total).toEqual({ shop: 13565, buyer: 11673 });
    expect(of('return-received').lines[0]?.taxes[0]?.collectedBy).toBe('channel');
  });

  it('leaves the method of an unmapped gateway null: only finance needs it', () => {
    expect(of('yen-kit-no-address').payments[0]).toMatchObject({
      gateway: 'konbini',
      method: null,
      amount: { shop: 2400, buyer: 2400 },
    });
  });

  it('counts a kit by its components', () => {
    expect(of('yen-kit-no-address').lines[0]?.components).toEqual([
      { sku: 'SKU-1', quantity: 2 },
      { sku: 'SKU-2', quantity: 1 },
    ]);
  });

  it('dates business by the day of the connection’s zone', () => {
    const raw = { ...read('plain.raw.json'), processedAt: '2026-11-01T22:59:59Z' };
    expect(normalize(raw).businessDate).toBe('2026-11-01');
    expect(normalize({ ...raw, processedAt: '2026-11-01T23:00:00Z' }).businessDate).toBe('2026-11-02');
  });

  it('puts nothing that a buyer typed outside of personal', () => {
    const { personal, ...rest } = of('plain');
    expect(personal.attributes).toEqual({ gift: 'yes', 'gid://shopify/LineItem/101/Engraving': 'For Alex' });
    const outside = JSON.stringify(rest);
    for (const typed of ['Robin', 'robin@example.com', 'Harbour Way', 'Alex', 'Ring twice', '203.0.113.7', '+1555'])
      expect(outside).not.toContain(typed);
  });

  it('makes a refund of a refund transaction that stands in none', () => {
    const raw = read('plain.raw.json');
    const [first] = Array.isArray(raw['transactions']) ? raw['transactions'] : [];
    const loose = { ...(isObject(first) ? first : {}), id: 'gid://shopify/OrderTransaction/9', kind: 'REFUND' };
    const money = {
      shopMoney: { amount: '57.58', currencyCode: 'USD' },
      presentmentMoney: { amount: '57.58', currencyCode: 'USD' },
    };
    const order = normalize({ ...raw, transactions: [first, loose], totalRefundedSet: money });
    expect(order.refunds).toMatchObject([
      { externalId: 'gid://shopify/OrderTransaction/9', total: { shop: 5758, buyer: 5758 }, lines: [] },
    ]);
    expect(checkTotals(order)).toEqual([]);
  });

  it('counts money that a gateway has not paid out yet as given back: Shopify’s totals leave it out until then', () => {
    const raw = read('partial-refund-with-restocking-fee.raw.json');
    const [refund] = Array.isArray(raw['refunds']) ? raw['refunds'] : [];
    const nothing = {
      shopMoney: { amount: '0.0', currencyCode: 'USD' },
      presentmentMoney: { amount: '0.0', currencyCode: 'USD' },
    };
    const transactions = isObject(refund) && isObject(refund['transactions']) ? refund['transactions']['nodes'] : [];
    const [paid] = Array.isArray(transactions) ? transactions : [];
    const waiting = { ...(isObject(paid) ? paid : {}), status: 'PENDING' };
    const adjustments =
      isObject(refund) && isObject(refund['orderAdjustments']) ? refund['orderAdjustments']['nodes'] : [];
    const owed = {
      shopMoney: { amount: '35.0', currencyCode: 'USD' },
      presentmentMoney: { amount: '35.0', currencyCode: 'USD' },
    };
    const discrepancy = { id: 'gid://shopify/OrderAdjustment/9', reason: 'PENDING_REFUND_DISCREPANCY' };
    const pending = {
      ...(isObject(refund) ? refund : {}),
      totalRefundedSet: nothing,
      transactions: { nodes: [waiting] },
      orderAdjustments: {
        nodes: [
          ...(Array.isArray(adjustments) ? adjustments : []),
          { ...discrepancy, amountSet: owed, taxAmountSet: nothing },
        ],
      },
    };
    const order = normalize({ ...raw, refunds: [pending], totalRefundedSet: nothing });
    const after = of('partial-refund-with-restocking-fee');
    expect(order.refunds[0]).toMatchObject({
      total: { shop: 3500, buyer: 3500 },
      adjustments: after.refunds[0]?.adjustments,
      payments: [{ status: 'pending', amount: { shop: 3500, buyer: 3500 } }],
    });
    expect(checkTotals(order)).toEqual([]);
    const loose = normalize({ ...raw, refunds: [], transactions: [waiting], totalRefundedSet: nothing });
    expect(loose.refunds).toMatchObject([{ total: { shop: 3500, buyer: 3500 }, lines: [] }]);
    expect(checkTotals(loose).filter(({ piece }) => piece === 'refunded')).toEqual([]);
  });

  it('shows where more was paid back than Shopify says of a refund of which nothing is under way', () => {
    const raw = read('partial-refund-with-restocking-fee.raw.json');
    const [refund] = Array.isArray(raw['refunds']) ? raw['refunds'] : [];
    const less = {
      shopMoney: { amount: '34.99', currencyCode: 'USD' },
      presentmentMoney: { amount: '34.99', currencyCode: 'USD' },
    };
    const order = normalize({ ...raw, refunds: [{ ...(isObject(refund) ? refund : {}), totalRefundedSet: less }] });
    expect(order.refunds[0]?.total).toEqual({ shop: 3499, buyer: 3499 });
    expect(new Set(checkTotals(order).map(({ piece }) => piece))).toEqual(new Set(['refunded']));
  });

  it('reads a bulk line, which lacks what fulfillments hold, as the same order', () => {
    const raw = read('pos-cash-rounding.raw.json');
    const [sent] = Array.isArray(raw['fulfillments']) ? raw['fulfillments'] : [];
    const { fulfillmentLineItems: _left, ...bulk } = isObject(sent) ? sent : {};
    expect(normalize({ ...raw, fulfillments: [bulk], returns: undefined })).toEqual(normalize(raw));
  });

  it('reads metafields as attributes that may name a person, and so are sealed', () => {
    const metafield0 = { namespace: 'custom', key: 'channel', type: 'single_line_text_field', value: 'B2B' };
    expect(
      normalize({ ...read('plain.raw.json'), metafield0, metafield1: null }).personal.attributes[
        'metafield.custom.channel'
      ],
    ).toBe('B2B');
  });
});

describe('a record that cannot be read', () => {
  const line = (change: object): unknown => {
    const raw = read('plain.raw.json');
    const lines = raw['lineItems'];
    const nodes = isObject(lines) && Array.isArray(lines['nodes']) ? lines['nodes'] : [];
    return { ...raw, lineItems: { nodes: [{ ...nodes[0], ...change }] } };
  };

  it.each([
    [{ quantity: '2' }, 'lineItems.nodes[0].quantity', 'unreadable-field'],
    [{ originalUnitPriceSet: null }, 'lineItems.nodes[0].originalUnitPriceSet', 'unreadable-field'],
    [
      { taxLines: [{ title: 'T', priceSet: { shopMoney: { amount: '0.333', currencyCode: 'USD' } } }] },
      'lineItems.nodes[0].taxLines[0].priceSet.shopMoney.amount',
      'amount-precision',
    ],
    [
      { originalUnitPriceSet: { shopMoney: { amount: '1.0', currencyCode: 'EUR' } } },
      'lineItems.nodes[0].originalUnitPriceSet.shopMoney.currencyCode',
      'currency-mismatch',
    ],
  ])('is refused by its field: %j', (change, field, code) => {
    expect(refusal(line(change))).toMatchObject({ fault: 'data', field, code });
  });

  it.each([
    ['updatedAt', '2026-11-03T15:04:09', 'updatedAt'],
    ['displayFinancialStatus', 7, 'displayFinancialStatus'],
    ['transactions', [{ kind: 'BARTER' }], 'transactions[0].kind'],
    ['fulfillmentOrders', { nodes: [{ status: 'LOST', assignedLocation: {} }] }, 'fulfillmentOrders.nodes[0].status'],
  ])('is refused where %s is %j', (key, value, field) => {
    expect(refusal({ ...read('plain.raw.json'), [key]: value })).toMatchObject({ fault: 'data', field });
  });

  it('never quotes a value: it may be personal', () => {
    expect(refusal(line({ title: 4711 })).message).not.toContain('4711');
  });
});
