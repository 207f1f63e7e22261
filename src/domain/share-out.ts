import type { LineId, Sku } from './ids.ts';
import type { OrderLine } from './order.ts';

/** Units of one SKU that stand for one line of an order. */
export interface LineUnits {
  readonly line: LineId;
  readonly sku: Sku;
  readonly quantity: number;
}

/** What of an order line says how many pieces it is made of. */
export type PiecedLine = Pick<OrderLine, 'id' | 'ordered' | 'cancelled' | 'components'>;

/** So many ways to make up kits are tried: an order has few, and what cannot be told by then is told piece by piece. */
const MOST_TRIES = 5_000;

/**
 * Which lines of an order units by SKU stand for, where nobody says: as many whole kits as leave no piece over, and the
 * rest to lines of their own, what is still wanted of each first. Where no such way is found each SKU is given to lines of
 * its own before kits. More than all lines ordered stands with the last of its SKU; a SKU that no line is made of with none.
 *
 * @param had units of the lines that somebody has already
 */
export function shareOut(
  lines: readonly PiecedLine[],
  had: readonly LineUnits[],
  units: ReadonlyMap<Sku, number>,
): LineUnits[] {
  const sharing = new Sharing(lines, had);
  sharing.wholeKits(units);
  for (const [sku, quantity] of units) sharing.give(sku, quantity);
  return sharing.given();
}

class Sharing {
  readonly #lines: readonly PiecedLine[];
  readonly #had: readonly LineUnits[];
  /** By line and SKU. */
  readonly #given = new Map<PiecedLine, Map<Sku, number>>();

  constructor(lines: readonly PiecedLine[], had: readonly LineUnits[]) {
    this.#lines = lines;
    this.#had = had;
  }

  /** Gives units to kits, where some number of whole ones leaves no more of any SKU than lines of their own have room for. */
  wholeKits(units: ReadonlyMap<Sku, number>): void {
    const kits = this.#lines.filter(({ components }) => components.length > 1);
    let tries = 0;
    const left = new Map(units);
    const found = (index: number): readonly number[] | null => {
      const kit = kits[index];
      tries += 1;
      if (tries > MOST_TRIES) return null;
      if (kit === undefined) return [...left].every(([sku, quantity]) => quantity <= this.#ownRoom(sku)) ? [] : null;
      const most = Math.min(
        ...kit.components.map(({ sku, quantity }) =>
          Math.floor(Math.min(left.get(sku) ?? 0, this.#room(kit, sku, kit.ordered)) / quantity),
        ),
      );
      for (let whole = Math.max(0, most); whole >= 0; whole -= 1) {
        for (const { sku, quantity } of kit.components) left.set(sku, (left.get(sku) ?? 0) - whole * quantity);
        const rest = found(index + 1);
        for (const { sku, quantity } of kit.components) left.set(sku, (left.get(sku) ?? 0) + whole * quantity);
        if (rest !== null) return [whole, ...rest];
      }
      return null;
    };
    for (const [index, whole] of (found(0) ?? []).entries()) {
      const kit = kits[index];
      if (kit !== undefined) for (const { sku, quantity } of kit.components) this.#put(kit, sku, whole * quantity);
    }
  }

  /** Gives what is left of a SKU, of all that there is of it. */
  give(sku: Sku, quantity: number): void {
    const places = this.#lines
      .filter(({ components }) => components.some((each) => each.sku === sku))
      .toSorted((one, other) => Math.min(one.components.length, 2) - Math.min(other.components.length, 2));
    let left = quantity - places.reduce((sum, line) => sum + this.#of(line, sku), 0);
    const take = (line: PiecedLine, most: number): void => {
      const more = Math.max(0, Math.min(left, most));
      this.#put(line, sku, more);
      left -= more;
    };
    for (const line of places) take(line, this.#room(line, sku, line.ordered - line.cancelled));
    for (const line of places) take(line, this.#room(line, sku, line.ordered));
    const last = places.at(-1);
    if (last !== undefined) take(last, left);
  }

  given(): LineUnits[] {
    return this.#lines.flatMap((line) =>
      [...(this.#given.get(line) ?? [])].flatMap(([sku, quantity]) =>
        quantity > 0 ? [{ line: line.id, sku, quantity }] : [],
      ),
    );
  }

  /** How many more of a SKU make up so many units of a line. */
  #room(line: PiecedLine, sku: Sku, units: number): number {
    const each = line.components.find((component) => component.sku === sku)?.quantity ?? 0;
    const had = this.#had.reduce((sum, one) => sum + (one.line === line.id && one.sku === sku ? one.quantity : 0), 0);
    return units * each - had - this.#of(line, sku);
  }

  /** Of a SKU, what lines have room for that are made of nothing else. */
  #ownRoom(sku: Sku): number {
    return this.#lines
      .filter(({ components }) => components.length === 1 && components[0]?.sku === sku)
      .reduce((sum, line) => sum + Math.max(0, this.#room(line, sku, line.ordered)), 0);
  }

  #of(line: PiecedLine, sku: Sku): number {
    return this.#given.get(line)?.get(sku) ?? 0;
  }

  #put(line: PiecedLine, sku: Sku, quantity: number): void {
    const here = this.#given.get(line) ?? new Map<Sku, number>();
    here.set(sku, (here.get(sku) ?? 0) + quantity);
    this.#given.set(line, here);
  }
}
