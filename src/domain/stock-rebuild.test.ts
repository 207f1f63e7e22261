import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { emptyLevel, release, reserve, type StockLevel } from './stock.ts';
import { levelOf, type StockMovement } from './stock-rebuild.ts';

function movement(
  v: number,
  kind: string,
  onHand: number,
  free: number,
  ...lines: [order: string, quantity: number, revision: number][]
): StockMovement {
  return {
    v,
    kind,
    onHand,
    free,
    lines: lines.map(([order, quantity, revision]) => ({ order, line: '1', quantity, revision })),
  };
}

const history = [
  movement(1, 'counted', 10, 10),
  movement(2, 'reserved', 10, 5, ['o1', 2, 1], ['o2', 3, 1]),
  movement(3, 'released', 10, 7, ['o1', -2, 2]),
  movement(4, 'counted', 8, 5),
];
const kept: StockLevel = {
  sku: 'X',
  location: 'A',
  onHand: 8,
  free: 5,
  reserved: [
    { order: 'o1', line: '1', quantity: 0, revision: 2 },
    { order: 'o2', line: '1', quantity: 3, revision: 1 },
  ],
};

describe('levelOf', () => {
  it('rebuilds a level from its movements, in any order and with repeats', () => {
    const shuffled = [history[3], history[1], history[0], history[2], history[1]].flatMap((one) => one ?? []);
    expect(levelOf('X', 'A', shuffled, kept)).toEqual({ level: kept, differences: [] });
  });

  it('rebuilds nothing from nothing', () => {
    expect(levelOf('X', 'A', [])).toEqual({ level: emptyLevel('X', 'A'), differences: [] });
  });

  it('does not miss a tombstone that was pruned', () => {
    const pruned = { ...kept, reserved: kept.reserved.filter(({ quantity }) => quantity > 0) };
    expect(levelOf('X', 'A', history, pruned).differences).toEqual([]);
  });

  it('names each number of the kept level that its movements do not bear out', () => {
    const wrong = {
      ...kept,
      onHand: 9,
      free: 4,
      reserved: [
        { order: 'o2', line: '1', quantity: 4, revision: 1 },
        { order: 'o3', line: '1', quantity: 1, revision: 1 },
      ],
    };
    expect(levelOf('X', 'A', history, wrong).differences).toEqual([
      { what: 'on hand', of: 'level', kept: 9, rebuilt: 8 },
      { what: 'free', of: 'level', kept: 4, rebuilt: 5 },
      { what: 'reserved', of: 'o2/1', kept: 4, rebuilt: 3 },
      { what: 'reserved', of: 'o3/1', kept: 1, rebuilt: null },
    ]);
  });

  it('names a gap in the versions and a movement that contradicts itself', () => {
    const [first, , third, fourth] = history;
    const gap = [first, third, fourth].flatMap((one) => one ?? []);
    expect(levelOf('X', 'A', gap, kept).differences).toEqual([
      { what: 'movement', of: 'versions after 1', kept: 3, rebuilt: 2 },
      { what: 'movement', of: 'version 3', kept: 7, rebuilt: 12 },
      { what: 'movement', of: 'version 4', kept: 5, rebuilt: 10 },
      { what: 'free', of: 'level', kept: 5, rebuilt: 10 },
      { what: 'reserved', of: 'o1/1', kept: 0, rebuilt: -2 },
      { what: 'reserved', of: 'o2/1', kept: 3, rebuilt: null },
    ]);
  });

  it('agrees with every level that was changed by reserve and release alone', () => {
    const change = fc.record({
      order: fc.nat({ max: 3 }),
      revision: fc.integer({ min: 1, max: 4 }),
      release: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.array(change, { maxLength: 20 }), (onHand, changes) => {
        let level: StockLevel = { ...emptyLevel('X', 'A'), onHand, free: onHand };
        const movements = [movement(1, 'counted', onHand, onHand)];
        for (const { order, revision, release: gives } of changes) {
          const id = `o${order}`;
          const wanted = { order: id, line: '1', quantity: 1 + ((order + revision) % 3), revision };
          const after = gives ? release(level, id, '1', revision) : reserve(level, wanted);
          if (typeof after === 'string' || after === level) continue;
          const units = level.free - after.free;
          level = after;
          movements.push(
            movement(movements.length + 1, gives ? 'released' : 'reserved', onHand, level.free, [id, units, revision]),
          );
        }
        expect(levelOf('X', 'A', movements, level)).toEqual({ level, differences: [] });
      }),
    );
  });
});
