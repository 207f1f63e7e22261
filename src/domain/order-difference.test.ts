import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Order, OrderLine, Payment } from './order.ts';
import { describeDifference, differOrders, type LineQuantities } from './order-difference.ts';
import { both, sampleAssignment, sampleLine, sampleOrder } from './sample-order.ts';

const paid: Payment = {
  externalId: 'pay-1',
  kind: 'sale',
  status: 'pending',
  gateway: 'cards',
  method: 'card',
  amount: both(1000),
  at: 0,
  parent: null,
  giftCard: false,
};

const units = fc.nat({ max: 4 });
const lineOf = fc
  .record({
    id: fc.constantFrom('A', 'B', 'C', 'D', 'E'),
    ordered: units,
    cancelled: units,
    shipped: units,
    returned: units,
    price: units,
  })
  .map(({ id, price, ...quantities }) => sampleLine(id, { ...quantities, gross: both(price * 100) }));
const linesOf = fc.uniqueArray(lineOf, { selector: ({ id }) => id });

function quantitiesOf(lines: readonly OrderLine[]): Map<string, LineQuantities> {
  return new Map(
    lines.map(({ id, ordered, cancelled, shipped, returned }) => [id, { ordered, cancelled, shipped, returned }]),
  );
}

describe('differOrders', () => {
  const affectsOf = (before: Order, after: Order): unknown => differOrders(before, after).affects;

  it('finds nothing between an order and itself, nor in the order of its lines, payments or holds', () => {
    fc.assert(
      fc.property(linesOf, (lines) => {
        const order = sampleOrder({ lines, payments: [paid, { ...paid, externalId: 'pay-2' }], tags: ['b', 'a'] });
        const turned: Order = structuredClone({
          ...order,
          updatedAt: order.updatedAt + 1,
          lines: [...lines].reverse(),
          payments: [...order.payments].reverse(),
          tags: ['a', 'b'],
        });
        const difference = differOrders(order, turned);
        expect(difference).toMatchObject({ empty: true, lines: [], affects: { allocation: false, posting: false } });
        expect(describeDifference(difference)).toBe('nothing changed');
      }),
    );
  });

  it('applied to the quantities before gives the quantities after', () => {
    fc.assert(
      fc.property(linesOf, linesOf, (before, after) => {
        const { lines } = differOrders(sampleOrder({ lines: before }), sampleOrder({ lines: after }));
        const quantities = quantitiesOf(before);
        for (const { line, after: changed } of lines) {
          if (changed === null) quantities.delete(line);
          else quantities.set(line, changed);
        }
        expect(quantities).toEqual(quantitiesOf(after));
      }),
    );
  });

  it('is the same difference whatever the order of lines', () => {
    fc.assert(
      fc.property(linesOf, linesOf, (before, after) => {
        const turned = (lines: readonly OrderLine[]): Order => sampleOrder({ lines: [...lines].reverse() });
        expect(differOrders(turned(before), turned(after))).toEqual(
          differOrders(sampleOrder({ lines: before }), sampleOrder({ lines: after })),
        );
      }),
    );
  });

  it('names lines added, removed and changed, sorted by id', () => {
    const before = sampleOrder({ lines: [sampleLine('C'), sampleLine('B'), sampleLine('A')] });
    const after = sampleOrder({
      lines: [sampleLine('D', { ordered: 2 }), sampleLine('B', { ordered: 3, gross: both(3000) }), sampleLine('A')],
    });
    const quantities = { ordered: 1, cancelled: 0, shipped: 0, returned: 0 };
    const difference = differOrders(before, after);
    expect(difference.lines).toEqual([
      { line: 'B', kind: 'changed', before: quantities, after: { ...quantities, ordered: 3 }, changed: ['price'] },
      { line: 'C', kind: 'removed', before: quantities, after: null, changed: [] },
      { line: 'D', kind: 'added', before: null, after: { ...quantities, ordered: 2 }, changed: [] },
    ]);
    expect(difference.affects).toEqual({ allocation: true, posting: true });
    expect(describeDifference(difference)).toBe('line B: ordered 1 → 3, price; line C removed (1); line D added (2)');
  });

  it('plans again for quantities, components and who ships, not for a price', () => {
    const before = sampleOrder();
    const now = (line: Partial<OrderLine>): Order => sampleOrder({ lines: [sampleLine('A', line)] });
    expect(affectsOf(before, now({ gross: both(900) }))).toEqual({ allocation: false, posting: true });
    expect(affectsOf(before, now({ title: 'New' }))).toEqual({ allocation: false, posting: false });
    expect(affectsOf(before, now({ cancelled: 1 }))).toEqual({ allocation: true, posting: true });
    expect(affectsOf(before, now({ fulfilledBy: 'channel' }))).toMatchObject({ allocation: true });
    expect(affectsOf(before, now({ components: [{ sku: 'SKU-A', quantity: 2 }] }))).toMatchObject({ allocation: true });
  });

  it('lets a provider that refused be asked again for other units, another address or a hold, not for what we ourselves did', () => {
    const before = sampleOrder({ lines: [sampleLine('A', { ordered: 2 })] });
    const asks = (change: Partial<Order>, line: Partial<OrderLine> = {}): boolean =>
      differOrders(before, sampleOrder({ lines: [sampleLine('A', { ordered: 2, ...line })], ...change })).asks;
    expect([asks({}), asks({}, { shipped: 1 }), asks({}, { returned: 1 }), asks({}, { title: 'New' })]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(asks({ assignments: [sampleAssignment('reno', 'A', 2)] })).toBe(false);
    expect([
      asks({}, { cancelled: 1 }),
      asks({}, { sku: 'B' }),
      asks({ destination: { country: 'FR', region: null } }),
    ]).toEqual([true, true, true]);
    expect(asks({ personal: { ...before.personal, phone: '+1 555 0100' } })).toBe(true);
  });

  it('does not plan again for lines that somebody else ships', () => {
    const before = sampleOrder();
    const after = sampleOrder({ lines: [sampleLine('A'), sampleLine('FBA', { fulfilledBy: 'channel' })] });
    expect(affectsOf(before, after)).toEqual({ allocation: false, posting: true });
  });

  it.each<[string, Partial<Order>, boolean, boolean]>([
    ['cancellation', { cancelledAt: 5 }, true, true],
    ['assignments', { assignments: [sampleAssignment('reno', 'A', 1)] }, true, false],
    ['destination', { destination: { country: 'FR', region: null } }, true, false],
    ['currency', { taxIncluded: true }, false, true],
    ['tags', { tags: ['vip'] }, false, false],
    ['risk', { risk: { level: 'high', recommendation: null } }, false, false],
  ])('says that %s changed, and what that affects', (header, but, allocation, posting) => {
    const difference = differOrders(sampleOrder(), sampleOrder(but));
    expect(difference).toMatchObject({ empty: false, header: [header], affects: { allocation, posting } });
    expect(describeDifference(difference)).toBe(`${header} changed`);
  });

  it('names payments and refunds by their id, and books them anew', () => {
    const before = sampleOrder({ payments: [paid, { ...paid, externalId: 'void-me' }] });
    const after = sampleOrder({
      payments: [
        { ...paid, status: 'success' },
        { ...paid, externalId: 'pay-9' },
      ],
    });
    const difference = differOrders(before, after);
    expect(difference.payments).toEqual({ added: ['pay-9'], changed: ['pay-1'], removed: ['void-me'] });
    expect(difference.affects).toEqual({ allocation: false, posting: true });
    expect(describeDifference(difference)).toBe('1 payment added; 1 payment changed; 1 payment removed');
  });

  it('names the holds that were set and that ended, and plans again', () => {
    const risk = { kind: 'risk', reason: 'high', until: null } as const;
    const edit = { kind: 'edit-window', reason: '30 minutes', until: 9 } as const;
    const difference = differOrders(sampleOrder({ holds: [edit] }), sampleOrder({ holds: [risk] }));
    expect(difference.holds).toEqual({ added: ['risk'], removed: ['edit-window'] });
    expect(difference.affects).toEqual({ allocation: true, posting: false });
  });

  it('says that an address changed and nothing of what stands in it', () => {
    const { personal } = sampleOrder();
    const shippingAddress = {
      name: 'Ada Secret',
      company: null,
      lines: ['1 Hidden Lane'],
      city: null,
      region: null,
      postcode: null,
      country: 'DE',
      phone: null,
    };
    const after = sampleOrder({ personal: { ...personal, shippingAddress, email: 'ada@example.com' } });
    const difference = differOrders(sampleOrder(), after);
    expect(difference.personal).toEqual(['shipping address', 'contact']);
    expect(JSON.stringify(difference) + describeDifference(difference)).not.toMatch(/Ada|Hidden|example/);
    expect(difference.affects).toEqual({ allocation: false, posting: false });
  });
});
