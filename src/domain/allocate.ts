import { planWhole } from './allocate-search.ts';
import { Table, type Need, type Place } from './allocate-table.ts';
import { explain, waitingFor } from './allocate-why.ts';
import type { LineId, LocationId, Sku } from './ids.ts';

/** What one order line needs: `quantity` units, each made of `components`. `location: null` = we choose. */
export interface Demand {
  readonly line: LineId;
  readonly sku: Sku;
  readonly quantity: number;
  /** What of one unit leaves the warehouse: a plain item is itself × 1. */
  readonly components: readonly { readonly sku: Sku; readonly quantity: number }[];
  readonly location: LocationId | null;
}

/** What there is, as seen when planning; the store's conditional updates have the last word. */
export interface Supply {
  /** Units not set aside; negative after a count took away what was reserved. */
  free(sku: Sku, location: LocationId): number;
  stocked(sku: Sku, location: LocationId): boolean;
  /** Older promises wait for this SKU: nothing of it may be taken out of turn. */
  backlog(sku: Sku): boolean;
}

/** How an order may be sourced. */
export interface SourcingRules {
  readonly locations: readonly {
    readonly id: LocationId;
    readonly enabled: boolean;
    /** Smaller is asked first. */
    readonly priority: number;
    /** ISO 3166-1 alpha-2 of the countries that it ships to; null = everywhere. */
    readonly countries: readonly string[] | null;
  }[];
  /**
   * `ship-complete` = everything from one location, or nothing now. `split` = every line whole from one location, lines
   * from several, or nothing now. `partial` = as `split` where that is possible, else what is there; the rest waits.
   */
  readonly policy: 'ship-complete' | 'split' | 'partial';
  /** How many locations an order may come from. Those that the channel assigned count, but are never refused for it. */
  readonly maxLocations: number;
  /** ISO 3166-1 alpha-2; null = not known, which rules no location out. */
  readonly destination: string | null;
}

/** Units of a component to reserve for a line at a location: one entry per line, component and location. */
export interface PlanLine {
  readonly line: LineId;
  readonly sku: Sku;
  readonly location: LocationId;
  /** In component units. */
  readonly quantity: number;
}

/**
 * Units of a line that are not planned. `short` = `sku` is not there in the quantity needed; `backlog` = older promises
 * wait for `sku`; `company` = the line itself could be had, but not together with the others (by policy, or because
 * lines share a component); `location` = no location may serve it. Only `short` is a reason for newer orders to queue.
 */
export interface Waiting {
  readonly line: LineId;
  /** The component that decides, or the line's first where none does. */
  readonly sku: Sku;
  /** In line units. */
  readonly quantity: number;
  readonly cause: 'short' | 'backlog' | 'company' | 'location';
}

/** Why a location was chosen or passed over for a line. */
export interface Verdict {
  readonly line: LineId;
  readonly location: LocationId;
  readonly verdict: 'chosen' | 'passed over';
  readonly reason: string;
}

export interface Plan {
  readonly lines: readonly PlanLine[];
  readonly waiting: readonly Waiting[];
  readonly why: readonly Verdict[];
}

/**
 * Plans where an order's lines come from: as few locations as possible, then those of the best priority (ties by id).
 * Nothing is planned beyond what is free, also where lines or kits share a component; the components of one kit unit
 * come from one location; planned + waiting = demanded for every line. Pure: the same input gives the same plan, and
 * the order in which rules list their locations does not matter.
 *
 * A demand with a location is served there or waits; countries are not asked, because the channel has decided. Under
 * `ship-complete` the other lines then come from such a location too. The search is exact within 30 locations that
 * have stock of a line (the best by priority, past that) and 40,000 steps; an order that needs more waits, or is
 * taken from greedily under `partial`.
 * @throws SyncError `bug` for a demand whose quantities are not positive whole numbers.
 */
export function allocate(demands: readonly Demand[], supply: Supply, rules: SourcingRules): Plan {
  const table = new Table(demands, supply, rules);
  const whole = planWhole(table, rules);
  const taken = whole ?? (rules.policy === 'partial' ? takeWhatIsThere(table, rules.maxLocations) : []);
  return {
    lines: planLines(taken),
    waiting: waitingFor(table, taken),
    why: explain(table, taken),
  };
}

/** Units of one demand taken at one place. */
export interface Taken {
  readonly need: Need;
  readonly place: Place;
  readonly units: number;
}

/** Assigned places first; then, again and again, the location with the most units of what is left, best priority first. */
function takeWhatIsThere(table: Table, maxLocations: number): Taken[] {
  const taken: Taken[] = [];
  const left = table.needs.map((need) => need.quantity);
  const used = new Set<Place>();
  const takeAt = (place: Place, wanted: (need: Need) => boolean): void => {
    for (const need of table.needs) {
      const units = wanted(need) ? Math.min(left[need.index] ?? 0, table.available(need, place)) : 0;
      if (units <= 0) continue;
      table.take(need, place, units);
      left[need.index] = (left[need.index] ?? 0) - units;
      taken.push({ need, place, units });
      used.add(place);
    }
  };
  for (const place of table.places) takeAt(place, (need) => need.assigned === place);
  const open = new Set(table.places);
  while (open.size > 0) {
    let best: Place | null = null;
    let most = 0;
    for (const place of open) {
      if (used.size >= maxLocations && !used.has(place)) continue;
      const units = table.worth(place, left);
      if (units > most) {
        best = place;
        most = units;
      }
    }
    if (best === null) break;
    const chosen = best;
    takeAt(chosen, (need) => table.choosable(need, chosen));
    open.delete(chosen);
  }
  return taken;
}

function planLines(taken: readonly Taken[]): PlanLine[] {
  const lines: { line: LineId; sku: Sku; location: LocationId; quantity: number }[] = [];
  for (const { need, place, units } of taken) {
    for (const { sku, quantity } of need.components) {
      const same = lines.find((line) => line.line === need.line && line.sku === sku && line.location === place.id);
      // Two demands of one line can meet at one place: a reservation is known by its line, so they are one.
      if (same === undefined) lines.push({ line: need.line, sku, location: place.id, quantity: quantity * units });
      else same.quantity += quantity * units;
    }
  }
  return lines;
}
