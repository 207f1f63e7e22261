/** The keys that a document has in an index. */
import { CODE, CommandFailure } from '../failure.ts';
import { keyOf, KeyWriter } from '../bson/key.ts';
import type { Path } from '../bson/path.ts';
import { indexedValues } from '../bson/path.ts';
import type { Slice } from '../bson/slice.ts';
import { MISSING, T, findField, utf8 } from '../bson/slice.ts';
import { matches } from '../query/match.ts';
import type { Index } from './catalog.ts';

const ID = utf8('_id');

const writer = new KeyWriter();

/**
 * The keys of a document in an index: none where the partial filter excludes it, several where a field is an array.
 * `arrays` gets the bits of the fields that met an array.
 * @throws CommandFailure 171 when two fields of one index hold arrays.
 */
export function indexKeys(index: Index, doc: Uint8Array, arrays: { bits: number }): Uint8Array[] {
  if (index.partial !== null && !matches(index.partial, doc)) return [];
  const first: Slice[] = [];
  let arrayAt = -1;
  let manyAt = -1;
  let many: readonly Slice[] = [];
  for (let i = 0; i < index.fields.length; i++) {
    const field = index.fields[i];
    if (field === undefined) continue;
    const plain = plainValue(doc, field.path);
    if (plain !== null) {
      first.push(plain);
      continue;
    }
    const values: Slice[] = [];
    if (indexedValues(doc, 0, field.path, values)) {
      arrays.bits |= 1 << i;
      if (arrayAt >= 0 && (!sameRoot(index, arrayAt, i) || (values.length > 1 && manyAt >= 0)))
        throw parallel(index, arrayAt, i);
      arrayAt = i;
    }
    if (values.length > 1) {
      manyAt = i;
      many = values;
    }
    first.push(values[0] ?? MISSING);
  }
  if (manyAt < 0) return [compound(index, first)];
  const keys = new Map<string, Uint8Array>();
  for (const value of many) {
    const key = compound(index, first.with(manyAt, value));
    keys.set(Buffer.from(key).toString('latin1'), key);
  }
  return [...keys.values()];
}

/** The value of a path that is one name and holds no array, as nearly all do; null where it must be looked at closer. */
function plainValue(doc: Uint8Array, path: Path): Slice | null {
  const [part] = path.parts;
  if (part === undefined || path.parts.length > 1) return null;
  const value = findField(doc, 0, part) ?? MISSING;
  return value.type === T.array ? null : value;
}

/** Pairs of values out of one array of documents are refused too: this server indexes one path into an array per index. */
function parallel(index: Index, a: number, b: number): CommandFailure {
  const names = [a, b].map((i) => `[${index.fields[i]?.path.text ?? ''}]`).join(' ');
  return new CommandFailure(CODE.cannotIndexParallelArrays, `cannot index parallel arrays ${names}`);
}

function sameRoot(index: Index, a: number, b: number): boolean {
  return index.fields[a]?.path.names[0] === index.fields[b]?.path.names[0];
}

function compound(index: Index, values: readonly Slice[]): Uint8Array {
  writer.reset();
  for (let i = 0; i < values.length; i++) writer.value(values[i] ?? MISSING, index.fields[i]?.descending ?? false);
  return writer.take();
}

/** The key of a document's `_id`. @throws CommandFailure 53 when it has none that can be an `_id`. */
export function idKey(doc: Uint8Array, at = 0): Uint8Array {
  const id = findField(doc, at, ID);
  if (id === null) throw new CommandFailure(CODE.invalidId, 'the document has no _id');
  if (id.type === T.array || id.type === T.regex || id.type === T.undefined)
    throw new CommandFailure(
      CODE.invalidId,
      `The '_id' value cannot be of type ${id.type === T.array ? 'array' : id.type === T.regex ? 'regex' : 'undefined'}`,
    );
  return keyOf(id);
}
