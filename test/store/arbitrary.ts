/** Random BSON values for property tests. */
import {
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  serialize,
} from 'bson';
import type { Document } from 'bson';
import fc from 'fast-check';
import { findField, utf8 } from '../../src/store/embedded/bson/slice.ts';
import type { Slice } from '../../src/store/embedded/bson/slice.ts';

const doubles = fc.oneof(
  fc.double(),
  fc.constantFrom(
    NaN,
    -0,
    0,
    Infinity,
    -Infinity,
    0.1,
    1e300,
    Number.MIN_VALUE,
    -Number.MIN_VALUE,
    2 ** 53,
    2 ** 63,
    -(2 ** 63),
    Number.MAX_VALUE,
  ),
);
const longs = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, 2n ** 63n - 2n, -(2n ** 63n), 0n, 1n),
);
const decimals = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '0.1',
    '0.10',
    '1E-6176',
    '9.999E6144',
    '-9.999E6144',
    '9007199254740993',
    '9223372036854775807',
    'NaN',
    'Infinity',
    '-Infinity',
    '0.1000000000000000055511151231257827',
  ),
  fc
    .tuple(fc.bigInt({ min: -(10n ** 33n), max: 10n ** 33n }), fc.integer({ min: -40, max: 40 }))
    .map(([digits, e]) => `${digits}E${e}`),
);
const texts = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom('', '\0', 'a', 'a\0', 'a\0b', 'ab', '\u{1F600}', '\uFFFD', '\uFB01', 'é', 'z'),
);
const names = fc.constantFrom('a', 'b', 'ab', 'é');

/** Any number of any of the four types, close ones on purpose. */
export const anyNumber: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer({ min: -5, max: 5 }).map((n) => new Int32(n)),
  fc.integer({ min: -5, max: 5 }).map((n) => new Double(n)),
  fc.integer({ min: -5, max: 5 }).map((n) => Decimal128.fromString(String(n))),
  fc.integer().map((n) => new Int32(n)),
  doubles.map((n) => new Double(n)),
  longs.map((n) => Long.fromBigInt(n)),
  decimals.map((t) => Decimal128.fromString(t)),
);

const scalars: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: anyNumber },
  { weight: 3, arbitrary: texts },
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
  fc
    .tuple(fc.uint8Array({ maxLength: 4 }), fc.constantFrom(0, 4, 128))
    .map(([bytes, subtype]) => new Binary(bytes, subtype)),
  fc.tuple(fc.constantFrom('a', '^a', 'a|b', ''), fc.constantFrom('', 'i', 'im')).map(([p, o]) => new BSONRegExp(p, o)),
  fc.constantFrom(new MinKey(), new MaxKey()),
  fc.tuple(fc.nat(), fc.nat()).map(([t, i]) => new Timestamp({ t, i })),
  fc.tuple(texts, fc.boolean()).map(([code, scoped]) => (scoped ? new Code(code, { a: 1 }) : new Code(code))),
);

/** Any value, nested up to three deep. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    { weight: 6, arbitrary: scalars },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3, depthIdentifier: 'value' }) },
    {
      weight: 2,
      arbitrary: fc
        .array(fc.tuple(names, tie('value')), { maxLength: 3, depthIdentifier: 'value' })
        .map((pairs) => Object.fromEntries(pairs)),
    },
  ),
})).value;

const VALUE = utf8('v');

/** The value as it lies in a document's bytes. */
export function sliceOf(value: unknown): Slice {
  const doc: Document = { v: value };
  const field = findField(serialize(doc), 0, VALUE);
  if (field === null) throw new Error('the value was not serialized');
  return field;
}
