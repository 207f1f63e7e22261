/** Which process serves a store file: the one that holds this lock. The kernel frees it when the process dies. */
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedStoreError, reasonOf } from '../failure.ts';
import { sqliteCode } from '../storage/storage.ts';

export interface Lock {
  release(): void;
}

const BUSY = 5;

/** @returns null when another process (or another opening in this one) holds it. @throws EmbeddedStoreError when the lock file cannot be made. */
export function tryLock(file: string): Lock | null {
  const path = `${file}.lock`;
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path);
    db.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    const held = db;
    return {
      release() {
        held.close();
      },
    };
  } catch (error) {
    db?.close();
    if (sqliteCode(error) === BUSY) return null;
    throw new EmbeddedStoreError(
      `The store's lock file ${path} cannot be used (${reasonOf(error)}). Check that the directory exists and that this user may write in it.`,
      error,
    );
  }
}
