/** Online backup of the store's file, and its restore. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CODE, CommandFailure, EmbeddedStoreError, reasonOf } from '../failure.ts';
import type { Storage } from './storage.ts';

/**
 * Writes a compacted copy of the committed state to `to`: whole or not at all (written beside, put on disk, renamed).
 * @throws CommandFailure when `to` exists already or cannot be written.
 */
export function backupTo(storage: Storage, file: string, to: string): void {
  if (storage.dirty) throw new CommandFailure(CODE.internal, 'a backup cannot be taken inside a write');
  if (existsSync(to))
    throw new CommandFailure(
      CODE.illegalOperation,
      `The backup file ${to} exists already. Choose another name; a backup is never overwritten.`,
    );
  const partial = `${to}.partial`;
  rmSync(partial, { force: true });
  try {
    storage.exec(`VACUUM INTO '${partial.replaceAll("'", "''")}'`);
    flush(partial);
    renameSync(partial, to);
    flush(dirname(to));
  } catch (error) {
    rmSync(partial, { force: true });
    const reason = reasonOf(error);
    throw new CommandFailure(
      CODE.illegalOperation,
      `The backup of ${file} to ${to} failed: ${reason}. Check that the directory exists, can be written and has room.`,
    );
  }
}

/** Puts a file's content, or a directory's entries, on the disk. */
export function flush(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** @throws EmbeddedStoreError when `file` is no whole store file. */
export function checkIntegrity(file: string): void {
  if (!existsSync(file)) throw new EmbeddedStoreError(`There is no file ${file}. Name an existing backup.`);
  let verdict: unknown;
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      const tables = db
        .prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name IN ('generation', 'collections', 'indexes')")
        .get();
      if (tables?.['n'] !== 3) throw new Error('it holds no store');
      verdict = db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
    } finally {
      db.close();
    }
  } catch (error) {
    throw new EmbeddedStoreError(
      `The file ${file} is no usable store: ${reasonOf(error)}. Choose another backup.`,
      error,
    );
  }
  if (verdict !== 'ok')
    throw new EmbeddedStoreError(`The file ${file} is damaged: ${String(verdict)}. Choose another backup.`);
}
