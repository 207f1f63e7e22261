/** A query filter as a tree, read from its BSON. */
import { CODE, CommandFailure, reasonOf } from '../failure.ts';
import { keyText } from '../bson/key.ts';
import { isNumber, numberOf } from '../bson/number.ts';
import type { Path } from '../bson/path.ts';
import { pathOf } from '../bson/path.ts';
import type { Field, Slice } from '../bson/slice.ts';
import { T, byte, fieldsOf, nameEnd, stringOf, text } from '../bson/slice.ts';

/** An order comparison with a value. */
export interface Bound {
  readonly op: 'gt' | 'gte' | 'lt' | 'lte';
  readonly value: Slice;
}

/** What one value must satisfy. */
export type Test =
  | { readonly op: 'eq'; readonly value: Slice }
  | Bound
  | {
      readonly op: 'in';
      readonly values: readonly Slice[];
      readonly keys: ReadonlySet<string> | null;
      readonly regexes: readonly RegExp[];
    }
  | { readonly op: 'exists' }
  | { readonly op: 'type'; readonly types: ReadonlySet<number> }
  | { readonly op: 'size'; readonly size: number }
  | { readonly op: 'regex'; readonly regex: RegExp; readonly source: Slice | null }
  /** An array element that is a document matching `filter`, or a value passing all `tests`. */
  | { readonly op: 'elemMatch'; readonly filter: Filter | null; readonly tests: readonly Filter[] };

export type Filter =
  | { readonly kind: 'and' | 'or' | 'nor'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | { readonly kind: 'path'; readonly path: Path; readonly test: Test }
  /** A test of a bare value: inside a value `$elemMatch` and `$pull`. */
  | { readonly kind: 'value'; readonly test: Test };

export function isBound(test: Test): test is Bound {
  return test.op === 'gt' || test.op === 'gte' || test.op === 'lt' || test.op === 'lte';
}

/** Where tests of an operator document apply: at a path of the document, or at the value itself. */
type Place = Path | null;

function leaf(place: Place, test: Test): Filter {
  return place === null ? { kind: 'value', test } : { kind: 'path', path: place, test };
}

/**
 * Reads the filter document at `at`.
 * @throws CommandFailure 2 (BadValue) for an operator or form that this server does not have.
 */
export function parseFilter(buf: Uint8Array, at: number): Filter {
  const parts: Filter[] = [];
  for (const field of fieldsOf(buf, at)) {
    if (byte(buf, field.nameAt) === 0x24 /* $ */) parseTopLevel(field, parts);
    else parsePath(pathOf(field.name), field, parts);
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'and', parts };
}

function parseTopLevel(field: Field, parts: Filter[]): void {
  const name = field.name;
  switch (name) {
    case '$and':
    case '$or':
    case '$nor': {
      const inner = clauses(field, name);
      if (name === '$and') parts.push(...inner);
      else parts.push({ kind: name === '$or' ? 'or' : 'nor', parts: inner });
      return;
    }
    case '$comment':
      return;
    default:
      throw new CommandFailure(
        CODE.badValue,
        `unknown top level operator: ${name} is not supported by the embedded store`,
      );
  }
}

function clauses(field: Field, name: string): Filter[] {
  const elements = field.type === T.array ? fieldsOf(field.buf, field.at) : [];
  if (elements.length === 0) throw new CommandFailure(CODE.badValue, `${name} argument must be a non-empty array`);
  return elements.map((element) => {
    if (element.type !== T.document) throw new CommandFailure(CODE.badValue, `${name} entries need to be full objects`);
    return parseFilter(element.buf, element.at);
  });
}

/** Whether a document holds operators (`{$gt: 1}`) and is no value to compare with. */
export function isOperators(value: Slice): boolean {
  return value.type === T.document && byte(value.buf, value.at + 5) === 0x24 && byte(value.buf, value.at + 4) !== 0;
}

function parsePath(place: Place, value: Slice, parts: Filter[]): void {
  if (isOperators(value)) parseOperators(place, value, parts);
  else parts.push(leaf(place, equality(value)));
}

/** The test of a plain value: equality, or a match where the value is a regex. */
export function equality(value: Slice): Test {
  if (value.type === T.regex) return { op: 'regex', regex: regexOf(value), source: value };
  return { op: 'eq', value };
}

/** The tests of an operator document, e.g. `{$gt: 1, $lt: 5}`. With `place` null they test a bare value. */
export function parseOperators(place: Place, value: Slice, parts: Filter[]): void {
  const fields = fieldsOf(value.buf, value.at);
  for (const field of fields) {
    const name = field.name;
    switch (name) {
      case '$eq':
        // `{$eq: /a/}` compares with the regex itself.
        parts.push(leaf(place, { op: 'eq', value: field }));
        break;
      case '$ne':
        if (field.type === T.regex) throw new CommandFailure(CODE.badValue, "Can't have regex as arg to $ne.");
        parts.push({ kind: 'not', part: leaf(place, { op: 'eq', value: field }) });
        break;
      case '$gt':
      case '$gte':
      case '$lt':
      case '$lte':
        if (field.type === T.regex)
          throw new CommandFailure(CODE.badValue, `Can't have RegEx as arg to predicate over field.`);
        parts.push(
          leaf(place, {
            op: name === '$gt' ? 'gt' : name === '$gte' ? 'gte' : name === '$lt' ? 'lt' : 'lte',
            value: field,
          }),
        );
        break;
      case '$in':
        parts.push(leaf(place, membership(field, name)));
        break;
      case '$nin':
        parts.push({ kind: 'not', part: leaf(place, membership(field, name)) });
        break;
      case '$exists': {
        const exists = leaf(place, { op: 'exists' });
        parts.push(truthy(field) ? exists : { kind: 'not', part: exists });
        break;
      }
      case '$type':
        parts.push(leaf(place, { op: 'type', types: typesOf(field) }));
        break;
      case '$size':
        parts.push(leaf(place, { op: 'size', size: sizeOf(field) }));
        break;
      case '$regex':
        parts.push(
          leaf(place, {
            op: 'regex',
            regex: regexOperator(field, fields),
            source: field.type === T.regex ? field : null,
          }),
        );
        break;
      case '$options':
        if (!fields.some((f) => f.name === '$regex'))
          throw new CommandFailure(CODE.badValue, '$options needs a $regex');
        break;
      case '$not':
        parts.push({ kind: 'not', part: negated(place, field) });
        break;
      case '$all':
        parts.push(...every(place, field));
        break;
      case '$elemMatch':
        parts.push(leaf(place, elementMatch(field)));
        break;
      default:
        throw new CommandFailure(CODE.badValue, `unknown operator: ${name} is not supported by the embedded store`);
    }
  }
}

function negated(place: Place, field: Field): Filter {
  if (field.type === T.regex) return leaf(place, equality(field));
  if (!isOperators(field)) throw new CommandFailure(CODE.badValue, '$not needs a regex or a document of operators');
  const inner: Filter[] = [];
  parseOperators(place, field, inner);
  return { kind: 'and', parts: inner };
}

function every(place: Place, field: Field): Filter[] {
  if (field.type !== T.array) throw new CommandFailure(CODE.badValue, '$all needs an array');
  const elements = fieldsOf(field.buf, field.at);
  if (elements.length === 0) return [{ kind: 'nor', parts: [{ kind: 'and', parts: [] }] }];
  return elements.map((element) => {
    if (!isOperators(element)) return leaf(place, equality(element));
    const [operator] = fieldsOf(element.buf, element.at);
    if (operator?.name !== '$elemMatch') throw new CommandFailure(CODE.badValue, 'no $ expressions in $all');
    return leaf(place, elementMatch(operator));
  });
}

function elementMatch(field: Field): Test {
  if (field.type !== T.document) throw new CommandFailure(CODE.badValue, '$elemMatch needs an Object');
  const [first] = fieldsOf(field.buf, field.at);
  const logical = first !== undefined && ['$and', '$or', '$nor'].includes(first.name);
  if (!isOperators(field) || logical) return { op: 'elemMatch', filter: parseFilter(field.buf, field.at), tests: [] };
  const tests: Filter[] = [];
  parseOperators(null, field, tests);
  return { op: 'elemMatch', filter: null, tests };
}

const MANY = 8;

function membership(field: Field, name: string): Test {
  if (field.type !== T.array) throw new CommandFailure(CODE.badValue, `${name} needs an array`);
  const values: Slice[] = [];
  const regexes: RegExp[] = [];
  for (const element of fieldsOf(field.buf, field.at)) {
    if (isOperators(element)) throw new CommandFailure(CODE.badValue, `cannot nest $ under ${name}`);
    if (element.type === T.regex) regexes.push(regexOf(element));
    else values.push(element);
  }
  return { op: 'in', values, regexes, keys: values.length > MANY ? new Set(values.map(keyText)) : null };
}

/** BSON's idea of true, as `$exists` and projections read it. */
export function truthy(value: Slice): boolean {
  if (value.type === T.bool) return byte(value.buf, value.at) !== 0;
  if (isNumber(value.type)) return numberOf(value) !== 0;
  return value.type !== T.null && value.type !== T.undefined && value.type !== T.missing;
}

function sizeOf(field: Field): number {
  const size = isNumber(field.type) ? numberOf(field) : NaN;
  if (typeof size !== 'number' || !Number.isInteger(size))
    throw new CommandFailure(CODE.failedToParse, '$size must be a whole number');
  if (size < 0) throw new CommandFailure(CODE.failedToParse, '$size may not be negative');
  return size;
}

const ALIASES: Readonly<Record<string, number>> = {
  double: 1, string: 2, object: 3, array: 4, binData: 5, undefined: 6, objectId: 7, bool: 8, date: 9, null: 10, regex: 11,
  dbPointer: 12, javascript: 13, symbol: 14, javascriptWithScope: 15, int: 16, timestamp: 17, long: 18, decimal: 19,
  minKey: 255, maxKey: 127,
}; // prettier-ignore

function typesOf(field: Field): ReadonlySet<number> {
  const types = new Set<number>();
  for (const one of field.type === T.array ? fieldsOf(field.buf, field.at) : [field]) {
    const named = one.type === T.string ? stringOf(one) : isNumber(one.type) ? Number(numberOf(one)) : null;
    if (named === 'number') [T.double, T.int32, T.int64, T.decimal].forEach((t) => types.add(t));
    else {
      const code = typeof named === 'string' ? ALIASES[named] : named === -1 ? T.minKey : named;
      if (code === null || code === undefined || !Object.values(ALIASES).includes(code))
        throw new CommandFailure(CODE.badValue, `Unknown type name alias or code: ${named}`);
      types.add(code);
    }
  }
  if (types.size === 0) throw new CommandFailure(CODE.failedToParse, '$type must match at least one type');
  return types;
}

/** A BSON regex as a JavaScript one. */
export function regexOf(value: Slice): RegExp {
  const flags = nameEnd(value.buf, value.at) + 1;
  return compiled(text(value.buf, value.at, flags - 1), text(value.buf, flags, value.end - 1));
}

function regexOperator(field: Field, siblings: readonly Field[]): RegExp {
  const options = siblings.find((f) => f.name === '$options');
  const flags = options === undefined ? '' : stringOf(options);
  if (field.type === T.string) return compiled(stringOf(field), flags);
  if (field.type !== T.regex) throw new CommandFailure(CODE.badValue, '$regex has to be a string');
  const source = regexOf(field);
  return options === undefined ? source : compiled(source.source, flags);
}

function compiled(pattern: string, flags: string): RegExp {
  const unknown = [...flags].find((f) => !'ims'.includes(f));
  if (unknown !== undefined)
    throw new CommandFailure(CODE.badValue, `regex option '${unknown}' is not supported by the embedded store`);
  const chosen = [...new Set(flags)].join('');
  try {
    return new RegExp(pattern, `${chosen}u`);
  } catch {
    // Some escapes that PCRE allows are errors to JavaScript's Unicode mode only.
  }
  try {
    return new RegExp(pattern, chosen);
  } catch (cause) {
    throw new CommandFailure(CODE.badValue, `Regular expression is invalid: ${reasonOf(cause)}`);
  }
}
