import type { CompanyId, ConnectionId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { Collections } from './collections.ts';
import type { CompletenessDocument, ConnectionDocument, CursorDocument, ParkCause, RunDocument } from './documents.ts';
import { upserting } from './faults.ts';

/** What is remembered of each connection: where its lists were read to, whether it is paused, how complete it is. */
export interface ConnectionRecords {
  /** Registers a connection. Returns the mapping version that its records were last normalized with. */
  register(connection: {
    id: ConnectionId;
    connector: string;
    company: CompanyId;
    mapping: string;
    switches?: string;
  }): Promise<{ mappingBefore: string | null }>;
  all(): Promise<ConnectionDocument[]>;
  get(id: ConnectionId): Promise<ConnectionDocument | null>;
  pause(id: ConnectionId, cause: ParkCause): Promise<void>;
  resume(id: ConnectionId): Promise<boolean>;
  paused(): Promise<ConnectionDocument[]>;
  cursor(name: string): Promise<CursorDocument | null>;
  /** Saves a cursor over the one that was read; false where another worker has saved one meanwhile. */
  saveCursor(name: string, before: CursorDocument | null, cursor: string, now: Instant): Promise<CursorDocument | null>;
  /** Notes a complete pull of orders: when it began and when it ended. */
  pulled(id: ConnectionId, from: Instant, now: Instant): Promise<void>;
  saveRun(run: RunDocument): Promise<void>;
  /** Newest first; those behind a place in that order. */
  runs(filter: {
    connection?: ConnectionId;
    behind?: { readonly startedAt: Instant; readonly id: string };
    limit: number;
  }): Promise<RunDocument[]>;
  saveCompleteness(day: CompletenessDocument): Promise<void>;
  completeness(connection?: ConnectionId): Promise<CompletenessDocument[]>;
}

export function openConnectionRecords(collections: Collections): ConnectionRecords {
  const { connections, cursors, runs, completeness } = collections;
  return {
    async register({ id, connector, company, mapping, switches }) {
      const before = await connections.findOne({ _id: id });
      await upserting(
        connections.updateOne(
          { _id: id },
          {
            $set: { connector, company, mapping, ...(switches === undefined ? {} : { switches }) },
            $setOnInsert: { v: 1, paused: null, lastPull: null, pulledFrom: null },
          },
          { upsert: true },
        ),
      );
      return { mappingBefore: before?.mapping ?? null };
    },

    async get(id) {
      return connections.findOne({ _id: id });
    },

    async all() {
      return connections.find({}).sort({ _id: 1 }).toArray();
    },

    async pause(id, cause) {
      await connections.updateOne({ _id: id }, { $set: { paused: cause } });
    },

    async resume(id) {
      const result = await connections.updateOne({ _id: id, paused: { $ne: null } }, { $set: { paused: null } });
      return result.modifiedCount === 1;
    },

    async paused() {
      return connections.find({ paused: { $ne: null } }).toArray();
    },

    async cursor(name) {
      return cursors.findOne({ _id: name });
    },

    async saveCursor(name, before, cursor, now) {
      const at = new Date(now);
      if (before === null) {
        const fresh: CursorDocument = { _id: name, v: 1, cursor, at };
        const result = await cursors.updateOne({ _id: name }, { $setOnInsert: { v: 1, cursor, at } }, { upsert: true });
        return result.upsertedCount === 1 ? fresh : null;
      }
      const after: CursorDocument = { _id: name, v: before.v + 1, cursor, at };
      const result = await cursors.updateOne({ _id: name, v: before.v }, { $set: { v: after.v, cursor, at } });
      return result.matchedCount === 1 ? after : null;
    },

    async pulled(id, from, now) {
      await connections.updateOne({ _id: id }, { $set: { lastPull: new Date(now), pulledFrom: new Date(from) } });
    },

    async saveRun({ _id, ...run }) {
      await upserting(runs.updateOne({ _id }, { $set: run }, { upsert: true }));
    },

    async runs({ connection, behind, limit }) {
      const at = new Date(behind?.startedAt ?? 0);
      return runs
        .find({
          ...(connection === undefined ? {} : { connection }),
          ...(behind === undefined
            ? {}
            : { startedAt: { $lte: at }, $or: [{ startedAt: { $lt: at } }, { _id: { $lt: behind.id } }] }),
        })
        .sort({ startedAt: -1, _id: -1 })
        .limit(limit)
        .toArray();
    },

    async saveCompleteness({ _id, ...day }) {
      await upserting(completeness.updateOne({ _id }, { $set: day }, { upsert: true }));
    },

    async completeness(connection) {
      return completeness
        .find(connection === undefined ? {} : { connection })
        .sort({ _id: 1 })
        .toArray();
    },
  };
}
