import type { LineId, LocationId, OrderId, Sku } from './ids.ts';
import { emptyLevel, type Reservation, type StockLevel } from './stock.ts';

/** One change of a level, as it was kept: the level's version, its totals after it, and signed units per order line. */
export interface StockMovement {
  readonly v: number;
  readonly kind: string;
  /** After this movement. */
  readonly onHand: number;
  /** After this movement. */
  readonly free: number;
  readonly lines: readonly {
    readonly order: OrderId;
    readonly line: LineId;
    /** Units reserved by this movement, negative for units given back. */
    readonly quantity: number;
    readonly revision: number;
  }[];
}

/** One thing in which a kept level and its movements disagree. `of` names the total, the order line or the movement. */
export interface LevelDifference {
  readonly what: 'on hand' | 'free' | 'reserved' | 'movement';
  readonly of: string;
  readonly kept: number | null;
  readonly rebuilt: number | null;
}

/**
 * Rebuilds a level from all its movements (in any order; each `v` counts once) and says in what the level that was kept
 * beside them differs. Σ reserved comes from the signed units, on hand from the newest movement; a movement whose own
 * `free` is not on hand − Σ reserved at that point, or a gap in the versions, is a difference too. Line units of zero
 * are tombstones, which are pruned at will: a missing one is no difference. Nothing is changed.
 */
export function levelOf(
  sku: Sku,
  location: LocationId,
  movements: readonly StockMovement[],
  kept: StockLevel = emptyLevel(sku, location),
): { readonly level: StockLevel; readonly differences: readonly LevelDifference[] } {
  const differences: LevelDifference[] = [];
  const reserved = new Map<string, Reservation>();
  let onHand = 0;
  let setAside = 0;
  let version: number | null = null;
  for (const movement of [...movements].sort((a, b) => a.v - b.v)) {
    if (movement.v === version) continue;
    if (version !== null && movement.v !== version + 1) {
      differences.push({ what: 'movement', of: `versions after ${version}`, kept: movement.v, rebuilt: version + 1 });
    }
    version = movement.v;
    for (const { order, line, quantity, revision } of movement.lines) {
      const before = reserved.get(keyOf(order, line))?.quantity ?? 0;
      reserved.set(keyOf(order, line), { order, line, quantity: before + quantity, revision });
      setAside += quantity;
    }
    onHand = movement.onHand;
    if (movement.free !== onHand - setAside) {
      differences.push({ what: 'movement', of: `version ${version}`, kept: movement.free, rebuilt: onHand - setAside });
    }
  }
  const level = { sku, location, onHand, free: onHand - setAside, reserved: [...reserved.values()] };
  return { level, differences: [...differences, ...compare(kept, level)] };
}

function compare(kept: StockLevel, rebuilt: StockLevel): LevelDifference[] {
  const differences: LevelDifference[] = [];
  if (kept.onHand !== rebuilt.onHand) {
    differences.push({ what: 'on hand', of: 'level', kept: kept.onHand, rebuilt: rebuilt.onHand });
  }
  if (kept.free !== rebuilt.free) {
    differences.push({ what: 'free', of: 'level', kept: kept.free, rebuilt: rebuilt.free });
  }
  const units = (level: StockLevel): Map<string, number> =>
    new Map(level.reserved.map(({ order, line, quantity }) => [keyOf(order, line), quantity]));
  const here = units(kept);
  const there = units(rebuilt);
  for (const of of [...new Set([...here.keys(), ...there.keys()])].sort()) {
    const [keptUnits, rebuiltUnits] = [here.get(of) ?? null, there.get(of) ?? null];
    if ((keptUnits ?? 0) !== (rebuiltUnits ?? 0)) {
      differences.push({ what: 'reserved', of, kept: keptUnits, rebuilt: rebuiltUnits });
    }
  }
  return differences;
}

function keyOf(order: OrderId, line: LineId): string {
  return `${order}/${line}`;
}
