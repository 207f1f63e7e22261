import { exact } from './money.ts';
import type { Amount, DiscountAllocation, Order, TaxLine } from './order.ts';

/** A part of an order's total that the channel states and the lines must add up to. */
export type Piece = 'lines' | 'discounts' | 'shipping' | 'tax' | 'duties' | 'fees' | 'tips' | 'total' | 'refunded';

/** What of an order makes its total. */
export type Priced = Pick<Order, 'lines' | 'shipping' | 'fees' | 'refunds' | 'totals' | 'taxIncluded'>;

/** One amount in which the channel's total and the sum of its parts differ, in minor units of the order's currency named. */
export interface Difference {
  readonly piece: Piece;
  /** Which of the order's two currencies: `order.currency.shop` or `order.currency.buyer`. */
  readonly currency: 'shop' | 'buyer';
  /** What the channel states. */
  readonly expected: number;
  /** What the order's parts add up to. */
  readonly found: number;
  /** `found − expected`. */
  readonly by: number;
  /** `rounding` is within `toleranceMinor` and is booked as such; `unexplained` parks the order's posting. */
  readonly kind: 'rounding' | 'unexplained';
}

/**
 * Compares what an order's parts add up to with the channel's own `totals`, piece by piece and in all, in both
 * currencies, in integers. No difference, no entry.
 *
 * Compared are the totals **as placed plus edits, before anything was taken away**: a line counts with all of its
 * `gross`, cancelled and refunded units included, and money given back is a piece of its own (`refunded`), never
 * subtracted. A connector therefore fills `totals` from the channel's totals before returns (Shopify: `totalPriceSet`
 * and its like, not the `current…` ones), and leaves a removed shipping line marked `removed`: it does not count.
 *
 * | piece     | must equal                                                                                          |
 * |-----------|-----------------------------------------------------------------------------------------------------|
 * | lines     | Σ gross of all lines but tips, before discounts (with tax where `taxIncluded`)                      |
 * | discounts | Σ discount allocations of lines and of shipping                                                     |
 * | shipping  | Σ gross of shipping lines − their discounts (with tax where `taxIncluded`)                          |
 * | tax       | Σ tax of lines, shipping, duties and fees, whoever remits it, included in prices or not             |
 * | duties    | Σ duties of lines                                                                                   |
 * | fees      | Σ fees                                                                                              |
 * | tips      | Σ gross of lines that are tips                                                                      |
 * | total     | lines − discounts of lines + shipping + tax (unless `taxIncluded`) + duties + fees + tips           |
 * | refunded  | Σ totals of refunds                                                                                 |
 *
 * `totals.total` is before cash rounding at the till: `totals.rounding` is no part of it.
 * @throws SyncError `bug` when a sum leaves the safe integers.
 */
export function checkTotals(order: Priced): Difference[] {
  const found = sumUp(order);
  const tolerance = toleranceMinor(order);
  const differences: Difference[] = [];
  for (const piece of PIECES) {
    for (const currency of CURRENCIES) {
      const expected = order.totals[piece][currency];
      const by = exact(found[piece][currency] - expected);
      if (by === 0) continue;
      // A refund is the channel's own sum of what it paid out: nothing is rounded on the way.
      const rounding = piece !== 'refunded' && Math.abs(by) <= tolerance;
      const kind = rounding ? 'rounding' : 'unexplained';
      differences.push({ piece, currency, expected, found: found[piece][currency], by, kind });
    }
  }
  return differences;
}

/**
 * The difference in minor units that rounding can make: one for each line or shipping line that carries tax, because
 * tax is rounded once per line.
 */
export function toleranceMinor(order: Pick<Order, 'lines' | 'shipping'>): number {
  let taxed = 0;
  for (const line of order.lines) if (line.taxes.length > 0) taxed++;
  for (const line of order.shipping) if (!line.removed && line.taxes.length > 0) taxed++;
  return taxed;
}

/** What the parts of an order add up to, by the table of `checkTotals`. @throws SyncError `bug` past the safe integers. */
export function sumUp(order: Omit<Priced, 'totals'>): Readonly<Record<Piece, Amount>> {
  const lines = new Sum();
  const tips = new Sum();
  const discounts = new Sum();
  const lineDiscounts = new Sum();
  const shipping = new Sum();
  const tax = new Sum();
  const duties = new Sum();
  const fees = new Sum();
  const refunded = new Sum();
  for (const line of order.lines) {
    (line.kind === 'tip' ? tips : lines).add(line.gross);
    addDiscounts(lineDiscounts, line.discounts);
    addTaxes(tax, line.taxes);
    for (const duty of line.duties) {
      duties.add(duty.amount);
      addTaxes(tax, duty.taxes);
    }
  }
  for (const line of order.shipping) {
    if (line.removed) continue;
    shipping.add(line.gross);
    for (const { amount } of line.discounts) shipping.subtract(amount);
    addDiscounts(discounts, line.discounts);
    addTaxes(tax, line.taxes);
  }
  for (const fee of order.fees) {
    fees.add(fee.amount);
    addTaxes(tax, fee.taxes);
  }
  for (const refund of order.refunds) refunded.add(refund.total);
  discounts.add(lineDiscounts);
  const total = new Sum();
  for (const part of [lines, tips, shipping, duties, fees]) total.add(part);
  total.subtract(lineDiscounts);
  if (!order.taxIncluded) total.add(tax);
  return { lines, discounts, shipping, tax, duties, fees, tips, total, refunded };
}

const PIECES: readonly Piece[] = [
  'lines',
  'discounts',
  'shipping',
  'tax',
  'duties',
  'fees',
  'tips',
  'total',
  'refunded',
];
const CURRENCIES = ['shop', 'buyer'] as const;

class Sum implements Amount {
  shop = 0;
  buyer = 0;

  add(amount: Amount): void {
    this.shop = exact(this.shop + amount.shop);
    this.buyer = exact(this.buyer + amount.buyer);
  }

  subtract(amount: Amount): void {
    this.shop = exact(this.shop - amount.shop);
    this.buyer = exact(this.buyer - amount.buyer);
  }
}

function addDiscounts(into: Sum, discounts: readonly DiscountAllocation[]): void {
  for (const { amount } of discounts) into.add(amount);
}

function addTaxes(into: Sum, taxes: readonly TaxLine[]): void {
  for (const { amount } of taxes) into.add(amount);
}
