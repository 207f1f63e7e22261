import { SyncError } from '../domain/errors.ts';
import { asStoreError } from './faults.ts';
import type { Store } from './open-store.ts';

/**
 * Writes a consistent copy of the embedded store to a new file, while workers go on.
 *
 * @throws SyncError `data`, code `backup-refused`, with the server's reason: the file exists, there is no room
 */
export async function backupStore(store: Store, file: string): Promise<void> {
  const { db } = store.collections.jobs.conn;
  if (db === undefined) {
    throw new SyncError('transient', 'The store is closed.', {
      code: 'store-away',
      remedy: 'Open it, then try again.',
    });
  }
  try {
    await db.command({ crossdockBackup: 1, to: file });
  } catch (thrown) {
    const known = asStoreError(thrown);
    if (!(known instanceof SyncError) || known.fault !== 'bug') throw known;
    throw new SyncError('data', known.message, {
      code: 'backup-refused',
      remedy: 'Name a file that is not there yet, in a folder that can be written and has room.',
      cause: thrown,
    });
  }
}
