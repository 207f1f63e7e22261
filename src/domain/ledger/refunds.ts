import type { ExternalId, LineId } from '../ids.ts';
import { exact, split } from '../money.ts';
import type { Order, OrderLine, Refund } from '../order.ts';
import type { Cancellation, Part } from './fact.ts';
import type { Position } from './position.ts';
import type { Side } from './price.ts';
import { addUp, kindOfLine, negated, part, priceOfLine, shippingKey, spreadTax, worth } from './price.ts';
import { unitsLeft, worthAsOrdered, worthOfEditedAway } from './recognition.ts';

/** What a refund gives back of things that the buyer had, and what it takes out of the order before they had it. */
export interface RefundEffect {
  readonly parts: readonly Part[];
  readonly cancels: readonly Cancellation[];
}

/**
 * Splits a refund into what reverses sales (units that had passed) and what only shortens the order (units that had
 * not): the money of the latter is still a deposit, no revenue is touched. `seen` are the refunds whose cancellations the
 * position has counted.
 */
export function effectOfRefund(
  order: Order,
  refund: Refund,
  seen: ReadonlySet<ExternalId>,
  position: Position,
  side: Side,
): RefundEffect {
  const returned: Part[] = [];
  const cancels: Cancellation[] = [];
  const unstated = new Map<LineId, number>();
  const gone = new Map<LineId, number>();
  for (const entry of refund.lines) {
    const line = order.lines.find(({ id }) => id === entry.line);
    const said = line === undefined ? 0 : neverShipped(order, line, entry, seen, position, unstated.get(line.id) ?? 0);
    // What is known to have passed is returned, whatever the channel calls it: digital goods, which nobody ships, it calls cancelled.
    const never = line === undefined ? 0 : Math.min(said, unitsLeft(line, position) - (gone.get(line.id) ?? 0));
    const tax = entry.tax[side];
    const net = entry.subtotal[side] - (order.taxIncluded ? tax : 0);
    const of = line?.id ?? entry.line;
    const share = (minor: number, units: number): number =>
      entry.quantity === 0 ? 0 : (split(minor, [units, Math.max(0, entry.quantity - units)])[0] ?? 0);
    const [netBefore, taxBefore] = [share(net, never), share(tax, never)];
    const taxes = line?.taxes ?? [];
    if (line !== undefined && never > 0) {
      const discounts = discountOf(order, line, never, side);
      const parts = [
        part(of, kindOfLine(line), null, netBefore - discounts),
        part(of, 'discounts', null, discounts),
        ...spreadTax(of, taxBefore, taxes, side),
      ];
      cancels.push({ of, units: never, parts: addUp(parts) });
      gone.set(line.id, (gone.get(line.id) ?? 0) + never);
    }
    if (said > never) cancels.push({ of, units: 0, passed: said - never, parts: [] });
    if (entry.restock !== 'cancel') unstated.set(of, (unstated.get(of) ?? 0) + said);
    const kind = line === undefined || kindOfLine(line) === 'sales' ? 'sales-returns' : kindOfLine(line);
    returned.push(part(of, kind, null, net - netBefore), ...spreadTax(of, tax - taxBefore, taxes, side));
  }
  for (const charge of refund.shipping) {
    const of = shippingKey(charge.externalId);
    const tax = charge.tax[side];
    const taxes = order.shipping.find(({ externalId }) => externalId === charge.externalId)?.taxes ?? [];
    const net = charge.amount[side] - (order.taxIncluded ? tax : 0);
    const parts = addUp([part(of, 'shipping', null, net), ...spreadTax(of, tax, taxes, side)]);
    if (position.recognisedOf(of).length > 0) returned.push(...parts);
    else cancels.push({ of, units: 0, parts });
  }
  for (const duty of refund.duties) {
    const line = order.lines.find(({ duties }) => duties.some(({ externalId }) => externalId === duty.externalId));
    const parts = [part(line?.id ?? 'order', 'duties', null, duty.amount[side])];
    if (line !== undefined && position.unitsOf(line.id) === 0) cancels.push({ of: line.id, units: 0, parts });
    else returned.push(...parts);
  }
  return { parts: negated(addUp(returned)), cancels };
}

/**
 * What a refund gives back beyond (a debit) or short of (a credit) the things that it names, in so far as it is a gift or
 * is kept. Money that the buyer had paid too much is only returned, what the buyer never paid is not kept, and what a
 * gateway failed to pay out is still owed: the channel states each as a difference of the refund, and none is income or
 * expense.
 */
export function adjustmentOfRefund(
  order: Order,
  refund: Refund,
  before: readonly { readonly refund: Refund; readonly adjusted: number }[],
  position: Position,
  side: Side,
): Part[] {
  let paid = 0;
  for (const payment of order.payments) {
    if (payment.status !== 'success') continue;
    if (payment.kind === 'capture' || payment.kind === 'sale') paid = exact(paid + payment.amount[side]);
    if (payment.kind === 'change') paid = exact(paid - payment.amount[side]);
  }
  let due = exact(worthAsOrdered(order, side) - worthOfEditedAway(order, position, side));
  for (const earlier of before) {
    paid = exact(paid - earlier.refund.total[side]);
    due = exact(due - valueOfRefund(earlier.refund, order.taxIncluded, side) + earlier.adjusted);
  }
  const held = paid - due;
  const beyond = exact(refund.total[side] - valueOfRefund(refund, order.taxIncluded, side));
  const short = exact(0 - beyond - failedToPay(refund, side));
  const adjusted = beyond > 0 ? -Math.max(0, beyond - Math.max(0, held)) : Math.max(0, short - Math.max(0, -held));
  if (adjusted === 0) return [];
  // The tax that the channel states belongs to the whole difference: of a part of it, nobody has said any.
  const stated = refund.adjustments.reduce((sum, { tax }) => exact(sum + tax[side]), 0);
  const tax = adjusted === 0 - beyond ? 0 - stated : 0;
  const taxes = order.lines.flatMap((line) => line.taxes);
  return addUp([part('refund', 'refund-adjustments', null, adjusted - tax), ...spreadTax('refund', tax, taxes, side)]);
}

/**
 * What gateways failed to pay out. What was tried again counts once, and not if it went through: it has the same amount and
 * gives back the same payment, or names none.
 */
function failedToPay({ payments }: Refund, side: Side): number {
  const failed = new Map<string, Refund['payments'][number]>();
  const tried = ({ parent, gateway, amount }: Refund['payments'][number]): string =>
    JSON.stringify([parent ?? gateway, amount[side]]);
  for (const payment of payments) if (payment.status === 'failure') failed.set(tried(payment), payment);
  for (const payment of payments) {
    if (payment.status === 'failure' || failed.delete(tried(payment)) || payment.parent !== null) continue;
    const amount = payment.amount[side];
    const elsewhere = [...failed].find(([, one]) => one.parent === null && one.amount[side] === amount);
    if (elsewhere !== undefined) failed.delete(elsewhere[0]);
  }
  return [...failed.values()].reduce((sum, { amount }) => exact(sum + amount[side]), 0);
}

/** What the things named by a refund cost the buyer. */
function valueOfRefund(refund: Refund, taxIncluded: boolean, side: Side): number {
  let value = 0;
  for (const { subtotal, tax } of refund.lines) value = exact(value + subtotal[side] + (taxIncluded ? 0 : tax[side]));
  for (const { amount, tax } of refund.shipping) value = exact(value + amount[side] + (taxIncluded ? 0 : tax[side]));
  for (const { amount } of refund.duties) value = exact(value + amount[side]);
  return value;
}

/** How many of a refund's units had not passed, by the channel. Where it does not say, what is known to be cancelled decides. */
function neverShipped(
  order: Order,
  line: OrderLine,
  entry: Refund['lines'][number],
  seen: ReadonlySet<ExternalId>,
  position: Position,
  unstatedHere: number,
): number {
  if (entry.restock === 'cancel') return entry.quantity;
  if (entry.restock === 'return') return 0;
  const stated = statedCancelled(order.refunds, line.id);
  const statedBefore = statedCancelled(
    order.refunds.filter(({ externalId }) => seen.has(externalId)),
    line.id,
  );
  const { units, passed } = position.cancelledOf(line.id);
  const unstatedBefore = Math.max(0, units + passed - statedBefore);
  return Math.max(0, Math.min(entry.quantity, line.cancelled - stated - unstatedBefore - unstatedHere));
}

function statedCancelled(refunds: readonly Refund[], line: LineId): number {
  return refunds
    .flatMap(({ lines }) => lines)
    .filter((entry) => entry.line === line && entry.restock === 'cancel')
    .reduce((sum, { quantity }) => sum + quantity, 0);
}

function discountOf(order: Order, line: OrderLine, units: number, side: Side): number {
  const price = priceOfLine(line, order.taxIncluded, side).find(({ kind }) => kind === 'discounts');
  return split(price?.minor ?? 0, [units, Math.max(0, line.ordered - units)])[0] ?? 0;
}

/** What an adjustment did to what the buyer owes: Σ of its parts, tax included. */
export function adjustedBy(parts: readonly Part[]): number {
  return worth(parts.filter(({ of }) => of === 'refund'));
}
