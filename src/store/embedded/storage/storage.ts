/** The SQLite file: the only module that knows SQL's transactions. Prepared statements are kept by their text. */
import { existsSync, statSync } from 'node:fs';
import type { StatementSync } from 'node:sqlite';
import { DatabaseSync } from 'node:sqlite';
import { CODE, CommandFailure, EmbeddedStoreError, reasonOf } from '../failure.ts';

export interface StorageOptions {
  /** Path of the SQLite file, or `:memory:`. */
  readonly file: string;
  readonly readOnly?: boolean;
  /** An upper bound of the file in pages of 4096 bytes, as SQLite's `max_page_count`: past it the disk counts as full. */
  readonly maxPages?: number;
}

/** What a bound parameter may be. */
export type Bound = number | bigint | string | null | Uint8Array;

const FORMAT = 1;

/** A result row as an array of columns. */
export type RawRow = readonly unknown[];

export class Storage {
  readonly file: string;
  readonly readOnly: boolean;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #open = false;
  #inside = false;

  /** @throws EmbeddedStoreError when the file cannot be opened, is no store of ours, or is damaged. */
  constructor(options: StorageOptions) {
    this.file = options.file;
    this.readOnly = options.readOnly ?? false;
    try {
      this.#db = new DatabaseSync(options.file, { readOnly: this.readOnly });
      this.#open = true;
      this.#prepareFile(options);
    } catch (error) {
      this.close();
      throw startFailure(options.file, error);
    }
  }

  #prepareFile(options: StorageOptions): void {
    this.#db.exec('PRAGMA busy_timeout = 500; PRAGMA cache_size = -12288; PRAGMA temp_store = MEMORY;');
    if (this.readOnly) return;
    const version = this.number('PRAGMA user_version');
    if (version > FORMAT)
      throw new EmbeddedStoreError(
        `The store file ${this.file} has format ${version}, this program reads format ${FORMAT}. It was written by a newer version: start that version.`,
      );
    // FULL: a commit is on the disk before it is acknowledged. Checkpoints are rarer than SQLite's default, as each one syncs twice.
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;');
    if (options.maxPages !== undefined) this.#db.exec(`PRAGMA max_page_count = ${Math.trunc(options.maxPages)}`);
    this.#db.exec(
      `BEGIN IMMEDIATE;
       CREATE TABLE IF NOT EXISTS generation(n INTEGER NOT NULL);
       INSERT INTO generation SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM generation);
       CREATE TABLE IF NOT EXISTS collections(id INTEGER PRIMARY KEY, db TEXT NOT NULL, name TEXT NOT NULL, UNIQUE(db, name));
       CREATE TABLE IF NOT EXISTS indexes(id INTEGER PRIMARY KEY, collection INTEGER NOT NULL, name TEXT NOT NULL, spec BLOB NOT NULL,
         multikey INTEGER NOT NULL, UNIQUE(collection, name));
       PRAGMA user_version = ${FORMAT};
       COMMIT;`,
    );
  }

  /** Whether writes are waiting for `commit`. */
  get dirty(): boolean {
    return this.#inside;
  }

  /** Opens the transaction that the next `commit` ends, if it is not open yet. */
  begin(): void {
    if (this.#inside) return;
    this.#db.exec('BEGIN IMMEDIATE');
    this.#inside = true;
  }

  /** Puts everything since `begin` on the disk. @throws the SQLite error; nothing of the group is kept then. */
  commit(): void {
    if (!this.#inside) return;
    try {
      this.#db.exec('COMMIT');
      this.#inside = false;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Undoes everything since `begin`. */
  rollback(): void {
    this.#inside = false;
    try {
      // SQLite has already rolled back by itself after some errors, a full disk among them.
      this.#db.exec('ROLLBACK');
    } catch {
      // no transaction is open: nothing is left to undo
    }
  }

  /** Runs `body` on one snapshot of the file (read-only storage). */
  snapshot<R>(body: () => R): R {
    this.#db.exec('BEGIN');
    try {
      return body();
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      statement.setReturnArrays(true);
      if (this.#statements.size > 2000) this.#statements.clear();
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Drops prepared statements: needed before a table that they name is dropped. */
  forgetStatements(): void {
    this.#statements.clear();
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** @returns how many rows were changed. */
  run(sql: string, ...parameters: Bound[]): number {
    return Number(this.#statement(sql).run(...parameters).changes);
  }

  /** @returns the rowid of the inserted row, or null where nothing was inserted. */
  insert(sql: string, ...parameters: Bound[]): number | null {
    const result = this.#statement(sql).run(...parameters);
    return Number(result.changes) === 0 ? null : Number(result.lastInsertRowid);
  }

  row(sql: string, ...parameters: Bound[]): RawRow | null {
    const row: unknown = this.#statement(sql).get(...parameters);
    return isRow(row) ? row : null;
  }

  rows(sql: string, ...parameters: Bound[]): readonly RawRow[] {
    const rows: unknown = this.#statement(sql).all(...parameters);
    return isRow(rows) ? rows.filter(isRow) : [];
  }

  /** The number in the first column of the first row, 0 where there is none. */
  number(sql: string, ...parameters: Bound[]): number {
    return asNumber(this.row(sql, ...parameters)?.[0] ?? 0);
  }

  /** Ends everything; what was not committed is undone. Safe to call twice. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#statements.clear();
    if (this.#inside) this.rollback();
    this.#db.close();
  }
}

function isRow(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

export function asNumber(value: unknown): number {
  return typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? value : 0;
}

export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

const NO_BYTES = new Uint8Array(0);

export function asBytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : NO_BYTES;
}

/** SQLite's primary result code of an error that it threw, or null for any other error. */
export function sqliteCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('errcode' in error) || typeof error.errcode !== 'number')
    return null;
  return error.errcode & 0xff;
}

const SQLITE = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** The answer to a client whose command met a storage error. */
export function storageFailure(file: string, error: unknown): CommandFailure {
  const reason = reasonOf(error);
  switch (sqliteCode(error)) {
    case SQLITE.full:
      return new CommandFailure(
        CODE.outOfDiskSpace,
        `No space left for the store file ${file}: nothing of this write was kept. Free disk space and try again.`,
      );
    case SQLITE.corrupt:
    case SQLITE.notADatabase:
      return new CommandFailure(
        CODE.corruption,
        `The store file ${file} is damaged (${reason}). Stop the worker and restore a backup.`,
      );
    case SQLITE.readOnly:
      return new CommandFailure(
        CODE.illegalOperation,
        `The store file ${file} cannot be written (${reason}). Check the permissions of the file and its directory.`,
      );
    case SQLITE.ioError:
      return new CommandFailure(
        CODE.internal,
        `The disk failed for the store file ${file} (${reason}): nothing of this write was kept. Check the disk.`,
      );
    default:
      return new CommandFailure(CODE.internal, `The store file ${file} could not be used: ${reason}`);
  }
}

function startFailure(file: string, error: unknown): EmbeddedStoreError {
  if (error instanceof EmbeddedStoreError) return error;
  const reason = reasonOf(error);
  const say = (what: string, remedy: string): EmbeddedStoreError =>
    new EmbeddedStoreError(`The store file ${file} cannot be opened: ${what} (${reason}). ${remedy}`, error);
  switch (sqliteCode(error)) {
    case SQLITE.busy:
    case SQLITE.locked:
      return say(
        'another program holds it',
        'Stop the program that has this file open as a database, or choose another file.',
      );
    case SQLITE.readOnly:
      return say('it cannot be written', 'Give this user write permission on the file and its directory.');
    case SQLITE.corrupt:
      return say('it is damaged or cut short', `Keep the file aside and restore a backup.${sizeNote(file)}`);
    case SQLITE.notADatabase:
      return say('it is no store of ours', 'Choose another file, or restore a backup over it.');
    case SQLITE.full:
      return say('the disk is full', 'Free disk space and start again.');
    case SQLITE.cannotOpen:
      return say(
        'the file or its directory cannot be reached',
        'Check that the directory exists and that this user may write in it.',
      );
    default:
      return say('an unexpected error', 'Check the disk and the permissions of the directory.');
  }
}

function sizeNote(file: string): string {
  return existsSync(file) ? ` It has ${statSync(file).size} bytes.` : '';
}
