import { planWhole } from './allocate-search.ts';
import { Table, type Need, type Place, type Taken } from './allocate-table.ts';
import { explain, waitingFor } from './allocate-why.ts';
import type { LineId, LocationId, Sku } from './ids.ts';
import type { Demand, Plan, PlanLine, SourcingRules, Supply } from './plan.ts';

export type { Demand, Plan, PlanLine, SourcingRules, Supply, Verdict, Waiting } from './plan.ts';

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
