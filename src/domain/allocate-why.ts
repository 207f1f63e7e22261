import type { Need, Place, Table, Taken } from './allocate-table.ts';
import type { Verdict, Waiting } from './plan.ts';

/** Why each location of the rules was chosen or passed over, for each demand. */
export function explain(table: Table, taken: readonly Taken[]): Verdict[] {
  const why: Verdict[] = [];
  for (const need of table.needs) {
    for (const place of table.places) {
      const units = unitsAt(taken, need, place);
      const verdict = units > 0 ? 'chosen' : 'passed over';
      const reason = units > 0 ? chosenBecause(need, units) : passedOver(table, taken, need, place);
      why.push({ line: need.line, location: place.id, verdict, reason });
    }
    for (const location of table.rules.locations) {
      if (!location.enabled) {
        why.push({
          line: need.line,
          location: location.id,
          verdict: 'passed over',
          reason: location.off ?? 'switched off',
        });
      }
    }
    if (
      need.assigned === undefined &&
      need.location !== null &&
      !table.rules.locations.some(({ id }) => id === need.location)
    ) {
      why.push({
        line: need.line,
        location: need.location,
        verdict: 'passed over',
        reason: 'assigned by the channel, but not configured here',
      });
    }
  }
  return why;
}

/** What of each demand is not planned, and what it waits for. */
export function waitingFor(table: Table, taken: readonly Taken[]): Waiting[] {
  const open = table.needs.map((need) => need.quantity);
  for (const { need, units } of taken) open[need.index] = (open[need.index] ?? 0) - units;
  const waiting: Waiting[] = [];
  for (const need of table.needs) {
    const quantity = open[need.index] ?? 0;
    if (quantity > 0) waiting.push({ line: need.line, quantity, ...causeOf(table, need, open) });
  }
  return waiting;
}

function unitsAt(taken: readonly Taken[], need: Need, place: Place): number {
  let units = 0;
  for (const one of taken) if (one.need === need && one.place === place) units += one.units;
  return units;
}

function chosenBecause(need: Need, units: number): string {
  const part = units === need.quantity ? 'has it' : `has ${units} of ${need.quantity}`;
  return need.assigned === null ? part : `${part}; assigned by the channel`;
}

function passedOver(table: Table, taken: readonly Taken[], need: Need, place: Place): string {
  if (need.assigned !== null && need.assigned !== place) return `the channel assigned ${need.location ?? ''}`;
  if (need.assigned === null && !place.serves) return `does not ship to ${table.rules.destination ?? ''}`;
  for (const { sku, column } of need.components) {
    if (table.behind(column)) return `older orders wait for ${sku}`;
    if (!table.supply.stocked(sku, place.id)) return `does not stock ${sku}`;
  }
  // What was there before this plan took anything: that is what a person sees.
  for (const { sku, quantity } of need.components) {
    const free = table.supply.free(sku, place.id);
    if (free < quantity * need.quantity) return `has ${Math.max(0, free)} of ${quantity * need.quantity} ${sku}`;
  }
  if (taken.some((one) => one.need === need)) return 'has it; another was better by fewer locations or priority';
  if (taken.length > 0) return 'has it, but other lines take it';
  return 'has it, but not together with the other lines';
}

/** The first component that is short where the demand may be served, counting what the order's other open lines want of it. */
function causeOf(table: Table, need: Need, open: readonly number[]): Pick<Waiting, 'sku' | 'cause'> {
  const first = need.components[0]?.sku ?? '';
  for (const { sku, column } of need.components) if (table.behind(column)) return { sku, cause: 'backlog' };
  const places = table.places.filter((place) => (need.assigned === null ? place.serves : need.assigned === place));
  if (places.length === 0) return { sku: first, cause: 'location' };
  const { policy } = table.rules;
  for (const { sku, column, quantity } of need.components) {
    let most = 0;
    let all = 0;
    for (const place of places) {
      const left = table.left(column, place);
      most = Math.max(most, left);
      all += left;
    }
    const own = quantity * (open[need.index] ?? 0);
    const together = wantedBy(table, column, need, open);
    const lacks = policy === 'ship-complete' ? together > most : together > all || (policy === 'split' && own > most);
    if (lacks) return { sku, cause: 'short' };
  }
  return { sku: first, cause: 'company' };
}

/** Units of a component that all open demands want that may be served where this one may. */
function wantedBy(table: Table, column: number, like: Need, open: readonly number[]): number {
  let wanted = 0;
  for (const need of table.needs) {
    if (need.assigned !== like.assigned) continue;
    for (const component of need.components) {
      if (component.column === column) wanted += component.quantity * (open[need.index] ?? 0);
    }
  }
  return wanted;
}
