import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { same } from './same.ts';

describe('same', () => {
  it('says that a value is the same as its copy, whatever the order of its keys', () => {
    const turn = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turn);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, part]) => [key, turn(part)]),
      );
    };
    fc.assert(fc.property(fc.jsonValue(), (value) => expect(same(value, turn(value))).toBe(true)));
  });

  it.each<[unknown, unknown, boolean]>([
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: null }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [[], {}, false],
    [null, {}, false],
    ['1', 1, false],
    [{ a: { b: [1] } }, { a: { b: [2] } }, false],
  ])('of %j and %j is %s', (one, other, expected) => {
    expect(same(one, other)).toBe(expected);
  });

  it('agrees with itself turned round', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 2 }), fc.jsonValue({ maxDepth: 2 }), (one, other) => {
        expect(same(one, other)).toBe(same(other, one));
      }),
    );
  });
});
