import type { Order, Payment, Refund } from '../order.ts';
import { sumUp } from '../order-totals.ts';
import { both, sampleLine, sampleOrder, sampleShipping } from '../sample-order.ts';
import { entriesOf } from './entries.ts';
import type { JournalEntry } from './entries.ts';
import type { Fact, Transfer } from './fact.ts';
import { factsOf } from './facts.ts';
import type { Books } from './facts.ts';

export const BOOKS: Books = { zone: 'Europe/Berlin', side: 'shop' };

/** 2026-09-21T14:13:20Z, and days after it. */
export function day(days: number): number {
  return 1_790_000_000_000 + days * 86_400_000;
}

/** A captured payment by card on the first day, unless told otherwise. */
export function samplePayment(id: string, minor: number, but: Partial<Payment> = {}): Payment {
  return {
    externalId: id,
    kind: 'capture',
    status: 'success',
    gateway: 'shopify_payments',
    method: 'card',
    amount: both(minor),
    at: day(0),
    parent: null,
    giftCard: false,
    ...but,
  };
}

/** Money given back by card as part of a refund. */
export function sampleRefundPayment(id: string, minor: number, at: number): Refund['payments'][number] {
  return { ...samplePayment(id, minor, { at }), kind: 'refund' };
}

/** A refund of nothing on the third day, unless told otherwise. */
export function sampleRefund(id: string, minor: number, but: Partial<Refund> = {}): Refund {
  return {
    externalId: id,
    at: day(2),
    lines: [],
    shipping: [],
    duties: [],
    adjustments: [],
    payments: [sampleRefundPayment(`${id}-paid`, minor, but.at ?? day(2))],
    total: both(minor),
    return: null,
    ...but,
  };
}

/** A shipment of units on the second day, from nowhere in particular. */
export function sampleTransfer(id: string, units: Readonly<Record<string, number>>, at = day(1)): Transfer {
  return { id, at, location: null, lines: Object.entries(units).map(([line, quantity]) => ({ line, quantity })) };
}

/** An order whose totals are what its parts add up to. */
export function pricedOrder(but: Partial<Order>): Order {
  const order = sampleOrder(but);
  return { ...order, totals: { ...sumUp(order), rounding: but.totals?.rounding ?? both(0) } };
}

/** The T-accounts of entries: `account` or `account of gateway or jurisdiction` → [debit, credit]. */
export function tAccounts(entries: readonly JournalEntry[]): Record<string, [number, number]> {
  const accounts: Record<string, [number, number]> = {};
  for (const { postings } of entries) {
    for (const { kind, gateway, jurisdiction, debit, credit } of postings) {
      const of = gateway ?? jurisdiction;
      const name = of === null ? kind : `${kind} of ${of}`;
      const [sum, other] = accounts[name] ?? [0, 0];
      accounts[name] = [sum + debit, other + credit];
    }
  }
  return accounts;
}

/** What is left on the T-accounts, debit positive; what closed is left out. */
export function openAccounts(entries: readonly JournalEntry[]): Record<string, number> {
  return Object.fromEntries(
    Object.entries(tAccounts(entries))
      .map(([name, [debit, credit]]): [string, number] => [name, debit - credit])
      .filter(([, minor]) => minor !== 0),
  );
}

export const TAX = { title: 'NY', rate: '0.1', jurisdiction: 'NY', collectedBy: 'us' as const };

/** What each observation of an order adds. */
export function book(...seen: readonly (readonly [Order, readonly Transfer[]])[]): JournalEntry[][] {
  const known: Fact[] = [];
  return seen.map(([order, transfers]) => {
    const facts = factsOf(order, transfers, known, BOOKS);
    known.push(...facts);
    return entriesOf(facts);
  });
}

/** 3 pieces at 33.33 with 10 % tax and 5.00 shipping: 114.99. */
export function threePieces(but: Partial<Order> = {}, line: Partial<Order['lines'][number]> = {}): Order {
  return pricedOrder({
    lines: [sampleLine('A', { ordered: 3, gross: both(9999), taxes: [{ ...TAX, amount: both(1000) }], ...line })],
    shipping: [sampleShipping()],
    payments: [samplePayment('pay', 11499)],
    ...but,
  });
}
