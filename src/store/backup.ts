import { SyncError } from '../domain/errors.ts';
import { asStoreError } from './faults.ts';
import type { Store } from './open-store.ts';

/**
 * Writes a consistent copy of the embedded store to a new file, while workers go on.
 *
 * @throws SyncError `bug`, code `store-refused`, with the server's reason: the file exists, there is no room
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
    throw asStoreError(thrown);
  }
}
