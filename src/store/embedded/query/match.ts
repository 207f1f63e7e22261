/** The one matcher: whether a stored document, as bytes, satisfies a filter. */
import { compare, equal } from '../bson/compare.ts';
import { isNumber, numberOf } from '../bson/number.ts';
import { keyText, tagOf } from '../bson/key.ts';
import { along, anyElement } from '../bson/path.ts';
import type { Slice } from '../bson/slice.ts';
import { MISSING, T, fieldsOf, findField, stringOf } from '../bson/slice.ts';
import type { Filter, Test } from './filter.ts';

/** Whether the document at `at` satisfies `filter`. */
export function matches(filter: Filter, buf: Uint8Array, at = 0): boolean {
  switch (filter.kind) {
    case 'and':
      for (const part of filter.parts) if (!matches(part, buf, at)) return false;
      return true;
    case 'or':
      return filter.parts.some((part) => matches(part, buf, at));
    case 'nor':
      return !filter.parts.some((part) => matches(part, buf, at));
    case 'not':
      return !matches(filter.part, buf, at);
    case 'path': {
      const { path, test } = filter;
      const [part] = path.parts;
      if (part !== undefined && path.parts.length === 1)
        return valuePasses(test, findField(buf, at, part) ?? MISSING, false);
      return along(buf, at, path, (value, whole) => valuePasses(test, value, whole));
    }
    case 'value':
      return false;
  }
}

/**
 * Whether a bare value satisfies tests that were parsed without a path. `whole`: an array stands for itself only, as in
 * `$elemMatch`; else one of its elements may satisfy them.
 */
export function valueMatches(filter: Filter, value: Slice, whole: boolean): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => valueMatches(part, value, whole));
    case 'or':
      return filter.parts.some((part) => valueMatches(part, value, whole));
    case 'nor':
      return !filter.parts.some((part) => valueMatches(part, value, whole));
    case 'not':
      return !valueMatches(filter.part, value, whole);
    case 'value':
      return valuePasses(filter.test, value, whole);
    case 'path':
      return value.type === T.document && matches(filter, value.buf, value.at);
  }
}

/** A value at the end of a path passes itself or, when it is an array, by one of its elements. */
function valuePasses(test: Test, value: Slice, whole: boolean): boolean {
  switch (test.op) {
    case 'exists':
      return value.type !== T.missing;
    case 'size':
      return value.type === T.array && fieldsOf(value.buf, value.at).length === test.size;
    case 'elemMatch':
      return value.type === T.array && anyElement(value.buf, value.at, (element) => elementPasses(test, element));
    default:
      if (passes(test, value)) return true;
      return value.type === T.array && !whole && anyElement(value.buf, value.at, (element) => passes(test, element));
  }
}

function elementPasses(test: Test & { op: 'elemMatch' }, element: Slice): boolean {
  if (test.filter === null) return test.tests.every((inner) => valueMatches(inner, element, true));
  return (element.type === T.document || element.type === T.array) && matches(test.filter, element.buf, element.at);
}

function passes(test: Test, value: Slice): boolean {
  switch (test.op) {
    case 'eq':
      return equals(test.value, value);
    case 'in':
      if (test.keys !== null) {
        if (value.type !== T.missing && test.keys.has(keyText(value))) return true;
        if (value.type === T.missing && test.values.some((v) => v.type === T.null)) return true;
      } else if (test.values.some((wanted) => equals(wanted, value))) return true;
      return test.regexes.length > 0 && isText(value) && test.regexes.some((r) => r.test(stringOf(value)));
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return inOrder(test.op, value, test.value);
    case 'type':
      return test.types.has(value.type) && value.type !== T.missing;
    case 'regex':
      if (isText(value)) return test.regex.test(stringOf(value));
      return value.type === T.regex && test.source !== null && equal(value, test.source);
    default:
      return false;
  }
}

function isText(value: Slice): boolean {
  return value.type === T.string || value.type === T.symbol;
}

function equals(wanted: Slice, value: Slice): boolean {
  if (value.type === T.missing) return wanted.type === T.null;
  return equal(wanted, value);
}

function isNaNumber(value: Slice): boolean {
  if (!isNumber(value.type)) return false;
  const n = numberOf(value);
  return n !== n;
}

/** `value op bound`, only within one type bracket; MinKey and MaxKey compare with every type. */
function inOrder(op: 'gt' | 'gte' | 'lt' | 'lte', value: Slice, bound: Slice): boolean {
  const everyType = bound.type === T.minKey || bound.type === T.maxKey;
  if (!everyType && tagOf(value.type) !== tagOf(bound.type)) return false;
  if (everyType && value.type === T.missing) return false;
  if (isNaNumber(bound)) return (op === 'gte' || op === 'lte') && isNaNumber(value);
  const order = compare(value, bound);
  switch (op) {
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
    case 'lt':
      return order < 0;
    case 'lte':
      return order <= 0;
  }
}
