import { describe, expect, it } from '@jest/globals';
import type { Order, Refund } from '../order.ts';
import { both, sampleLine } from '../sample-order.ts';
import { entriesOf } from './entries.ts';
import type { JournalEntry } from './entries.ts';
import { factsOf } from './facts.ts';
import {
  BOOKS,
  book,
  day,
  openAccounts,
  pricedOrder,
  samplePayment,
  sampleRefund,
  sampleRefundPayment,
  sampleTransfer,
  tAccounts,
  threePieces,
} from './sample-ledger.ts';

describe('facts', () => {
  it('are none of a test order, and of one that cannot be booked the reason is thrown', () => {
    expect(factsOf(threePieces({ test: true }), [], [], BOOKS)).toEqual([]);
    const unmapped = threePieces({ payments: [samplePayment('pay', 11499, { gateway: 'konbini', method: null })] });
    let thrown: unknown;
    try {
      factsOf(unmapped, [], [], BOOKS);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ fault: 'data', code: 'unmapped-payment', needs: ['payments/konbini'] });
  });

  it('count a unit once that both a shipment of ours and the channel report, in either order', () => {
    const order = threePieces();
    const told = threePieces({}, { shipped: 2 });
    const transfers = [sampleTransfer('s1', { A: 2 })];
    for (const seen of [
      [[order, transfers] as const, [told, transfers] as const],
      [[told, []] as const, [told, transfers] as const],
    ]) {
      expect(tAccounts(book(...seen).flat())['sales']).toEqual([0, 6666]);
    }
  });

  it('never sell more units than were ordered, whatever was shipped', () => {
    const [booked = []] = book([threePieces(), [sampleTransfer('s1', { A: 7 })]]);
    expect(openAccounts(booked)).toEqual({
      'clearing of card': 11499,
      sales: -9999,
      'tax of NY': -1000,
      shipping: -500,
    });
  });

  it('book cents that the channel’s rounding of refunds leaves once nothing can happen any more, and leave more than cents open', () => {
    const refund = (id: string, quantity: number, minor: number): Order['refunds'][number] =>
      sampleRefund(id, minor, {
        lines: [{ line: 'A', quantity, restock: 'cancel', location: null, subtotal: both(minor), tax: both(0) }],
      });
    const booked = (second: number): JournalEntry[] => {
      const order = pricedOrder({
        lines: [sampleLine('A', { ordered: 4, cancelled: 4, gross: both(700) })],
        payments: [samplePayment('pay', 700)],
        refunds: [refund('r1', 3, 524), refund('r2', 1, second)],
      });
      return entriesOf(factsOf(order, [], [], BOOKS));
    };
    expect(openAccounts(booked(174))).toEqual({ 'clearing of card': 2, rounding: -2 });
    expect(openAccounts(booked(150))).toEqual({ 'clearing of card': 26, deposit: -26 });
  });

  it('correct a price that changed after the last unit had passed', () => {
    const order = threePieces();
    const transfers = [sampleTransfer('s1', { A: 3 })];
    const cheaper = threePieces({}, { discounts: [{ discount: 0, amount: both(900) }] });
    const [, corrected = []] = book([order, transfers], [cheaper, transfers]);
    expect(corrected.map(({ factKind }) => factKind)).toEqual(['revised']);
    expect(tAccounts(corrected)).toEqual({ discounts: [900, 0], deposit: [0, 900] });
  });

  it('keep no income of a refund whose payment failed: it stays owed, and paying it later is no expense', () => {
    const order = threePieces();
    const transfers = [sampleTransfer('s1', { A: 3 })];
    const line = { line: 'A', quantity: 1, location: null, subtotal: both(3333), tax: both(333) };
    const failed = sampleRefund('r1', 0, {
      lines: [{ ...line, restock: 'return' }],
      payments: [{ ...sampleRefundPayment('p1', 3666, day(2)), status: 'failure' }],
    });
    const again = sampleRefund('r2', 3666, { at: day(4) });
    const [, owed = [], paid = []] = book(
      [order, transfers],
      [threePieces({ refunds: [failed] }), transfers],
      [threePieces({ refunds: [failed, again] }), transfers],
    );
    expect(tAccounts(owed)).toEqual({ 'sales-returns': [3333, 0], 'tax of NY': [333, 0], deposit: [0, 3666] });
    expect(tAccounts(paid)).toEqual({ deposit: [3666, 0], 'clearing of card': [0, 3666] });
    const fee = sampleRefund('r1', 3166, { lines: failed.lines });
    const attempt = { ...sampleRefundPayment('p1', 3166, day(2)), status: 'failure' as const };
    const retried = { ...fee, payments: [attempt, ...fee.payments] };
    const [, kept = []] = book([order, transfers], [threePieces({ refunds: [retried] }), transfers]);
    expect(tAccounts(kept)['refund-adjustments']).toEqual([0, 500]);
  });

  it('keep no income of the half of a refund that failed, where the other half, of another payment, went through', () => {
    const order = threePieces();
    const transfers = [sampleTransfer('s1', { A: 3 })];
    const half = { ...sampleRefundPayment('p1', 1833, day(2)), gateway: 'card', parent: 'pay-card' };
    const failed = { ...half, externalId: 'p2', gateway: 'paypal', parent: 'pay-paypal', status: 'failure' as const };
    const line = { line: 'A', quantity: 1, location: null, subtotal: both(3333), tax: both(333) };
    const refund = (payments: Refund['payments']): Refund => ({
      ...sampleRefund('r1', 1833, { lines: [{ ...line, restock: 'return' }] }),
      payments,
    });
    const [, owed = []] = book([order, transfers], [threePieces({ refunds: [refund([half, failed])] }), transfers]);
    expect(tAccounts(owed)['refund-adjustments']).toBeUndefined();
    expect(tAccounts(owed)['deposit']).toEqual([1833, 3666]);
    // The same payment tried again is one: what it did not bring is kept, as a fee is.
    const again = { ...failed, externalId: 'p3', parent: 'pay-card' };
    const [, kept = []] = book([order, transfers], [threePieces({ refunds: [refund([again, half])] }), transfers]);
    expect(tAccounts(kept)['refund-adjustments']).toEqual([0, 1833]);
  });

  it('date cents that are closed, and corrections, no earlier than what closed them', () => {
    const refund = sampleRefund('r1', 698, {
      at: day(1),
      lines: [{ line: 'A', quantity: 1, restock: 'cancel', location: null, subtotal: both(698), tax: both(0) }],
    });
    const order = pricedOrder({
      lines: [sampleLine('A', { ordered: 1, cancelled: 1, gross: both(700) }), sampleLine('B', { gross: both(500) })],
      payments: [samplePayment('pay', 1200)],
      refunds: [refund],
      updatedAt: day(1),
    });
    const [, booked = []] = book([order, []], [order, [sampleTransfer('s1', { B: 1 }, day(14))]]);
    expect(booked.map(({ factKind, date }) => [factKind, date])).toEqual([
      ['transfer', '2026-10-05'],
      ['rounding', '2026-10-05'],
    ]);
  });

  it('go on in the currency in which an order was begun, whatever the connection books since', () => {
    const sold = {
      currency: { shop: 'EUR', buyer: 'USD' },
      lines: [sampleLine('A', { gross: { shop: 9259, buyer: 10000 } })],
      payments: [samplePayment('pay', 0, { amount: { shop: 9259, buyer: 10000 } })],
    };
    const order = pricedOrder(sold);
    const begun = factsOf(order, [], [], BOOKS);
    const rest = factsOf(order, [sampleTransfer('s1', { A: 1 })], begun, { ...BOOKS, side: 'buyer' });
    expect(rest.map(({ kind, currency }) => [kind, currency])).toEqual([['transfer', 'EUR']]);
    expect(openAccounts(entriesOf([...begun, ...rest]))).toEqual({ 'clearing of card': 9259, sales: -9259 });
  });

  it.each(['cancel', 'no-restock'] as const)(
    'reverse the sale of digital goods that had passed as a return, where the channel calls the refund %s, and keep goodwill an expense',
    (restock) => {
      const digital = (but: Partial<Order> = {}, cancelled = 0): Order =>
        pricedOrder({
          lines: [
            sampleLine('D', { kind: 'digital', fulfilledBy: 'nobody', ordered: 2, cancelled, gross: both(4000) }),
          ],
          payments: [samplePayment('pay', 4000)],
          ...but,
        });
      const line = { line: 'D', quantity: 1, restock, location: null, subtotal: both(2000), tax: both(0) };
      const refund = sampleRefund('r1', 2700, { lines: [line] });
      const [sold = [], back = []] = book([digital(), []], [digital({ refunds: [refund] }, 1), []]);
      expect(tAccounts(sold)['sales']).toEqual([0, 4000]);
      expect(back.map(({ factKind }) => factKind)).toEqual(['refund', 'refund-paid']);
      expect(tAccounts(back)).toEqual({
        'sales-returns': [2000, 0],
        'refund-adjustments': [700, 0],
        deposit: [2700, 2700],
        'clearing of card': [0, 2700],
      });
    },
  );
});
