/** Bringing a backup back in the place of a store file. */
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { EmbeddedStoreError } from './failure.ts';
import { tryLock } from './serve/lock.ts';
import { realFile } from './serve/socket-path.ts';
import { checkIntegrity, flush } from './storage/backup.ts';

/** @throws EmbeddedStoreError when the backup is missing, damaged or no store of ours. */
export function verifyBackup(from: string): void {
  checkIntegrity(from);
}

/**
 * Puts the backup `from` in the place of the store `file`. The old file is kept beside it.
 * @returns where the old file is now, or null when there was none.
 * @throws EmbeddedStoreError when the store is open in any process or the backup is not usable; nothing is changed then.
 */
export function restore(from: string, file: string): string | null {
  const target = realFile(file);
  checkIntegrity(from);
  const lock = tryLock(target);
  if (lock === null)
    throw new EmbeddedStoreError(
      `The store ${target} is open. Stop every worker and command that uses it, then restore again.`,
    );
  try {
    const fresh = `${target}.restoring`;
    rmSync(fresh, { force: true });
    copyFileSync(from, fresh);
    flush(fresh);
    checkIntegrity(fresh);
    const left = ['', '-wal', '-shm'].filter((suffix) => existsSync(target + suffix));
    const aside = left.length > 0 ? freeName(target) : null;
    // The log goes with its file, and after it: a log without its file is moved away by the next try, while a restored
    // file beside a foreign log would take that log for its own.
    if (aside !== null) for (const suffix of left) renameSync(target + suffix, aside + suffix);
    renameSync(fresh, target);
    flush(dirname(target));
    return aside;
  } finally {
    lock.release();
  }
}

function freeName(target: string): string {
  for (let n = 1; ; n++) {
    const name = `${target}.replaced-${n}`;
    if (['', '-wal', '-shm'].every((suffix) => !existsSync(name + suffix))) return name;
  }
}
