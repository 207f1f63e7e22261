import { createHash } from 'node:crypto';
import { describe, it, expect } from '@jest/globals';
import fc from 'fast-check';
import { part, plus, share, spread, NOTHING } from './amounts.ts';
import { business } from './business.ts';
import { CATALOGUE } from './catalogue.ts';
import { lineAdded, shipped } from './history.ts';
import {
  currentQuantity,
  currentTotalsOf,
  discountOf,
  grossOf,
  receivedOf,
  refundedOf,
  totalsOf,
  type Sale,
} from './sale.ts';
import { needsOf } from './shelves.ts';

const TODAY = Date.parse('2026-11-20T12:00:00Z');
const harbour = business({ seed: 'harbour', today: TODAY });
const everything = harbour.shops.flatMap((shop) => [...harbour.sales(shop.id)]);

function fingerprint(seed: string, today = TODAY): string {
  const hash = createHash('sha256');
  const told = business({ seed, today, orders: 120 });
  for (const shop of told.shops) {
    for (const sale of told.sales(shop.id)) hash.update(JSON.stringify(sale));
    hash.update(JSON.stringify(told.stock(shop.id)));
  }
  return hash.digest('hex');
}

function having(story: Sale['story']): readonly Sale[] {
  return everything.filter((sale) => sale.story === story);
}

describe('the sandbox business', () => {
  it('is the same to the byte for the same seed, and another for another', () => {
    expect(fingerprint('harbour')).toBe(fingerprint('harbour'));
    expect(fingerprint('harbour')).not.toBe(fingerprint('another'));
  });

  it('sells 300 SKUs of which 20 are kits that share components with each other and with what is sold alone', () => {
    const skus = CATALOGUE.map((product) => product.sku);
    expect([skus.length, new Set(skus).size, skus[0], skus[279], skus[280], skus[299]]).toEqual([
      300,
      300,
      'SKU-001',
      'SKU-280',
      'KIT-001',
      'KIT-020',
    ]);
    const kits = CATALOGUE.filter((product) => product.kind === 'kit');
    const users = new Map<string, number>();
    for (const kit of kits) for (const { sku } of kit.components) users.set(sku, (users.get(sku) ?? 0) + 1);
    expect([...users.values()].filter((count) => count > 1)).toHaveLength(19);
    expect([...users.keys()].every((sku) => skus.includes(sku))).toBe(true);
  });

  it('has at least 500 orders in the 14 days before today, over both shops, each shop’s numbers in the order of placing', () => {
    expect(everything.length).toBe(560);
    for (const shop of harbour.shops) {
      const sales = [...harbour.sales(shop.id)];
      expect(sales.length).toBe(harbour.count(shop.id));
      for (const [at, sale] of sales.entries()) {
        expect(sale.number).toBe(shop.firstNumber + at);
        expect(sale.placedAt).toBeGreaterThanOrEqual(sales[at - 1]?.placedAt ?? TODAY - 14 * 86_400_000);
        expect(sale.updatedAt).toBeLessThanOrEqual(TODAY);
        expect(sale.updatedAt).toBeGreaterThanOrEqual(sale.placedAt);
        expect(sale.placedAt % 1_000).toBe(0);
      }
    }
  });

  it('sells more in the evening than at night', () => {
    const at = (hours: readonly number[]): number =>
      everything.filter((sale) => {
        const zone = harbour.shops.find((shop) => shop.id === sale.shop)?.zone;
        const hour = new Intl.DateTimeFormat('en', { timeZone: zone ?? 'UTC', hour: 'numeric', hourCycle: 'h23' });
        return hours.includes(Number(hour.format(sale.placedAt)));
      }).length;
    expect(at([18, 19, 20, 21])).toBeGreaterThan(5 * at([1, 2, 3, 4]));
  });

  it('has every story that finance and operations must meet', () => {
    expect(having('unmapped-payment').map((sale) => [sale.shop, sale.tenders[0]?.gateway])).toEqual([
      ['harbour-eu', 'klarna'],
      ['harbour-eu', 'klarna'],
      ['harbour-eu', 'klarna'],
    ]);
    expect(having('misstated').map((sale) => sale.misstatedBy)).toEqual([300]);
    expect(having('long').map((sale) => sale.lines.length)).toEqual([60]);
    expect(having('unknown-location').map((sale) => sale.assigned.map((work) => work.place))).toEqual([[null]]);
    expect(having('repeated-sku').every((sale) => sale.lines[0]?.sku === sale.lines.at(-1)?.sku)).toBe(true);
    expect(having('cancelled').every((sale) => sale.lines.every((line) => line.shipped === 0))).toBe(true);
    for (const story of [
      'repeated-sku',
      'gift-card-sold',
      'gift-card-used',
      'split-tender',
      'cancelled',
      'voided',
      'refund-full',
      'refund-partial',
      'refund-shipping',
      'refund-fee',
      'edit-add',
      'edit-reduce',
      'pending',
      'failed-payment',
      'high-risk',
      'pickup',
      'digital',
      'channel-fulfilled',
      'duties',
      'tip',
      'custom',
      'returned',
      'on-hold',
      'scheduled',
      'two-locations',
    ] as const) {
      expect([story, having(story).length > 0]).toEqual([story, true]);
    }
    expect(new Set(everything.map((sale) => `${sale.currency.shop}/${sale.currency.buyer}`))).toEqual(
      new Set(['USD/USD', 'USD/CAD', 'USD/EUR', 'EUR/EUR']),
    );
  });

  it('has for every unit of ours that is still to be shipped work that asks for it, also of what was added when all else had left', () => {
    const later = TODAY + 86_400_000;
    const sales = everything.filter(({ cancelledAt }) => cancelledAt === null);
    const edited = sales.flatMap((sale) => [
      lineAdded(sale, later, 'SKU-010'),
      lineAdded(shipped(sale, later, 'UPS'), later, 'SKU-010'),
    ]);
    for (const { number, lines, assigned } of [...sales, ...edited]) {
      const work = assigned.filter(({ by }) => by === 'us').flatMap((each) => each.lines);
      const asked = lines
        .filter(({ fulfilledBy }) => fulfilledBy === 'us')
        .map((line) => ({
          number,
          line: line.number,
          toShip: work.reduce((sum, each) => sum + (each.line === line.number ? each.remaining : 0), 0),
        }));
      const open = lines
        .filter(({ fulfilledBy }) => fulfilledBy === 'us')
        .map((line) => ({ number, line: line.number, toShip: line.quantity - line.removed - line.shipped }));
      expect(asked).toEqual(open);
    }
    expect(edited.some(({ assigned }) => assigned.length > 1)).toBe(true);
  });

  it('adds up to the cent in both currencies: lines, shipping, tax, duties, fees and tips are what is paid', () => {
    for (const sale of everything) {
      for (const side of ['shop', 'buyer'] as const) {
        const lines = sale.lines.reduce(
          (sum, line) => sum + grossOf(line)[side] - discountOf(line)[side] + (line.duty?.[side] ?? 0),
          0,
        );
        const taxes = [...sale.lines, ...sale.shipping]
          .flatMap((each) => each.taxes)
          .reduce((sum, tax) => sum + tax.amount[side], 0);
        const shipping = sale.shipping.reduce((sum, each) => sum + each.price[side] - discountOf(each)[side], 0);
        const fees = sale.fees.reduce((sum, fee) => sum + fee.amount[side], 0);
        const total = lines + shipping + fees + (sale.taxIncluded ? 0 : taxes) + sale.misstatedBy;
        expect([sale.number, totalsOf(sale).total[side]]).toEqual([sale.number, total]);
        const owed = sale.tenders.filter(
          (each) => each.status !== 'failure' && each.kind !== 'authorization' && each.kind !== 'void',
        );
        if (sale.story !== 'voided')
          expect([sale.number, owed.reduce((sum, each) => sum + each.amount[side], 0)]).toEqual([sale.number, total]);
      }
    }
  });

  it('gives back what its lines, shipping, duties and adjustments say, and never more than it received', () => {
    for (const sale of everything) {
      for (const refund of sale.refunds) {
        const said = plus(
          NOTHING,
          ...refund.lines.map((line) => plus(line.subtotal, sale.taxIncluded ? NOTHING : line.tax)),
          ...refund.shipping.map((each) => plus(each.amount, sale.taxIncluded ? NOTHING : each.tax)),
          ...refund.duties.map((each) => each.amount),
          ...refund.adjustments.map((each) => each.amount),
        );
        const paid = plus(NOTHING, ...refund.tenders.map((tender) => tender.amount));
        expect([sale.number, paid]).toEqual([sale.number, sale.story === 'voided' ? NOTHING : said]);
      }
      expect(refundedOf(sale).shop).toBeLessThanOrEqual(receivedOf(sale).shop);
    }
  });

  it('keeps what is left after refunds equal to what was kept of the money', () => {
    for (const sale of everything) {
      if (sale.refunds.some((refund) => refund.adjustments.length > 0) || receivedOf(sale).shop === 0) continue;
      expect([sale.number, currentTotalsOf(sale).total.shop]).toEqual([
        sale.number,
        receivedOf(sale).shop - refundedOf(sale).shop + (sale.cancelledAt === null ? 0 : sale.misstatedBy),
      ]);
    }
  });

  it('never counts more units away than were bought, and open work never asks for more than is left', () => {
    for (const sale of everything) {
      const open = new Map<number, number>();
      for (const work of sale.assigned)
        for (const { line, remaining } of work.lines) open.set(line, (open.get(line) ?? 0) + remaining);
      for (const line of sale.lines) {
        expect(currentQuantity(line)).toBeGreaterThanOrEqual(0);
        if (line.fulfilledBy === 'us')
          expect([sale.number, open.get(line.number) ?? 0]).toEqual([
            sale.number,
            line.quantity - line.removed - line.shipped,
          ]);
      }
    }
  });

  it('is short of stock for about one open order in twenty', () => {
    for (const shop of harbour.shops) {
      const left = new Map(harbour.stock(shop.id).map((shelf) => [`${shelf.sku}@${shelf.place}`, shelf.onHand]));
      const open = [...harbour.sales(shop.id)].map(needsOf).filter((needs) => needs.size > 0);
      let waiting = 0;
      for (const needs of open) {
        if ([...needs].some(([shelf, quantity]) => (left.get(shelf) ?? 0) < quantity)) waiting += 1;
        else for (const [shelf, quantity] of needs) left.set(shelf, (left.get(shelf) ?? 0) - quantity);
      }
      expect((waiting * 100) / open.length).toBeGreaterThan(2.5);
      expect((waiting * 100) / open.length).toBeLessThan(8);
    }
  });

  it('writes to nobody: every mail address is at example.com', () => {
    expect(everything.every((sale) => /^[a-z.]+\.\d@example\.com$/.test(sale.person?.email ?? 'none'))).toBe(true);
  });

  it('ships what is open once, however often it is told to', () => {
    const sale = everything.find(
      (each) => each.parcels.length === 0 && each.assigned.length > 0 && each.cancelledAt === null,
    );
    if (!sale) throw new Error('no open order');
    const once = shipped(sale, TODAY, 'UPS');
    expect(shipped(once, TODAY, 'UPS').parcels).toEqual(once.parcels);
  });

  it('has work for a line that is added to an order with nothing to ship, and it can be told that it left', () => {
    const sale = everything.find((each) => each.assigned.length === 0 && each.cancelledAt === null);
    if (!sale) throw new Error('no order with nothing to ship');
    const more = lineAdded(sale, TODAY, 'SKU-010');
    const line = more.lines.at(-1)?.number;
    expect(more.assigned).toMatchObject([{ by: 'us', status: 'open', lines: [{ line, total: 1, remaining: 1 }] }]);
    expect(shipped(more, TODAY, 'UPS').parcels).toMatchObject([{ lines: [{ line, quantity: 1 }] }]);
    // Of what has open work already, it joins that.
    const again = lineAdded(more, TODAY, 'SKU-011');
    expect(again.assigned).toHaveLength(1);
    expect(again.assigned[0]?.lines).toHaveLength(2);
  });
});

describe('amounts', () => {
  it('spreads an amount so that the parts sum back to it', () => {
    const amount = fc.record({
      shop: fc.integer({ min: 0, max: 10_000_000 }),
      buyer: fc.integer({ min: 0, max: 10_000_000 }),
    });
    fc.assert(
      fc.property(
        amount,
        fc.array(fc.record({ shop: fc.integer({ min: 1, max: 99_999 }), buyer: fc.integer({ min: 1, max: 99_999 }) }), {
          minLength: 1,
          maxLength: 20,
        }),
        (whole, weights) => {
          expect(plus(NOTHING, ...spread(whole, weights))).toEqual(whole);
        },
      ),
    );
  });

  it('rounds a share half away from zero, exactly', () => {
    expect([
      share(1, 1, 2),
      share(-1, 1, 2),
      share(333, 1, 3),
      share(10_000, 190_000, 1_190_000),
      part({ shop: 7, buyer: 9 }, 2, 3),
    ]).toEqual([1, -1, 111, 1597, { shop: 5, buyer: 6 }]);
    expect(() => share(Number.MAX_SAFE_INTEGER, 2, 1)).toThrow(RangeError);
  });
});
