import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { shareOut, type LineUnits, type PiecedLine } from './share-out.ts';

const one = (id: string, sku: string, ordered: number, cancelled = 0): PiecedLine => ({
  id,
  ordered,
  cancelled,
  components: [{ sku, quantity: 1 }],
});
/** One a and two b. */
const kit = (id: string, ordered: number): PiecedLine => ({
  id,
  ordered,
  cancelled: 0,
  components: [
    { sku: 'a', quantity: 1 },
    { sku: 'b', quantity: 2 },
  ],
});

function shared(
  lines: readonly PiecedLine[],
  units: Readonly<Record<string, number>>,
  had: readonly LineUnits[] = [],
): string[] {
  return shareOut(lines, had, new Map(Object.entries(units))).map(
    ({ line, sku, quantity }) => `${line}: ${quantity} ${sku}`,
  );
}

describe('units by SKU are shared out to the lines of an order', () => {
  it('as whole kits where that leaves no piece over, though a line of its own could have the piece', () => {
    expect(shared([kit('k', 2), one('b', 'b', 1), one('a', 'a', 1)], { a: 2, b: 5 })).toEqual([
      'k: 2 a',
      'k: 4 b',
      'b: 1 b',
    ]);
  });

  it('as fewer kits where lines of their own have the rest', () => {
    expect(shared([kit('k', 2), one('a', 'a', 2), one('b', 'b', 2)], { a: 1, b: 2 })).toEqual(['k: 1 a', 'k: 2 b']);
    expect(shared([kit('k', 2), one('a', 'a', 2)], { a: 3, b: 2 })).toEqual(['k: 1 a', 'k: 2 b', 'a: 2 a']);
  });

  it('as pieces where only pieces can have been asked for, to lines of their own first', () => {
    expect(shared([kit('k', 2), one('b', 'b', 1)], { b: 3 })).toEqual(['k: 2 b', 'b: 1 b']);
  });

  it('to what is still wanted before what was cancelled, and what is more to the last of its SKU', () => {
    expect(shared([one('1', 'a', 2, 2), one('2', 'a', 2)], { a: 3 })).toEqual(['1: 1 a', '2: 2 a']);
    expect(shared([one('1', 'a', 1), one('2', 'a', 1)], { a: 5 })).toEqual(['1: 1 a', '2: 4 a']);
  });

  it('not to what somebody has already, and not at all where no line is made of a SKU', () => {
    const had = [{ line: '1', sku: 'a', quantity: 2 }];
    expect(shared([one('1', 'a', 2), one('2', 'a', 3)], { a: 2, z: 1 }, had)).toEqual(['2: 2 a']);
  });

  it('so that what an order asked for whole is given back whole, whatever its lines', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'kit'), fc.integer({ min: 1, max: 4 }), fc.nat(4)), {
          maxLength: 5,
        }),
        (drawn) => {
          const lines = drawn.map(([what, ordered], index) =>
            what === 'kit' ? kit(String(index), ordered) : one(String(index), what, ordered),
          );
          const units = new Map<string, number>();
          for (const [index, line] of lines.entries())
            for (const { sku, quantity } of line.components)
              units.set(sku, (units.get(sku) ?? 0) + quantity * Math.min(line.ordered, drawn[index]?.[2] ?? 0));
          const given = shareOut(lines, [], units);
          for (const [sku, quantity] of units)
            expect(given.reduce((sum, each) => sum + (each.sku === sku ? each.quantity : 0), 0)).toBe(quantity);
          for (const line of lines) {
            const of = (sku: string): number =>
              given.find((each) => each.line === line.id && each.sku === sku)?.quantity ?? 0;
            const whole = line.components.map(({ sku, quantity }) => of(sku) / quantity);
            expect(new Set(whole).size).toBe(1);
            expect(whole[0]).toBeLessThanOrEqual(line.ordered);
          }
        },
      ),
    );
  });
});
