import type { LineId } from '../ids.ts';
import { exact, split } from '../money.ts';
import type { Order, OrderLine } from '../order.ts';
import type { Part } from './fact.ts';
import type { Position } from './position.ts';
import type { Side } from './price.ts';
import { addUp, negated, priceOfCharges, priceOfLine, worth } from './price.ts';

/**
 * The share of a line that passes with `quantity` more units: of what was not recognised and not refunded yet, split by
 * units, so that the last unit takes what is left and every account of the line closes to zero. A price that changes in
 * between changes the units still to come.
 */
export function shareOfLine(order: Order, line: OrderLine, quantity: number, position: Position, side: Side): Part[] {
  const left = unrecognised(order, line, position, side);
  const others = Math.max(0, unitsLeft(line, position) - quantity);
  if (others === 0) return left;
  return addUp(left.map((part) => ({ ...part, minor: split(part.minor, [quantity, others])[0] ?? 0 })));
}

/** What is left to correct of lines whose every unit has passed or was refunded: their prices changed afterwards. */
export function leftOfClosedLines(order: Order, position: Position, side: Side): Part[] {
  const known = new Set<string>(order.lines.map(({ id }) => id));
  const corrections: Part[] = [];
  for (const line of order.lines) {
    if (position.unitsOf(line.id) === 0 || unitsLeft(line, position) > 0) continue;
    corrections.push(...unrecognised(order, line, position, side));
  }
  const charges = new Set(priceOfCharges(order, side).map(({ of }) => of));
  for (const of of position.recognisedKeys()) {
    // A line that an edit took out of the order altogether; charges are corrected by themselves, a closing stays.
    if (known.has(of) || charges.has(of) || isCharge(of)) continue;
    corrections.push(...negated(position.recognisedOf(of)));
  }
  return addUp(corrections);
}

/** Shipping, fees and rounding that are not recognised yet, or no longer as they were. */
export function leftOfCharges(order: Order, position: Position, side: Side): Part[] {
  const price = priceOfCharges(order, side);
  const keys = new Set([...price.map(({ of }) => of), ...position.recognisedKeys().filter(isOrderCharge)]);
  return addUp([
    ...price,
    ...[...keys].flatMap((of) => [...negated(position.cancelledOf(of).parts), ...negated(position.recognisedOf(of))]),
  ]);
}

/** Whether shipping and fees are earned: with the first unit that ships; where nothing is left to ship, when they are paid for. */
export function chargesAreDue(order: Order, position: Position, side: Side): boolean {
  if (position.recognisedKeys().some(isOrderCharge)) return true;
  if (order.lines.some((line) => isShippable(line) && position.unitsOf(line.id) > 0)) return true;
  if (hasOpenUnits(order, position)) return false;
  return position.balance !== 0 && position.balance >= worth(leftOfCharges(order, position, side));
}

/** Whether a unit of any line can still pass. */
export function hasOpenUnits(order: Order, position: Position): boolean {
  return order.lines.some((line) => line.ordered - cancelledUnits(line, position) - position.unitsOf(line.id) > 0);
}

/** Units of a line that were cancelled before they passed: those that are returned the channel may count among its own. */
export function cancelledUnits(line: OrderLine, position: Position): number {
  const { units, passed } = position.cancelledOf(line.id);
  return Math.max(line.cancelled - passed, units);
}

export function isShippable(line: Pick<OrderLine, 'fulfilledBy'>): boolean {
  return line.fulfilledBy !== 'nobody';
}

/** What edits took away of the order without a refund that names it: nobody will pay for it, or gets it back later. */
export function worthOfEditedAway(order: Order, position: Position, side: Side): number {
  let sum = 0;
  for (const line of order.lines) {
    const { units, parts } = position.cancelledOf(line.id);
    // What has passed was not taken away: the buyer has it, and a refund that names it says what it was worth.
    const edited = Math.min(cancelledUnits(line, position), line.ordered - position.unitsOf(line.id)) - units;
    if (edited <= 0) continue;
    const price = addUp([...priceOfLine(line, order.taxIncluded, side), ...negated(parts)]);
    const stays = Math.max(0, line.ordered - units - edited);
    for (const { minor } of price) sum = exact(sum + (split(minor, [edited, stays])[0] ?? 0));
  }
  return sum;
}

/** The order's parts as ordered, every line and charge, in what the buyer pays for them. */
export function worthAsOrdered(order: Order, side: Side): number {
  const lines = order.lines.flatMap((line) => priceOfLine(line, order.taxIncluded, side));
  return worth([...lines, ...priceOfCharges(order, side)]);
}

function unrecognised(order: Order, line: OrderLine, position: Position, side: Side): Part[] {
  return addUp([
    ...priceOfLine(line, order.taxIncluded, side),
    ...negated(position.cancelledOf(line.id).parts),
    ...negated(position.recognisedOf(line.id)),
  ]);
}

/** Units of a line that neither passed nor were refunded before: those that an edit cancelled are among them. */
export function unitsLeft(line: OrderLine, position: Position): number {
  return Math.max(0, line.ordered - position.cancelledOf(line.id).units - position.unitsOf(line.id));
}

/** Keys beside lines: what belongs to the order as a whole. */
function isCharge(of: LineId): boolean {
  return isOrderCharge(of) || of === 'closing';
}

function isOrderCharge(of: string): boolean {
  return of === 'order' || of.startsWith('shipping/') || of.startsWith('fee/');
}
