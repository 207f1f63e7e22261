import { describe, expect, it } from '@jest/globals';
import { Decimal128, Double, Int32, Long } from 'bson';
import fc from 'fast-check';
import { anyNumber, anyValue, sliceOf } from '../../../../test/store/arbitrary.ts';
import { compare, equal } from './compare.ts';
import { KeyWriter, keyOf, keyText } from './key.ts';

const sign = (n: number): number => Math.sign(n);

describe('the one order of values', () => {
  it('puts types in the order of MongoDB', () => {
    const inOrder = [null, 1, 'a', { a: 1 }, [1], Buffer.from('a'), false, new Date(0), /a/].map(sliceOf);
    const shuffled = [...inOrder].reverse().sort(compare);
    expect(shuffled).toEqual(inOrder);
  });

  it.each([
    [
      'a long past 2^53 is not equal to its neighbour',
      Long.fromString('9007199254740993'),
      Long.fromString('9007199254740992'),
      1,
    ],
    [
      'a long past 2^53 is compared exactly with a double',
      Long.fromString('9007199254740993'),
      new Double(9007199254740992),
      1,
    ],
    ['the greatest long is less than the double 2^63', Long.MAX_VALUE, new Double(2 ** 63), -1],
    ['the decimal 0.1 is less than the double 0.1', Decimal128.fromString('0.1'), new Double(0.1), -1],
    ['trailing zeros of a decimal do not count', Decimal128.fromString('0.10'), Decimal128.fromString('0.1'), 0],
    ['minus zero equals zero', new Double(-0), new Int32(0), 0],
    ['NaN is less than minus infinity', new Double(NaN), new Double(-Infinity), -1],
    ['NaN equals NaN of another type', new Double(NaN), Decimal128.fromString('NaN'), 0],
    ['a decimal beyond all doubles is less than infinity', Decimal128.fromString('1E6000'), new Double(Infinity), -1],
    ['strings compare by their UTF-8 bytes: astral after U+FFFD', '\u{1F600}', '\uFFFD', 1],
    ['a NUL inside a string counts', 'a\0', 'a', 1],
    ['fields compare by type before name', { b: 1 }, { a: 'x' }, -1],
    ['fields compare by name before value', { a: 9 }, { b: 1 }, -1],
    ['a document is less than one that continues it', { a: 1 }, { a: 1, b: 1 }, -1],
    ['binary compares by length first', Buffer.from('z'), Buffer.from('aa'), -1],
    ['dates before 1970 come before it', new Date(-1), new Date(0), -1],
  ])('%s', (_, a, b, expected) => {
    expect(sign(compare(sliceOf(a), sliceOf(b)))).toBe(expected);
    expect(sign(Buffer.compare(keyOf(sliceOf(a)), keyOf(sliceOf(b))))).toBe(expected);
  });

  it('agrees with itself the other way round', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        expect(sign(compare(sliceOf(a), sliceOf(b)))).toBe(-sign(compare(sliceOf(b), sliceOf(a))) + 0);
      }),
      { numRuns: 500 },
    );
  });

  it('calls equal exactly what compares as 0', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        expect(equal(sliceOf(a), sliceOf(b))).toBe(compare(sliceOf(a), sliceOf(b)) === 0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('index keys', () => {
  it('compare byte by byte as their values compare', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        expect(sign(Buffer.compare(keyOf(sliceOf(a)), keyOf(sliceOf(b))))).toBe(sign(compare(sliceOf(a), sliceOf(b))));
      }),
      { numRuns: 3000 },
    );
  });

  it('compare numbers of all types exactly', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, (a, b) => {
        expect(sign(Buffer.compare(keyOf(sliceOf(a)), keyOf(sliceOf(b))))).toBe(sign(compare(sliceOf(a), sliceOf(b))));
      }),
      { numRuns: 3000 },
    );
  });

  it('run the other way for a descending field', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        expect(sign(Buffer.compare(keyOf(sliceOf(a), true), keyOf(sliceOf(b), true)))).toBe(
          -sign(compare(sliceOf(a), sliceOf(b))) + 0,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('of several fields compare field by field, each in its own direction', () => {
    const key = (values: readonly unknown[], descending: readonly boolean[]): Uint8Array => {
      const w = new KeyWriter();
      values.forEach((value, i) => {
        w.value(sliceOf(value), descending[i]);
      });
      return w.take();
    };
    const pair = fc.tuple(anyValue, anyValue);
    fc.assert(
      fc.property(pair, pair, fc.tuple(fc.boolean(), fc.boolean()), ([a1, a2], [b1, b2], directions) => {
        const first = compare(sliceOf(a1), sliceOf(b1)) * (directions[0] ? -1 : 1);
        const second = compare(sliceOf(a2), sliceOf(b2)) * (directions[1] ? -1 : 1);
        const expected = sign(first !== 0 ? first : second) + 0;
        expect(sign(Buffer.compare(key([a1, a2], directions), key([b1, b2], directions)))).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('of a value begin neither with 00 nor with FF, which are bounds', () => {
    fc.assert(
      fc.property(anyValue, fc.boolean(), (value, descending) => {
        expect([0x00, 0xff]).not.toContain(keyOf(sliceOf(value), descending)[0]);
      }),
      { numRuns: 500 },
    );
  });

  it('as texts are equal exactly when the values are', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        expect(keyText(sliceOf(a)) === keyText(sliceOf(b))).toBe(compare(sliceOf(a), sliceOf(b)) === 0);
      }),
      { numRuns: 500 },
    );
  });
});
