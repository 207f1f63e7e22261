import { describe, expect, it } from '@jest/globals';
import { serialize } from 'bson';
import type { Document } from 'bson';
import fc from 'fast-check';
import { anyDocument, anyFilter } from '../../../../test/store/generator.ts';
import { parseFilter } from './filter.ts';
import { implies } from './implied.ts';
import { matches } from './match.ts';

function match(filter: Document, doc: Document): boolean {
  return matches(parseFilter(serialize(filter), 0), serialize(doc));
}

describe('the matcher', () => {
  it.each<[string, Document, Document, boolean]>([
    ['compares an array with an array as a whole', { a: { $gt: [1, 2] } }, { a: [1, 3] }, true],
    ['lets two bounds be met by two elements', { a: { $gt: 5, $lt: 3 } }, { a: [1, 9] }, true],
    ['wants one element for $elemMatch', { a: { $elemMatch: { $gt: 5, $lt: 3 } } }, { a: [1, 9] }, false],
    ['finds NaN by equality only', { a: { $gte: NaN } }, { a: NaN }, true],
    ['finds no number by NaN', { a: { $lte: NaN } }, { a: 1 }, false],
    ['does not look two levels into arrays', { a: 1 }, { a: [[1]] }, false],
    ['takes a scalar on the way as a missing field', { 'a.b': null }, { a: 5 }, true],
    ['takes scalars in an array as nothing at all', { 'a.b': null }, { a: [5] }, false],
    ['takes a document without the field in an array as missing', { 'a.b': null }, { a: [{ b: 1 }, {}] }, true],
    ['lets an array named by its place stand for itself', { 'a.0': 1 }, { a: [[1]] }, false],
    ['never finds by an empty $in', { a: { $in: [] } }, { a: null }, false],
    ['never finds by an empty $all', { a: { $all: [] } }, { a: [] }, false],
    ['matches a regex in $in', { a: { $in: [/^x/, 5] } }, { a: 'xy' }, true],
    [
      'matches $all with $elemMatch',
      { a: { $all: [{ $elemMatch: { b: 1 } }, { $elemMatch: { c: 2 } }] } },
      { a: [{ b: 1 }, { c: 2 }] },
      true,
    ],
    ['keeps an array out of $size of another path', { a: { $size: 1 } }, { a: [[1, 2]] }, true],
  ])('%s', (_, filter, doc, expected) => {
    expect(match(filter, doc)).toBe(expected);
  });

  it('answers $nor, $not and De Morgan as logic does', () => {
    fc.assert(
      fc.property(anyFilter, anyFilter, anyDocument, (f, g, doc) => {
        const a = match(f, doc);
        const b = match(g, doc);
        expect(match({ $nor: [f] }, doc)).toBe(!a);
        expect(match({ $or: [f, g] }, doc)).toBe(a || b);
        expect(match({ $and: [f, g] }, doc)).toBe(a && b);
        expect(match({ $nor: [f, g] }, doc)).toBe(!(a || b));
      }),
      { numRuns: 500 },
    );
  });

  it('finds more than eight values by $in as it finds each of them', () => {
    const values = fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom('a', 'b', null, true)), {
      minLength: 9,
      maxLength: 14,
    });
    fc.assert(
      fc.property(values, anyDocument, (wanted, doc) => {
        expect(match({ a: { $in: wanted } }, doc)).toBe(wanted.some((v) => match({ a: v }, doc)));
      }),
      { numRuns: 300 },
    );
  });

  it('says that a query implies a partial filter only when it does', () => {
    const value = fc.constantFrom<unknown>(0, 1, 2, 'a', 'b', null, true);
    const test: fc.Arbitrary<Document> = fc.oneof(
      fc.tuple(fc.constantFrom('$eq', '$gt', '$gte', '$lt', '$lte'), value).map(([op, v]) => ({ [op]: v })),
      fc.array(value, { maxLength: 3 }).map((v) => ({ $in: v })),
      fc.constant({ $exists: true }),
      fc.constant({ $type: 'number' }),
    );
    const doc = fc.oneof(
      fc.constant({}),
      value.map((a) => ({ a })),
      fc.array(value, { maxLength: 2 }).map((a) => ({ a })),
    );
    let told = 0;
    fc.assert(
      fc.property(test, test, doc, (query, partial, found) => {
        const parsed = parseFilter(serialize({ a: query }), 0);
        if (!implies([parsed], parseFilter(serialize({ a: partial }), 0))) return;
        told++;
        if (match({ a: query }, found)) expect(match({ a: partial }, found)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
    expect(told).toBeGreaterThan(500);
  });
});
