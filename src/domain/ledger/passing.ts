import type { LineId } from '../ids.ts';
import { exact } from '../money.ts';
import type { Order, OrderLine } from '../order.ts';
import type { Instant } from '../time.ts';
import type { Fact, FactKind, Part } from './fact.ts';
import type { Position } from './position.ts';
import type { Side } from './price.ts';
import { addUp, part, worth } from './price.ts';
import {
  cancelledUnits,
  chargesAreDue,
  hasOpenUnits,
  isShippable,
  leftOfCharges,
  leftOfClosedLines,
  shareOfLine,
  worthAsOrdered,
  worthOfEditedAway,
} from './recognition.ts';

/** Units that pass at once, and what they are worth by account. */
export type Passing = Pick<Fact, 'units' | 'parts'>;

/** What passes when lines have reached these quantities in all; nothing where that was counted already. A line never passes more than was ordered. */
export function passUnits(order: Order, reached: ReadonlyMap<LineId, number>, position: Position, side: Side): Passing {
  const units: { line: LineId; quantity: number }[] = [];
  const parts: Part[] = [];
  let ships = false;
  for (const line of order.lines) {
    const quantity = Math.min(line.ordered, reached.get(line.id) ?? 0) - position.unitsOf(line.id);
    if (quantity <= 0) continue;
    units.push({ line: line.id, quantity });
    parts.push(...shareOfLine(order, line, quantity, position, side));
    ships ||= isShippable(line);
  }
  if (ships) parts.push(...leftOfCharges(order, position, side));
  return { units, parts: addUp(parts) };
}

/** What passes without a shipment of ours: by the channel's word, or, where nobody ships, by being paid for. */
export function statedPassing(
  order: Order,
  position: Position,
  side: Side,
): (Passing & { readonly kind: FactKind; readonly source: string; readonly at: Instant })[] {
  const paid = paidInFull(order, position, side);
  const groups = new Map<string, { kind: FactKind; at: Instant; reached: Map<LineId, number> }>();
  for (const line of order.lines) {
    const byPayment = paid && !isShippable(line);
    const units = Math.max(line.shipped, byPayment ? line.ordered - cancelledUnits(line, position) : 0);
    if (units <= position.unitsOf(line.id)) continue;
    const kind = kindOfPassing(line);
    const at = byPayment ? lastPayment(order) : order.updatedAt;
    const key = `${kind} ${at}`;
    const group = groups.get(key) ?? { kind, at, reached: new Map<LineId, number>() };
    group.reached.set(line.id, units);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ kind, at, reached }) => {
    const source = [...reached].map(([line, units]) => `${line}:${units}`).join(' ');
    return { kind, at, source, ...passUnits(order, reached, position, side) };
  });
}

/** A correction that belongs to no shipment, refund or payment. */
export interface Correction {
  readonly kind: FactKind;
  readonly parts: readonly Part[];
}

/** Shipping and fees that are due and that no shipment carried. */
export function passCharges(order: Order, position: Position, side: Side): Correction | null {
  if (!chargesAreDue(order, position, side)) return null;
  return correction('revised', leftOfCharges(order, position, side));
}

/** Prices that changed after the last unit had passed. */
export function correctClosedLines(order: Order, position: Position, side: Side): Correction | null {
  return correction('revised', leftOfClosedLines(order, position, side));
}

/**
 * Cents that stand open when nothing can happen any more: the channel rounded a refund of one unit of three otherwise
 * than the three were split. At most one minor unit for each amount that the channel rounded: one a line, and price and
 * tax of each line of a refund. More than that is no rounding and stays open to be seen.
 */
export function closeCents(order: Order, position: Position, side: Side): Correction | null {
  if (hasOpenUnits(order, position)) return null;
  if (order.refunds.some(({ payments }) => payments.some(({ status }) => status === 'pending'))) return null;
  if (worth(leftOfCharges(order, position, side)) !== 0) return null;
  const rounded = order.lines.length + 2 * order.refunds.flatMap(({ lines }) => lines).length;
  if (position.balance === 0 || Math.abs(position.balance) > rounded) return null;
  return correction('rounding', [part('closing', 'rounding', null, position.balance)]);
}

function correction(kind: FactKind, parts: readonly Part[]): Correction | null {
  return parts.length === 0 ? null : { kind, parts };
}

/** Whether what we hold of the buyer's money covers everything of the order that has not passed yet. */
function paidInFull(order: Order, position: Position, side: Side): boolean {
  const current = worthAsOrdered(order, side) - worthOfEditedAway(order, position, side);
  return position.balance >= exact(current - position.settled);
}

function kindOfPassing(line: OrderLine): FactKind {
  if (line.kind === 'gift-card') return 'gift-card-issued';
  return line.kind === 'tip' ? 'tip' : 'transfer';
}

function lastPayment(order: Order): Instant {
  const taken = order.payments.filter(
    ({ kind, status }) => status === 'success' && (kind === 'capture' || kind === 'sale'),
  );
  return taken.reduce((last, { at }) => Math.max(last, at), order.placedAt);
}
