/** The value that an aggregation path such as `$a.b` has in a document. */
import type { Path } from '../bson/path.ts';
import { pathOf } from '../bson/path.ts';
import type { Slice } from '../bson/slice.ts';
import { MISSING, Slice as SliceOf, T, fieldsOf, findField } from '../bson/slice.ts';
import { Writer } from '../bson/writer.ts';

/** MISSING where there is none. A path that crosses an array gives the array of what its elements have, as MongoDB does. */
export function fieldValue(doc: Uint8Array, path: Path): Slice {
  return step(doc, 0, path, 0);
}

/** The same by the text of the path. */
export function valueAt(doc: Uint8Array, path: string): Slice {
  return fieldValue(doc, pathOf(path));
}

function step(buf: Uint8Array, at: number, path: Path, from: number): Slice {
  const part = path.parts[from];
  if (part === undefined) return MISSING;
  const field = findField(buf, at, part);
  if (field === null) return MISSING;
  if (from === path.parts.length - 1) return field;
  if (field.type === T.document) return step(buf, field.at, path, from + 1);
  return field.type === T.array ? across(field, path, from + 1) : MISSING;
}

function across(array: Slice, path: Path, from: number): Slice {
  const w = new Writer(64);
  const start = w.open();
  let count = 0;
  for (const element of fieldsOf(array.buf, array.at)) {
    const value =
      element.type === T.document
        ? step(element.buf, element.at, path, from)
        : element.type === T.array
          ? across(element, path, from)
          : MISSING;
    if (value.type !== T.missing) w.value(String(count++), value);
  }
  w.finish(start);
  const bytes = w.done();
  return new SliceOf(bytes, T.array, 0, bytes.length);
}
