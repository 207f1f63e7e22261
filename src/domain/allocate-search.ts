import type { Need, Place, Table, Taken } from './allocate-table.ts';
import type { SourcingRules } from './plan.ts';

/** Past this many steps a set of places is given up: an order of hundreds of lines must not hold up the others. */
const STEPS_PER_SET = 2_000;
/** Past this many in all, the search is. */
const STEPS = 40_000;
/** As many places as a bit mask of a safe shift holds. */
const PLACES = 30;

/**
 * A plan that serves every demand, each from one place, with the fewest locations and then the best priorities; null
 * where there is none. What it plans is taken from the table.
 */
export function planWhole(table: Table, rules: SourcingRules): Taken[] | null {
  const fixed: Taken[] = [];
  const free: Need[] = [];
  for (const need of table.needs) {
    if (need.assigned === null) {
      free.push(need);
      continue;
    }
    if (need.assigned === undefined || table.available(need, need.assigned) < need.quantity) return undo(table, fixed);
    table.take(need, need.assigned, need.quantity);
    fixed.push({ need, place: need.assigned, units: need.quantity });
  }
  if (free.length === 0) return fixed;
  const chosen = new Search(table, rules, free, fixed).find();
  if (chosen === null) return undo(table, fixed);
  for (const [at, need] of free.entries()) {
    const place = chosen[at];
    if (place !== undefined) fixed.push({ need, place, units: need.quantity });
  }
  // By line, as demanded: who reads the plan expects the order's order.
  return fixed.sort((a, b) => a.need.index - b.need.index);
}

function undo(table: Table, taken: readonly Taken[]): null {
  for (const { need, place, units } of taken) table.giveBack(need, place, units);
  return null;
}

/** Tries sets of places by size, then priority, and in each set every way to serve the lines. */
class Search {
  readonly #table: Table;
  readonly #free: readonly Need[];
  /** Places that could serve at least one line alone, and those in the plan already. */
  readonly #candidates: readonly Place[];
  /** Per line: bit i = candidate i could serve it alone. */
  readonly #able: readonly number[];
  /** Bits of the candidates that cost nothing, because an assigned line ships from there anyway. */
  readonly #given: number;
  readonly #extra: number;
  #steps = 0;
  #until = 0;

  constructor(table: Table, rules: SourcingRules, free: readonly Need[], fixed: readonly Taken[]) {
    this.#table = table;
    this.#free = free;
    const used = new Set(fixed.map(({ place }) => place));
    const complete = rules.policy === 'ship-complete';
    this.#extra = complete ? (used.size > 0 ? 0 : 1) : Math.max(0, rules.maxLocations - used.size);
    const candidates = table.places.filter((place) => {
      if (!place.serves || (this.#extra === 0 && !used.has(place))) return false;
      return free.some((need) => table.available(need, place) >= need.quantity);
    });
    candidates.length = Math.min(candidates.length, PLACES);
    this.#candidates = candidates;
    this.#able = free.map((need) => {
      let bits = 0;
      for (const [at, place] of candidates.entries()) {
        if (table.available(need, place) >= need.quantity) bits |= 1 << at;
      }
      return bits;
    });
    let given = 0;
    for (const [at, place] of candidates.entries()) if (used.has(place)) given |= 1 << at;
    this.#given = given;
  }

  /** The place of each line, taken from the table; null where there is no way. */
  find(): Place[] | null {
    if (this.#able.includes(0)) return null;
    for (let size = 0; size <= Math.min(this.#extra, this.#candidates.length); size++) {
      const found = this.#sets(size, 0, this.#given);
      if (found !== null) return found;
    }
    return null;
  }

  #sets(more: number, from: number, set: number): Place[] | null {
    if (more === 0) {
      if (!this.#able.every((bits) => (bits & set) !== 0)) return null;
      this.#until = Math.min(STEPS, this.#steps + STEPS_PER_SET);
      return this.#serve(0, set, []);
    }
    for (let at = from; at <= this.#candidates.length - more; at++) {
      if ((this.#given & (1 << at)) !== 0) continue;
      if (this.#steps++ >= STEPS) return null;
      const found = this.#sets(more - 1, at + 1, set | (1 << at));
      if (found !== null) return found;
    }
    return null;
  }

  /** Serves line `at` and those after it from the set, going back where lines that share a component get in each other's way. */
  #serve(at: number, set: number, chosen: Place[]): Place[] | null {
    const need = this.#free[at];
    if (need === undefined) return chosen;
    const able = (this.#able[at] ?? 0) & set;
    for (const [bit, place] of this.#candidates.entries()) {
      if ((able & (1 << bit)) === 0) continue;
      if (this.#steps++ >= this.#until) return null;
      if (this.#table.available(need, place) < need.quantity) continue;
      this.#table.take(need, place, need.quantity);
      chosen.push(place);
      const found = this.#serve(at + 1, set, chosen);
      if (found !== null) return found;
      chosen.pop();
      this.#table.giveBack(need, place, need.quantity);
    }
    return null;
  }
}
