/** Projections by byte ranges: what is skipped is never decoded. */
import { CODE, CommandFailure } from '../failure.ts';
import { isNumber } from '../bson/number.ts';
import { pathOf } from '../bson/path.ts';
import type { Slice } from '../bson/slice.ts';
import { T, byte, fieldsOf, int32, nameEnd, text, valueEnd } from '../bson/slice.ts';
import { Writer } from '../bson/writer.ts';
import { truthy } from './filter.ts';

/** A leaf is `true`; a branch is the projection of the embedded document. */
interface Tree extends Map<string, true | Tree> {}

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
  const tree: Tree = new Map();
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
  const names = pathOf(path).names;
  let at = tree;
  names.forEach((name, i) => {
    const next = at.get(name);
    const last = i === names.length - 1;
    if (next === true || (last && next !== undefined)) throw new CommandFailure(31249, `Path collision at ${path}`);
    if (last) at.set(name, true);
    else {
      const inner: Tree = next ?? new Map();
      at.set(name, inner);
      at = inner;
    }
  });
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
    const name = text(buf, i + 1, value - 1);
    const rule =
      id !== null && name === '_id' && !tree.has('_id') ? (id === include ? true : undefined) : tree.get(name);
    if (rule === undefined) {
      if (!include) w.raw(buf, i, end);
    } else if (rule === true) {
      if (include) w.raw(buf, i, end);
    } else if (type === T.document) {
      w.raw(buf, i, value);
      projectFields(w, buf, value, rule, include, null);
    } else if (type === T.array) {
      w.raw(buf, i, value);
      projectElements(w, buf, value, rule, include);
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
