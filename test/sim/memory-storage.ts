import { Storage, type Bound, type RawRow } from '../../src/store/embedded/storage/storage.ts';
import { DocumentTable, IndexTable, type Columns, type Entry } from './memory-table.ts';

interface Collected {
  readonly id: number;
  readonly db: string;
  readonly name: string;
}
interface Indexed {
  readonly id: number;
  readonly collection: number;
  readonly name: string;
  readonly spec: Uint8Array;
  multikey: number;
}

/** Everything that stands in a store at one moment; nothing of it changes when the store goes on. */
export interface Snapshot {
  readonly generation: number;
  readonly collections: readonly Collected[];
  readonly indexes: readonly Indexed[];
  readonly documents: ReadonlyMap<string, DocumentTable>;
  readonly entries: ReadonlyMap<string, IndexTable>;
}

type Statement = (...parameters: readonly Bound[]) => readonly RawRow[];

const NONE: readonly RawRow[] = [];
/** How an insert says its rowid, and every other write how many rows it changed. */
const changed = (rows: number, rid = 0): readonly RawRow[] => [[rows, rid]];

/**
 * The embedded store's tables as arrays in this process instead of a SQLite file: the same statements, the same order of
 * rows, the same rowids. It knows the statements of the engine by their text and refuses any other, and it keeps no
 * transaction: the simulator's disk does not fail in the middle of one.
 */
export class MemoryStorage extends Storage {
  readonly #statements = new Map<string, Statement>();
  #documents = new Map<string, DocumentTable>();
  #entries = new Map<string, IndexTable>();
  #collections: Collected[] = [];
  #indexes: Indexed[] = [];
  #generation = 0;

  constructor() {
    // Nothing is ever asked of the database that the engine's storage opens: as a reader it makes no tables in it.
    super({ file: ':memory:', readOnly: true });
    super.close();
  }

  snapshotOf(): Snapshot {
    return {
      generation: this.#generation,
      collections: [...this.#collections],
      indexes: this.#indexes.map((index) => ({ ...index })),
      documents: new Map([...this.#documents].map(([name, table]) => [name, table.clone()])),
      entries: new Map([...this.#entries].map(([name, table]) => [name, table.clone()])),
    };
  }

  /** Puts a snapshot in the place of all that stands here. The catalogue over it must be loaded again. */
  restore(snapshot: Snapshot): void {
    this.#generation = snapshot.generation;
    this.#collections = [...snapshot.collections];
    this.#indexes = snapshot.indexes.map((index) => ({ ...index }));
    this.#documents = new Map([...snapshot.documents].map(([name, table]) => [name, table.clone()]));
    this.#entries = new Map([...snapshot.entries].map(([name, table]) => [name, table.clone()]));
  }

  /** The documents of a collection, in the order of insertion. */
  documentsOf(collection: number): readonly Uint8Array[] {
    return there(this.#documents.get(String(collection)), 'documents').documents();
  }

  override get dirty(): boolean {
    return false;
  }

  override begin(): void {
    // Every write stands at once.
  }

  override commit(): void {
    // As above.
  }

  override rollback(): void {
    throw new Error('the store in memory cannot undo anything');
  }

  override snapshot<R>(body: () => R): R {
    return body();
  }

  override forgetStatements(): void {
    this.#statements.clear();
  }

  override close(): void {
    this.#statements.clear();
  }

  override exec(sql: string): void {
    const [, kind = '', id = ''] = /^CREATE TABLE ([ci])(\d+)\(/.exec(sql) ?? [];
    if (kind === 'c') this.#documents.set(id, new DocumentTable());
    else if (kind === 'i') this.#entries.set(id, new IndexTable());
    else throw unknown(sql);
  }

  override run(sql: string, ...parameters: Bound[]): number {
    return numberAt(this.#statement(sql)(...parameters)[0], 0);
  }

  override insert(sql: string, ...parameters: Bound[]): number | null {
    const [row] = this.#statement(sql)(...parameters);
    return numberAt(row, 0) === 0 ? null : numberAt(row, 1);
  }

  override row(sql: string, ...parameters: Bound[]): RawRow | null {
    return this.#statement(sql)(...parameters)[0] ?? null;
  }

  override rows(sql: string, ...parameters: Bound[]): readonly RawRow[] {
    return this.#statement(sql)(...parameters);
  }

  override number(sql: string, ...parameters: Bound[]): number {
    return numberAt(this.row(sql, ...parameters) ?? undefined, 0);
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#ofCatalog(sql) ?? this.#ofDocuments(sql) ?? this.#ofIndex(sql);
    if (made === null) throw unknown(sql);
    this.#statements.set(sql, made);
    return made;
  }

  #ofCatalog(sql: string): Statement | null {
    switch (sql) {
      case 'SELECT n FROM generation':
        return () => [[this.#generation]];
      case 'UPDATE generation SET n = ?':
        return (n) => {
          this.#generation = Number(n);
          return changed(1);
        };
      case 'SELECT id, db, name FROM collections':
        return () => this.#collections.map(({ id, db, name }) => [id, db, name]);
      case 'INSERT INTO collections(db, name) VALUES (?, ?)':
        return (db, name) => {
          const id = this.#collections.length + 1;
          this.#collections.push({ id, db: String(db), name: String(name) });
          return changed(1, id);
        };
      case 'SELECT id, spec, multikey FROM indexes WHERE collection = ? ORDER BY id':
        return (of) =>
          this.#indexes
            .filter(({ collection }) => collection === of)
            .map(({ id, spec, multikey }) => [id, spec, multikey]);
      case 'INSERT INTO indexes(collection, name, spec, multikey) VALUES (?, ?, ?, 0)':
        return (collection, name, spec) => {
          const id = this.#indexes.length + 1;
          this.#indexes.push({
            id,
            collection: Number(collection),
            name: String(name),
            spec: bytesOf(spec),
            multikey: 0,
          });
          return changed(1, id);
        };
      case 'UPDATE indexes SET multikey = ? WHERE id = ?':
        return (multikey, id) => {
          const index = this.#indexes.find((one) => one.id === id);
          if (index !== undefined) index.multikey = Number(multikey);
          return changed(1);
        };
      default:
        return null;
    }
  }

  #ofDocuments(sql: string): Statement | null {
    const [, id] = /\bc(\d+)\b/.exec(sql) ?? [];
    if (id === undefined || / i\d+ i /.test(sql)) return null;
    const table = (): DocumentTable => there(this.#documents.get(id), sql);
    const text = sql.replaceAll(`c${id}`, 'c');
    switch (text) {
      case 'SELECT rid, doc FROM c WHERE id = ?':
        return (key) => {
          const row = table().byId(bytesOf(key));
          return row === null ? NONE : [[row.rid, row.doc]];
        };
      case 'SELECT doc FROM c WHERE rid = ?':
        return (rid) => {
          const row = table().byRid(Number(rid));
          return row === null ? NONE : [[row.doc]];
        };
      case 'INSERT INTO c(id, doc) VALUES (?, ?) ON CONFLICT DO NOTHING':
        return (key, doc) => {
          const rid = table().insert(bytesOf(key), bytesOf(doc));
          return rid === null ? changed(0) : changed(1, rid);
        };
      case 'UPDATE c SET doc = ? WHERE rid = ?':
        return (doc, rid) => {
          const row = table().byRid(Number(rid));
          if (row !== null) row.doc = bytesOf(doc);
          return changed(row === null ? 0 : 1);
        };
      case 'DELETE FROM c WHERE rid = ?':
        return (rid) => changed(table().remove(Number(rid)) ? 1 : 0);
      case 'SELECT NULL, rid, doc FROM c WHERE rid > ? ORDER BY rid LIMIT ?':
        return (rid, limit) => table().behind(Number(rid), Number(limit));
    }
    if (text.startsWith('SELECT id, rid, doc FROM c WHERE id IN (')) return (...keys) => ofIds(table(), keys);
    const range = /^SELECT id, rid, doc FROM c WHERE id (>=?) \? AND id < \? ORDER BY id (ASC|DESC) LIMIT \?$/.exec(
      text,
    );
    if (range === null) return null;
    const order = { open: range[1] === '>', reverse: range[2] === 'DESC' };
    return (low, high, limit) =>
      table().between({ low: bytesOf(low), high: bytesOf(high), limit: Number(limit) }, order);
  }

  #ofIndex(sql: string): Statement | null {
    const [, id] = /\bi(\d+)\b/.exec(sql) ?? [];
    if (id === undefined) return null;
    const index = (): IndexTable => there(this.#entries.get(id), sql);
    const entry = (key: Bound | undefined, rid: Bound | undefined): Entry => ({
      key: bytesOf(key),
      rid: Number(rid),
    });
    switch (sql.replaceAll(`i${id}`, 'i')) {
      case 'INSERT OR IGNORE INTO i(key, rid) VALUES (?, ?)':
        return (key, rid) => changed(index().put(entry(key, rid)) ? 1 : 0);
      case 'DELETE FROM i WHERE key = ? AND rid = ?':
        return (key, rid) => changed(index().remove(entry(key, rid)) ? 1 : 0);
      case 'SELECT rid FROM i WHERE key = ? AND rid <> ? LIMIT 1':
        return (key, rid) => {
          const other = index().other(bytesOf(key), Number(rid));
          return other === null ? NONE : [[other]];
        };
    }
    const walk =
      /^SELECT i\.key, i\.rid, c\.doc FROM i\d+ i CROSS JOIN c(\d+) c ON c\.rid = i\.rid WHERE (.*) ORDER BY .* LIMIT \?$/.exec(
        sql,
      );
    const [, of = '', where = ''] = walk ?? [];
    const joined = (entries: readonly Entry[]): readonly Columns[] => {
      const table = there(this.#documents.get(of), sql);
      return entries.flatMap(({ key, rid }) => {
        const row = table.byRid(rid);
        return row === null ? [] : [[key, rid, row.doc] as const];
      });
    };
    switch (where) {
      case 'i.key >= ? AND i.key < ?': {
        const reverse = sql.includes(' DESC');
        return (low, high, limit) =>
          joined(index().between({ low: bytesOf(low), high: bytesOf(high), limit: Number(limit) }, reverse));
      }
      case '(i.key, i.rid) > (?, ?) AND i.key < ?':
        return (key, rid, high, limit) => joined(index().behind(entry(key, rid), bytesOf(high), Number(limit)));
      case '(i.key, i.rid) < (?, ?) AND i.key >= ?':
        return (key, rid, low, limit) => joined(index().before(entry(key, rid), bytesOf(low), Number(limit)));
      default:
        return null;
    }
  }
}

/** Each key once, in the order of the keys, however often it stands in the list. */
function ofIds(table: DocumentTable, keys: readonly Bound[]): readonly RawRow[] {
  const rows = new Map<number, Columns>();
  for (const key of keys) {
    const row = table.byId(bytesOf(key));
    if (row !== null) rows.set(row.rid, [row.id, row.rid, row.doc]);
  }
  return [...rows.values()].sort((a, b) => Buffer.compare(bytesOf(a[0]), bytesOf(b[0])));
}

const NO_BYTES = new Uint8Array(0);

function bytesOf(value: Bound | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : NO_BYTES;
}

function numberAt(row: RawRow | undefined, column: number): number {
  return Number(row?.[column] ?? 0);
}

function there<T>(table: T | undefined, sql: string): T {
  if (table === undefined) throw unknown(sql);
  return table;
}

function unknown(sql: string): Error {
  return new Error(`the store in memory does not know this statement: ${sql}`);
}
