/** find, getMore, killCursors, count, distinct. */
import { CODE, CommandFailure } from '../failure.ts';
import { keyText } from '../bson/key.ts';
import { compare } from '../bson/compare.ts';
import { along, pathOf } from '../bson/path.ts';
import type { Slice } from '../bson/slice.ts';
import { T, copied, fieldsOf, int64, stringOf } from '../bson/slice.ts';
import { numberOf } from '../bson/number.ts';
import { documentOf } from '../bson/writer.ts';
import type { Query, QuerySite } from '../query/execute.ts';
import { ANY, countOf, documentsOf } from '../query/execute.ts';
import type { Filter } from '../query/filter.ts';
import { parseFilter } from '../query/filter.ts';
import type { Hint } from '../query/plan.ts';
import { parseProjection, projected } from '../query/projection.ts';
import { parseSort } from '../query/sort.ts';
import type { Collection } from '../storage/catalog.ts';
import type { Context } from './context.ts';
import { checkBudget } from './context.ts';
import type { Request } from './request.ts';

export const FIND_FIELDS = new Set([
  'filter', 'sort', 'projection', 'hint', 'skip', 'limit', 'batchSize', 'singleBatch', 'noCursorTimeout', 'allowDiskUse', 'allowPartialResults',
]); // prettier-ignore

export function site(context: Context): QuerySite {
  return {
    storage: context.storage,
    catalog: context.catalog,
    spend: (tally) => {
      checkBudget(context, tally);
    },
  };
}

export function filterOf(value: Slice | null): Filter {
  return value === null ? ANY : parseFilter(value.buf, value.at);
}

/** A hint by name, by key pattern or `{$natural: 1}`. */
export function hintOf(collection: Collection | null, value: Slice | null): Hint {
  if (value === null || collection === null) return null;
  if (value.type === T.string) return { name: stringOf(value) };
  if (value.type !== T.document) throw new CommandFailure(CODE.failedToParse, 'Hint must be a string or an object');
  const [first] = fieldsOf(value.buf, value.at);
  if (first === undefined) return null;
  if (first.name === '$natural') return { natural: true };
  if (first.name === '_id') return { name: '_id_' };
  const asked = fieldsOf(value.buf, value.at).map((f) => `${f.name}:${Number(numberOf(f)) < 0 ? -1 : 1}`);
  const found = collection.indexes.find(
    (index) => index.fields.map((f) => `${f.path.text}:${f.descending ? -1 : 1}`).join() === asked.join(),
  );
  return { name: found?.name ?? asked.join() };
}

function amount(request: Request, name: string): number {
  const value = request.integer(name) ?? 0;
  if (value < 0) throw new CommandFailure(51024, `BSON field '${name}' value must be >= 0, actual value '${value}'`);
  return value;
}

export function queryOf(request: Request, collection: Collection | null): Query {
  const sort = request.document('sort');
  const limit = amount(request, 'limit');
  return {
    filter: filterOf(request.document('filter')),
    sort: sort === null ? [] : parseSort(sort).filter((s) => s.path.text !== '$natural'),
    skip: amount(request, 'skip'),
    limit: limit === 0 ? Infinity : limit,
    hint: hintOf(collection, request.field('hint')),
  };
}

/** MongoDB begins with 101 documents; more saves a round trip, which costs more than reading them. */
export const DEFAULT_BATCH = 1000;

export function find(context: Context, request: Request): Uint8Array {
  request.allow(FIND_FIELDS);
  const name = request.collection();
  const collection = context.catalog.find(request.db, name);
  const query = queryOf(request, collection);
  const fields = request.document('projection');
  const projection = fields === null ? null : parseProjection(fields);
  const batchSize = request.integer('batchSize') ?? DEFAULT_BATCH;
  const namespace = `${request.db}.${name}`;
  if (collection === null) return context.cursors.first(namespace, () => null, batchSize, 'drop', context.now());
  const docs = documentsOf(site(context), collection, query, { keys: 0, docs: 0 });
  const next = projection === null ? docs : mapped(docs, (doc) => projected(doc, projection));
  return openCursor(context, namespace, next, batchSize, request.flag('singleBatch', false));
}

/** Opens a cursor, unless this thread may only give short answers: then one that needs a second batch is too long. */
export function openCursor(
  context: Context,
  namespace: string,
  next: () => Uint8Array | null,
  batchSize: number,
  single: boolean,
): Uint8Array {
  const whatElse = single ? 'drop' : context.readBudget === null ? 'open' : 'refuse';
  return context.cursors.first(namespace, next, batchSize, whatElse, context.now());
}

function mapped(next: () => Uint8Array | null, change: (doc: Uint8Array) => Uint8Array): () => Uint8Array | null {
  return () => {
    const doc = next();
    return doc === null ? null : change(doc);
  };
}

/** The id of a getMore. */
export function cursorIdOf(request: Request): bigint {
  const field = request.field('getMore');
  if (field?.type !== T.int64)
    throw new CommandFailure(CODE.typeMismatch, "BSON field 'getMore.getMore' is the wrong type, expected long");
  return int64(field.buf, field.at);
}

export function getMore(context: Context, request: Request): Uint8Array {
  request.allow(new Set(['collection', 'batchSize']));
  const batchSize = request.integer('batchSize');
  const namespace = `${request.db}.${request.text('collection') ?? ''}`;
  return context.cursors.more(cursorIdOf(request), namespace, batchSize === 0 ? null : batchSize, context.now());
}

export function killCursors(context: Context, request: Request): Uint8Array {
  request.allow(new Set(['cursors']));
  const asked = request.field('cursors');
  const ids = asked?.type === T.array ? fieldsOf(asked.buf, asked.at).filter((f) => f.type === T.int64) : [];
  const killed = ids.map((f) => context.cursors.kill(int64(f.buf, f.at)));
  return documentOf((w) => {
    for (const [name, wanted] of [['cursorsKilled', true], ['cursorsNotFound', false]] as const) {
      const start = w.begin(T.array, name);
      ids.filter((_, i) => killed[i] === wanted).forEach((id, i) => {
        w.value(String(i), id);
      });
      w.finish(start);
    }
    for (const name of ['cursorsAlive', 'cursorsUnknown']) w.finish(w.begin(T.array, name));
    w.double('ok', 1);
  }); // prettier-ignore
}

export function count(context: Context, request: Request): Uint8Array {
  request.allow(new Set(['query', 'limit', 'skip', 'hint', 'fields']));
  const collection = context.catalog.find(request.db, request.collection());
  const filter = filterOf(request.document('query'));
  const skip = amount(request, 'skip');
  const limit = Math.abs(request.integer('limit') ?? 0);
  let n = 0;
  if (collection !== null) {
    n = countOf(site(context), collection, filter, hintOf(collection, request.field('hint')), { keys: 0, docs: 0 });
    n = Math.max(0, n - skip);
    if (limit > 0) n = Math.min(n, limit);
  }
  return documentOf((w) => {
    w.integer('n', n);
    w.double('ok', 1);
  });
}

const DISTINCT_FIELDS = new Set(['key', 'query', 'hint']);

export function distinct(context: Context, request: Request): Uint8Array {
  request.allow(DISTINCT_FIELDS);
  const collection = context.catalog.find(request.db, request.collection());
  const path = pathOf(request.text('key') ?? '');
  const query = { filter: filterOf(request.document('query')), sort: [], skip: 0, limit: Infinity, hint: null };
  const values = new Map<string, Slice>();
  const add = (value: Slice): void => {
    if (value.type === T.missing) return;
    const key = keyText(value);
    if (!values.has(key)) values.set(key, copied(value));
  };
  if (collection !== null) {
    const next = documentsOf(site(context), collection, query, { keys: 0, docs: 0 });
    for (let doc = next(); doc !== null; doc = next())
      along(doc, 0, path, (value, whole) => {
        if (value.type === T.array && !whole) fieldsOf(value.buf, value.at).forEach(add);
        else add(value);
        return false;
      });
  }
  return documentOf((w) => {
    const start = w.begin(T.array, 'values');
    [...values.values()].sort(compare).forEach((value, i) => {
      w.value(String(i), value);
    });
    w.finish(start);
    w.double('ok', 1);
  });
}
