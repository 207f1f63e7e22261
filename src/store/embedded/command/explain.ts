/** explain of a find: which index answers it, and how much was looked at. */
import { CODE, CommandFailure } from '../failure.ts';
import { T } from '../bson/slice.ts';
import type { Writer } from '../bson/writer.ts';
import { documentOf } from '../bson/writer.ts';
import type { Query } from '../query/execute.ts';
import { documentsOf } from '../query/execute.ts';
import { planFor } from '../query/plan.ts';
import type { Plan } from '../query/plan.ts';
import type { Tally } from '../query/rows.ts';
import type { Context } from './context.ts';
import { FIND_FIELDS, queryOf, site } from './find.ts';
import { NO_SEQUENCES, Request } from './request.ts';

export function explain(context: Context, request: Request): Uint8Array {
  request.allow(new Set(['verbosity']));
  const inner = request.document('explain');
  if (inner === null) throw new CommandFailure(CODE.failedToParse, 'explain needs a command');
  const asked = new Request(inner.buf.slice(inner.at, inner.end), NO_SEQUENCES, request.db);
  if (asked.name !== 'find')
    throw new CommandFailure(CODE.commandNotFound, `explain of '${asked.name}' is not supported by the embedded store`);
  asked.allow(FIND_FIELDS);
  const name = asked.collection();
  const collection = context.catalog.find(request.db, name);
  const query = queryOf(asked, collection);
  const tally: Tally = { keys: 0, docs: 0 };
  let returned = 0;
  let plan: Plan | null = null;
  if (collection !== null) {
    plan = planFor(collection, query.filter, query.sort, query.hint);
    if (request.text('verbosity') !== 'queryPlanner') {
      const next = documentsOf(site(context), collection, query, tally);
      while (next() !== null) returned++;
    }
  }
  return documentOf((w) => {
    const planner = w.begin(T.document, 'queryPlanner');
    w.string('namespace', `${request.db}.${name}`);
    const winning = w.begin(T.document, 'winningPlan');
    writePlan(w, plan, query);
    w.finish(winning);
    w.finish(w.begin(T.array, 'rejectedPlans'));
    w.finish(planner);
    const stats = w.begin(T.document, 'executionStats');
    w.bool('executionSuccess', true);
    w.integer('nReturned', returned);
    w.integer('totalKeysExamined', tally.keys);
    w.integer('totalDocsExamined', tally.docs);
    w.finish(stats);
    w.double('ok', 1);
  });
}

function writePlan(w: Writer, plan: Plan | null, query: Query): void {
  if (plan === null) {
    w.string('stage', 'EOF');
    return;
  }
  if (!plan.sorted) {
    w.string('stage', 'SORT');
    const pattern = w.begin(T.document, 'sortPattern');
    for (const { path, descending } of query.sort) w.integer(path.text, descending ? -1 : 1);
    w.finish(pattern);
    const input = w.begin(T.document, 'inputStage');
    writeSource(w, plan);
    w.finish(input);
  } else writeSource(w, plan);
}

function writeSource(w: Writer, plan: Plan): void {
  if (plan.kind === 'scan') {
    w.string('stage', 'COLLSCAN');
    return;
  }
  if (plan.kind === 'ids') {
    w.string('stage', 'IDHACK');
    w.string('indexName', '_id_');
    return;
  }
  w.string('stage', 'FETCH');
  const input = w.begin(T.document, 'inputStage');
  w.string('stage', 'IXSCAN');
  w.string('indexName', plan.index?.name ?? '_id_');
  const pattern = w.begin(T.document, 'keyPattern');
  for (const { path, descending } of plan.index?.fields ?? []) w.integer(path.text, descending ? -1 : 1);
  if (plan.index === null) w.integer('_id', 1);
  w.finish(pattern);
  w.bool('isMultiKey', plan.index !== null && plan.index.multikey !== 0);
  w.bool('isPartial', plan.index?.partial != null);
  w.string('direction', plan.reverse ? 'backward' : 'forward');
  w.integer('ranges', plan.ranges.length);
  w.finish(input);
}
