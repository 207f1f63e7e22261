import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Order, Refund, Totals } from './order.ts';
import { checkTotals, sumUp, toleranceMinor } from './order-totals.ts';
import { both, sampleLine, sampleOrder, sampleShipping, sampleTax } from './sample-order.ts';

/** An order of everything that can carry money, untaxed prices, whose totals add up. */
function fullOrder(but: Partial<Order> = {}): Order {
  return sampleOrder({
    lines: [
      sampleLine('A', {
        ordered: 2,
        cancelled: 1,
        gross: both(20000),
        discounts: [{ discount: 0, amount: both(2000) }],
        taxes: [sampleTax(2340)],
        duties: [{ externalId: 'duty-1', amount: both(300), taxes: [sampleTax(39)] }],
      }),
      sampleLine('TIP', { kind: 'tip', sku: null, fulfilledBy: 'nobody', gross: both(250) }),
    ],
    shipping: [
      sampleShipping({ gross: both(500), discounts: [{ discount: 0, amount: both(100) }], taxes: [sampleTax(52)] }),
      sampleShipping({ externalId: 'gone', gross: both(9900), taxes: [sampleTax(99)], removed: true }),
    ],
    fees: [{ title: 'Deposit', amount: both(25), taxes: [sampleTax(3)] }],
    refunds: [refundOf(11300)],
    totals: totalsOf({
      lines: 20000,
      discounts: 2100,
      shipping: 400,
      tax: 2434,
      duties: 300,
      tips: 250,
      fees: 25,
      total: 20000 - 2000 + 400 + 2434 + 300 + 250 + 25,
      refunded: 11300,
    }),
    ...but,
  });
}

function refundOf(minor: number): Refund {
  return {
    externalId: `refund-${minor}`,
    at: 0,
    lines: [],
    shipping: [],
    duties: [],
    adjustments: [],
    payments: [],
    total: both(minor),
    return: null,
  };
}

function totalsOf(minor: Partial<Record<keyof Totals, number>>): Totals {
  const of = (piece: keyof Totals): { shop: number; buyer: number } => both(minor[piece] ?? 0);
  return {
    lines: of('lines'),
    discounts: of('discounts'),
    shipping: of('shipping'),
    tax: of('tax'),
    duties: of('duties'),
    tips: of('tips'),
    fees: of('fees'),
    total: of('total'),
    rounding: of('rounding'),
    refunded: of('refunded'),
  };
}

describe('checkTotals', () => {
  it('finds nothing where every piece adds up, with cancelled units and refunds still in the totals as placed', () => {
    expect(checkTotals(fullOrder())).toEqual([]);
  });

  it('does not add tax again where prices include it', () => {
    const { totals } = fullOrder();
    const included = fullOrder({
      taxIncluded: true,
      totals: { ...totals, total: both(20000 - 2000 + 400 + 300 + 250 + 25) },
    });
    expect(checkTotals(included)).toEqual([]);
  });

  it('counts tax that the marketplace remits: the buyer paid it', () => {
    const taxed = { ...sampleTax(190), collectedBy: 'channel' as const };
    const order = sampleOrder({
      lines: [sampleLine('A', { taxes: [taxed] })],
      totals: totalsOf({ lines: 1000, tax: 190, total: 1190 }),
    });
    expect(checkTotals(order)).toEqual([]);
  });

  it('leaves cash rounding out of the total', () => {
    const order = sampleOrder({ totals: totalsOf({ lines: 1000, total: 1000, rounding: 2 }) });
    expect(checkTotals(order)).toEqual([]);
  });

  it('itemises each difference with what the channel says, what was found, and in which currency', () => {
    const { totals } = fullOrder();
    const order = fullOrder({
      totals: { ...totals, tips: { shop: 250, buyer: 900 }, total: { shop: 21409, buyer: 22059 } },
    });
    expect(checkTotals(order)).toEqual([
      { piece: 'tips', currency: 'buyer', expected: 900, found: 250, by: -650, kind: 'unexplained' },
      { piece: 'total', currency: 'buyer', expected: 22059, found: 21409, by: -650, kind: 'unexplained' },
    ]);
  });

  it('calls a difference rounding up to one minor unit per taxed line, and unexplained from the next one on', () => {
    const order = (tax: number): Order =>
      sampleOrder({
        lines: [
          sampleLine('A', { taxes: [sampleTax(100)] }),
          sampleLine('B', { taxes: [sampleTax(100)] }),
          sampleLine('C'),
        ],
        totals: totalsOf({ lines: 3000, tax, total: 3200 }),
      });
    const kinds = (tax: number): string[] =>
      checkTotals(order(tax)).map(({ piece, by, kind }) => `${piece} ${by} ${kind}`);
    expect(toleranceMinor(order(200))).toBe(2);
    expect(kinds(200)).toEqual([]);
    expect(kinds(202)).toEqual(['tax -2 rounding', 'tax -2 rounding']);
    expect(kinds(198)).toEqual(['tax 2 rounding', 'tax 2 rounding']);
    expect(kinds(203)).toEqual(['tax -3 unexplained', 'tax -3 unexplained']);
  });

  it('grants refunds and untaxed orders no rounding at all', () => {
    const { totals } = fullOrder();
    expect(checkTotals(fullOrder({ totals: { ...totals, refunded: both(11301) } })).map(({ kind }) => kind)).toEqual([
      'unexplained',
      'unexplained',
    ]);
    const untaxed = sampleOrder({ totals: totalsOf({ lines: 1001, total: 1000 }) });
    expect(toleranceMinor(untaxed)).toBe(0);
    expect(checkTotals(untaxed).map(({ kind }) => kind)).toEqual(['unexplained', 'unexplained']);
  });

  it('counts a taxed shipping line into the tolerance, a removed one not', () => {
    expect(toleranceMinor(fullOrder())).toBe(2);
  });

  it('refuses to add past the safe integers', () => {
    const huge = sampleOrder({
      lines: [sampleLine('A', { gross: both(Number.MAX_SAFE_INTEGER) }), sampleLine('B', { gross: both(1) })],
    });
    expect(() => checkTotals(huge)).toThrow(expect.objectContaining({ fault: 'bug', code: 'amount-not-exact' }));
  });

  it('finds nothing against its own sums, and exactly the cents by which one piece is moved', () => {
    const amount = fc.integer({ min: 0, max: 10_000_000 });
    const line = fc.record({ gross: amount, discount: amount, tax: amount, duty: amount, tip: fc.boolean() });
    const pieces = ['lines', 'discounts', 'shipping', 'tax', 'duties', 'fees', 'tips', 'total', 'refunded'] as const;
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 6 }),
        fc.boolean(),
        fc.constantFrom(...pieces),
        fc.integer({ min: -500, max: 500 }).filter((by) => by !== 0),
        (lines, taxIncluded, piece, by) => {
          const order = fullOrder({
            taxIncluded,
            lines: lines.map((of, at) =>
              sampleLine(String(at), {
                kind: of.tip ? 'tip' : 'goods',
                gross: { shop: of.gross, buyer: of.gross * 3 },
                discounts: [{ discount: 0, amount: both(of.discount) }],
                taxes: [sampleTax(of.tax)],
                duties: [{ externalId: 'd', amount: both(of.duty), taxes: [] }],
              }),
            ),
          });
          const totals = { ...sumUp(order), rounding: both(0) };
          expect(checkTotals({ ...order, totals })).toEqual([]);
          const moved = { ...totals, [piece]: { shop: totals[piece].shop - by, buyer: totals[piece].buyer } };
          expect(checkTotals({ ...order, totals: moved })).toMatchObject([{ piece, currency: 'shop', by }]);
        },
      ),
    );
  });
});
