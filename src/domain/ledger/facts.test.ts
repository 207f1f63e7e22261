import { describe, expect, it } from '@jest/globals';
import type { Order } from '../order.ts';
import { both, sampleLine } from '../sample-order.ts';
import { entriesOf } from './entries.ts';
import type { JournalEntry } from './entries.ts';
import { factsOf } from './facts.ts';
import {
  BOOKS,
  book,
  openAccounts,
  pricedOrder,
  samplePayment,
  sampleRefund,
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
});
