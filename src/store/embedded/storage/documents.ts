/** Writing documents together with their index entries. What may fail by rule is checked before the first row is touched. */
import { deserialize } from 'bson';
import { CODE, CommandFailure } from '../failure.ts';
import type { Field, Slice } from '../bson/slice.ts';
import { T, byte, checkDocument, fieldsOf, findField, utf8 } from '../bson/slice.ts';
import { documentOf } from '../bson/writer.ts';
import { fieldValue } from '../query/value-at.ts';
import { describe } from './describe.ts';
import type { Catalog, Collection, Index } from './catalog.ts';
import { idKey, indexKeys } from './index-keys.ts';
import type { Storage } from './storage.ts';
import { asBytes } from './storage.ts';

const MAX_DOCUMENT = 16 * 1024 * 1024;
const ID = utf8('_id');

export class Documents {
  readonly #storage: Storage;
  readonly #catalog: Catalog;
  readonly #newObjectId: () => Uint8Array;

  constructor(storage: Storage, catalog: Catalog, newObjectId: () => Uint8Array) {
    this.#storage = storage;
    this.#catalog = catalog;
    this.#newObjectId = newObjectId;
  }

  /** `_id` first, made where it is missing, as MongoDB stores documents. @throws CommandFailure when the bytes are not BSON. */
  normalized(value: Slice): Uint8Array {
    checkDocument(value.buf, value.at, value.end);
    const at = value.at;
    // Nearly every document comes with `_id` in front; it is then stored as received.
    if (byte(value.buf, at + 5) === 0x5f && findFirst(value.buf, at)) return value.buf.subarray(at, value.end);
    const fields = fieldsOf(value.buf, at);
    const id = fields.find((f) => f.name === '_id');
    return documentOf((w) => {
      if (id !== undefined) w.field(id);
      else {
        w.head(T.objectId, '_id');
        const made = this.#newObjectId();
        w.raw(made, 0, made.length);
      }
      for (const field of fields) if (field !== id) w.field(field);
    });
  }

  /** Stores a new document. @throws CommandFailure 11000 when its key is taken. */
  insert(collection: Collection, doc: Uint8Array): void {
    checkSize(doc);
    const key = idKey(doc);
    const storage = this.#storage;
    const { indexes } = collection;
    storage.begin();
    if (indexes.length === 0) {
      if (storage.insert(collection.sql.insert, key, doc) === null) throw duplicateId(collection, doc);
      return;
    }
    const entries = indexes.map((index) => this.#entry(collection, index, doc, -1));
    const rid = storage.insert(collection.sql.insert, key, doc);
    if (rid === null) throw duplicateId(collection, doc);
    for (const { index, keys, bits } of entries) {
      for (const k of keys) storage.run(index.sql.put, k, rid);
      if (bits !== 0) this.#catalog.markMultikey(index, bits);
    }
  }

  /** Replaces the document at `rid`. `touched` names the top-level fields that may differ; null means any. */
  update(
    collection: Collection,
    rid: number,
    before: Uint8Array,
    after: Uint8Array,
    touched: readonly string[] | null,
  ): void {
    checkSize(after);
    const storage = this.#storage;
    storage.begin();
    const changed: { index: Index; old: Uint8Array[]; keys: Uint8Array[]; bits: number }[] = [];
    for (const index of collection.indexes) {
      if (touched !== null && !touched.some((name) => index.dependsOn.has(name))) continue;
      const { keys, bits } = this.#entry(collection, index, after, rid);
      changed.push({ index, old: indexKeys(index, before, { bits: 0 }), keys, bits });
    }
    storage.run(collection.sql.update, after, rid);
    for (const { index, old, keys, bits } of changed) {
      for (const k of old) if (!keys.some((n) => same(n, k))) storage.run(index.sql.remove, k, rid);
      for (const k of keys) if (!old.some((o) => same(o, k))) storage.run(index.sql.put, k, rid);
      if (bits !== 0) this.#catalog.markMultikey(index, bits);
    }
  }

  remove(collection: Collection, rid: number, doc: Uint8Array): void {
    const storage = this.#storage;
    storage.begin();
    for (const index of collection.indexes)
      for (const key of indexKeys(index, doc, { bits: 0 })) storage.run(index.sql.remove, key, rid);
    storage.run(collection.sql.remove, rid);
  }

  at(collection: Collection, rid: number): Uint8Array | null {
    const row = this.#storage.row(collection.sql.byRid, rid);
    return row === null ? null : asBytes(row[0]);
  }

  /** Adds the entries of one document to a new index. */
  addEntries(collection: Collection, index: Index, rid: number, doc: Uint8Array): void {
    const { keys, bits } = this.#entry(collection, index, doc, rid);
    for (const key of keys) this.#storage.run(index.sql.put, key, rid);
    if (bits !== 0) this.#catalog.markMultikey(index, bits);
  }

  #entry(
    collection: Collection,
    index: Index,
    doc: Uint8Array,
    rid: number,
  ): { index: Index; keys: Uint8Array[]; bits: number } {
    const arrays = { bits: 0 };
    const keys = indexKeys(index, doc, arrays);
    if (index.unique)
      for (const key of keys)
        if (this.#storage.row(index.sql.other, key, rid) !== null) throw duplicate(collection, index, doc);
    return { index, keys, bits: arrays.bits };
  }
}

function findFirst(buf: Uint8Array, at: number): boolean {
  return byte(buf, at + 6) === 0x69 && byte(buf, at + 7) === 0x64 && byte(buf, at + 8) === 0;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

function checkSize(doc: Uint8Array): void {
  if (doc.length > MAX_DOCUMENT)
    throw new CommandFailure(
      CODE.tooLarge,
      `BSONObj size: ${doc.length} is invalid. Size must be between 0 and ${MAX_DOCUMENT}(16MB)`,
    );
}

function duplicateId(collection: Collection, doc: Uint8Array): CommandFailure {
  const id = findField(doc, 0, ID);
  return duplicateFailure(collection, '_id_', { _id: 1 }, id === null ? [] : [['_id', id]]);
}

function duplicate(collection: Collection, index: Index, doc: Uint8Array): CommandFailure {
  const pattern: Record<string, number> = {};
  const values: [string, Slice][] = [];
  for (const { path, descending } of index.fields) {
    pattern[path.text] = descending ? -1 : 1;
    values.push([path.text, fieldValue(doc, path)]);
  }
  return duplicateFailure(collection, index.name, pattern, values);
}

function duplicateFailure(
  collection: Collection,
  index: string,
  keyPattern: Readonly<Record<string, number>>,
  values: readonly (readonly [string, Slice | Field])[],
): CommandFailure {
  const keyDoc = documentOf((w) => {
    for (const [name, value] of values) {
      if (value.type === T.missing) w.head(T.null, name);
      else w.value(name, value);
    }
  });
  const keyValue = deserialize(keyDoc, { promoteValues: false });
  return new CommandFailure(
    CODE.duplicateKey,
    `E11000 duplicate key error collection: ${collection.namespace} index: ${index} dup key: ${describe(keyDoc)}`,
    { keyPattern, keyValue },
  );
}
