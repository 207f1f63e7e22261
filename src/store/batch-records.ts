import type { ConnectionId, Key } from '../domain/ids.ts';
import type { BusinessDate } from '../domain/time.ts';
import type { Collections } from './collections.ts';
import { duplicatesOf } from './faults.ts';
import type { BatchDocument, BatchState } from './ledger-documents.ts';

/** The documents for ERPs. Each change is a compare-and-set on `v`; what a document says is never changed. */
export interface BatchRecords {
  get(key: Key): Promise<BatchDocument | null>;
  /** Of one scope, every version and part. */
  ofScope(scope: string): Promise<BatchDocument[]>;
  /** The documents of a channel that were begun and have not come to the ERP. */
  begun(connection: ConnectionId): Promise<BatchDocument[]>;
  /** The document as it stands: this one, or the one that was there under its key. */
  insert(batch: BatchDocument): Promise<BatchDocument>;
  /** The document after the change, or null where another worker has changed it since it was read. */
  change(
    before: BatchDocument,
    set: Partial<
      Pick<
        BatchDocument,
        'state' | 'externalId' | 'postedAt' | 'readAt' | 'differences' | 'cause' | 'left' | 'unmapped'
      >
    >,
  ): Promise<BatchDocument | null>;
  /** The documents of an ERP from a day on. */
  since(ledger: ConnectionId, from: BusinessDate): Promise<BatchDocument[]>;
  list(filter: {
    connection?: ConnectionId;
    ledger?: ConnectionId;
    state?: BatchState;
    from?: BusinessDate;
    /** Only those that stand behind this one: the newest day first, then by key. */
    behind?: { readonly date: BusinessDate; readonly key: Key };
    limit: number;
  }): Promise<BatchDocument[]>;
}

export function openBatchRecords(collections: Collections): BatchRecords {
  const { batches } = collections;
  return {
    get: (key) => batches.findOne({ _id: key }),

    async ofScope(scope) {
      return batches.find({ scope }).sort({ version: 1 }).toArray();
    },

    async begun(connection) {
      return batches.find({ connection, state: { $in: ['claiming', 'ready'] } }).toArray();
    },

    async insert(batch) {
      const there = await duplicatesOf(batches.bulkWrite([{ insertOne: { document: batch } }], { ordered: false }));
      if (there.size === 0) return batch;
      return (await batches.findOne({ _id: batch._id })) ?? batch;
    },

    async change(before, set) {
      const after = { ...set, v: before.v + 1 };
      const result = await batches.updateOne({ _id: before._id, v: before.v }, { $set: after });
      return result.matchedCount === 1 ? { ...before, ...after } : null;
    },

    async since(ledger, from) {
      return batches.find({ ledger, date: { $gte: from } }).toArray();
    },

    async list({ connection, ledger, state, from, behind, limit }) {
      // A document can have thousands of entries: only those that are shown are read whole.
      const rows = await batches
        .find({
          ...(connection === undefined ? {} : { connection }),
          ...(ledger === undefined ? {} : { ledger }),
          ...(state === undefined ? {} : { state }),
          ...(from === undefined ? {} : { date: { $gte: from } }),
        })
        .project<Place>({ date: 1 })
        .toArray();
      const shown = rows
        .filter((row) => behind === undefined || inOrder({ _id: behind.key, date: behind.date }, row) < 0)
        .sort(inOrder)
        .slice(0, limit);
      return (await batches.find({ _id: { $in: shown.map(({ _id }) => _id) } }).toArray()).sort(inOrder);
    },
  };
}

type Place = Pick<BatchDocument, '_id' | 'date'>;

function inOrder(a: Place, b: Place): number {
  if (a.date !== b.date) return a.date < b.date ? 1 : -1;
  return a._id < b._id ? -1 : a._id > b._id ? 1 : 0;
}
