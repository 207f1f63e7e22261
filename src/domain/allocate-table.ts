import type { Demand, SourcingRules, Supply } from './plan.ts';
import { SyncError } from './errors.ts';
import type { LineId, LocationId, Sku } from './ids.ts';

/** One demand, prepared: each component once, with its column in the table. */
export interface Need {
  readonly index: number;
  readonly line: LineId;
  readonly quantity: number;
  readonly components: readonly { readonly sku: Sku; readonly column: number; readonly quantity: number }[];
  /** The place that the channel chose; null = we choose; undefined = it chose one that ships nothing. */
  readonly assigned: Place | null | undefined;
  /** Where it was assigned to, as named. */
  readonly location: LocationId | null;
}

/** One enabled location. */
export interface Place {
  readonly id: LocationId;
  /** Its row in the table, by priority, then id. */
  readonly row: number;
  /** Whether it ships to the order's destination. */
  readonly serves: boolean;
}

/**
 * What is left at every place of every component that an order needs, as a plan takes from it. Reads each pair of SKU
 * and location once. Places stand by priority, then id, so that first found is best.
 */
export class Table {
  readonly needs: readonly Need[];
  readonly places: readonly Place[];
  readonly skus: readonly Sku[];
  readonly supply: Supply;
  readonly rules: SourcingRules;
  readonly #left: number[] = [];
  readonly #behind: readonly boolean[];

  constructor(demands: readonly Demand[], supply: Supply, rules: SourcingRules) {
    this.supply = supply;
    this.rules = rules;
    this.places = placesOf(rules);
    const skus: Sku[] = [];
    this.needs = demands.map((demand, index) => prepare(demand, index, skus, this.places));
    this.skus = skus;
    this.#behind = skus.map((sku) => supply.backlog(sku));
    for (const place of this.places) {
      for (const [column, sku] of skus.entries()) {
        const takeable = this.#behind[column] !== true && supply.stocked(sku, place.id);
        this.#left.push(takeable ? Math.max(0, supply.free(sku, place.id)) : 0);
      }
    }
  }

  /** Older promises wait for this component. */
  behind(column: number): boolean {
    return this.#behind[column] === true;
  }

  /** Units of a component left at a place. */
  left(column: number, place: Place): number {
    return this.#left[place.row * this.skus.length + column] ?? 0;
  }

  /** Whole units of a demand that what is left at a place makes. */
  available(need: Need, place: Place): number {
    let units = Number.MAX_SAFE_INTEGER;
    for (const { column, quantity } of need.components) {
      units = Math.min(units, Math.floor(this.left(column, place) / quantity));
    }
    return units;
  }

  take(need: Need, place: Place, units: number): void {
    for (const { column, quantity } of need.components) {
      const at = place.row * this.skus.length + column;
      this.#left[at] = (this.#left[at] ?? 0) - quantity * units;
    }
  }

  giveBack(need: Need, place: Place, units: number): void {
    this.take(need, place, -units);
  }

  /** Whether we may choose this place for this demand. */
  choosable(need: Need, place: Place): boolean {
    return need.assigned === null && place.serves;
  }

  /** Units that a place could give to the demands that we choose for, were it asked now. */
  worth(place: Place, wanted: readonly number[]): number {
    let worth = 0;
    const tried: [Need, number][] = [];
    for (const need of this.needs) {
      if (!this.choosable(need, place)) continue;
      const units = Math.min(wanted[need.index] ?? 0, this.available(need, place));
      if (units <= 0) continue;
      this.take(need, place, units);
      tried.push([need, units]);
      worth += units;
    }
    for (const [need, units] of tried) this.giveBack(need, place, units);
    return worth;
  }
}

function placesOf(rules: SourcingRules): Place[] {
  const { destination } = rules;
  return rules.locations
    .filter((location) => location.enabled)
    .sort((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    .map(({ id, countries }, row) => ({
      id,
      row,
      serves: countries === null || destination === null || countries.includes(destination),
    }));
}

function prepare(demand: Demand, index: number, skus: Sku[], places: readonly Place[]): Need {
  if (!isCount(demand.quantity) || demand.components.length === 0) throw notWhole(demand);
  const components: { sku: Sku; column: number; quantity: number }[] = [];
  for (const { sku, quantity } of demand.components) {
    if (!isCount(quantity)) throw notWhole(demand);
    let column = skus.indexOf(sku);
    if (column < 0) column = skus.push(sku) - 1;
    const same = components.find((component) => component.column === column);
    if (same === undefined) components.push({ sku, column, quantity });
    else same.quantity += quantity;
  }
  const { line, quantity, location } = demand;
  const assigned = location === null ? null : places.find((place) => place.id === location);
  return { index, line, quantity, components, assigned, location };
}

function isCount(quantity: number): boolean {
  return Number.isSafeInteger(quantity) && quantity > 0;
}

function notWhole(demand: Demand): SyncError {
  return new SyncError(
    'bug',
    `Line ${demand.line} demands ${demand.quantity} × ${demand.components.length} components`,
    {
      code: 'demand-not-whole',
      remedy: 'This is a fault in Crossdock: only whole units that exist can be allocated. Report it with the order.',
    },
  );
}

/** Units of one demand taken at one place. */
export interface Taken {
  readonly need: Need;
  readonly place: Place;
  readonly units: number;
}
