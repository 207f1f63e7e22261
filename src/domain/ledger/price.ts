import { exact, split } from '../money.ts';
import type { Amount, Order, OrderLine, ShippingLine, TaxLine } from '../order.ts';
import { sumUp } from '../order-totals.ts';
import type { AccountKind, Part } from './fact.ts';
import { partKey } from './fact.ts';

/** Which of an order's two currencies the books are kept in. */
export type Side = keyof Amount;

/** What a whole line is worth as ordered, discounts, taxes and duties included, by account; Σ is what the buyer pays for it. */
export function priceOfLine(line: OrderLine, taxIncluded: boolean, side: Side): Part[] {
  const gross = line.gross[side];
  const discount = total(line.discounts, side);
  const tax = total(line.taxes, side);
  const paid = gross - discount;
  // Where prices include tax, so do discounts: the tax that the discount saved is in the gross price as well.
  const saved = taxIncluded && paid > 0 ? proportion(tax, discount, paid) : 0;
  const parts = [
    part(line.id, kindOfLine(line), null, gross - (taxIncluded ? tax + saved : 0)),
    part(line.id, 'discounts', null, saved - discount),
    ...taxParts(line.id, line.taxes, side),
  ];
  for (const duty of line.duties) {
    const included = taxIncluded ? total(duty.taxes, side) : 0;
    parts.push(part(line.id, 'duties', null, duty.amount[side] - included), ...taxParts(line.id, duty.taxes, side));
  }
  return addUp(parts);
}

/** What is charged once for an order, by account: shipping (less its discounts), fees, and the rounding of its totals. */
export function priceOfCharges(order: Order, side: Side): Part[] {
  const parts: Part[] = [];
  for (const line of order.shipping) if (!line.removed) parts.push(...priceOfShipping(line, order.taxIncluded, side));
  for (const [position, fee] of order.fees.entries()) {
    const of = `fee/${position}`;
    const included = order.taxIncluded ? total(fee.taxes, side) : 0;
    parts.push(part(of, 'fees', null, fee.amount[side] - included), ...taxParts(of, fee.taxes, side));
  }
  // What the channel's total differs from its own parts (I4), and cash rounded at the till.
  const apart = order.totals.total[side] - sumUp(order).total[side] + order.totals.rounding[side];
  parts.push(part('order', 'rounding', null, apart));
  return addUp(parts);
}

export function shippingKey(externalId: string): string {
  return `shipping/${externalId}`;
}

/** The account that a line is sold to: a gift card is no sale but a debt, a tip is not the price of anything. */
export function kindOfLine(line: Pick<OrderLine, 'kind'>): AccountKind {
  if (line.kind === 'gift-card') return 'gift-cards';
  return line.kind === 'tip' ? 'tips' : 'sales';
}

/** A total of tax over the taxes given, in proportion: a refund states one amount for all jurisdictions. */
export function spreadTax(of: string, minor: number, taxes: readonly TaxLine[], side: Side): Part[] {
  if (minor === 0) return [];
  if (taxes.length === 0) return [part(of, 'tax', null, minor)];
  const shares = split(
    minor,
    taxes.map((tax) => Math.abs(tax.amount[side])),
  );
  return addUp(taxes.map((tax, at) => part(of, taxKind(tax), tax.jurisdiction ?? tax.title, shares[at] ?? 0)));
}

export function part(of: string, kind: AccountKind, jurisdiction: string | null, minor: number): Part {
  return { of, kind, jurisdiction, minor: exact(minor) };
}

/** Parts of one key as one; what is zero is left out. */
export function addUp(parts: readonly Part[]): Part[] {
  const sums = new Map<string, Part>();
  for (const one of parts) {
    const known = sums.get(partKey(one));
    sums.set(partKey(one), known === undefined ? one : { ...known, minor: exact(known.minor + one.minor) });
  }
  return [...sums.values()].filter(({ minor }) => minor !== 0);
}

/** Σ of parts, in minor units. */
export function worth(parts: readonly Part[]): number {
  return parts.reduce((sum, { minor }) => exact(sum + minor), 0);
}

export function negated(parts: readonly Part[]): Part[] {
  return parts.map((one) => ({ ...one, minor: 0 - one.minor }));
}

function priceOfShipping(line: ShippingLine, taxIncluded: boolean, side: Side): Part[] {
  const of = shippingKey(line.externalId);
  const included = taxIncluded ? total(line.taxes, side) : 0;
  const income = line.gross[side] - total(line.discounts, side) - included;
  return [part(of, 'shipping', null, income), ...taxParts(of, line.taxes, side)];
}

function taxParts(of: string, taxes: readonly TaxLine[], side: Side): Part[] {
  return taxes.map((tax) => part(of, taxKind(tax), tax.jurisdiction ?? tax.title, tax.amount[side]));
}

/** Tax that the marketplace collects and remits is never a debt of ours to a tax office. */
function taxKind(tax: TaxLine): AccountKind {
  return tax.collectedBy === 'channel' ? 'tax-by-channel' : 'tax';
}

function total(amounts: readonly { readonly amount: Amount }[], side: Side): number {
  return amounts.reduce((sum, { amount }) => exact(sum + amount[side]), 0);
}

/** minor × over ÷ under, to the nearest whole unit, halves up. `over` and `under` are not negative, `under` is not zero. */
function proportion(minor: number, over: number, under: number): number {
  const [product, divisor] = [BigInt(minor) * BigInt(over), BigInt(under)];
  return exact(Number((product * 2n + divisor) / (divisor * 2n)));
}
