/** `$push`, `$addToSet` and `$pull`. A plain `$push` copies the array's bytes and appends; it decodes no element. */
import { CODE, CommandFailure } from '../failure.ts';
import { compare, equal } from '../bson/compare.ts';
import { pathOf } from '../bson/path.ts';
import type { Field, Slice } from '../bson/slice.ts';
import { MISSING, T, byte, fieldsOf, findField, int32, nameEnd, valueEnd } from '../bson/slice.ts';
import type { Writer } from '../bson/writer.ts';
import { matches, valueMatches } from '../query/match.ts';
import type { Operator, SortBy } from './parse.ts';

type Push = Extract<Operator, { op: 'push' }>;
type Pull = Extract<Operator, { op: 'pull' }>;

export function push(w: Writer, name: string, existing: Field | null, operator: Push): void {
  requireArray(name, existing, '$push');
  if (operator.slice === null && operator.position === null && operator.sort === null) {
    append(w, name, existing, operator.each);
    return;
  }
  let elements: Slice[] = existing === null ? [] : fieldsOf(existing.buf, existing.at);
  elements.splice(operator.position ?? elements.length, 0, ...operator.each);
  const sort = operator.sort;
  if (sort !== null) elements.sort((a, b) => compareBy(sort, a, b));
  if (operator.slice !== null) {
    elements = operator.slice >= 0 ? elements.slice(0, operator.slice) : elements.slice(operator.slice);
  }
  writeElements(w, name, elements);
}

export function addToSet(w: Writer, name: string, existing: Field | null, each: readonly Slice[]): void {
  requireArray(name, existing, '$addToSet');
  const there: Slice[] = existing === null ? [] : fieldsOf(existing.buf, existing.at);
  const fresh: Slice[] = [];
  for (const value of each)
    if (!there.some((v) => equal(v, value)) && !fresh.some((v) => equal(v, value))) fresh.push(value);
  append(w, name, existing, fresh);
}

export function pull(w: Writer, name: string, existing: Field | null, operator: Pull): void {
  if (existing === null) return;
  requireArray(name, existing, '$pull');
  const elements = fieldsOf(existing.buf, existing.at);
  const kept = elements.filter((element) => !pulls(operator, element));
  if (kept.length === elements.length) w.field(existing);
  else writeElements(w, name, kept);
}

function pulls(operator: Pull, element: Slice): boolean {
  if (operator.ofValue !== null) return valueMatches(operator.condition, element, operator.ofValue === 'exact');
  return element.type === T.document && matches(operator.condition, element.buf, element.at);
}

function requireArray(name: string, existing: Field | null, operator: string): void {
  if (existing !== null && existing.type !== T.array)
    throw new CommandFailure(
      CODE.badValue,
      `The field '${name}' must be an array but is of another type: ${operator} cannot apply`,
    );
}

function append(w: Writer, name: string, existing: Field | null, more: readonly Slice[]): void {
  if (existing === null) {
    writeElements(w, name, more);
    return;
  }
  const start = w.begin(T.array, name);
  let count = countElements(existing.buf, existing.at);
  w.raw(existing.buf, existing.at + 4, existing.end - 1);
  for (const value of more) w.value(String(count++), value);
  w.finish(start);
}

function countElements(buf: Uint8Array, at: number): number {
  const stop = at + int32(buf, at) - 1;
  let count = 0;
  let i = at + 4;
  while (i < stop) {
    i = valueEnd(buf, byte(buf, i), nameEnd(buf, i + 1) + 1);
    count++;
  }
  return count;
}

function writeElements(w: Writer, name: string, elements: readonly Slice[]): void {
  const start = w.begin(T.array, name);
  elements.forEach((element, i) => {
    w.value(String(i), element);
  });
  w.finish(start);
}

function compareBy(sort: readonly SortBy[], a: Slice, b: Slice): number {
  for (const by of sort) {
    const order = by.path === null ? compare(a, b) : compare(valueAt(a, by.path), valueAt(b, by.path));
    if (order !== 0) return by.descending ? -order : order;
  }
  return 0;
}

function valueAt(element: Slice, path: string): Slice {
  let at: Slice = element;
  for (const part of pathOf(path).parts) {
    if (at.type !== T.document) return MISSING;
    at = findField(at.buf, at.at, part) ?? MISSING;
  }
  return at;
}
