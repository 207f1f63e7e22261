/** An update document as a tree of operators by path, so that it can be applied in one pass over a document's bytes. */
import { CODE, CommandFailure } from '../failure.ts';
import { isNumber, numberOf } from '../bson/number.ts';
import { isIndexName, pathOf } from '../bson/path.ts';
import type { Field, Slice } from '../bson/slice.ts';
import { T, byte, fieldsOf, stringOf, utf8 } from '../bson/slice.ts';
import type { Filter } from '../query/filter.ts';
import { equality, isOperators, parseFilter, parseOperators } from '../query/filter.ts';

export type Operator =
  | { readonly op: 'set' | 'setOnInsert' | 'unset' | 'inc' | 'min' | 'max'; readonly value: Slice }
  | { readonly op: 'currentDate'; readonly type: 'date' | 'timestamp' }
  | {
      readonly op: 'push';
      readonly each: readonly Slice[];
      readonly slice: number | null;
      readonly position: number | null;
      readonly sort: readonly SortBy[] | null;
    }
  | { readonly op: 'addToSet'; readonly each: readonly Slice[] }
  | { readonly op: 'pull'; readonly condition: Filter; readonly ofValue: 'exact' | 'any element' | null };

/** Sort elements by a path (`null`: by the element itself). */
export interface SortBy {
  readonly path: string | null;
  readonly descending: boolean;
}

/** One component of a path: either an operator stands here, or there are children. */
export interface Node {
  readonly name: string;
  readonly bytes: Uint8Array;
  operator: Operator | null;
  children: Node[];
  /** Whether anything at or below this node may create the field. */
  creates: boolean;
}

export type Update =
  { readonly kind: 'operators'; readonly root: Node } | { readonly kind: 'replacement'; readonly document: Slice };

const NAMES: Readonly<Record<string, Operator['op']>> = {
  $set: 'set',
  $setOnInsert: 'setOnInsert',
  $unset: 'unset',
  $inc: 'inc',
  $min: 'min',
  $max: 'max',
  $push: 'push',
  $pull: 'pull',
  $addToSet: 'addToSet',
  $currentDate: 'currentDate',
};

/**
 * Reads the `u` of an update.
 * @throws CommandFailure 9 for an unknown operator or a pipeline, 40 for two operators on one path, 14 and 2 for operands.
 */
export function parseUpdate(value: Slice): Update {
  if (value.type === T.array)
    throw new CommandFailure(
      CODE.failedToParse,
      'updates with an aggregation pipeline are not supported by the embedded store',
    );
  if (value.type !== T.document) throw new CommandFailure(CODE.failedToParse, 'the update must be a document');
  if (!isOperators(value)) {
    for (const field of fieldsOf(value.buf, value.at))
      if (byte(value.buf, field.nameAt) === 0x24)
        throw new CommandFailure(
          CODE.dollarPrefixed,
          `The dollar ($) prefixed field '${field.name}' is not allowed in the context of a replacement document`,
        );
    return { kind: 'replacement', document: value };
  }
  const root = rootNode();
  for (const operator of fieldsOf(value.buf, value.at)) {
    const op = NAMES[operator.name];
    if (op === undefined)
      throw new CommandFailure(
        CODE.failedToParse,
        `Unknown modifier: ${operator.name} is not supported by the embedded store. Expected a valid update modifier or pipeline-style update specified as an array`,
      );
    if (operator.type !== T.document)
      throw new CommandFailure(
        CODE.failedToParse,
        `Modifiers operate on fields but we found another type for ${operator.name}`,
      );
    for (const field of fieldsOf(operator.buf, operator.at))
      place(root, field.name, operatorOf(op, operator.name, field));
  }
  order(root);
  return { kind: 'operators', root };
}

/** The update that sets (or unsets) each of these paths; the base of an upserted document. */
export function setting(
  entries: readonly { readonly path: string; readonly value: Slice }[],
  op: 'set' | 'unset' = 'set',
): Node {
  const root = rootNode();
  for (const { path, value } of entries) place(root, path, { op, value });
  return root;
}

const NO_NAME = new Uint8Array(0);

function rootNode(): Node {
  return { name: '', bytes: NO_NAME, operator: null, children: [], creates: false };
}

function place(root: Node, path: string, operator: Operator): void {
  const creates = operator.op !== 'unset' && operator.op !== 'pull';
  let at = root;
  const { names, parts } = pathOf(path);
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] ?? '';
    if (name === '')
      throw new CommandFailure(56, `The update path '${path}' contains an empty field name, which is not allowed.`);
    if (name.startsWith('$'))
      throw new CommandFailure(
        name === '$' || name.startsWith('$[') ? CODE.badValue : CODE.dollarPrefixed,
        `The update path '${path}' uses '${name}': positional operators and dollar ($) prefixed fields are not supported by the embedded store`,
      );
    if (at.operator !== null) throw conflict(path);
    let next = childOf(at, name);
    if (next === undefined) {
      next = { name, bytes: parts[index] ?? utf8(name), operator: null, children: [], creates: false };
      at.children.push(next);
    }
    at = next;
    if (creates) at.creates = true;
  }
  if (at.operator !== null || at.children.length > 0) throw conflict(path);
  at.operator = operator;
}

function childOf(node: Node, name: string): Node | undefined {
  for (const child of node.children) if (child.name === name) return child;
  return undefined;
}

function conflict(path: string): CommandFailure {
  return new CommandFailure(
    CODE.conflictingUpdateOperators,
    `Updating the path '${path}' would create a conflict at '${path}'`,
  );
}

/** MongoDB adds new fields in the order of their names, numeric names by number. */
function order(node: Node): void {
  if (node.children.length > 1)
    node.children.sort((a, b) => {
      if (isIndexName(a.name) && isIndexName(b.name)) return Number(a.name) - Number(b.name);
      return a.name < b.name ? -1 : 1;
    });
  for (const child of node.children) if (child.children.length > 0) order(child);
}

function operatorOf(op: Operator['op'], name: string, field: Field): Operator {
  switch (op) {
    case 'inc':
      if (!isNumber(field.type))
        throw new CommandFailure(CODE.typeMismatch, `Cannot increment with non-numeric argument: {${field.name}}`);
      return { op, value: field };
    case 'push':
      return pushOf(field);
    case 'addToSet':
      return { op, each: eachOf(field, ['$each']).each };
    case 'pull':
      return pullOf(field);
    case 'currentDate':
      return { op, type: currentDateType(field) };
    case 'set':
    case 'setOnInsert':
    case 'unset':
    case 'min':
    case 'max':
      return { op, value: field };
    default:
      throw new CommandFailure(CODE.failedToParse, `Unknown modifier: ${name}`);
  }
}

function eachOf(field: Field, allowed: readonly string[]): { each: readonly Slice[]; modifiers: readonly Field[] } {
  if (!isOperators(field)) return { each: [field], modifiers: [] };
  const modifiers = fieldsOf(field.buf, field.at);
  const each = modifiers.find((m) => m.name === '$each');
  if (each === undefined) return { each: [field], modifiers: [] };
  if (each.type !== T.array) throw new CommandFailure(CODE.typeMismatch, `The argument to $each must be an array`);
  for (const modifier of modifiers)
    if (!allowed.includes(modifier.name))
      throw new CommandFailure(CODE.badValue, `Unrecognized clause: ${modifier.name}`);
  return { each: fieldsOf(each.buf, each.at), modifiers };
}

function pushOf(field: Field): Operator {
  const { each, modifiers } = eachOf(field, ['$each', '$slice', '$position', '$sort']);
  const whole = (name: string): number | null => {
    const modifier = modifiers.find((m) => m.name === name);
    if (modifier === undefined) return null;
    const value = isNumber(modifier.type) ? numberOf(modifier) : NaN;
    if (typeof value !== 'number' || !Number.isInteger(value))
      throw new CommandFailure(CODE.badValue, `The value for ${name} must be an integer`);
    return value;
  };
  const sort = modifiers.find((m) => m.name === '$sort');
  return {
    op: 'push',
    each,
    slice: whole('$slice'),
    position: whole('$position'),
    sort: sort === undefined ? null : sortOf(sort),
  };
}

function sortOf(field: Field): readonly SortBy[] {
  const direction = (value: Slice): boolean => {
    const n = isNumber(value.type) ? numberOf(value) : 0;
    if (n !== 1 && n !== -1) throw new CommandFailure(CODE.badValue, 'The $sort element value must be either 1 or -1');
    return n === -1;
  };
  if (field.type !== T.document) return [{ path: null, descending: direction(field) }];
  return fieldsOf(field.buf, field.at).map((by) => ({ path: by.name, descending: direction(by) }));
}

function pullOf(field: Field): Operator {
  if (field.type === T.document && !isOperators(field))
    return { op: 'pull', condition: parseFilter(field.buf, field.at), ofValue: null };
  const tests: Filter[] = [];
  // A plain value is compared with an element as it is; operators and regexes look into an element that is an array.
  const ofValue = isOperators(field) || field.type === T.regex ? 'any element' : 'exact';
  if (isOperators(field)) parseOperators(null, field, tests);
  else tests.push({ kind: 'value', test: equality(field) });
  return { op: 'pull', condition: { kind: 'and', parts: tests }, ofValue };
}

function currentDateType(field: Field): 'date' | 'timestamp' {
  if (field.type === T.bool) return 'date';
  const type = field.type === T.document ? fieldsOf(field.buf, field.at).find((f) => f.name === '$type') : undefined;
  const name = type?.type === T.string ? stringOf(type) : '';
  if (name !== 'date' && name !== 'timestamp')
    throw new CommandFailure(
      CODE.badValue,
      `$currentDate of '${field.name}' must be true, {$type: 'date'} or {$type: 'timestamp'}`,
    );
  return name;
}
