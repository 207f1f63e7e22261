/** insert, update, delete: batches of statements, ordered or not. */
import { serialize } from 'bson';
import { CODE, CommandFailure } from '../failure.ts';
import type { Slice } from '../bson/slice.ts';
import { T, fieldsOf, int32 } from '../bson/slice.ts';
import type { Writer } from '../bson/writer.ts';
import { documentOf } from '../bson/writer.ts';
import { numberOf, isNumber } from '../bson/number.ts';
import { matchingRows } from '../query/execute.ts';
import { parseFilter, truthy } from '../query/filter.ts';
import { planFor } from '../query/plan.ts';
import type { Hint } from '../query/plan.ts';
import type { Filter } from '../query/filter.ts';
import { parseUpdate } from '../update/parse.ts';
import type { Collection } from '../storage/catalog.ts';
import { changeOf, upserted } from './change.ts';
import type { Context } from './context.ts';
import { hintOf } from './find.ts';
import type { Request } from './request.ts';

const MAX_STATEMENTS = 100_000;
const INSERT = new Set(['documents', 'ordered', 'bypassDocumentValidation']);
const UPDATE = new Set(['updates', 'ordered', 'bypassDocumentValidation']);
const DELETE = new Set(['deletes', 'ordered']);

interface WriteError {
  readonly index: number;
  readonly failure: CommandFailure;
}

/** Runs every statement; after a failed one goes on only when the batch is unordered. Storage errors are not caught: they end the group. */
function each(
  statements: readonly Slice[],
  ordered: boolean,
  run: (statement: Slice, index: number) => void,
): WriteError[] {
  if (statements.length === 0 || statements.length > MAX_STATEMENTS)
    throw new CommandFailure(
      16,
      `Write batch sizes must be between 1 and ${MAX_STATEMENTS}. Got ${statements.length} operations.`,
    );
  const errors: WriteError[] = [];
  for (let index = 0; index < statements.length; index += 1) {
    const statement = statements[index];
    if (statement === undefined) continue;
    try {
      run(statement, index);
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      errors.push({ index, failure: error });
      if (ordered) break;
    }
  }
  return errors;
}

function writeErrors(w: Writer, errors: readonly WriteError[]): void {
  if (errors.length === 0) return;
  const start = w.begin(T.array, 'writeErrors');
  errors.forEach(({ index, failure }, i) => {
    w.document(String(i), serialize({ index, code: failure.code, errmsg: failure.message, ...failure.fields }));
  });
  w.finish(start);
}

export function insert(context: Context, request: Request): Uint8Array {
  request.allow(INSERT);
  const name = request.collection();
  const docs = request.documents('documents');
  const collection = context.catalog.open(request.db, name);
  const errors = each(docs, request.flag('ordered', true), (value) => {
    context.documents.insert(collection, context.documents.normalized(value));
  });
  const tried =
    errors.length > 0 && request.flag('ordered', true) ? (errors[0]?.index ?? 0) : docs.length - errors.length;
  return documentOf((w) => {
    w.integer('n', tried);
    writeErrors(w, errors);
    w.double('ok', 1);
  });
}

/** The parts of one statement of an update or delete. */
interface Statement {
  readonly filter: Filter;
  readonly filterAt: Slice;
  readonly fields: ReadonlyMap<string, Slice>;
  readonly hint: Hint;
}

const UPDATE_FIELDS = new Set(['q', 'u', 'multi', 'upsert', 'hint']);
const DELETE_FIELDS = new Set(['q', 'limit', 'hint']);

function statementOf(value: Slice, collection: Collection | null, allowed: ReadonlySet<string>): Statement {
  const fields = new Map<string, Slice>();
  for (const field of fieldsOf(value.buf, value.at)) {
    const name = field.name;
    if (!allowed.has(name)) {
      const empty = (field.type === T.document || field.type === T.array) && int32(field.buf, field.at) === 5;
      if (empty || !truthy(field) || name === 'c') continue;
      throw new CommandFailure(
        CODE.unknownField,
        `BSON field '${name}' of a write statement is not supported by the embedded store.`,
      );
    }
    fields.set(name, field);
  }
  const q = fields.get('q');
  if (q?.type !== T.document)
    throw new CommandFailure(CODE.missingField, "BSON field 'q' is missing but a required field");
  return {
    filter: parseFilter(q.buf, q.at),
    filterAt: q,
    fields,
    hint: hintOf(collection, fields.get('hint') ?? null),
  };
}

const KEPT_DOCUMENTS = 256;

interface Target {
  readonly rid: number;
  /** null: read again when its turn comes, so that a change of very many documents does not hold them all. */
  readonly doc: Uint8Array | null;
}

/** The first document that a statement is about, or all of them: gathered before anything is changed. */
function targets(context: Context, collection: Collection, statement: Statement, multi: boolean): Target[] {
  const plan = planFor(collection, statement.filter, [], statement.hint);
  const unbounded = { storage: context.storage, catalog: context.catalog, spend: () => undefined };
  const next = matchingRows(unbounded, collection, plan, multi ? 128 : 1, { keys: 0, docs: 0 });
  const found: Target[] = [];
  for (let row = next(); row !== null; row = next()) {
    found.push(found.length < KEPT_DOCUMENTS ? row : { rid: row.rid, doc: null });
    if (!multi) break;
  }
  return found;
}

export function update(context: Context, request: Request): Uint8Array {
  request.allow(UPDATE);
  const name = request.collection();
  let collection = context.catalog.find(request.db, name);
  const ordered = request.flag('ordered', true);
  let matched = 0;
  let modified = 0;
  const upserts: { readonly index: number; readonly id: Slice }[] = [];
  const errors = each(request.documents('updates'), ordered, (value, index) => {
    const statement = statementOf(value, collection, UPDATE_FIELDS);
    const u = statement.fields.get('u');
    if (u === undefined)
      throw new CommandFailure(CODE.missingField, "BSON field 'update.updates.u' is missing but a required field");
    const change = parseUpdate(u);
    const multi = truthyField(statement, 'multi');
    if (multi && change.kind === 'replacement')
      throw new CommandFailure(CODE.failedToParse, 'multi update is not supported for replacement-style update');
    const rows = collection === null ? [] : targets(context, collection, statement, multi);
    if (rows.length === 0) {
      if (!truthyField(statement, 'upsert')) return;
      collection ??= context.catalog.open(request.db, name);
      const { doc, id } = upserted(context, statement.filter, change);
      context.documents.insert(collection, doc);
      upserts.push({ index, id });
      matched++;
      return;
    }
    if (collection === null) return;
    let changed = 0;
    for (const row of rows) {
      const before = row.doc ?? context.documents.at(collection, row.rid);
      if (before === null) continue;
      const { after, touched } = changeOf(before, change, context.now());
      if (after === null) continue;
      context.documents.update(collection, row.rid, before, after, touched);
      changed++;
    }
    // A statement that fails half-way counts nothing, as in MongoDB; what it had changed stays changed.
    matched += rows.length;
    modified += changed;
  });
  return documentOf((w) => {
    w.integer('n', matched);
    w.integer('nModified', modified);
    if (upserts.length > 0) {
      const start = w.begin(T.array, 'upserted');
      upserts.forEach(({ index, id }, i) => {
        const one = w.begin(T.document, String(i));
        w.integer('index', index);
        w.value('_id', id);
        w.finish(one);
      });
      w.finish(start);
    }
    writeErrors(w, errors);
    w.double('ok', 1);
  });
}

function truthyField(statement: Statement, name: string): boolean {
  const field = statement.fields.get(name);
  return field !== undefined && truthy(field);
}

export function remove(context: Context, request: Request): Uint8Array {
  request.allow(DELETE);
  const collection = context.catalog.find(request.db, request.collection());
  let removed = 0;
  const errors = each(request.documents('deletes'), request.flag('ordered', true), (value) => {
    const statement = statementOf(value, collection, DELETE_FIELDS);
    const limit = statement.fields.get('limit');
    const n = limit !== undefined && isNumber(limit.type) ? numberOf(limit) : null;
    if (n !== 0 && n !== 1)
      throw new CommandFailure(CODE.failedToParse, 'The limit field in delete objects must be 0 or 1');
    if (collection === null) return;
    for (const row of targets(context, collection, statement, n === 0)) {
      const doc = row.doc ?? context.documents.at(collection, row.rid);
      if (doc === null) continue;
      context.documents.remove(collection, row.rid, doc);
      removed++;
    }
  });
  return documentOf((w) => {
    w.integer('n', removed);
    writeErrors(w, errors);
    w.double('ok', 1);
  });
}
