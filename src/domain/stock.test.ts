import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { count, emptyLevel, release, reserve, type Reservation, type StockLevel } from './stock.ts';

function levelWith(onHand: number, ...reserved: Reservation[]): StockLevel {
  const free = onHand - reserved.reduce((sum, { quantity }) => sum + quantity, 0);
  return { ...emptyLevel('X', 'A'), onHand, free, reserved };
}

function units(order: string, quantity: number, revision = 1, line = '1'): Reservation {
  return { order, line, quantity, revision };
}

function granted(result: StockLevel | 'short' | 'superseded'): StockLevel {
  if (typeof result === 'string') throw new Error(`not granted: ${result}`);
  return result;
}

const freeIsExact = ({ onHand, free, reserved }: StockLevel): boolean =>
  free === onHand - reserved.reduce((sum, { quantity }) => sum + quantity, 0);

describe('reserve', () => {
  it('sets units aside and takes them off what is free', () => {
    expect(reserve(levelWith(5), units('o1', 3))).toEqual(levelWith(5, units('o1', 3)));
  });

  it('grants the last unit and not one more', () => {
    const last = granted(reserve(levelWith(3), units('o1', 3)));
    expect(last.free).toBe(0);
    expect(reserve(last, units('o2', 1))).toBe('short');
  });

  it('gives the very same level when the same reservation comes again', () => {
    const level = levelWith(3, units('o1', 3));
    expect(reserve(level, units('o1', 3))).toBe(level);
  });

  it('replaces what an older revision had set aside, needing only the additional units', () => {
    const level = levelWith(5, units('o1', 4, 1));
    expect(reserve(level, units('o1', 5, 2))).toEqual(levelWith(5, units('o1', 5, 2)));
    expect(reserve(level, units('o1', 6, 2))).toBe('short');
    expect(reserve(level, units('o1', 1, 2))).toEqual(levelWith(5, units('o1', 1, 2)));
  });

  it('grants a line fewer units also where a count left less than nothing', () => {
    const level = levelWith(1, units('o1', 3, 1));
    expect(level.free).toBe(-2);
    expect(granted(reserve(level, units('o1', 2, 2))).free).toBe(-1);
    expect(reserve(level, units('o2', 1))).toBe('short');
  });

  it('refuses what a newer revision or a tombstone has superseded', () => {
    const newer = levelWith(9, units('o1', 2, 5));
    expect(reserve(newer, units('o1', 3, 4))).toBe('superseded');
    const tombstone = release(newer, 'o1', '1', 6);
    expect(reserve(tombstone, units('o1', 3, 5))).toBe('superseded');
    expect(reserve(tombstone, units('o1', 3, 6))).toBe('superseded');
    expect(granted(reserve(tombstone, units('o1', 3, 7))).free).toBe(6);
  });

  it('keeps lines of one order and orders of one line id apart', () => {
    let level = granted(reserve(levelWith(9), units('o1', 1, 1, 'a')));
    level = granted(reserve(level, units('o1', 2, 1, 'b')));
    level = granted(reserve(level, units('o2', 4, 1, 'a')));
    expect(level).toEqual(levelWith(9, units('o1', 1, 1, 'a'), units('o1', 2, 1, 'b'), units('o2', 4, 1, 'a')));
  });

  it.each([0, -1, 0.5, NaN])('refuses %f units as a fault of ours', (quantity) => {
    expect(() => reserve(levelWith(9), units('o1', quantity))).toThrow(expect.objectContaining({ fault: 'bug' }));
  });

  it('refuses other units under a revision that has reserved already', () => {
    expect(() => reserve(levelWith(9, units('o1', 2)), units('o1', 3))).toThrow(
      expect.objectContaining({ fault: 'bug', code: 'reservation-invalid' }),
    );
  });
});

describe('release', () => {
  it('gives the units back and leaves a tombstone', () => {
    expect(release(levelWith(5, units('o1', 3, 1)), 'o1', '1', 2)).toEqual(levelWith(5, units('o1', 0, 2)));
  });

  it('leaves a tombstone also where nothing was reserved: the late reservation is refused', () => {
    const level = release(levelWith(5), 'o1', '1', 2);
    expect(level).toEqual(levelWith(5, units('o1', 0, 2)));
    expect(reserve(level, units('o1', 1, 1))).toBe('superseded');
  });

  it('does not touch what a newer revision holds', () => {
    const level = levelWith(5, units('o1', 3, 4));
    expect(release(level, 'o1', '1', 3)).toBe(level);
  });

  it('gives the very same level when it comes again', () => {
    const level = release(levelWith(5, units('o1', 3)), 'o1', '1', 1);
    expect(release(level, 'o1', '1', 1)).toBe(level);
    expect(level.free).toBe(5);
  });
});

describe('count', () => {
  const promised: Readonly<Record<string, number>> = { o1: 100, o2: 300, o3: 200 };
  const promisedAt = (order: string): number => promised[order] ?? 0;

  it('takes over what is there and leaves reservations as they are', () => {
    const { level, shortfall } = count(levelWith(5, units('o1', 3)), 8, promisedAt);
    expect(level).toEqual(levelWith(8, units('o1', 3)));
    expect(shortfall).toEqual([]);
  });

  it('gives the very same level where the count is what we knew', () => {
    const level = levelWith(5, units('o1', 3));
    expect(count(level, 5, promisedAt)).toEqual({ level, shortfall: [] });
    expect(count(level, 5, promisedAt).level).toBe(level);
  });

  it('takes the shortfall from the newest promise first, the last one in part', () => {
    const { level, shortfall } = count(levelWith(9, units('o1', 3), units('o2', 2), units('o3', 4)), 4, promisedAt);
    expect(level.free).toBe(-5);
    expect(shortfall).toEqual([units('o2', 2), units('o3', 3)]);
  });

  it('breaks a tie of promises by order and line, later ids first', () => {
    const { shortfall } = count(
      levelWith(3, units('o1', 1, 1, 'a'), units('o1', 1, 1, 'b'), units('o9', 1)),
      1,
      () => 0,
    );
    expect(shortfall).toEqual([units('o9', 1), units('o1', 1, 1, 'b')]);
  });

  it('names the same shortfall again as long as it is not released, and none for tombstones', () => {
    const before = levelWith(2, units('o1', 2), units('o2', 0, 7));
    const { level, shortfall } = count(before, 0, promisedAt);
    expect(shortfall).toEqual([units('o1', 2)]);
    expect(count(level, 0, promisedAt).shortfall).toEqual(shortfall);
    expect(count(release(level, 'o1', '1', 2), 0, promisedAt).shortfall).toEqual([]);
  });

  it('takes over a negative count: the source has oversold, and everything reserved is short', () => {
    const { level, shortfall } = count(levelWith(2, units('o1', 2)), -1, promisedAt);
    expect(level.free).toBe(-3);
    expect(shortfall).toEqual([units('o1', 2)]);
  });

  it('refuses a count that is not whole', () => {
    expect(() => count(levelWith(1), 0.5, promisedAt)).toThrow(
      expect.objectContaining({ fault: 'bug', code: 'count-not-whole' }),
    );
  });
});

describe('levels under any sequence of changes (I3)', () => {
  const change = fc.oneof(
    fc.record({
      kind: fc.constant('reserve' as const),
      order: fc.nat({ max: 3 }),
      quantity: fc.integer({ min: 1, max: 4 }),
      revision: fc.nat({ max: 3 }),
    }),
    fc.record({
      kind: fc.constant('release' as const),
      order: fc.nat({ max: 3 }),
      quantity: fc.constant(0),
      revision: fc.nat({ max: 3 }),
    }),
    fc.record({
      kind: fc.constant('count' as const),
      order: fc.constant(0),
      quantity: fc.integer({ min: -2, max: 12 }),
      revision: fc.constant(0),
    }),
  );

  it('keeps free = on hand − Σ reserved, grants nothing beyond it, and asks back exactly what is missing', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        let level = emptyLevel('X', 'A');
        const asked = new Map<string, number>();
        for (const { kind, order, quantity, revision } of changes) {
          const before = level;
          if (kind === 'count') {
            const counted = count(level, quantity, () => order);
            level = counted.level;
            const missing = Math.min(
              Math.max(0, -level.free),
              level.reserved.reduce((sum, one) => sum + one.quantity, 0),
            );
            expect(counted.shortfall.reduce((sum, one) => sum + one.quantity, 0)).toBe(missing);
          } else if (kind === 'release') {
            level = release(level, `o${order}`, '1', revision);
            expect(level.free).toBeGreaterThanOrEqual(before.free);
            expect(release(level, `o${order}`, '1', revision)).toBe(level);
          } else {
            // A revision of a plan says one quantity, whoever writes it and however often.
            const key = `${order}/${revision}`;
            const units = asked.get(key) ?? quantity;
            asked.set(key, units);
            const wanted = { order: `o${order}`, line: '1', quantity: units, revision };
            const result = reserve(level, wanted);
            if (typeof result === 'string') continue;
            level = result;
            expect(level.free >= 0 || level.free >= before.free).toBe(true);
            expect(reserve(level, wanted)).toBe(level);
          }
          expect(freeIsExact(level)).toBe(true);
          expect(new Set(level.reserved.map((one) => one.order)).size).toBe(level.reserved.length);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
