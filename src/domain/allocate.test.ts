import { describe, expect, it } from '@jest/globals';
import { allocate, type Demand, type Plan, type SourcingRules, type Supply } from './allocate.ts';

/** Stock as `{ location: { SKU: free } }`: what is not named is not stocked. */
type Shelves = Readonly<Record<string, Readonly<Record<string, number>>>>;

function supplyOf(shelves: Shelves, backlog: readonly string[] = []): Supply {
  return {
    free: (sku, location) => shelves[location]?.[sku] ?? 0,
    stocked: (sku, location) => shelves[location]?.[sku] !== undefined,
    backlog: (sku) => backlog.includes(sku),
  };
}

function rulesOf(policy: SourcingRules['policy'], but: Partial<SourcingRules> = {}): SourcingRules {
  const location = (id: string, priority: number) => ({ id, enabled: true, priority, countries: null });
  return {
    locations: [location('C', 3), location('A', 1), location('B', 2)],
    policy,
    maxLocations: 3,
    destination: 'DE',
    ...but,
  };
}

function item(line: string, sku: string, quantity = 1, location: string | null = null): Demand {
  return { line, sku, quantity, components: [{ sku, quantity: 1 }], location };
}

function kit(line: string, quantity: number, components: Readonly<Record<string, number>>): Demand {
  const parts = Object.entries(components).map(([sku, units]) => ({ sku, quantity: units }));
  return { line, sku: `KIT-${line}`, quantity, components: parts, location: null };
}

/** A plan's lines as `line sku@location quantity`. */
function taken(plan: Plan): string[] {
  return plan.lines.map(({ line, sku, location, quantity }) => `${line} ${sku}@${location} ${quantity}`);
}

function waits(plan: Plan): string[] {
  return plan.waiting.map(({ line, sku, quantity, cause }) => `${line} ${sku} ${quantity} ${cause}`);
}

function reason(plan: Plan, line: string, location: string): string {
  const verdict = plan.why.find((one) => one.line === line && one.location === location);
  return verdict === undefined ? 'none given' : `${verdict.verdict}: ${verdict.reason}`;
}

describe('allocate: which location', () => {
  it('takes the location of best priority that has everything, whatever order the rules list them in', () => {
    const plan = allocate([item('1', 'X', 2)], supplyOf({ A: { X: 1 }, B: { X: 2 }, C: { X: 9 } }), rulesOf('split'));
    expect(taken(plan)).toEqual(['1 X@B 2']);
    expect(waits(plan)).toEqual([]);
    expect(reason(plan, '1', 'A')).toBe('passed over: has 1 of 2 X');
    expect(reason(plan, '1', 'B')).toBe('chosen: has it');
    expect(reason(plan, '1', 'C')).toBe('passed over: has it; another was better by fewer locations or priority');
  });

  it('takes the smaller id where priorities are equal', () => {
    const locations = ['B', 'A'].map((id) => ({ id, enabled: true, priority: 1, countries: null }));
    const plan = allocate([item('1', 'X')], supplyOf({ A: { X: 1 }, B: { X: 1 } }), rulesOf('split', { locations }));
    expect(taken(plan)).toEqual(['1 X@A 1']);
  });

  it('prefers one location of worse priority to two of better', () => {
    const shelves = { A: { X: 1 }, B: { Y: 1 }, C: { X: 1, Y: 1 } };
    const plan = allocate([item('1', 'X'), item('2', 'Y')], supplyOf(shelves), rulesOf('split'));
    expect(taken(plan)).toEqual(['1 X@C 1', '2 Y@C 1']);
  });

  it('passes over a location that is switched off, does not ship there or does not stock the item, and says so', () => {
    const locations = [
      { id: 'OFF', enabled: false, priority: 1, countries: null },
      {
        id: 'ELSEWHERE',
        enabled: false,
        off: 'shop has no location that is mapped to it',
        priority: 1,
        countries: null,
      },
      { id: 'US', enabled: true, priority: 2, countries: ['US', 'CA'] },
      { id: 'EMPTY', enabled: true, priority: 3, countries: ['DE'] },
      { id: 'EU', enabled: true, priority: 4, countries: ['DE'] },
    ];
    const shelves = { OFF: { X: 9 }, ELSEWHERE: { X: 9 }, US: { X: 9 }, EMPTY: {}, EU: { X: 9 } };
    const plan = allocate([item('1', 'X')], supplyOf(shelves), rulesOf('split', { locations }));
    expect(taken(plan)).toEqual(['1 X@EU 1']);
    expect(reason(plan, '1', 'OFF')).toBe('passed over: switched off');
    expect(reason(plan, '1', 'ELSEWHERE')).toBe('passed over: shop has no location that is mapped to it');
    expect(reason(plan, '1', 'US')).toBe('passed over: does not ship to DE');
    expect(reason(plan, '1', 'EMPTY')).toBe('passed over: does not stock X');
  });

  it('rules no location out for a destination that is not known', () => {
    const locations = [{ id: 'US', enabled: true, priority: 1, countries: ['US'] }];
    const rules = rulesOf('split', { locations, destination: null });
    expect(taken(allocate([item('1', 'X')], supplyOf({ US: { X: 1 } }), rules))).toEqual(['1 X@US 1']);
  });

  it('waits for a location where none may serve', () => {
    const locations = [{ id: 'US', enabled: true, priority: 1, countries: ['US'] }];
    const plan = allocate([item('1', 'X')], supplyOf({ US: { X: 1 } }), rulesOf('partial', { locations }));
    expect(waits(plan)).toEqual(['1 X 1 location']);
  });
});

describe('allocate: policy', () => {
  const shelves = { A: { X: 3, Z: 5 }, B: { Y: 2, X: 1 } };
  const demands = [item('1', 'X', 2), item('2', 'Y', 1)];

  it('ship-complete takes all from one location, or nothing now', () => {
    const apart = allocate(demands, supplyOf(shelves), rulesOf('ship-complete'));
    expect(taken(apart)).toEqual([]);
    expect(waits(apart)).toEqual(['1 X 2 company', '2 Y 1 company']);
    expect(reason(apart, '1', 'A')).toBe('passed over: has it, but not together with the other lines');
    const together = allocate(demands, supplyOf({ ...shelves, B: { Y: 1, X: 2 } }), rulesOf('ship-complete'));
    expect(taken(together)).toEqual(['1 X@B 2', '2 Y@B 1']);
  });

  it('split takes every line whole from one location each, or nothing now', () => {
    expect(taken(allocate(demands, supplyOf(shelves), rulesOf('split')))).toEqual(['1 X@A 2', '2 Y@B 1']);
    const short = allocate([item('1', 'X', 4), item('2', 'Y', 1)], supplyOf(shelves), rulesOf('split'));
    expect(taken(short)).toEqual([]);
    expect(waits(short)).toEqual(['1 X 4 short', '2 Y 1 company']);
  });

  it('partial takes what is there, most first, and the rest waits', () => {
    const plan = allocate([item('1', 'X', 6), item('2', 'Y', 1)], supplyOf(shelves), rulesOf('partial'));
    expect(taken(plan)).toEqual(['1 X@A 3', '1 X@B 1', '2 Y@B 1']);
    expect(waits(plan)).toEqual(['1 X 2 short']);
    expect(reason(plan, '1', 'A')).toBe('chosen: has 3 of 6');
  });

  it('uses no more locations than allowed', () => {
    expect(waits(allocate(demands, supplyOf(shelves), rulesOf('split', { maxLocations: 1 })))).toEqual([
      '1 X 2 company',
      '2 Y 1 company',
    ]);
    const plan = allocate(demands, supplyOf(shelves), rulesOf('partial', { maxLocations: 1 }));
    expect(taken(plan)).toEqual(['1 X@A 2']);
    expect(waits(plan)).toEqual(['2 Y 1 company']);
  });

  it('takes nothing of what older orders wait for, though it is there', () => {
    const plan = allocate(demands, supplyOf(shelves, ['X']), rulesOf('partial'));
    expect(taken(plan)).toEqual(['2 Y@B 1']);
    expect(waits(plan)).toEqual(['1 X 2 backlog']);
    expect(reason(plan, '1', 'A')).toBe('passed over: older orders wait for X');
  });

  it('takes nothing where a count has left less than nothing', () => {
    const plan = allocate([item('1', 'X', 1)], supplyOf({ A: { X: -4 }, B: { X: 0 } }), rulesOf('partial'));
    expect(taken(plan)).toEqual([]);
    expect(waits(plan)).toEqual(['1 X 1 short']);
    expect(reason(plan, '1', 'A')).toBe('passed over: has 0 of 1 X');
  });

  it('plans nothing for nothing', () => {
    expect(allocate([], supplyOf({}), rulesOf('ship-complete'))).toEqual({ lines: [], waiting: [], why: [] });
  });
});

describe('allocate: what the channel assigned', () => {
  const shelves = { A: { X: 5, Y: 5 }, B: { X: 5, Y: 5 }, C: { X: 1 } };

  it('is served there or waits, though another has it and whatever countries it serves', () => {
    const rules = rulesOf('split', {
      locations: [
        { id: 'A', enabled: true, priority: 1, countries: null },
        { id: 'C', enabled: true, priority: 2, countries: ['US'] },
      ],
    });
    const there = allocate([item('1', 'X', 1, 'C')], supplyOf(shelves), rules);
    expect(taken(there)).toEqual(['1 X@C 1']);
    expect(reason(there, '1', 'C')).toBe('chosen: has it; assigned by the channel');
    expect(reason(there, '1', 'A')).toBe('passed over: the channel assigned C');
    expect(waits(allocate([item('1', 'X', 2, 'C')], supplyOf(shelves), rules))).toEqual(['1 X 2 short']);
  });

  it('draws the lines that we choose for to the same location', () => {
    const plan = allocate([item('1', 'X'), item('2', 'Y', 1, 'B')], supplyOf(shelves), rulesOf('split'));
    expect(taken(plan)).toEqual(['1 X@B 1', '2 Y@B 1']);
  });

  it('under ship-complete keeps the lines that we choose for from any other location', () => {
    const plan = allocate([item('1', 'Y'), item('2', 'X', 1, 'C')], supplyOf(shelves), rulesOf('ship-complete'));
    expect(taken(plan)).toEqual([]);
    expect(plan.waiting).toHaveLength(2);
  });

  it('waits where the location is switched off or unknown', () => {
    for (const location of ['OFF', 'NOWHERE']) {
      const off = { id: 'OFF', enabled: false, priority: 1, countries: null };
      const plan = allocate([item('1', 'X', 1, location)], supplyOf(shelves), rulesOf('partial', { locations: [off] }));
      expect(waits(plan)).toEqual(['1 X 1 location']);
      expect(reason(plan, '1', location)).toMatch(
        /^passed over: (switched off|assigned by the channel, but not configured here)$/,
      );
    }
  });

  it('merges two demands of one line that meet at one location into one reservation', () => {
    const plan = allocate([item('1', 'X', 2, 'A'), item('1', 'X', 1)], supplyOf(shelves), rulesOf('split'));
    expect(taken(plan)).toEqual(['1 X@A 3']);
  });
});

describe('allocate: kits', () => {
  it('counts a kit by its components, all of one unit from one location', () => {
    const apart = { A: { X: 4 }, B: { Y: 2 } };
    const plan = allocate([kit('1', 2, { X: 2, Y: 1 })], supplyOf(apart), rulesOf('partial'));
    expect(taken(plan)).toEqual([]);
    expect(waits(plan)).toEqual(['1 X 2 company']);
    const together = allocate([kit('1', 2, { X: 2, Y: 1 })], supplyOf({ B: { X: 4, Y: 2 } }), rulesOf('partial'));
    expect(taken(together)).toEqual(['1 X@B 4', '1 Y@B 2']);
  });

  it('takes whole kits only: a half one leaves its components for others', () => {
    const plan = allocate([kit('1', 3, { X: 2, Y: 1 })], supplyOf({ A: { X: 5, Y: 9 } }), rulesOf('partial'));
    expect(taken(plan)).toEqual(['1 X@A 4', '1 Y@A 2']);
    expect(waits(plan)).toEqual(['1 X 1 short']);
  });

  it('does not give one component to two lines that share it', () => {
    const demands = [item('1', 'X', 3), kit('2', 1, { X: 2, Y: 1 })];
    const shelves = { A: { X: 4, Y: 1 } };
    expect(taken(allocate(demands, supplyOf(shelves), rulesOf('ship-complete')))).toEqual([]);
    expect(waits(allocate(demands, supplyOf(shelves), rulesOf('ship-complete')))).toEqual([
      '1 X 3 short',
      '2 X 1 short',
    ]);
    const plan = allocate(demands, supplyOf(shelves), rulesOf('partial'));
    expect(taken(plan)).toEqual(['1 X@A 3']);
    expect(waits(plan)).toEqual(['2 X 1 short']);
  });

  it('goes back on a choice where lines that share a component would get in each other’s way', () => {
    // Served first at A, line 1 would leave nothing there for line 2, which only A can serve.
    const demands = [item('1', 'X', 2), kit('2', 1, { X: 2, Y: 1 })];
    const plan = allocate(demands, supplyOf({ A: { X: 3, Y: 1 }, B: { X: 2 } }), rulesOf('split'));
    expect(taken(plan)).toEqual(['1 X@B 2', '2 X@A 2', '2 Y@A 1']);
  });

  it('adds up a component that a kit lists twice', () => {
    const components = [
      { sku: 'X', quantity: 1 },
      { sku: 'X', quantity: 2 },
    ];
    const demand: Demand = { line: '1', sku: 'KIT', quantity: 1, components, location: null };
    expect(taken(allocate([demand], supplyOf({ A: { X: 2 }, B: { X: 3 } }), rulesOf('split')))).toEqual(['1 X@B 3']);
  });

  it.each([0, -1, 0.5, NaN])('refuses a demand of %f units as a fault of ours', (quantity) => {
    expect(() => allocate([item('1', 'X', quantity)], supplyOf({}), rulesOf('split'))).toThrow(
      expect.objectContaining({ fault: 'bug', code: 'demand-not-whole' }),
    );
  });
});

describe('allocate: large orders', () => {
  it('plans 400 lines over 40 locations without a search that never ends', () => {
    const locations = Array.from({ length: 40 }, (_, at) => ({
      id: `L${at}`,
      enabled: true,
      priority: at,
      countries: null,
    }));
    const demands = Array.from({ length: 400 }, (_, at) => item(String(at), `S${at}`, 1));
    const supply: Supply = {
      free: (sku, location) => (Number(sku.slice(1)) % 40 === Number(location.slice(1)) ? 1 : 0),
      stocked: () => true,
      backlog: () => false,
    };
    const plan = allocate(demands, supply, rulesOf('partial', { locations, maxLocations: 3 }));
    expect(plan.lines).toHaveLength(30);
    expect(new Set(plan.lines.map(({ location }) => location))).toEqual(new Set(['L0', 'L1', 'L2']));
  });
});
