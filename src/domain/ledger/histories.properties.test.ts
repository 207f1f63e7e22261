import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Order, OrderLine, Payment, Refund } from '../order.ts';
import { both, sampleLine, sampleShipping } from '../sample-order.ts';
import { entriesOf, sidesOf } from './entries.ts';
import type { Fact, Transfer } from './fact.ts';
import { factsOf } from './facts.ts';
import { BOOKS, openAccounts, pricedOrder, samplePayment, sampleRefund, sampleRefundPayment } from './sample-ledger.ts';

const START = 1_790_000_000_000;
const HOUR = 3_600_000;

interface Moving {
  readonly do: 'ship' | 'cancel' | 'return' | 'add';
  readonly line: number;
  readonly units: number;
  readonly paid: boolean;
}
type Step =
  | { readonly do: 'capture'; readonly share: number; readonly gateway: 'card' | 'paypal' | 'gift-card' }
  | Moving
  | { readonly do: 'goodwill'; readonly minor: number }
  | { readonly do: 'settle' | 'look' | 'no-shipping' };

const cents = fc.integer({ min: 0, max: 9999 });
const lines = fc.array(
  fc.record({
    ordered: fc.integer({ min: 1, max: 5 }),
    unit: cents,
    off: fc.integer({ min: 0, max: 99 }),
    tax: fc.integer({ min: 0, max: 400 }),
    /** Nobody ships it: it passes when the order is paid, and the channel calls a refunded unit cancelled all the same. */
    digital: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('capture' as const),
    share: fc.integer({ min: 1, max: 100 }),
    gateway: fc.constantFrom('card', 'paypal', 'gift-card'),
  }),
  fc.record({
    do: fc.constantFrom('ship' as const, 'cancel' as const, 'return' as const, 'add' as const),
    line: fc.nat({ max: 3 }),
    units: fc.integer({ min: 1, max: 3 }),
    paid: fc.boolean(),
  }),
  fc.record({ do: fc.constant('goodwill' as const), minor: fc.integer({ min: 1, max: 500 }) }),
  fc.constantFrom({ do: 'settle' as const }, { do: 'look' as const }, { do: 'no-shipping' as const }),
);
const history = fc.record({
  lines,
  taxIncluded: fc.boolean(),
  shipping: cents,
  steps: fc.array(step, { maxLength: 16, size: 'max' }),
  lookEachStep: fc.boolean(),
  /** Most buyers pay at once; only what is paid in full is refunded here. */
  paidAtOnce: fc.integer({ min: 0, max: 3 }),
});

/** A shop that keeps its own books of one order, unit by unit, knowing nothing of entries. */
class Shop {
  readonly lines: OrderLine[];
  readonly transfers: Transfer[] = [];
  private readonly payments: Payment[] = [];
  private refunds: Refund[] = [];
  private readonly shippingMinor: number;
  private readonly taxIncluded: boolean;
  private clock = START;
  private shippingBack = false;
  /** What cancelled and returned units took off the order's price, and presents of money. */
  private taken = 0;
  private given = 0;
  /** Money that came in less money that went out, by gateway. */
  readonly held: Record<string, number> = {};
  private readonly cancelledLate = new Map<string, number>();
  readonly goneUnits = new Map<string, number>();

  constructor(given: {
    lines: { ordered: number; unit: number; off: number; tax: number; digital: boolean }[];
    taxIncluded: boolean;
    shipping: number;
  }) {
    this.taxIncluded = given.taxIncluded;
    this.shippingMinor = given.shipping;
    this.lines = given.lines.map(({ ordered, unit, off, tax, digital }, at) => {
      const gross = ordered * unit;
      return sampleLine(`L${at}`, {
        ordered,
        gross: both(gross),
        ...(digital && { kind: 'digital', fulfilledBy: 'nobody' }),
        discounts: [{ discount: 0, amount: both(Math.floor((gross * off) / 100)) }],
        taxes: ['state', 'city'].map((jurisdiction, nth) => ({
          title: jurisdiction,
          rate: '0',
          jurisdiction,
          amount: both(Math.floor((gross * tax) / 2000) + nth),
          collectedBy: nth === 0 ? ('us' as const) : ('channel' as const),
        })),
      });
    });
  }

  /** What one line costs, and what a share of its units comes to as the channel rounds it: down, tax and price apart. */
  private shareOf(line: OrderLine, units: number): { subtotal: number; tax: number; value: number } {
    const price = line.gross.shop - line.discounts.reduce((sum, { amount }) => sum + amount.shop, 0);
    const taxed = line.taxes.reduce((sum, { amount }) => sum + amount.shop, 0);
    const subtotal = Math.floor((price * units) / line.ordered);
    const tax = Math.floor((taxed * units) / line.ordered);
    return { subtotal, tax, value: subtotal + (this.taxIncluded ? 0 : tax) };
  }

  /** How many amounts were rounded on the way: each is less than a cent off. */
  amountsRounded(): number {
    return this.lines.length + 2 * this.refunds.flatMap((refund) => refund.lines).length;
  }

  order(): Order {
    return pricedOrder({
      lines: this.lines,
      shipping: [sampleShipping({ gross: both(this.shippingMinor) })],
      payments: this.payments,
      refunds: this.refunds,
      taxIncluded: this.taxIncluded,
      updatedAt: this.clock,
    });
  }

  /** What the buyer owes for the order as it stands, less everything paid and not given back; negative = paid too much. */
  outstanding(): number {
    const paid = this.payments.reduce((sum, { amount }) => sum + amount.shop, 0);
    const refunds = this.refunds.reduce((sum, { total }) => sum + total.shop, 0);
    return this.order().totals.total.shop - this.taken - (paid - refunds) - this.given;
  }

  run(step: Step): void {
    this.clock += HOUR;
    const id = `${this.clock}`;
    if (step.do === 'capture')
      this.capture(id, Math.ceil((Math.max(0, this.outstanding()) * step.share) / 100), step.gateway);
    else if (step.do === 'goodwill') {
      const free =
        this.payments.reduce((sum, { amount }) => sum + amount.shop, 0) -
        this.refunds.reduce((sum, { total }) => sum + total.shop, 0);
      // Only an order paid in full gets a present; else the money given back is owed again.
      if (this.outstanding() !== 0 || free < step.minor) return;
      this.given += step.minor;
      this.refund(
        id,
        step.minor,
        { adjustments: [{ reason: 'goodwill', amount: both(step.minor), tax: both(0) }] },
        true,
      );
    } else if (step.do === 'no-shipping') {
      if (this.shippingBack || this.outstanding() > 0) return;
      this.shippingBack = true;
      this.taken += this.shippingMinor;
      const { externalId } = sampleShipping();
      const charge = { externalId, amount: both(this.shippingMinor), tax: both(0) };
      this.refund(id, this.shippingMinor, { shipping: [charge] }, true);
    } else if (step.do === 'settle') {
      this.refunds = this.refunds.map((refund) => ({
        ...refund,
        payments: refund.payments.map((payment) => (payment.status === 'pending' ? this.paidOut(payment) : payment)),
      }));
    } else if ('line' in step) this.move(step, id);
  }

  private move(step: Moving, id: string): void {
    const at = step.line % this.lines.length;
    const line = this.lines[at];
    if (line === undefined) return;
    const gone = this.goneUnits.get(line.id) ?? 0;
    const late = this.cancelledLate.get(line.id) ?? 0;
    const open = line.ordered - (line.cancelled - late) - gone;
    if (step.do === 'add') {
      // An edit: more units at the same price; Shopify's lines only grow.
      if (line.ordered === 0 || line.gross.shop % line.ordered !== 0) return;
      const unit = line.gross.shop / line.ordered;
      this.lines[at] = {
        ...line,
        ordered: line.ordered + step.units,
        gross: both(line.gross.shop + unit * step.units),
      };
      return;
    }
    const digital = line.kind === 'digital';
    if (step.do === 'ship') {
      if (digital) return;
      const units = Math.min(step.units, open);
      if (units === 0) return;
      this.goneUnits.set(line.id, gone + units);
      this.transfers.push({ id, at: this.clock, location: 'here', lines: [{ line: line.id, quantity: units }] });
      return;
    }
    const units = Math.min(step.units, step.do === 'cancel' ? open : gone - line.returned - late);
    // What is not paid is not refunded here: the channel's discrepancies have examples of their own.
    const share = this.shareOf(line, units);
    if (units <= 0 || this.outstanding() > 0) return;
    // The channel did not know that it had left.
    const tooLate = step.do === 'return' && step.units === 3;
    if (tooLate) this.cancelledLate.set(line.id, late + units);
    this.lines[at] =
      step.do === 'cancel' || tooLate
        ? { ...line, cancelled: line.cancelled + units }
        : { ...line, returned: line.returned + units };
    this.taken += share.value;
    const said = tooLate ? 'cancel' : step.do;
    const restock: Refund['lines'][number]['restock'] = digital && step.units === 1 ? 'no-restock' : said;
    const entry = {
      line: line.id,
      quantity: units,
      restock,
      location: null,
      subtotal: both(share.subtotal),
      tax: both(share.tax),
    };
    this.refund(id, share.value, { lines: [entry] }, step.paid);
  }

  capture(id: string, minor: number, gateway: string): void {
    if (minor === 0) return;
    this.payments.push(
      samplePayment(id, minor, { gateway, method: gateway, giftCard: gateway === 'gift-card', at: this.clock }),
    );
    this.held[gateway] = (this.held[gateway] ?? 0) + minor;
  }

  private refund(id: string, minor: number, but: Partial<Refund>, paid: boolean): void {
    const payment = { ...sampleRefundPayment(`${id}-out`, minor, this.clock), status: 'pending' as const };
    const payments = paid ? [this.paidOut(payment)] : [payment];
    this.refunds.push(sampleRefund(id, minor, { at: this.clock, ...but, payments }));
  }

  private paidOut(payment: Refund['payments'][number]): Refund['payments'][number] {
    this.held['card'] = (this.held['card'] ?? 0) - payment.amount.shop;
    return { ...payment, status: 'success', at: this.clock };
  }

  /** All that is left to do with an order: the rest is paid, everything ships, every refund is paid out. */
  finish(): void {
    this.run({ do: 'capture', share: 100, gateway: 'card' });
    for (const [at] of this.lines.entries()) this.run({ do: 'ship', line: at, units: 1000, paid: true });
    this.run({ do: 'settle' });
  }
}

function play(given: typeof history extends fc.Arbitrary<infer H> ? H : never): { shop: Shop; facts: Fact[] } {
  const shop = new Shop(given);
  const facts: Fact[] = [];
  const look = (): void => void facts.push(...factsOf(shop.order(), shop.transfers, facts, BOOKS));
  if (given.paidAtOnce > 0) shop.run({ do: 'capture', share: 100, gateway: 'card' });
  for (const step of given.steps) {
    shop.run(step);
    if (given.lookEachStep || step.do === 'look') look();
  }
  look();
  return { shop, facts };
}

describe('random histories of an order', () => {
  it('every entry balances, clearing holds exactly what each gateway took and gave, and no history is booked twice', () => {
    fc.assert(
      fc.property(history, (given) => {
        const { shop, facts } = play(given);
        const entries = entriesOf(facts);
        for (const { postings } of entries) {
          const { debit, credit } = sidesOf(postings);
          expect(debit).toBe(credit);
        }
        const open = openAccounts(entries);
        for (const gateway of ['card', 'paypal']) {
          expect(open[`clearing of ${gateway}`] ?? 0).toBe(shop.held[gateway] ?? 0);
        }
        expect(open['gift-cards'] ?? 0).toBe(shop.held['gift-card'] ?? 0);
        // A buyer never has money with us and owes some at once.
        expect(Math.min(0 - (open['deposit'] ?? 0), open['receivable'] ?? 0)).toBeLessThanOrEqual(0);
        expect(factsOf(shop.order(), shop.transfers, facts, BOOKS)).toEqual([]);
        expect(new Set(facts.map(({ id }) => id)).size).toBe(facts.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('an order that is paid, shipped and refunded to the end leaves no deposit and nothing owed', () => {
    const kinds = new Map<string, number>();
    fc.assert(
      fc.property(history, (given) => {
        const { shop, facts } = play(given);
        shop.finish();
        facts.push(...factsOf(shop.order(), shop.transfers, facts, BOOKS));
        for (const { kind } of facts) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        const open = openAccounts(entriesOf(facts));
        expect({ deposit: open['deposit'] ?? 0, receivable: open['receivable'] ?? 0 }).toEqual({
          deposit: 0,
          receivable: 0,
        });
        expect(Math.abs(open['rounding'] ?? 0)).toBeLessThanOrEqual(shop.amountsRounded());
        // Everything earned and everything owed to tax offices is what the channel's own numbers say.
        const earned = Object.entries(open).filter(([name]) => !name.startsWith('clearing') && name !== 'gift-cards');
        const held = Object.values(shop.held).reduce((sum, minor) => sum + minor, 0);
        expect(earned.reduce((sum, [, minor]) => sum - minor, 0)).toBe(held);
      }),
      { numRuns: 1000 },
    );
    // Histories without these would show nothing.
    const rare = ['capture', 'gift-card-redeemed', 'transfer', 'refund', 'refund-paid'].filter(
      (kind) => (kinds.get(kind) ?? 0) < 200,
    );
    expect(rare).toEqual([]);
  });

  it('the same observations give the same facts, byte for byte', () => {
    fc.assert(
      fc.property(history, (given) => {
        expect(JSON.stringify(play(given).facts)).toBe(JSON.stringify(play(given).facts));
      }),
      { numRuns: 100 },
    );
  });
});
