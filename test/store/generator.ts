/** Random collections, filters, sorts and updates out of what the embedded store supports, close enough together to meet. */
import { Double, Int32, Long } from 'bson';
import type { Document } from 'bson';
import fc from 'fast-check';

/** Values that meet often: few of each type. */
const scalar: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 7, -1),
  fc.constantFrom(new Double(1.5), new Double(2), Long.fromNumber(3), new Int32(2)),
  fc.constantFrom('', 'a', 'b', 'ab', 'A'),
  fc.constantFrom(true, false, null),
  fc.constantFrom(new Date(0), new Date(1000), new Date(-1000)),
);
const list = fc.array(
  fc.oneof({ weight: 5, arbitrary: scalar }, { weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }) }),
  { maxLength: 3 },
);
const inner = fc.dictionary(fc.constantFrom('x', 'y'), scalar, { maxKeys: 2, noNullPrototype: true });
const lines = fc.array(fc.oneof({ weight: 6, arbitrary: inner }, { weight: 1, arbitrary: scalar }), { maxLength: 3 });

const value = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: list },
  { weight: 1, arbitrary: inner },
);

const optional = <V>(arbitrary: fc.Arbitrary<V>): fc.Arbitrary<V | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 4 });

/** A document without its `_id`: scalars `a` and `b`, anything in `c`, a list in `tags`, a document in `o`, documents in `lines`. */
export const anyDocument: fc.Arbitrary<Document> = fc
  .record({
    a: optional(scalar),
    b: optional(scalar),
    c: optional(value),
    tags: optional(list),
    o: optional(inner),
    lines: optional(lines),
  })
  .map((doc) => Object.fromEntries(Object.entries(doc).filter(([, v]) => v !== undefined)));

export const anyCollection = fc
  .array(anyDocument, { minLength: 1, maxLength: 14 })
  .map((docs) => docs.map((doc, i): Document => ({ _id: i, ...doc })));

const path = fc.constantFrom(
  'a',
  'b',
  'c',
  'tags',
  'o.x',
  'o',
  'lines.x',
  'lines.y',
  'c.x',
  'lines.0.x',
  'tags.1',
  '_id',
);
const comparison = fc
  .tuple(fc.constantFrom('$eq', '$ne', '$gt', '$gte', '$lt', '$lte'), value)
  .map(([op, v]): Document => ({ [op]: v }));
const bounds = fc
  .tuple(fc.constantFrom('$gt', '$gte'), scalar, fc.constantFrom('$lt', '$lte'), scalar)
  .map(([g, v, l, w]): Document => ({ [g]: v, [l]: w }));
const membership = fc
  .tuple(fc.constantFrom('$in', '$nin'), fc.array(value, { maxLength: 4 }))
  .map(([op, v]): Document => ({ [op]: v }));
const types = fc.constantFrom('number', 'string', 'array', 'object', 'bool', 'date', 'null', 'int', 'double', 'long');
const regex = fc.constantFrom(/^a/, /b$/, /a/i, /^$/);
const operators: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: value },
  { weight: 4, arbitrary: comparison },
  { weight: 2, arbitrary: bounds },
  { weight: 3, arbitrary: membership },
  fc.boolean().map((b) => ({ $exists: b })),
  types.map((t) => ({ $type: t })),
  fc.nat({ max: 3 }).map((n) => ({ $size: n })),
  regex,
  regex.map((r) => ({ $not: r })),
  comparison.map((c) => ({ $not: c })),
  fc.array(scalar, { minLength: 1, maxLength: 2 }).map((v) => ({ $all: v })),
  comparison.map((c) => ({ $elemMatch: c })),
  fc.tuple(fc.constantFrom('x', 'y'), fc.oneof(scalar, comparison)).map(([p, v]) => ({ $elemMatch: { [p]: v } })),
);
const simple = fc
  .array(fc.tuple(path, operators), { minLength: 1, maxLength: 3 })
  .map((pairs): Document => Object.fromEntries(pairs));

export const anyFilter: fc.Arbitrary<Document> = fc.oneof(
  { weight: 6, arbitrary: simple },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('$or', '$and', '$nor'), fc.array(simple, { minLength: 1, maxLength: 2 }), simple)
      .map(([op, parts, more]): Document => ({ ...more, [op]: parts })),
  },
);

/** Ends in `_id`, so that the order is total. */
export const anySort: fc.Arbitrary<[string, 1 | -1][]> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'tags', 'o.x', 'lines.x'), fc.constantFrom<1 | -1>(1, -1)), {
    maxLength: 2,
    selector: ([p]) => p,
  })
  .map((by): [string, 1 | -1][] => [...by, ['_id', 1]]);

const fieldName = fc.constantFrom('a', 'b', 'c', 'tags', 'o.x', 'o.z', 'new', 'n.m', 'tags.1', 'lines.0.x');
const one = <V>(op: string, of: fc.Arbitrary<V>): fc.Arbitrary<Document> =>
  fc.tuple(fieldName, of).map(([f, v]): Document => ({ [op]: { [f]: v } }));
const listName = fc.constantFrom('tags', 'c', 'fresh', 'lines');
const onList = <V>(op: string, of: fc.Arbitrary<V>): fc.Arbitrary<Document> =>
  fc.tuple(listName, of).map(([f, v]): Document => ({ [op]: { [f]: v } }));
/** Never empty: on a missing field MongoDB then makes an empty array, which not every engine does. */
const each = fc.array(scalar, { minLength: 1, maxLength: 2 });

const operator: fc.Arbitrary<Document> = fc.oneof(
  one('$set', value),
  // Not through a scalar in an array: MongoDB lets it be, the other engine refuses it.
  one('$unset', fc.constant('')).filter((u) => !('lines.0.x' in Object(u['$unset']))),
  one('$inc', fc.constantFrom(1, new Double(0.5), Long.fromNumber(2), 2147483647)),
  one('$min', scalar),
  one('$max', scalar),
  one('$setOnInsert', scalar),
  onList('$push', scalar),
  onList(
    '$push',
    each.map((v) => ({ $each: v })),
  ),
  onList(
    '$push',
    fc
      .tuple(each, fc.constantFrom(-2, -1, 1, 2), fc.constantFrom(1, -1))
      .map(([v, slice, sort]) => ({ $each: v, $slice: slice, $sort: sort })),
  ),
  onList(
    '$push',
    fc.tuple(each, fc.integer({ min: -2, max: 2 })).map(([v, position]) => ({ $each: v, $position: position })),
  ),
  onList('$addToSet', scalar),
  onList(
    '$addToSet',
    each.map((v) => ({ $each: v })),
  ),
  onList('$pull', scalar),
  onList('$pull', comparison),
  onList(
    '$pull',
    fc.tuple(fc.constantFrom('x', 'y'), scalar).map(([p, v]) => ({ [p]: v })),
  ),
);

/** One to three operators; two on one path are allowed to conflict. */
export const anyUpdate: fc.Arbitrary<Document> = fc
  .uniqueArray(operator, { minLength: 1, maxLength: 3, selector: (u) => Object.keys(u)[0] })
  .map((parts): Document => Object.assign({}, ...parts) as Document);

export const anyProjection: fc.Arbitrary<Document> = fc.oneof(
  fc
    .tuple(
      fc.uniqueArray(fc.constantFrom('a', 'c', 'o.x', 'lines.x', 'tags'), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(0, 1),
    )
    .map(([names, keep]): Document => Object.fromEntries(names.map((n) => [n, keep]))),
  fc.constantFrom<Document>({ _id: 0 }, { _id: 1 }, { a: 1, _id: 0 }, { tags: 0, _id: 0 }),
);

/** Index sets to answer filters with: single, compound, descending, multikey, partial. */
export const INDEX_SETS: readonly (readonly Document[])[] = [
  [
    { key: { a: 1 }, name: 'a' },
    { key: { b: -1 }, name: 'b' },
  ],
  [
    { key: { a: 1, b: -1 }, name: 'ab' },
    { key: { b: 1, a: 1 }, name: 'ba' },
  ],
  [
    { key: { tags: 1 }, name: 'tags' },
    { key: { a: -1, tags: 1, b: 1 }, name: 'atb' },
  ],
  [
    { key: { 'lines.x': 1 }, name: 'lx' },
    { key: { 'o.x': 1, a: 1 }, name: 'oxa' },
    { key: { c: 1 }, name: 'c' },
    { key: { 'c.x': 1 }, name: 'cx' },
  ],
  [
    { key: { b: 1 }, name: 'p1', partialFilterExpression: { a: 1 } },
    { key: { b: -1, a: 1 }, name: 'p2', partialFilterExpression: { a: { $gt: 1 } } },
  ],
  [
    { key: { a: 1 }, name: 'p3', partialFilterExpression: { b: { $exists: true } } },
    { key: { 'o.x': 1 }, name: 'p4', partialFilterExpression: { tags: { $in: ['a', 1] } } },
  ],
];
