/** aggregate: a first query that indexes can answer, then stages over its documents. */
import { CODE, CommandFailure } from '../failure.ts';
import type { Field } from '../bson/slice.ts';
import { T, fieldsOf } from '../bson/slice.ts';
import { numberOf } from '../bson/number.ts';
import { documentOf } from '../bson/writer.ts';
import type { Query } from '../query/execute.ts';
import { ANY, countOf, documentsOf } from '../query/execute.ts';
import type { Filter } from '../query/filter.ts';
import { parseFilter } from '../query/filter.ts';
import { parseSort } from '../query/sort.ts';
import type { SortField } from '../query/sort.ts';
import type { Run } from '../query/stages.ts';
import { parseStage, stageField, wholeOf } from '../query/stages.ts';
import type { Collection } from '../storage/catalog.ts';
import type { Context } from './context.ts';
import { DEFAULT_BATCH, hintOf, openCursor, site } from './find.ts';
import type { Request } from './request.ts';

const FIELDS = new Set(['pipeline', 'cursor', 'allowDiskUse', 'hint', 'bypassDocumentValidation']);

export function aggregate(context: Context, request: Request): Uint8Array {
  request.allow(FIELDS);
  const name = request.collection();
  const collection = context.catalog.find(request.db, name);
  const stages = request.documents('pipeline').map(stageField);
  const cursor = request.document('cursor');
  if (cursor === null)
    throw new CommandFailure(
      CODE.failedToParse,
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  const size = fieldsOf(cursor.buf, cursor.at).find((f) => f.name === 'batchSize');
  const batchSize = size === undefined ? DEFAULT_BATCH : Number(numberOf(size));
  const { query, rest } = leading(stages);
  const hinted = { ...query, hint: hintOf(collection, request.field('hint')) };
  const run = start(context, collection, hinted, rest);
  return openCursor(context, `${request.db}.${name}`, run, batchSize, false);
}

function start(context: Context, collection: Collection | null, query: Query, rest: readonly Field[]): Run {
  // Parsed before anything is read, so that a mistake is told even where there is no document.
  const stages = rest.map(parseStage);
  if (collection === null)
    return stages.reduce<Run>(
      (input, stage) => stage(input),
      () => null,
    );
  const counted =
    stages.length > 0 && query.sort.length === 0 && query.skip === 0 && query.limit === Infinity
      ? countsAll(rest[0])
      : null;
  const tally = { keys: 0, docs: 0 };
  if (counted !== null) {
    const n = countOf(site(context), collection, query.filter, query.hint, tally);
    const docs = n === 0 ? [] : [documentOf((w) => { counted(n, w); })]; // prettier-ignore
    return stages.slice(1).reduce<Run>(
      (input, stage) => stage(input),
      () => docs.shift() ?? null,
    );
  }
  return stages.reduce<Run>((input, stage) => stage(input), documentsOf(site(context), collection, query, tally));
}

/** `$match`, `$sort`, `$skip` and `$limit` in front, as far as they keep the meaning of one query. */
function leading(stages: readonly Field[]): { readonly query: Query; readonly rest: readonly Field[] } {
  let filter: Filter = ANY;
  let sort: readonly SortField[] = [];
  let skip = 0;
  let limit = Infinity;
  let at = 0;
  for (; at < stages.length; at++) {
    const stage = stages[at];
    if (stage === undefined) break;
    if (stage.name === '$match' && stage.type === T.document && sort.length === 0 && skip === 0 && limit === Infinity) {
      const more = parseFilter(stage.buf, stage.at);
      filter = filter === ANY ? more : { kind: 'and', parts: [...conjuncts(filter), ...conjuncts(more)] };
    } else if (stage.name === '$sort' && sort.length === 0 && skip === 0 && limit === Infinity) sort = parseSort(stage);
    else if (stage.name === '$skip' && limit === Infinity) skip += wholeOf(stage, 0);
    else if (stage.name === '$limit' && limit === Infinity) limit = wholeOf(stage, 1);
    else break;
  }
  return { query: { filter, sort, skip, limit, hint: null }, rest: stages.slice(at) };
}

function conjuncts(filter: Filter): readonly Filter[] {
  return filter.kind === 'and' ? filter.parts : [filter];
}

/** `{$group: {_id: <constant>, n: {$sum: 1}}}` and `$count` need no documents: this is what countDocuments sends. */
function countsAll(
  stage: Field | undefined,
): ((n: number, w: Parameters<Parameters<typeof documentOf>[0]>[0]) => void) | null {
  if (stage?.name !== '$group' || stage.type !== T.document) return null;
  const fields = fieldsOf(stage.buf, stage.at);
  const id = fields.find((f) => f.name === '_id');
  const total = fields.find((f) => f.name !== '_id');
  if (id === undefined || total?.type !== T.document || fields.length !== 2) return null;
  if (id.type === T.string || id.type === T.document || id.type === T.array) return null;
  const [sum] = fieldsOf(total.buf, total.at);
  if (sum?.name !== '$sum' || sum.type !== T.int32 || numberOf(sum) !== 1) return null;
  return (n, w) => {
    w.field(id);
    w.integer(total.name, n);
  };
}
