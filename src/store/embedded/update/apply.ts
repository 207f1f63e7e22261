/** The one updater: a document's bytes and an operator tree in, new bytes out. Untouched fields are copied as ranges. */
import { CODE, CommandFailure } from '../failure.ts';
import { compare } from '../bson/compare.ts';
import { isIndexName } from '../bson/path.ts';
import type { Field, Slice } from '../bson/slice.ts';
import { T, byte, fieldsOf, int32, nameEnd, valueEnd } from '../bson/slice.ts';
import { Field as FieldOf } from '../bson/slice.ts';
import { Writer } from '../bson/writer.ts';
import { addToSet, pull, push } from './array-operators.ts';
import { increment } from './increment.ts';
import type { Node, Operator } from './parse.ts';

/** What an update may need beside the document. */
export interface UpdateContext {
  /** Whether the document is being inserted by an upsert: then `$setOnInsert` applies. */
  readonly inserting: boolean;
  /** UTC epoch milliseconds, for `$currentDate`. */
  readonly now: number;
}

/**
 * Applies the operators under `root` to the document at the start of `doc`.
 * @returns the new document. @throws CommandFailure 28, 14, 2 as MongoDB does when an operator does not fit a value.
 */
export function applyOperators(doc: Uint8Array, root: Node, context: UpdateContext): Uint8Array {
  const w = new Writer(doc.length + 128);
  writeDocument(w, doc, 0, root, context);
  return w.done();
}

function writeDocument(w: Writer, buf: Uint8Array, at: number, node: Node, context: UpdateContext): void {
  const children = node.children;
  const count = children.length;
  const start = w.open();
  const stop = at + int32(buf, at) - 1;
  let met = 0;
  let seen: Set<Node> | null = null;
  let keptFrom = at + 4;
  let i = at + 4;
  while (i < stop && met < count) {
    const type = byte(buf, i);
    const child = childAt(children, buf, i + 1);
    const value = nameEnd(buf, i + 1) + 1;
    const end = valueEnd(buf, type, value);
    if (child !== null) {
      w.raw(buf, keptFrom, i);
      writeField(w, child.name, new FieldOf(buf, type, i + 1, value, end), child, context);
      keptFrom = end;
      met++;
      (seen ??= new Set()).add(child);
    }
    i = end;
  }
  w.raw(buf, keptFrom, stop);
  if (met < count)
    for (const child of children)
      if (seen === null || !seen.has(child)) writeField(w, child.name, null, child, context);
  w.finish(start);
}

function childAt(children: readonly Node[], buf: Uint8Array, nameAt: number): Node | null {
  for (const child of children) {
    const name = child.bytes;
    let n = 0;
    while (n < name.length && buf[nameAt + n] === name[n]) n++;
    if (n === name.length && buf[nameAt + n] === 0) return child;
  }
  return null;
}

/** Writes what becomes of the field `existing` (null: it is not there), or nothing. */
function writeField(w: Writer, name: string, existing: Field | null, node: Node, context: UpdateContext): void {
  if (node.operator !== null) {
    applyOperator(w, name, existing, node.operator, context);
    return;
  }
  if (existing === null) {
    if (!createsNow(node, context)) return;
    const start = w.begin(T.document, name);
    for (const child of node.children) writeField(w, child.name, null, child, context);
    w.finish(start);
  } else if (existing.type === T.document) {
    w.head(T.document, name);
    writeDocument(w, existing.buf, existing.at, node, context);
  } else if (existing.type === T.array) {
    w.head(T.array, name);
    writeArray(w, existing, node, context);
  } else if (createsNow(node, context)) {
    throw new CommandFailure(
      CODE.pathNotViable,
      `Cannot create field '${node.children[0]?.name ?? ''}' in element {${name}: ...}: it is no document`,
    );
  } else w.field(existing);
}

/** Whether a missing field would come into being here; `$setOnInsert` alone creates nothing on an update. */
function createsNow(node: Node, context: UpdateContext): boolean {
  if (!node.creates) return false;
  if (context.inserting) return true;
  if (node.operator !== null)
    return node.operator.op !== 'setOnInsert' && node.operator.op !== 'unset' && node.operator.op !== 'pull';
  return node.children.some((child) => createsNow(child, context));
}

const MAX_PADDING = 1_500_000;

function writeArray(w: Writer, array: Field, node: Node, context: UpdateContext): void {
  const elements = fieldsOf(array.buf, array.at);
  const byIndex = new Map<number, Node>();
  for (const child of node.children) {
    if (isIndexName(child.name)) byIndex.set(Number(child.name), child);
    else if (createsNow(child, context))
      throw new CommandFailure(
        CODE.pathNotViable,
        `Cannot create field '${child.name}' in element {${array.name}: [...]}: an array has numeric fields only`,
      );
  }
  const start = w.open();
  elements.forEach((element, i) => {
    const child = byIndex.get(i);
    if (child === undefined) w.value(String(i), element);
    else if (child.operator?.op === 'unset') w.head(T.null, String(i));
    else writeField(w, String(i), element, child, context);
  });
  let next = elements.length;
  for (const [index, child] of [...byIndex].sort((a, b) => a[0] - b[0])) {
    if (index < elements.length || !createsNow(child, context)) continue;
    if (index - next > MAX_PADDING)
      throw new CommandFailure(CODE.badValue, `can't backfill more than ${MAX_PADDING} elements`);
    for (; next < index; next++) w.head(T.null, String(next));
    writeField(w, String(next++), null, child, context);
  }
  w.finish(start);
}

function applyOperator(
  w: Writer,
  name: string,
  existing: Field | null,
  operator: Operator,
  context: UpdateContext,
): void {
  switch (operator.op) {
    case 'set':
      w.value(name, operator.value);
      return;
    case 'setOnInsert':
      if (context.inserting) w.value(name, operator.value);
      else if (existing !== null) w.field(existing);
      return;
    case 'unset':
      return;
    case 'inc':
      increment(w, name, existing, operator.value);
      return;
    case 'min':
    case 'max':
      w.value(name, extreme(existing, operator.value, operator.op));
      return;
    case 'currentDate':
      if (operator.type === 'date') w.date(name, context.now);
      else {
        w.head(T.timestamp, name);
        w.i64((BigInt(Math.floor(context.now / 1000)) << 32n) | 1n);
      }
      return;
    case 'push':
      push(w, name, existing, operator);
      return;
    case 'addToSet':
      addToSet(w, name, existing, operator.each);
      return;
    case 'pull':
      pull(w, name, existing, operator);
  }
}

function extreme(existing: Field | null, value: Slice, op: 'min' | 'max'): Slice {
  if (existing === null) return value;
  const order = compare(value, existing);
  return (op === 'min' ? order < 0 : order > 0) ? value : existing;
}
