/** findAndModify: one document is found, changed and answered. */
import { CODE, CommandFailure } from '../failure.ts';
import type { Slice } from '../bson/slice.ts';
import { T } from '../bson/slice.ts';
import { documentOf } from '../bson/writer.ts';
import type { Filter } from '../query/filter.ts';
import { matchingRows } from '../query/execute.ts';
import { planFor } from '../query/plan.ts';
import { parseProjection, projected } from '../query/projection.ts';
import type { Row } from '../query/rows.ts';
import type { SortField } from '../query/sort.ts';
import { parseSort, sortKey } from '../query/sort.ts';
import type { Collection } from '../storage/catalog.ts';
import { parseUpdate } from '../update/parse.ts';
import { changeOf, upserted } from './change.ts';
import type { Context } from './context.ts';
import { filterOf, hintOf } from './find.ts';
import type { Request } from './request.ts';

const FIELDS = new Set([
  'query',
  'update',
  'remove',
  'new',
  'upsert',
  'sort',
  'fields',
  'hint',
  'bypassDocumentValidation',
]);

interface Outcome {
  readonly value: Uint8Array | null;
  readonly n: number;
  readonly updatedExisting: boolean | null;
  readonly upsertedId: Slice | null;
}

export function findAndModify(context: Context, request: Request): Uint8Array {
  request.allow(FIELDS);
  const name = request.collection();
  const collection = context.catalog.find(request.db, name);
  const sortField = request.document('sort');
  const sort = sortField === null ? [] : parseSort(sortField);
  const filter = filterOf(request.document('query'));
  const row = collection === null ? null : firstRow(context, collection, filter, sort, request);
  const removes = request.flag('remove', false);
  const u = request.field('update');
  if (removes === (u !== null))
    throw new CommandFailure(CODE.failedToParse, 'Either an update or remove=true must be specified');
  if (removes && (request.flag('upsert', false) || request.flag('new', false)))
    throw new CommandFailure(
      CODE.failedToParse,
      "Cannot specify both remove=true and upsert=true or new=true; 'remove' always returns the deleted document",
    );
  const outcome =
    u === null ? removal(context, collection, row) : change(context, request, collection, row, filter, u, name);
  const fields = request.document('fields');
  const projection = fields === null ? null : parseProjection(fields);
  return documentOf((w) => {
    const start = w.begin(T.document, 'lastErrorObject');
    w.integer('n', outcome.n);
    if (outcome.updatedExisting !== null) w.bool('updatedExisting', outcome.updatedExisting);
    if (outcome.upsertedId !== null) w.value('upserted', outcome.upsertedId);
    w.finish(start);
    if (outcome.value === null) w.head(T.null, 'value');
    else w.document('value', projection === null ? outcome.value : projected(outcome.value, projection));
    w.double('ok', 1);
  });
}

function firstRow(
  context: Context,
  collection: Collection,
  filter: Filter,
  sort: readonly SortField[],
  request: Request,
): Row | null {
  const plan = planFor(collection, filter, sort, hintOf(collection, request.field('hint')));
  const site = { storage: context.storage, catalog: context.catalog, spend: () => undefined };
  const next = matchingRows(site, collection, plan, plan.sorted ? 1 : 128, { keys: 0, docs: 0 });
  if (plan.sorted) return next();
  let best: { readonly key: Uint8Array; readonly row: Row } | null = null;
  for (let row = next(); row !== null; row = next()) {
    const key = sortKey(sort, row.doc);
    if (best === null || Buffer.compare(key, best.key) < 0) best = { key, row };
  }
  return best?.row ?? null;
}

function removal(context: Context, collection: Collection | null, row: Row | null): Outcome {
  if (collection === null || row === null) return { value: null, n: 0, updatedExisting: null, upsertedId: null };
  context.documents.remove(collection, row.rid, row.doc);
  return { value: row.doc, n: 1, updatedExisting: null, upsertedId: null };
}

function change(
  context: Context,
  request: Request,
  collection: Collection | null,
  row: Row | null,
  filter: Filter,
  u: Slice,
  name: string,
): Outcome {
  const update = parseUpdate(u);
  const wantsNew = request.flag('new', false);
  if (collection !== null && row !== null) {
    const { after, touched } = changeOf(row.doc, update, context.now());
    if (after !== null) context.documents.update(collection, row.rid, row.doc, after, touched);
    return { value: wantsNew ? (after ?? row.doc) : row.doc, n: 1, updatedExisting: true, upsertedId: null };
  }
  if (!request.flag('upsert', false)) return { value: null, n: 0, updatedExisting: false, upsertedId: null };
  const { doc, id } = upserted(context, filter, update);
  context.documents.insert(collection ?? context.catalog.open(request.db, name), doc);
  return { value: wantsNew ? doc : null, n: 1, updatedExisting: false, upsertedId: id };
}
