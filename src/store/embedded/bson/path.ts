/** Dotted paths through documents and arrays, with MongoDB's rules for arrays on the way. */
import type { Slice } from './slice.ts';
import { MISSING, T, byte, fieldsOf, findField, int32, nameEnd, utf8, valueEnd } from './slice.ts';
import { Slice as SliceOf } from './slice.ts';

/** A dotted path, split once. */
export interface Path {
  readonly text: string;
  readonly names: readonly string[];
  readonly parts: readonly Uint8Array[];
}

const known = new Map<string, Path>();

/** The path of this text; paths are few, so each is split once. */
export function pathOf(text: string): Path {
  let path = known.get(text);
  if (path === undefined) {
    const names = text.split('.');
    path = { text, names, parts: names.map(utf8) };
    if (known.size > 5000) known.clear();
    known.set(text, path);
  }
  return path;
}

const DIGITS = /^(0|[1-9]\d*)$/;

export function isIndexName(name: string): boolean {
  // Nearly every name begins with a letter, and needs no regex to be told from a number.
  return name.charCodeAt(0) <= 0x39 && DIGITS.test(name);
}

/**
 * Takes a value that a path reaches; true ends the walk. `whole`: the value is an array that was named by its place in
 * another array (`a.1`), and then stands for itself only, not for its elements.
 */
export type Seen = (value: Slice, whole: boolean) => boolean;

/**
 * Calls `seen` with every value that the path reaches, until it answers true. Arrays on the way are entered, both by
 * numeric name and element by element; an array at the end of the path is passed whole. Where a document lacks the
 * field, `seen` gets MISSING; where an array holds nothing that could have the field, it gets nothing.
 */
export function along(buf: Uint8Array, docAt: number, path: Path, seen: Seen, from = 0): boolean {
  const part = path.parts[from];
  if (part === undefined) return false;
  const field = findField(buf, docAt, part);
  if (field === null) return seen(MISSING, false);
  if (from === path.parts.length - 1) return seen(field, false);
  if (field.type === T.document) return along(buf, field.at, path, seen, from + 1);
  if (field.type === T.array) return throughArray(buf, field.at, path, seen, from + 1);
  return seen(MISSING, false);
}

function throughArray(buf: Uint8Array, at: number, path: Path, seen: Seen, from: number): boolean {
  const name = path.names[from] ?? '';
  const part = path.parts[from];
  if (part !== undefined && isIndexName(name)) {
    const element = findField(buf, at, part);
    if (element !== null) {
      if (from === path.parts.length - 1) {
        if (seen(element, true)) return true;
      } else if (element.type === T.document) {
        if (along(buf, element.at, path, seen, from + 1)) return true;
      } else if (element.type === T.array) {
        if (throughArray(buf, element.at, path, seen, from + 1)) return true;
      }
    }
  }
  const stop = at + int32(buf, at) - 1;
  let i = at + 4;
  while (i < stop) {
    const type = byte(buf, i);
    const value = nameEnd(buf, i + 1) + 1;
    if (type === T.document && along(buf, value, path, seen, from)) return true;
    i = valueEnd(buf, type, value);
  }
  return false;
}

/** Calls `seen` with each element of the array at `at`, until it answers true. */
export function anyElement(buf: Uint8Array, at: number, seen: (element: Slice) => boolean): boolean {
  const stop = at + int32(buf, at) - 1;
  let i = at + 4;
  while (i < stop) {
    const type = byte(buf, i);
    const value = nameEnd(buf, i + 1) + 1;
    const end = valueEnd(buf, type, value);
    if (seen(new SliceOf(buf, type, value, end))) return true;
    i = end;
  }
  return false;
}

const UNDEFINED = new SliceOf(new Uint8Array(0), T.undefined, 0, 0);

/**
 * What an index holds for this path: every value that a query could find, arrays by element, a missing field as
 * MISSING, an empty array (or an array that holds nothing with this path) as undefined.
 * @returns whether an array was met, which makes the index multikey.
 */
export function indexedValues(buf: Uint8Array, docAt: number, path: Path, out: Slice[]): boolean {
  const part = path.parts[0];
  if (path.parts.length === 1 && part !== undefined) {
    const field = findField(buf, docAt, part) ?? MISSING;
    if (field.type !== T.array) {
      out.push(field);
      return false;
    }
    out.push(...fieldsOf(buf, field.at));
    if (out.length === 0) out.push(UNDEFINED);
    return true;
  }
  let arrays = crossesArray(buf, docAt, path, 0);
  along(buf, docAt, path, (value, whole) => {
    if (value.type === T.array && !whole) {
      arrays = true;
      const elements = fieldsOf(buf, value.at);
      if (elements.length === 0) out.push(UNDEFINED);
      else out.push(...elements);
    } else out.push(value);
    return false;
  });
  if (out.length === 0) out.push(UNDEFINED);
  return arrays;
}

function crossesArray(buf: Uint8Array, docAt: number, path: Path, from: number): boolean {
  const part = path.parts[from];
  if (part === undefined) return false;
  const field = findField(buf, docAt, part);
  if (field === null) return false;
  if (field.type === T.array) return true;
  return field.type === T.document && crossesArray(buf, field.at, path, from + 1);
}
