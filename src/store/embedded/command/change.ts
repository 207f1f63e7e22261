/** What an update makes of a document, and what an upsert inserts. */
import { CODE, CommandFailure } from '../failure.ts';
import { equal } from '../bson/compare.ts';
import type { Slice } from '../bson/slice.ts';
import { Slice as SliceOf, T, checkDocument, fieldsOf, findField, utf8 } from '../bson/slice.ts';
import { documentOf } from '../bson/writer.ts';
import type { Filter } from '../query/filter.ts';
import { applyOperators } from '../update/apply.ts';
import type { Update } from '../update/parse.ts';
import { setting } from '../update/parse.ts';
import type { Context } from './context.ts';

const ID = utf8('_id');
const EMPTY = documentOf(() => undefined);

export interface Change {
  /** The new document, or null when it is the same. */
  readonly after: Uint8Array | null;
  /** Top-level fields that may differ; null: any. */
  readonly touched: readonly string[] | null;
}

/** @throws CommandFailure 66 when the update would change `_id`. */
export function changeOf(before: Uint8Array, update: Update, now: number): Change {
  if (update.kind === 'replacement') {
    const after = replaced(before, update.document);
    return { after: same(before, after) ? null : after, touched: null };
  }
  const after = applyOperators(before, update.root, { inserting: false, now });
  if (same(before, after)) return { after: null, touched: null };
  const touched = update.root.children.map((child) => child.name);
  if (touched.includes('_id')) requireSameId(before, after);
  return { after, touched };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

function requireSameId(before: Uint8Array, after: Uint8Array): void {
  const a = findField(before, 0, ID);
  const b = findField(after, 0, ID);
  if (a === null || b === null || a.type !== b.type || !equal(a, b))
    throw new CommandFailure(
      CODE.immutableField,
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
}

function replaced(before: Uint8Array, document: Slice): Uint8Array {
  checkDocument(document.buf, document.at, document.end);
  const id = findField(before, 0, ID);
  const fields = fieldsOf(document.buf, document.at);
  const given = fields.find((f) => f.name === '_id');
  if (given !== undefined && (id === null || !equal(given, id)))
    throw new CommandFailure(
      CODE.immutableField,
      "After applying the update, the (immutable) field '_id' was found to have been altered",
    );
  return documentOf((w) => {
    if (id !== null) w.field(id);
    for (const field of fields) if (field !== given) w.field(field);
  });
}

/** The document that an upsert inserts: the equalities of the filter, then the update over them. */
export function upserted(
  context: Context,
  filter: Filter,
  update: Update,
): { readonly doc: Uint8Array; readonly id: Slice } {
  const equalities = equalitiesOf(filter);
  const idOf = equalities.find((e) => e.path === '_id');
  const inserting = { inserting: true, now: context.now() };
  let built: Uint8Array;
  if (update.kind === 'replacement') {
    checkDocument(update.document.buf, update.document.at, update.document.end);
    const fields = fieldsOf(update.document.buf, update.document.at);
    const given = fields.find((f) => f.name === '_id');
    if (given !== undefined && idOf !== undefined && !equal(given, idOf.value))
      throw new CommandFailure(
        CODE.immutableField,
        "After applying the update, the (immutable) field '_id' was found to have been altered",
      );
    built = documentOf((w) => {
      if (given === undefined && idOf !== undefined) w.value('_id', idOf.value);
      for (const field of fields) w.field(field);
    });
  } else {
    const base = equalities.length === 0 ? EMPTY : applyOperators(EMPTY, setting(equalities), inserting);
    built = applyOperators(base, update.root, inserting);
    if (idOf !== undefined && update.root.children.some((c) => c.name === '_id')) requireSameId(base, built);
  }
  const doc = context.documents.normalized(new SliceOf(built, T.document, 0, built.length));
  const id = findField(doc, 0, ID);
  if (id === null) throw new CommandFailure(CODE.internal, 'an upserted document has no _id');
  return { doc, id };
}

interface Equality {
  readonly path: string;
  readonly value: Slice;
}

function equalitiesOf(filter: Filter): Equality[] {
  if (filter.kind === 'and') return filter.parts.flatMap(equalitiesOf);
  if (filter.kind === 'or' && filter.parts.length === 1) return filter.parts.flatMap(equalitiesOf);
  if (filter.kind !== 'path') return [];
  const { path, test } = filter;
  if (test.op === 'eq') return [{ path: path.text, value: test.value }];
  const [only] = test.op === 'in' && test.values.length === 1 && test.regexes.length === 0 ? test.values : [];
  return only === undefined ? [] : [{ path: path.text, value: only }];
}
