/** Ranges of keys that the conditions on one field give. */
import { keyOf, tagOf } from '../bson/key.ts';
import { isNumber, numberOf } from '../bson/number.ts';
import type { Slice } from '../bson/slice.ts';
import { T, utf8 } from '../bson/slice.ts';
import type { IndexField } from '../storage/catalog.ts';
import type { Filter, Test } from './filter.ts';
import { isBound } from './filter.ts';

export type PathTest = Extract<Filter, { kind: 'path' }>;

export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

/** Whether a value can be looked up as one key. An array is indexed by its elements, a regex matches more than itself. */
export function isPoint(value: Slice): boolean {
  return value.type !== T.array && value.type !== T.undefined && value.type !== T.regex;
}

/** A range of the keys of one index field, and the conditions that it decides. */
export interface Bounds {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
  /** One more key, above the range: a regex also finds itself, stored as a value. */
  readonly also?: Uint8Array;
  readonly decided: readonly Filter[];
}

/** The narrowest range that the tests on one field give. On a field with arrays two tests may be met by two elements, so one is used. */
export function boundsOf(tests: readonly PathTest[], field: IndexField, multikey: boolean): Bounds | null {
  const usable = tests.filter((t) => t.path.text === field.path.text && isRange(t.test));
  const [first] = usable;
  if (first === undefined) return prefixBounds(tests, field);
  const tag = tagOf(isBound(first.test) ? first.test.value.type : T.missing);
  let low = Uint8Array.of(field.descending ? ~tag & 0xff : tag);
  let high = Uint8Array.of((field.descending ? ~tag & 0xff : tag) + 1);
  const decided: Filter[] = [];
  for (const filter of multikey ? [first] : usable) {
    const test = filter.test;
    if (!isBound(test)) continue;
    if (tagOf(test.value.type) !== tag) continue;
    const key = keyOf(test.value, field.descending);
    const after = joined(key, PAST);
    const fromBelow = (test.op === 'gt' || test.op === 'gte') !== field.descending;
    const inclusive = test.op === 'gte' || test.op === 'lte';
    if (fromBelow) low = later(low, inclusive ? key : after);
    else high = earlier(high, inclusive ? after : key);
    decided.push(filter);
  }
  return { low, high, decided };
}

function isRange(test: Test): boolean {
  if (!isBound(test)) return false;
  const { value } = test;
  if (isNumber(value.type)) {
    const n = numberOf(value);
    return n === n;
  }
  return isPoint(value) && value.type !== T.null && value.type !== T.minKey && value.type !== T.maxKey;
}

const LITERAL_PREFIX = /^\^([A-Za-z0-9 _\-:@/#%&,;='"!~<>]+)/;
const QUANTIFIED = /^[?*+{]/;

/** `/^abc/` finds strings from `abc` on: a range that the regex itself is still checked on. */
function prefixBounds(tests: readonly PathTest[], field: IndexField): Bounds | null {
  if (field.descending) return null;
  for (const { path, test } of tests) {
    if (path.text !== field.path.text || test.op !== 'regex' || test.regex.ignoreCase || test.regex.multiline) continue;
    const { source } = test.regex;
    const match = LITERAL_PREFIX.exec(source);
    if (match === null || source.includes('|')) continue;
    let prefix = match[1] ?? '';
    if (QUANTIFIED.test(source.slice(prefix.length + 1))) prefix = prefix.slice(0, -1);
    if (prefix === '') continue;
    const head = joined(Uint8Array.of(tagOf(T.string)), utf8(prefix));
    const bounds = { low: head, high: joined(head, PAST), decided: [] };
    return test.source === null ? bounds : { ...bounds, also: keyOf(test.source) };
  }
  return null;
}

/** Sorts after whatever continues a key. */
export const PAST = Uint8Array.of(0xff);

function later(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(compareKeys(a, b) >= 0 ? a : b);
}

function earlier(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(compareKeys(a, b) <= 0 ? a : b);
}

/** One key after the other. */
export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
