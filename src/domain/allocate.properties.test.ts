import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { allocate, type Demand, type Plan, type SourcingRules, type Supply } from './allocate.ts';

const LOCATIONS = ['A', 'B', 'C', 'D'];
const SKUS = ['X', 'Y', 'Z'];

interface Case {
  readonly demands: readonly Demand[];
  readonly stock: readonly number[];
  readonly stocked: readonly boolean[];
  readonly behind: readonly boolean[];
  readonly rules: SourcingRules;
}

const component = fc.record({ sku: fc.constantFrom(...SKUS), quantity: fc.integer({ min: 1, max: 3 }) });
const demand = fc.record({
  quantity: fc.integer({ min: 1, max: 4 }),
  components: fc.uniqueArray(component, { selector: ({ sku }) => sku, minLength: 1, maxLength: 3 }),
  location: fc.option(fc.constantFrom(...LOCATIONS), { freq: 4 }),
});
const perPlace = LOCATIONS.length * SKUS.length;
const cases: fc.Arbitrary<Case> = fc.record({
  demands: fc
    .array(demand, { minLength: 1, maxLength: 4 })
    .map((demands) => demands.map((one, at) => ({ ...one, line: `line-${at}`, sku: `item-${at}` }))),
  stock: fc.array(fc.integer({ min: -3, max: 14 }), { minLength: perPlace, maxLength: perPlace }),
  stocked: fc.array(
    fc.integer({ min: 0, max: 6 }).map((roll) => roll > 0),
    { minLength: perPlace, maxLength: perPlace },
  ),
  behind: fc.array(
    fc.integer({ min: 0, max: 9 }).map((roll) => roll === 0),
    { minLength: 3, maxLength: 3 },
  ),
  rules: fc.record({
    locations: fc
      .tuple(
        ...LOCATIONS.map(() => fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 2 }), fc.boolean())),
      )
      .map((places) =>
        places.map(([roll, priority, everywhere], at) => ({
          id: LOCATIONS[at] ?? '',
          enabled: roll > 0,
          priority,
          countries: everywhere ? null : roll > 4 ? ['DE'] : ['US'],
        })),
      ),
    policy: fc.constantFrom('ship-complete' as const, 'split' as const, 'partial' as const),
    maxLocations: fc.integer({ min: 1, max: 4 }),
    destination: fc.constantFrom('DE', null),
  }),
});

const at = (sku: string, location: string): number => LOCATIONS.indexOf(location) * SKUS.length + SKUS.indexOf(sku);

function supplyOf({ stock, stocked, behind }: Case): Supply {
  return {
    free: (sku, location) => stock[at(sku, location)] ?? 0,
    stocked: (sku, location) => stocked[at(sku, location)] === true,
    backlog: (sku) => behind[SKUS.indexOf(sku)] === true,
  };
}

function planOf(one: Case): Plan {
  return allocate(one.demands, supplyOf(one), one.rules);
}

/** Units of a line planned at a location, from one of its components; NaN where the components do not agree. */
function unitsAt(plan: Plan, { line, components }: Demand, location: string): number {
  const units = components.map(({ sku, quantity }) => {
    const planned = plan.lines.filter((one) => one.line === line && one.sku === sku && one.location === location);
    return planned.reduce((sum, one) => sum + one.quantity, 0) / quantity;
  });
  return units.every((count) => count === units[0] && Number.isInteger(count)) ? (units[0] ?? NaN) : NaN;
}

const unitsOf = (plan: Plan, one: Demand): number =>
  LOCATIONS.reduce((sum, location) => sum + unitsAt(plan, one, location), 0);
const placesOf = (plan: Plan): Set<string> => new Set(plan.lines.map(({ location }) => location));

/** The least number of locations from which every line can be served whole, by trying everything; null where it cannot. */
function fewest(one: Case): number | null {
  const left = one.stock.map((free, index) =>
    one.stocked[index] === true && one.behind[index % SKUS.length] !== true ? Math.max(0, free) : 0,
  );
  const assigned = new Set(one.demands.flatMap(({ location }) => location ?? []));
  let best: number | null = null;
  const tryFrom = (index: number, used: ReadonlySet<string>): void => {
    const demand = one.demands[index];
    if (demand === undefined) {
      const complete = one.rules.policy === 'ship-complete';
      const chosen = [...used].filter((location) => !assigned.has(location)).length;
      if (complete ? chosen > (assigned.size > 0 ? 0 : 1) : chosen > 0 && used.size > one.rules.maxLocations) return;
      best = Math.min(best ?? Infinity, used.size);
      return;
    }
    for (const { id, enabled, countries } of one.rules.locations) {
      const { destination } = one.rules;
      const serves = countries === null || destination === null || countries.includes(destination);
      if (!enabled || (demand.location === null ? !serves : demand.location !== id)) continue;
      const needs = demand.components.map(({ sku, quantity }) => [at(sku, id), quantity * demand.quantity] as const);
      if (needs.some(([cell, units]) => (left[cell] ?? 0) < units)) continue;
      for (const [cell, units] of needs) left[cell] = (left[cell] ?? 0) - units;
      tryFrom(index + 1, new Set([...used, id]));
      for (const [cell, units] of needs) left[cell] = (left[cell] ?? 0) + units;
    }
  };
  tryFrom(0, new Set());
  return best;
}

describe('every plan (I3)', () => {
  const holds = (rule: (one: Case, plan: Plan) => void): void => {
    fc.assert(
      fc.property(cases, (one) => rule(one, planOf(one))),
      { numRuns: 2000 },
    );
  };

  it('takes no more than is free, nothing that is not stocked and nothing that older orders wait for', () => {
    holds((one, plan) => {
      const supply = supplyOf(one);
      for (const location of LOCATIONS) {
        for (const sku of SKUS) {
          const planned = plan.lines.filter((line) => line.sku === sku && line.location === location);
          const units = planned.reduce((sum, line) => sum + line.quantity, 0);
          const allowed =
            supply.backlog(sku) || !supply.stocked(sku, location) ? 0 : Math.max(0, supply.free(sku, location));
          expect(units).toBeLessThanOrEqual(allowed);
        }
      }
    });
  });

  it('takes the components of a kit in proportion at each location, and planned + waiting is what was demanded', () => {
    holds((one, plan) => {
      for (const each of one.demands) {
        const waiting = plan.waiting.filter(({ line }) => line === each.line);
        expect(waiting.length).toBeLessThanOrEqual(1);
        expect(unitsOf(plan, each) + (waiting[0]?.quantity ?? 0)).toBe(each.quantity);
      }
      expect(plan.lines.every(({ quantity }) => quantity > 0)).toBe(true);
      expect(plan.waiting.every(({ quantity }) => quantity > 0)).toBe(true);
    });
  });

  it('keeps a line where the channel assigned it, and uses only locations that are on and serve the destination', () => {
    holds((one, plan) => {
      for (const { line, location } of plan.lines) {
        const wanted = one.demands.find((each) => each.line === line)?.location;
        const place = one.rules.locations.find(({ id }) => id === location);
        expect(place?.enabled).toBe(true);
        if (wanted !== null) expect(location).toBe(wanted);
        else
          expect(place?.countries === null || one.rules.destination === null || place?.countries.includes('DE')).toBe(
            true,
          );
      }
    });
  });

  it('serves all lines from the fewest locations that can, and without `partial` all or none', () => {
    holds((one, plan) => {
      const best = fewest(one);
      if (best !== null) {
        expect(plan.waiting).toEqual([]);
        expect(placesOf(plan).size).toBe(best);
      } else if (one.rules.policy !== 'partial') {
        expect(plan.lines).toEqual([]);
      }
    });
  });

  it('under `partial` leaves nothing in a location that it may still use', () => {
    holds((one, plan) => {
      if (one.rules.policy !== 'partial') return;
      const supply = supplyOf(one);
      for (const { line } of plan.waiting) {
        const demand = one.demands.find((each) => each.line === line);
        for (const { id, enabled, countries } of one.rules.locations) {
          const { destination, maxLocations } = one.rules;
          const serves = countries === null || destination === null || countries.includes(destination);
          if (demand === undefined || !enabled || (demand.location === null ? !serves : demand.location !== id))
            continue;
          if (demand.location === null && !placesOf(plan).has(id) && placesOf(plan).size >= maxLocations) continue;
          const left = demand.components.map(({ sku, quantity }) => {
            const planned = plan.lines.filter((each) => each.sku === sku && each.location === id);
            const free = supply.backlog(sku) || !supply.stocked(sku, id) ? 0 : supply.free(sku, id);
            return Math.floor((free - planned.reduce((sum, each) => sum + each.quantity, 0)) / quantity);
          });
          expect(Math.min(...left)).toBeLessThanOrEqual(0);
        }
      }
    });
  });

  it('gives a reason for each line at each location, chosen exactly where units are planned', () => {
    holds((one, plan) => {
      for (const each of one.demands) {
        for (const { id } of one.rules.locations) {
          const verdicts = plan.why.filter(({ line, location }) => line === each.line && location === id);
          expect(verdicts).toHaveLength(1);
          expect(verdicts[0]?.verdict).toBe(unitsAt(plan, each, id) > 0 ? 'chosen' : 'passed over');
        }
      }
    });
  });

  it('is the same for the same input, however the rules list their locations', () => {
    holds((one, plan) => {
      expect(planOf(one)).toEqual(plan);
      const turned = planOf({ ...one, rules: { ...one.rules, locations: [...one.rules.locations].reverse() } });
      expect({ lines: turned.lines, waiting: turned.waiting }).toEqual({ lines: plan.lines, waiting: plan.waiting });
    });
  });
});
