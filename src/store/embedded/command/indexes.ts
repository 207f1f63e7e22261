/** createIndexes, dropIndexes, listIndexes. */
import { CODE, CommandFailure } from '../failure.ts';
import { isNumber, numberOf } from '../bson/number.ts';
import type { Field, Slice } from '../bson/slice.ts';
import { T, byte, fieldsOf, findField, int32, stringOf, utf8 } from '../bson/slice.ts';
import type { Writer } from '../bson/writer.ts';
import { documentOf } from '../bson/writer.ts';
import { everyDocument } from '../query/execute.ts';
import type { Filter } from '../query/filter.ts';
import { parseFilter, truthy } from '../query/filter.ts';
import type { Collection, Index } from '../storage/catalog.ts';
import type { Context } from './context.ts';
import type { Request } from './request.ts';

const SPEC_FIELDS = new Set([
  'key',
  'name',
  'ns',
  'v',
  'background',
  'unique',
  'partialFilterExpression',
  'expireAfterSeconds',
]);

export function createIndexes(context: Context, request: Request): Uint8Array {
  request.allow(new Set(['indexes', 'commitQuorum']));
  const name = request.collection();
  const specs = request.documents('indexes').map(checkedSpec);
  const existed = context.catalog.find(request.db, name) !== null;
  const collection = context.catalog.open(request.db, name);
  const before = collection.indexes.length + 1;
  for (const spec of specs) {
    if (isIdIndex(spec.key)) continue;
    const same = existing(collection, spec);
    if (same !== null) continue;
    const index = context.catalog.addIndex(collection, spec.bytes);
    try {
      everyDocument(context.storage, collection, (rid, doc) => {
        context.documents.addEntries(collection, index, rid, doc);
      });
    } catch (error) {
      context.catalog.dropIndex(collection, index);
      throw error;
    }
  }
  const after = collection.indexes.length + 1;
  return documentOf((w) => {
    w.integer('numIndexesBefore', before);
    w.integer('numIndexesAfter', after);
    w.bool('createdCollectionAutomatically', !existed);
    if (before === after) w.string('note', 'all indexes already exist');
    w.double('ok', 1);
  });
}

interface Spec {
  readonly name: string;
  readonly key: Slice;
  readonly bytes: Uint8Array;
}

function checkedSpec(value: Slice): Spec {
  const fields = fieldsOf(value.buf, value.at);
  const kept: Field[] = [];
  for (const field of fields) {
    const name = field.name;
    if (!SPEC_FIELDS.has(name)) {
      if (!truthy(field)) continue;
      throw new CommandFailure(
        CODE.cannotCreateIndex,
        `the index option '${name}' is not supported by the embedded store`,
      );
    }
    if (name === 'unique' && !truthy(field)) continue;
    if (name !== 'background' && name !== 'ns' && name !== 'v') kept.push(field);
  }
  const key = fields.find((f) => f.name === 'key');
  if (key?.type !== T.document || int32(key.buf, key.at) === 5)
    throw new CommandFailure(CODE.cannotCreateIndex, 'index keys cannot be empty');
  const parts = fieldsOf(key.buf, key.at);
  for (const part of parts) {
    const direction = isNumber(part.type) ? Number(numberOf(part)) : 0;
    if (direction !== 1 && direction !== -1)
      throw new CommandFailure(
        CODE.cannotCreateIndex,
        `the index on '${part.name}' must be 1 or -1: other kinds are not supported by the embedded store`,
      );
    if (part.name.includes('$') || part.name === '' || part.name.split('.').includes(''))
      throw new CommandFailure(CODE.cannotCreateIndex, `Index key contains an illegal field name: '${part.name}'.`);
  }
  const name = fields.find((f) => f.name === 'name');
  if (name?.type !== T.string)
    throw new CommandFailure(CODE.failedToParse, "The 'name' field is a required property of an index specification");
  checkExpiry(fields, parts.length);
  const partial = fields.find((f) => f.name === 'partialFilterExpression');
  if (partial !== undefined) {
    if (partial.type !== T.document)
      throw new CommandFailure(CODE.typeMismatch, "The field 'partialFilterExpression' must be an object");
    checkPartial(parseFilter(partial.buf, partial.at));
  }
  const bytes = documentOf((w) => {
    w.integer('v', 2);
    for (const field of kept) w.field(field);
  });
  return { name: stringOf(name), key, bytes };
}

function checkExpiry(fields: readonly Field[], parts: number): void {
  const expire = fields.find((f) => f.name === 'expireAfterSeconds');
  if (expire === undefined) return;
  const seconds = isNumber(expire.type) ? Number(numberOf(expire)) : NaN;
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > 0x7fffffff)
    throw new CommandFailure(
      CODE.cannotCreateIndex,
      'TTL index expireAfterSeconds must be a whole number from 0 to 2147483647',
    );
  if (parts > 1)
    throw new CommandFailure(
      CODE.cannotCreateIndex,
      'TTL indexes are single-field indexes, compound indexes do not support TTL.',
    );
}

/** MongoDB's list of what a partial filter may say, and no more. */
function checkPartial(filter: Filter): void {
  if (filter.kind === 'and' || filter.kind === 'or') filter.parts.forEach(checkPartial);
  else if (filter.kind !== 'path' || !['eq', 'in', 'gt', 'gte', 'lt', 'lte', 'exists', 'type'].includes(filter.test.op))
    throw new CommandFailure(CODE.cannotCreateIndex, 'unsupported expression in partial index');
}

function isIdIndex(key: Slice): boolean {
  const fields = fieldsOf(key.buf, key.at);
  return fields.length === 1 && fields[0]?.name === '_id';
}

function sameBytes(a: Slice | null, b: Slice | null): boolean {
  if (a === null || b === null) return a === b;
  return Buffer.compare(a.buf.subarray(a.at, a.end), b.buf.subarray(b.at, b.end)) === 0;
}

const PARTIAL = utf8('partialFilterExpression');
const KEY = utf8('key');

function existing(collection: Collection, spec: Spec): Index | null {
  const signature = (bytes: Uint8Array): string =>
    fieldsOf(findField(bytes, 0, KEY)?.buf ?? bytes, findField(bytes, 0, KEY)?.at ?? 0)
      .map((f) => `${f.name}:${Number(numberOf(f))}`)
      .join();
  for (const index of collection.indexes) {
    const sameKey = signature(index.spec) === signature(spec.bytes);
    const samePartial = sameBytes(findField(index.spec, 0, PARTIAL), findField(spec.bytes, 0, PARTIAL));
    const sameOptions =
      samePartial &&
      option(index.spec, 'unique') === option(spec.bytes, 'unique') &&
      option(index.spec, 'expireAfterSeconds') === option(spec.bytes, 'expireAfterSeconds');
    if (index.name === spec.name) {
      if (sameKey && sameOptions) return index;
      throw new CommandFailure(
        sameKey ? CODE.indexOptionsConflict : CODE.indexKeySpecsConflict,
        `An existing index has the same name as the requested index but is different: ${spec.name}. Drop it first.`,
      );
    }
    if (sameKey && samePartial)
      throw new CommandFailure(CODE.indexOptionsConflict, `Index already exists with a different name: ${index.name}`);
  }
  return null;
}

function option(spec: Uint8Array, name: string): number | null {
  const field = findField(spec, 0, utf8(name));
  if (field === null) return null;
  return isNumber(field.type) ? Number(numberOf(field)) : byte(field.buf, field.at);
}

export function dropIndexes(context: Context, request: Request): Uint8Array {
  request.allow(new Set(['index']));
  const collection = requireCollection(context, request);
  const before = collection.indexes.length + 1;
  const asked = request.field('index');
  if (asked?.type === T.string && stringOf(asked) === '*') {
    for (const index of [...collection.indexes]) context.catalog.dropIndex(collection, index);
  } else {
    const names = asked === null ? [] : asked.type === T.array ? fieldsOf(asked.buf, asked.at) : [asked];
    for (const one of names) context.catalog.dropIndex(collection, named(collection, one));
  }
  return documentOf((w) => {
    w.integer('nIndexesWas', before);
    w.double('ok', 1);
  });
}

function named(collection: Collection, value: Slice): Index {
  const isId = value.type === T.string ? stringOf(value) === '_id_' : value.type === T.document && isIdIndex(value);
  if (isId) throw new CommandFailure(CODE.invalidOptions, 'cannot drop _id index');
  const index = collection.indexes.find((i) =>
    value.type === T.string ? i.name === stringOf(value) : sameBytes(findField(i.spec, 0, KEY), value),
  );
  if (index === undefined)
    throw new CommandFailure(
      CODE.indexNotFound,
      `index not found with name [${value.type === T.string ? stringOf(value) : ''}]`,
    );
  return index;
}

function requireCollection(context: Context, request: Request): Collection {
  const name = request.collection();
  const collection = context.catalog.find(request.db, name);
  if (collection === null) throw new CommandFailure(CODE.namespaceNotFound, `ns does not exist: ${request.db}.${name}`);
  return collection;
}

export function listIndexes(context: Context, request: Request): Uint8Array {
  request.allow(new Set(['cursor']));
  const collection = requireCollection(context, request);
  const specs = [documentOf(idSpec), ...collection.indexes.map((index) => index.spec)];
  let at = 0;
  return context.cursors.first(collection.namespace, () => specs[at++] ?? null, Infinity, 'drop', context.now());
}

function idSpec(w: Writer): void {
  w.integer('v', 2);
  const key = w.begin(T.document, 'key');
  w.integer('_id', 1);
  w.finish(key);
  w.string('name', '_id_');
}
