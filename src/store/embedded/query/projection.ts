/** Projections by byte ranges: what is skipped is never decoded. */
import { CODE, CommandFailure } from '../failure.ts';
import { isNumber } from '../bson/number.ts';
import { pathOf } from '../bson/path.ts';
import type { Slice } from '../bson/slice.ts';
import { T, byte, fieldsOf, int32, nameEnd, utf8, valueEnd } from '../bson/slice.ts';
import { Writer } from '../bson/writer.ts';
import { truthy } from './filter.ts';

/** One named field: a leaf has no tree, a branch has the projection of the embedded document. */
interface Branch {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly tree: Tree | null;
}

type Tree = Branch[];

export interface Projection {
  readonly include: boolean;
  readonly tree: Tree;
  /** Whether `_id` stays. */
  readonly id: boolean;
}

/**
 * Reads `{a: 1, 'b.c': 1, _id: 0}` or `{a: 0, 'b.c': 0}`.
 * @returns null when everything stays. @throws CommandFailure when inclusion and exclusion are mixed, or for an operator.
 */
export function parseProjection(value: Slice): Projection | null {
  const key = Buffer.from(value.buf.buffer, value.buf.byteOffset + value.at, value.end - value.at).toString('latin1');
  let projection = known.get(key);
  if (projection === undefined) {
    projection = readProjection(value);
    if (known.size >= KNOWN) known.clear();
    if (key.length <= LONGEST_KNOWN) known.set(key, projection);
  }
  return projection;
}

/** Programs ask for few projections, again and again: by its bytes each is read once. */
const known = new Map<string, Projection | null>();
const KNOWN = 500;
const LONGEST_KNOWN = 2_000;

function readProjection(value: Slice): Projection | null {
  const tree: Tree = [];
  let include: boolean | null = null;
  let id: boolean | null = null;
  for (const field of leaves(value, '')) {
    const wanted = truthy(field.value);
    if (field.path === '_id') {
      id = wanted;
      continue;
    }
    if (include !== null && include !== wanted)
      throw new CommandFailure(
        include ? 31254 : 31253,
        `Cannot do ${wanted ? 'inclusion' : 'exclusion'} on field ${field.path} in ${include ? 'inclusion' : 'exclusion'} projection`,
      );
    include = wanted;
    add(tree, field.path);
  }
  if (include === null && id === null) return null;
  return { include: include ?? id === true, tree, id: id ?? true };
}

function leaves(value: Slice, prefix: string): { path: string; value: Slice }[] {
  const out: { path: string; value: Slice }[] = [];
  for (const field of fieldsOf(value.buf, value.at)) {
    const name = field.name;
    if (name.startsWith('$') || name.includes('.$'))
      throw new CommandFailure(
        CODE.unknownProjectOperator,
        `Unknown expression ${name}: projection operators are not supported by the embedded store`,
      );
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (field.type === T.document) out.push(...leaves(field, path));
    else if (field.type === T.bool || isNumber(field.type)) out.push({ path, value: field });
    else
      throw new CommandFailure(
        CODE.badValue,
        `projection of ${path} must be 0, 1, true or false: computed values are not supported here`,
      );
  }
  return out;
}

function add(tree: Tree, path: string): void {
  const { names, parts } = pathOf(path);
  let at = tree;
  names.forEach((name, i) => {
    const next = at.find((branch) => branch.name === name);
    const last = i === names.length - 1;
    if (next !== undefined && (last || next.tree === null))
      throw new CommandFailure(31249, `Path collision at ${path}`);
    const inner = next?.tree ?? (last ? null : []);
    if (next === undefined) at.push({ name, bytes: parts[i] ?? utf8(name), tree: inner });
    if (inner !== null) at = inner;
  });
}

const ID = utf8('_id');

function branchAt(tree: Tree, buf: Uint8Array, nameAt: number): Branch | null {
  for (const branch of tree) if (isNamed(buf, nameAt, branch.bytes)) return branch;
  return null;
}

function isNamed(buf: Uint8Array, nameAt: number, name: Uint8Array): boolean {
  let n = 0;
  while (n < name.length && buf[nameAt + n] === name[n]) n++;
  return n === name.length && buf[nameAt + n] === 0;
}

/** Appends the projected document at `at` to `w`, length and end included. */
export function project(w: Writer, buf: Uint8Array, at: number, projection: Projection): void {
  projectFields(w, buf, at, projection.tree, projection.include, projection.id);
}

/** The projected document on its own. */
export function projected(doc: Uint8Array, projection: Projection): Uint8Array {
  const w = new Writer(Math.min(doc.length, 1024) + 16);
  project(w, doc, 0, projection);
  return w.done();
}

function projectFields(w: Writer, buf: Uint8Array, at: number, tree: Tree, include: boolean, id: boolean | null): void {
  const start = w.open();
  const stop = at + int32(buf, at) - 1;
  let i = at + 4;
  while (i < stop) {
    const type = byte(buf, i);
    const value = nameEnd(buf, i + 1) + 1;
    const end = valueEnd(buf, type, value);
    const branch = branchAt(tree, buf, i + 1);
    if (branch === null) {
      const keeps = id !== null && isNamed(buf, i + 1, ID) ? id : !include;
      if (keeps) w.raw(buf, i, end);
    } else if (branch.tree === null) {
      if (include) w.raw(buf, i, end);
    } else if (type === T.document) {
      w.raw(buf, i, value);
      projectFields(w, buf, value, branch.tree, include, null);
    } else if (type === T.array) {
      w.raw(buf, i, value);
      projectElements(w, buf, value, branch.tree, include);
    } else if (!include) w.raw(buf, i, end);
    i = end;
  }
  w.finish(start);
}

function projectElements(w: Writer, buf: Uint8Array, at: number, tree: Tree, include: boolean): void {
  const start = w.open();
  let kept = 0;
  for (const element of fieldsOf(buf, at)) {
    if (element.type === T.document) {
      w.head(T.document, String(kept++));
      projectFields(w, buf, element.at, tree, include, null);
    } else if (element.type === T.array) {
      w.head(T.array, String(kept++));
      projectElements(w, buf, element.at, tree, include);
    } else if (!include) w.value(String(kept++), element);
  }
  w.finish(start);
}
