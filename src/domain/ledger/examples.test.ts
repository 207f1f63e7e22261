import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Order } from '../order.ts';
import { both, sampleLine, sampleTax } from '../sample-order.ts';
import { entriesOf } from './entries.ts';
import { factsOf } from './facts.ts';
import {
  BOOKS,
  TAX,
  book,
  day,
  openAccounts,
  pricedOrder,
  samplePayment,
  sampleRefund,
  sampleTransfer,
  tAccounts,
  threePieces,
} from './sample-ledger.ts';

describe('worked examples', () => {
  it('1 deposit: money received before the goods leave is a customer deposit, and each shipment earns its share of it', () => {
    const order = threePieces();
    const first = sampleTransfer('s1', { A: 1 });
    const second = sampleTransfer('s2', { A: 2 }, day(2));
    const [paid = [], one = [], rest = []] = book([order, []], [order, [first]], [order, [first, second]]);
    expect(tAccounts(paid)).toEqual({ 'clearing of card': [11499, 0], deposit: [0, 11499] });
    expect(tAccounts(one)).toEqual({
      deposit: [4166, 0],
      sales: [0, 3333],
      'tax of NY': [0, 333],
      shipping: [0, 500],
    });
    expect(tAccounts(rest)).toEqual({ deposit: [7333, 0], sales: [0, 6666], 'tax of NY': [0, 667] });
    expect([paid, one, rest].map(([entry]) => entry?.date)).toEqual(['2026-09-21', '2026-09-22', '2026-09-23']);
  });

  it('1b shipped before captured: what the buyer has and has not paid for is a receivable, which the capture settles', () => {
    const unpaid = threePieces({ payments: [samplePayment('auth', 11499, { kind: 'authorization' })] });
    const transfers = [sampleTransfer('s1', { A: 3 })];
    const captured = { ...unpaid, payments: [...unpaid.payments, samplePayment('pay', 11499, { at: day(2) })] };
    const [shipped = [], paid = []] = book([unpaid, transfers], [captured, transfers]);
    expect(tAccounts(shipped)).toEqual({
      receivable: [11499, 0],
      sales: [0, 9999],
      'tax of NY': [0, 1000],
      shipping: [0, 500],
    });
    expect(tAccounts(paid)).toEqual({ 'clearing of card': [11499, 0], receivable: [0, 11499] });
  });

  it('2 split tender: each gateway has its own clearing account, and a redeemed gift card pays a debt of ours', () => {
    const order = threePieces({
      payments: [
        samplePayment('gc', 2000, { gateway: 'gift_card', method: 'gift-card', giftCard: true }),
        samplePayment('pp', 4000, { gateway: 'paypal', method: 'paypal' }),
        samplePayment('cc', 5499),
        samplePayment('no', 5499, { status: 'failure' }),
      ],
    });
    const [paid = []] = book([order, []]);
    expect(tAccounts(paid)).toEqual({
      'gift-cards': [2000, 0],
      'clearing of paypal': [4000, 0],
      'clearing of card': [5499, 0],
      deposit: [0, 11499],
    });
  });

  it('3 partial refund: a returned unit reverses its sale and tax, and a restocking fee stays as income', () => {
    const order = threePieces();
    const transfers = [sampleTransfer('s1', { A: 3 })];
    const refund = sampleRefund('r1', 3166, {
      lines: [{ line: 'A', quantity: 1, restock: 'return', location: null, subtotal: both(3333), tax: both(333) }],
      adjustments: [{ reason: 'RESTOCK', amount: both(-500), tax: both(0) }],
    });
    const [, given = []] = book(
      [order, transfers],
      [{ ...order, refunds: [refund], totals: refunded(order, 3166) }, transfers],
    );
    expect(tAccounts(given)).toEqual({
      'sales-returns': [3333, 0],
      'tax of NY': [333, 0],
      'refund-adjustments': [0, 500],
      deposit: [3166, 3166],
      'clearing of card': [0, 3166],
    });
  });

  it('3b refund before shipping: the deposit goes back, no revenue is touched, and the last shipment closes it to zero', () => {
    const order = threePieces();
    const refund = sampleRefund('r1', 3667, {
      lines: [{ line: 'A', quantity: 1, restock: 'cancel', location: null, subtotal: both(3333), tax: both(334) }],
    });
    const after = { ...threePieces({ refunds: [refund] }, { cancelled: 1 }) };
    const [, given = [], shipped = []] = book(
      [order, []],
      [after, []],
      [after, [sampleTransfer('s1', { A: 2 }, day(3))]],
    );
    expect(tAccounts(given)).toEqual({ deposit: [3667, 0], 'clearing of card': [0, 3667] });
    expect(tAccounts(shipped)).toEqual({
      deposit: [7832, 0],
      sales: [0, 6666],
      'tax of NY': [0, 666],
      shipping: [0, 500],
    });
  });

  it('3c pending refund: what the buyer is owed stays a deposit until the gateway has paid it', () => {
    const order = threePieces();
    const transfers = [sampleTransfer('s1', { A: 3 })];
    const line = {
      line: 'A',
      quantity: 1,
      restock: 'return' as const,
      location: null,
      subtotal: both(3333),
      tax: both(333),
    };
    const paid = sampleRefund('r1', 3666, { lines: [line] });
    const pending = { ...paid, payments: paid.payments.map((one) => ({ ...one, status: 'pending' as const })) };
    const [, owed = [], done = []] = book(
      [order, transfers],
      [threePieces({ refunds: [pending] }), transfers],
      [threePieces({ refunds: [paid] }), transfers],
    );
    expect(tAccounts(owed)).toEqual({ 'sales-returns': [3333, 0], 'tax of NY': [333, 0], deposit: [0, 3666] });
    expect(tAccounts(done)).toEqual({ deposit: [3666, 0], 'clearing of card': [0, 3666] });
  });

  it('4 marketplace tax: tax that the channel collects and remits is shown beside ours and never owed by us', () => {
    const order = threePieces({}, { taxes: [{ ...TAX, amount: both(1000), collectedBy: 'channel' }] });
    const [booked = []] = book([order, [sampleTransfer('s1', { A: 3 })]]);
    expect(tAccounts(booked)).toEqual({
      'clearing of card': [11499, 0],
      deposit: [11499, 11499],
      sales: [0, 9999],
      'tax-by-channel of NY': [0, 1000],
      shipping: [0, 500],
    });
  });

  it('5 gift card: selling one is no sale but a debt, which redeeming it pays', () => {
    const sold = pricedOrder({
      lines: [sampleLine('G', { kind: 'gift-card', fulfilledBy: 'nobody', gross: both(5000) })],
      payments: [samplePayment('pay', 5000)],
    });
    const [issued = []] = book([sold, []]);
    expect(issued.map(({ factKind }) => factKind)).toEqual(['capture', 'gift-card-issued']);
    expect(tAccounts(issued)).toEqual({
      'clearing of card': [5000, 0],
      deposit: [5000, 5000],
      'gift-cards': [0, 5000],
    });
  });

  it('6 tax-inclusive: sales and discounts are net of the tax in the price', () => {
    const order = pricedOrder({
      taxIncluded: true,
      lines: [
        sampleLine('A', {
          gross: both(11900),
          discounts: [{ discount: 0, amount: both(1190) }],
          taxes: [sampleTax(1710)],
        }),
      ],
      payments: [samplePayment('pay', 10710)],
    });
    const [booked = []] = book([order, [sampleTransfer('s1', { A: 1 })]]);
    expect(tAccounts(booked)).toEqual({
      'clearing of card': [10710, 0],
      deposit: [10710, 10710],
      sales: [0, 10000],
      discounts: [1000, 0],
      'tax of VAT': [0, 1710],
    });
  });

  it('7 two currencies: one side is booked throughout, the shop’s or the buyer’s, and each closes in itself', () => {
    const order = pricedOrder({
      currency: { shop: 'EUR', buyer: 'USD' },
      lines: [sampleLine('A', { gross: { shop: 9259, buyer: 10000 } })],
      payments: [samplePayment('pay', 0, { amount: { shop: 9259, buyer: 10000 } })],
    });
    const transfers = [sampleTransfer('s1', { A: 1 })];
    const shop = entriesOf(factsOf(order, transfers, [], BOOKS));
    const buyer = entriesOf(factsOf(order, transfers, [], { ...BOOKS, side: 'buyer' }));
    expect(shop.map(({ currency }) => currency)).toEqual(['EUR', 'EUR']);
    expect(openAccounts(shop)).toEqual({ 'clearing of card': 9259, sales: -9259 });
    expect(buyer.map(({ currency }) => currency)).toEqual(['USD', 'USD']);
    expect(openAccounts(buyer)).toEqual({ 'clearing of card': 10000, sales: -10000 });
  });

  it('8 rounding: cash rounded at the till and a total a cent off its lines go to the rounding account', () => {
    const till = pricedOrder({
      lines: [sampleLine('A', { gross: both(1237), taxes: [sampleTax(0)] })],
      payments: [
        samplePayment('cash', 2000, { gateway: 'cash', method: 'cash' }),
        samplePayment('change', 764, { gateway: 'cash', method: 'cash', kind: 'change' }),
      ],
    });
    const { totals } = till;
    const order = { ...till, totals: { ...totals, total: both(1238), rounding: both(-2) } };
    const [booked = []] = book([order, [sampleTransfer('s1', { A: 1 })]]);
    expect(tAccounts(booked)).toEqual({
      'clearing of cash': [2000, 764],
      deposit: [764 + 1236, 2000],
      sales: [0, 1237],
      rounding: [1, 0],
    });
  });

  it('9 cancelled before capture: an authorization given up moves no money and makes no entry', () => {
    const auth = threePieces({ payments: [samplePayment('auth', 11499, { kind: 'authorization' })] });
    const refund = sampleRefund('r1', 0, {
      lines: [{ line: 'A', quantity: 3, restock: 'cancel', location: null, subtotal: both(9999), tax: both(1000) }],
      adjustments: [{ reason: 'REFUND_DISCREPANCY', amount: both(-10999), tax: both(0) }],
      payments: [],
    });
    const gone = threePieces(
      {
        cancelledAt: day(1),
        payments: [...auth.payments, samplePayment('void', 11499, { kind: 'void', parent: 'auth', at: day(1) })],
        refunds: [refund],
      },
      { cancelled: 3 },
    );
    const facts = factsOf(gone, [], [], BOOKS);
    expect(facts.map(({ kind }) => kind)).toEqual(['void', 'refund']);
    expect(entriesOf(facts)).toEqual([]);
  });

  it('10 tip and duty: a tip passes when it is paid, a duty with the goods that it is for', () => {
    const order = pricedOrder({
      lines: [
        sampleLine('A', { ordered: 2, gross: both(2000), duties: [{ externalId: 'd', amount: both(301), taxes: [] }] }),
        sampleLine('T', { kind: 'tip', sku: null, fulfilledBy: 'nobody', gross: both(250) }),
      ],
      payments: [samplePayment('pay', 2551)],
    });
    const s1 = sampleTransfer('s1', { A: 1 });
    const [paid = [], one = [], two = []] = book(
      [order, []],
      [order, [s1]],
      [order, [s1, sampleTransfer('s2', { A: 1 }, day(2))]],
    );
    expect(tAccounts(paid)).toEqual({ 'clearing of card': [2551, 0], deposit: [250, 2551], tips: [0, 250] });
    expect(tAccounts(one)).toEqual({ deposit: [1151, 0], sales: [0, 1000], duties: [0, 151] });
    expect(tAccounts(two)).toEqual({ deposit: [1150, 0], sales: [0, 1000], duties: [0, 150] });
  });

  it('11 paid too much: money that an edit made too much is given back without becoming an expense', () => {
    const order = threePieces();
    const edited = threePieces({}, { cancelled: 1 });
    const back = {
      ...edited,
      refunds: [sampleRefund('r1', 3666, { adjustments: [{ reason: 'edit', amount: both(3666), tax: both(0) }] })],
    };
    const priced = { ...back, totals: refunded(back, 3666) };
    const [, , given = [], shipped = []] = book(
      [order, []],
      [edited, []],
      [priced, []],
      [priced, [sampleTransfer('s1', { A: 2 }, day(3))]],
    );
    expect(tAccounts(given)).toEqual({ deposit: [3666, 0], 'clearing of card': [0, 3666] });
    expect(tAccounts(shipped)['deposit']).toEqual([7833, 0]);
  });

  it('12 goodwill: money given for nothing is an expense of its own account', () => {
    const order = threePieces();
    const transfers = [sampleTransfer('s1', { A: 3 })];
    const refund = sampleRefund('r1', 700, { adjustments: [{ reason: 'late', amount: both(700), tax: both(0) }] });
    const [, given = []] = book([order, transfers], [threePieces({ refunds: [refund] }), transfers]);
    expect(tAccounts(given)).toEqual({
      'refund-adjustments': [700, 0],
      deposit: [700, 700],
      'clearing of card': [0, 700],
    });
  });

  it('13 returned beside an edit: a unit that had passed reverses its sale, also where others were cancelled', () => {
    const edited = threePieces({}, { cancelled: 1 });
    const transfers = [sampleTransfer('s1', { A: 2 })];
    const refund = sampleRefund('r1', 3666, {
      at: day(3),
      lines: [{ line: 'A', quantity: 1, restock: 'return', location: null, subtotal: both(3333), tax: both(333) }],
    });
    const [, given = []] = book([edited, transfers], [threePieces({ refunds: [refund] }, { cancelled: 1 }), transfers]);
    expect(tAccounts(given)).toMatchObject({ 'sales-returns': [3333, 0], 'tax of NY': [333, 0] });
  });
});

describe('docs/accounting.md', () => {
  it('names every worked example', () => {
    const here = readFileSync(new URL(import.meta.url), 'utf8');
    const page = readFileSync(new URL('../../../docs/accounting.md', import.meta.url), 'utf8');
    const titles = [...here.matchAll(/ it\('(\d+[a-z]? [^']+)'/g)].map(([, title]) => title ?? '');
    expect(titles.length).toBe(16);
    expect(titles.filter((title) => !page.includes(`_${title}_`))).toEqual([]);
  });
});

function refunded(order: Order, minor: number): Order['totals'] {
  return { ...order.totals, refunded: both(minor) };
}
