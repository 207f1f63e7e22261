/** Which collections and indexes there are, and the SQL that touches their tables. */
import { CODE, CommandFailure } from '../failure.ts';
import type { Path } from '../bson/path.ts';
import { pathOf } from '../bson/path.ts';
import type { Slice } from '../bson/slice.ts';
import { fieldsOf, findField, stringOf, utf8 } from '../bson/slice.ts';
import { isNumber, numberOf } from '../bson/number.ts';
import type { Filter } from '../query/filter.ts';
import { parseFilter, truthy } from '../query/filter.ts';
import type { Storage } from './storage.ts';
import { asBytes, asNumber, asText } from './storage.ts';

export interface IndexField {
  readonly path: Path;
  readonly descending: boolean;
}

/** The two statements of a walk over rows: to start, and to go on after a row. Their columns are key, rowid and document. */
export interface Walk {
  readonly first: string;
  readonly then: string;
}

/** One secondary index. */
export interface Index {
  readonly id: number;
  readonly name: string;
  /** The index as it was asked for: BSON with `key`, `name` and its options. */
  readonly spec: Uint8Array;
  readonly fields: readonly IndexField[];
  readonly unique: boolean;
  readonly partial: Filter | null;
  readonly expireAfterSeconds: number | null;
  /** Bit n: field n met an array in some document, so a document may have several keys. */
  multikey: number;
  /** Top-level names that its keys or its filter depend on. */
  readonly dependsOn: ReadonlySet<string>;
  readonly sql: {
    readonly put: string;
    readonly remove: string;
    readonly other: string;
    readonly forwards: Walk;
    readonly backwards: Walk;
  };
}

export interface Collection {
  readonly id: number;
  readonly db: string;
  readonly name: string;
  readonly namespace: string;
  readonly table: string;
  indexes: readonly Index[];
  readonly sql: {
    readonly byId: string;
    readonly byRid: string;
    readonly insert: string;
    readonly update: string;
    readonly remove: string;
    readonly scan: string;
    /** By `_id`. */
    readonly forwards: Walk;
    readonly backwards: Walk;
  };
}

export class Catalog {
  readonly #storage: Storage;
  /** By database, then by name. */
  #collections = new Map<string, Map<string, Collection>>();
  #generation = -1;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.reload();
  }

  /** Reads everything again: after a rollback, or when another connection changed it. */
  reload(): void {
    const storage = this.#storage;
    this.#generation = storage.number('SELECT n FROM generation');
    this.#collections = new Map();
    for (const [id, db, name] of storage.rows('SELECT id, db, name FROM collections')) {
      const collection = collectionOf(asNumber(id), asText(db), asText(name));
      const rows = storage.rows(
        'SELECT id, spec, multikey FROM indexes WHERE collection = ? ORDER BY id',
        collection.id,
      );
      collection.indexes = rows.map((row) =>
        indexOf(collection.table, asNumber(row[0]), asBytes(row[1]), asNumber(row[2])),
      );
      this.#keep(collection);
    }
  }

  /** Reloads when the catalogue on file is newer. For the reading connection. @returns whether it was. */
  refresh(): boolean {
    if (this.#storage.number('SELECT n FROM generation') === this.#generation) return false;
    this.reload();
    return true;
  }

  find(db: string, name: string): Collection | null {
    return this.#collections.get(db)?.get(name) ?? null;
  }

  all(): Collection[] {
    return [...this.#collections.values()].flatMap((ofOne) => [...ofOne.values()]);
  }

  ofDatabase(db: string): Collection[] {
    return [...(this.#collections.get(db)?.values() ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The collection of this name, created when it is not there. */
  open(db: string, name: string): Collection {
    return this.find(db, name) ?? this.create(db, name);
  }

  create(db: string, name: string): Collection {
    checkNames(db, name);
    const storage = this.#storage;
    storage.begin();
    const id = storage.insert('INSERT INTO collections(db, name) VALUES (?, ?)', db, name) ?? 0;
    storage.exec(`CREATE TABLE c${id}(rid INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, doc BLOB NOT NULL)`);
    const collection = collectionOf(id, db, name);
    this.#keep(collection);
    this.#changed();
    return collection;
  }

  drop(collection: Collection): void {
    const storage = this.#storage;
    storage.begin();
    storage.forgetStatements();
    for (const index of collection.indexes) storage.exec(`DROP TABLE i${index.id}`);
    storage.exec(`DROP TABLE ${collection.table}`);
    storage.run('DELETE FROM indexes WHERE collection = ?', collection.id);
    storage.run('DELETE FROM collections WHERE id = ?', collection.id);
    this.#collections.get(collection.db)?.delete(collection.name);
    this.#changed();
  }

  /** Adds an empty index; filling it is the caller's part. `spec` must have been checked by `checkSpec`. */
  addIndex(collection: Collection, spec: Uint8Array): Index {
    const storage = this.#storage;
    storage.begin();
    const name = indexOf(collection.table, 0, spec, 0).name;
    const id =
      storage.insert(
        'INSERT INTO indexes(collection, name, spec, multikey) VALUES (?, ?, ?, 0)',
        collection.id,
        name,
        spec,
      ) ?? 0;
    storage.exec(`CREATE TABLE i${id}(key BLOB NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY(key, rid)) WITHOUT ROWID`);
    const index = indexOf(collection.table, id, spec, 0);
    collection.indexes = [...collection.indexes, index];
    this.#changed();
    return index;
  }

  dropIndex(collection: Collection, index: Index): void {
    const storage = this.#storage;
    storage.begin();
    storage.forgetStatements();
    storage.exec(`DROP TABLE i${index.id}`);
    storage.run('DELETE FROM indexes WHERE id = ?', index.id);
    collection.indexes = collection.indexes.filter((i) => i !== index);
    this.#changed();
  }

  /** Records that the fields of these bits have met an array. */
  markMultikey(index: Index, bits: number): void {
    if ((index.multikey | bits) === index.multikey) return;
    index.multikey |= bits;
    this.#storage.run('UPDATE indexes SET multikey = ? WHERE id = ?', index.multikey, index.id);
    this.#changed();
  }

  #keep(collection: Collection): void {
    const ofOne = this.#collections.get(collection.db) ?? new Map<string, Collection>();
    this.#collections.set(collection.db, ofOne.set(collection.name, collection));
  }

  #changed(): void {
    this.#generation++;
    this.#storage.run('UPDATE generation SET n = ?', this.#generation);
  }
}

function checkNames(db: string, name: string): void {
  if (db === '' || /[\0/\\. "$]/.test(db))
    throw new CommandFailure(CODE.invalidNamespace, `Invalid database name: '${db}'`);
  if (name === '' || name.includes('\0') || name.includes('$') || name.startsWith('.') || name.startsWith('system.'))
    throw new CommandFailure(CODE.invalidNamespace, `Invalid collection name: '${name}'`);
}

function collectionOf(id: number, db: string, name: string): Collection {
  const table = `c${id}`;
  const select = `SELECT id, rid, doc FROM ${table} WHERE id`;
  const forwards = 'ORDER BY id ASC LIMIT ?';
  const below = `${select} >= ? AND id < ? ORDER BY id DESC LIMIT ?`;
  return {
    id,
    db,
    name,
    namespace: `${db}.${name}`,
    table,
    indexes: [],
    sql: {
      byId: `SELECT rid, doc FROM ${table} WHERE id = ?`,
      byRid: `SELECT doc FROM ${table} WHERE rid = ?`,
      insert: `INSERT INTO ${table}(id, doc) VALUES (?, ?) ON CONFLICT DO NOTHING`,
      update: `UPDATE ${table} SET doc = ? WHERE rid = ?`,
      remove: `DELETE FROM ${table} WHERE rid = ?`,
      scan: `SELECT NULL, rid, doc FROM ${table} WHERE rid > ? ORDER BY rid LIMIT ?`,
      forwards: { first: `${select} >= ? AND id < ? ${forwards}`, then: `${select} > ? AND id < ? ${forwards}` },
      backwards: { first: below, then: below },
    },
  };
}

function indexOf(documents: string, id: number, spec: Uint8Array, multikey: number): Index {
  const key = findField(spec, 0, utf8('key'));
  const fields =
    key === null ? [] : fieldsOf(key.buf, key.at).map((f) => ({ path: pathOf(f.name), descending: isDescending(f) }));
  const partial = findField(spec, 0, utf8('partialFilterExpression'));
  const expire = findField(spec, 0, utf8('expireAfterSeconds'));
  const name = findField(spec, 0, utf8('name'));
  const unique = findField(spec, 0, utf8('unique'));
  const filter = partial === null ? null : parseFilter(partial.buf, partial.at);
  const dependsOn = new Set(fields.map((f) => f.path.names[0] ?? ''));
  if (filter !== null) for (const path of pathsOf(filter)) dependsOn.add(path.names[0] ?? '');
  const table = `i${id}`;
  // CROSS JOIN keeps SQLite from walking the documents first.
  const select = `SELECT i.key, i.rid, c.doc FROM ${table} i CROSS JOIN ${documents} c ON c.rid = i.rid WHERE`;
  const forwards = 'ORDER BY i.key, i.rid LIMIT ?';
  const backwards = 'ORDER BY i.key DESC, i.rid DESC LIMIT ?';
  return {
    id,
    name: name === null ? '' : stringOf(name),
    spec,
    fields,
    unique: unique !== null && truthy(unique),
    partial: filter,
    expireAfterSeconds: expire === null ? null : Number(numberOf(expire)),
    multikey,
    dependsOn,
    sql: {
      put: `INSERT OR IGNORE INTO ${table}(key, rid) VALUES (?, ?)`,
      remove: `DELETE FROM ${table} WHERE key = ? AND rid = ?`,
      other: `SELECT rid FROM ${table} WHERE key = ? AND rid <> ? LIMIT 1`,
      forwards: {
        first: `${select} i.key >= ? AND i.key < ? ${forwards}`,
        then: `${select} (i.key, i.rid) > (?, ?) AND i.key < ? ${forwards}`,
      },
      backwards: {
        first: `${select} i.key >= ? AND i.key < ? ${backwards}`,
        then: `${select} (i.key, i.rid) < (?, ?) AND i.key >= ? ${backwards}`,
      },
    },
  };
}

function isDescending(direction: Slice): boolean {
  return isNumber(direction.type) && Number(numberOf(direction)) < 0;
}

/** Every path that a filter reads. */
export function pathsOf(filter: Filter): Path[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
    case 'nor':
      return filter.parts.flatMap(pathsOf);
    case 'not':
      return pathsOf(filter.part);
    case 'path':
      return [filter.path];
    case 'value':
      return [];
  }
}
