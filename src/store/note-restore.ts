import mongoose from 'mongoose';
import type { Instant } from '../domain/time.ts';
import { asStoreError } from './faults.ts';

/** The document that says when a store was last brought back; it stands beside the cursors, and is none. */
export const EPOCH = 'store/epoch';

/**
 * Notes in a store that it has just been brought back from a backup: what was sent to remotes since the backup it does not
 * know, so work that is older than this instant is looked up before it is sent. Needs no key.
 * @throws SyncError `transient` when the store cannot be reached
 */
export async function noteRestore(uri: string, now: Instant): Promise<void> {
  const connection = mongoose.createConnection(uri, { writeConcern: { w: 'majority', j: true }, autoIndex: false });
  try {
    await connection.asPromise();
    await connection
      .collection<{ _id: string; v: number; cursor: string; at: Date }>('cursors')
      .updateOne({ _id: EPOCH }, { $set: { cursor: 'restored', at: new Date(now) }, $inc: { v: 1 } }, { upsert: true });
  } catch (thrown) {
    throw asStoreError(thrown);
  } finally {
    await connection.close().catch(() => undefined);
  }
}
