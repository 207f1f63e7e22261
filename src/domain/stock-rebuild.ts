import type { LineId, OrderId } from './ids.ts';
import type { Reservation } from './stock.ts';

/** What stands at a level: `free` = on hand − Σ reserved. */
export interface LevelTotals {
  readonly onHand: number;
  readonly free: number;
  readonly reserved: readonly Reservation[];
}

/** One change of a level: what it added to on hand and to what is free, and signed units reserved per order line. */
export interface StockMovement {
  readonly v: number;
  readonly onHand: number;
  readonly free: number;
  readonly lines: readonly Reservation[];
}

/** One thing in which a level and its movements disagree. `of` names the total, the order line or the movement. */
export interface LevelDifference {
  readonly what: 'on hand' | 'free' | 'reserved' | 'movement';
  readonly of: string;
  /** What the level says; of a movement, what it says itself. Null = nothing. */
  readonly kept: number | null;
  /** What follows from the movements. Null = it is missing, and nothing follows. */
  readonly rebuilt: number | null;
}

export interface RebuiltLevel {
  /** Null where a movement is missing or contradicts itself: then nobody can tell what ought to stand there. */
  readonly level: LevelTotals | null;
  readonly differences: readonly LevelDifference[];
}

/**
 * Sums up all movements of a level, in any order, and says in what the level that is kept beside them differs. There is
 * one movement per version, from 1 to that of the level; one that comes twice counts once. Nothing is changed.
 */
export function rebuilt(kept: LevelTotals & { readonly v: number }, movements: readonly StockMovement[]): RebuiltLevel {
  const byVersion = new Map(movements.map((movement) => [movement.v, movement]));
  const broken: LevelDifference[] = [];
  const reserved = new Map<string, Reservation>();
  let onHand = 0;
  let setAside = 0;
  for (let v = 1; v <= kept.v; v += 1) {
    const movement = byVersion.get(v);
    if (movement === undefined) {
      broken.push({ what: 'movement', of: `version ${v}`, kept: null, rebuilt: null });
      continue;
    }
    let moved = 0;
    for (const { order, line, quantity, revision } of movement.lines) {
      moved += quantity;
      const units = (reserved.get(keyOf(order, line))?.quantity ?? 0) + quantity;
      if (units === 0) reserved.delete(keyOf(order, line));
      else reserved.set(keyOf(order, line), { order, line, quantity: units, revision });
    }
    onHand += movement.onHand;
    setAside += moved;
    if (movement.free !== movement.onHand - moved)
      broken.push({ what: 'movement', of: `version ${v}`, kept: movement.free, rebuilt: movement.onHand - moved });
  }
  if (broken.length > 0) return { level: null, differences: broken };
  const level = { onHand, free: onHand - setAside, reserved: [...reserved.values()] };
  return { level, differences: compare(kept, level) };
}

function compare(kept: LevelTotals, level: LevelTotals): LevelDifference[] {
  const here = unitsOf(kept);
  const there = unitsOf(level);
  const lines = [...new Set([...here.keys(), ...there.keys()])].sort();
  const pairs = [
    { what: 'on hand' as const, of: 'level', kept: kept.onHand, rebuilt: level.onHand },
    { what: 'free' as const, of: 'level', kept: kept.free, rebuilt: level.free },
    ...lines.map((of) => ({ what: 'reserved' as const, of, kept: here.get(of) ?? 0, rebuilt: there.get(of) ?? 0 })),
  ];
  return pairs.filter((pair) => pair.kept !== pair.rebuilt);
}

/** Of a line that stands twice the units are added: they are set aside twice. */
function unitsOf({ reserved }: LevelTotals): Map<string, number> {
  const units = new Map<string, number>();
  for (const { order, line, quantity } of reserved)
    units.set(keyOf(order, line), (units.get(keyOf(order, line)) ?? 0) + quantity);
  return units;
}

function keyOf(order: OrderId, line: LineId): string {
  return `${order}/${line}`;
}
