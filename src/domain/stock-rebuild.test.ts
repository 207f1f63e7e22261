import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rebuilt, type LevelTotals, type StockMovement } from './stock-rebuild.ts';

type Line = readonly [order: string, quantity: number, revision: number];

function movement(v: number, onHand: number, ...lines: readonly Line[]): StockMovement {
  const moved = lines.reduce((sum, [, quantity]) => sum + quantity, 0);
  return {
    v,
    onHand,
    free: onHand - moved,
    lines: lines.map(([order, quantity, revision]) => ({ order, line: '1', quantity, revision })),
  };
}

/** Ten are counted, two and three set aside, the two given back, and two fewer are counted. */
const HISTORY = [movement(1, 10), movement(2, 0, ['o1', 2, 1], ['o2', 3, 1]), movement(3, 0, ['o1', -2, 2]), movement(4, -2)]; // prettier-ignore
const KEPT = { v: 4, onHand: 8, free: 5, reserved: [{ order: 'o2', line: '1', quantity: 3, revision: 1 }] };
const { v: _v, ...LEVEL } = KEPT;

describe('a level rebuilt from its movements', () => {
  it('is what they add up to, in any order, each once', () => {
    expect(rebuilt(KEPT, HISTORY)).toEqual({ level: LEVEL, differences: [] });
    const shuffled = [HISTORY[3], HISTORY[1], HISTORY[0], HISTORY[2], HISTORY[1]].flatMap((one) => one ?? []);
    expect(rebuilt(KEPT, shuffled)).toEqual({ level: LEVEL, differences: [] });
  });

  it('takes no notice of a movement that came after the level was read', () => {
    expect(rebuilt(KEPT, [...HISTORY, movement(5, -1)])).toEqual({ level: LEVEL, differences: [] });
  });

  it('tells each total and each order line in which the level differs', () => {
    const reserved = [
      { order: 'o1', line: '1', quantity: 4, revision: 1 },
      { order: 'o2', line: '1', quantity: 2, revision: 1 },
    ];
    expect(rebuilt({ v: 4, onHand: 99, free: 93, reserved }, HISTORY)).toEqual({
      level: LEVEL,
      differences: [
        { what: 'on hand', of: 'level', kept: 99, rebuilt: 8 },
        { what: 'free', of: 'level', kept: 93, rebuilt: 5 },
        { what: 'reserved', of: 'o1/1', kept: 4, rebuilt: 0 },
        { what: 'reserved', of: 'o2/1', kept: 2, rebuilt: 3 },
      ],
    });
  });

  it('counts a line that stands twice twice', () => {
    const twice = { ...KEPT, free: 2, reserved: [...KEPT.reserved, ...KEPT.reserved] };
    expect(rebuilt(twice, HISTORY).differences).toEqual([
      { what: 'free', of: 'level', kept: 2, rebuilt: 5 },
      { what: 'reserved', of: 'o2/1', kept: 6, rebuilt: 3 },
    ]);
  });

  it('is nothing that anybody can tell where a movement is missing or contradicts itself', () => {
    const missing = { what: 'movement', of: 'version 3', kept: null, rebuilt: null };
    expect(rebuilt(KEPT, [movement(1, 10), movement(2, 0), movement(4, -2)])).toEqual({
      level: null,
      differences: [missing],
    });
    const wrong = { ...movement(3, 0, ['o1', -2, 2]), free: 1 };
    expect(rebuilt(KEPT, [...HISTORY.filter(({ v }) => v !== 3), wrong])).toEqual({
      level: null,
      differences: [{ ...missing, kept: 1, rebuilt: 2 }],
    });
  });

  it('is the level itself, whatever was counted, set aside and given back', () => {
    const act = fc.oneof(
      fc.record({ onHand: fc.integer({ min: -5, max: 20 }), order: fc.constant(null) }),
      fc.record({ onHand: fc.constantFrom(0, -1), order: fc.constantFrom('o1', 'o2', 'o3'), units: fc.nat(9) }),
    );
    fc.assert(
      fc.property(fc.array(act, { minLength: 1, maxLength: 30 }), (acts) => {
        const units = new Map<string, number>();
        const movements: StockMovement[] = [];
        let onHand = 0;
        for (const each of acts) {
          const v = movements.length + 1;
          onHand += each.onHand;
          const lines: Line[] = [];
          if (each.order !== null) {
            lines.push([each.order, each.units - (units.get(each.order) ?? 0), v]);
            units.set(each.order, each.units);
          }
          movements.push(movement(v, each.onHand, ...lines));
        }
        const reserved = [...units].flatMap(([order, quantity]) =>
          quantity === 0 ? [] : [{ order, line: '1', quantity, revision: 1 }],
        );
        const free = onHand - reserved.reduce((sum, { quantity }) => sum + quantity, 0);
        const level: LevelTotals = { onHand, free, reserved };
        const found = rebuilt({ v: movements.length, ...level }, movements);
        expect(found.differences).toEqual([]);
        expect([found.level?.onHand, found.level?.free]).toEqual([onHand, free]);
      }),
    );
  });
});
