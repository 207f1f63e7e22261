import type { mongo } from 'mongoose';
import type { LocationId, Sku } from '../domain/ids.ts';
import type { Reservation } from '../domain/stock.ts';
import type { Instant } from '../domain/time.ts';
import type { Collections } from './collections.ts';
import type { LevelDocument, MovementEntry } from './documents.ts';
import { duplicatesOf } from './faults.ts';

/** A tail this long is copied to `movements` with the next change. */
const TAIL = 16;

/** A level without its reservations and movements: all that planning needs, and small however many there are. */
export type LevelHead = Omit<LevelDocument, 'reserved' | 'tail' | 'by' | 'at'>;
export type LevelWithReservations = Omit<LevelDocument, 'tail' | 'by' | 'at'>;

/** A change of one level over the version that was read. Give either `append` (new reservations only) or `reserved` (the whole list). */
export interface LevelChange {
  readonly before: LevelHead;
  readonly onHand: number;
  readonly free: number;
  readonly backlog: boolean;
  readonly append?: readonly Reservation[];
  readonly reserved?: readonly Reservation[];
  readonly countedAt?: Date;
  readonly leftAt?: Date;
  readonly movement: Omit<MovementEntry, 'v' | 'onHand' | 'free'>;
}

/** A place in the order in which levels changed. */
export interface ChangePlace {
  readonly _id: string;
  readonly at: Date;
}

/**
 * Stock levels: one compare-and-set per level folds the changes of a whole batch, and leaves one movement with it.
 * Every version has exactly one movement, so a level can be rebuilt and every unit explained.
 */
export interface LevelRecords {
  heads(ids: readonly string[]): Promise<LevelHead[]>;
  read(ids: readonly string[]): Promise<LevelWithReservations[]>;
  /** Opens levels that do not exist. Returns the ids that were there already. */
  open(
    levels: readonly { sku: Sku; location: LocationId; onHand: number; countedAt: Date; cause: string }[],
    now: Instant,
  ): Promise<ReadonlySet<string>>;
  /** Returns the ids of the levels that had changed since they were read. */
  change(changes: readonly LevelChange[]): Promise<ReadonlySet<string>>;
  /** Levels that changed since an instant, oldest change first; those behind a place in that order. */
  changedSince(at: Instant, limit: number, behind?: ChangePlace): Promise<(LevelHead & ChangePlace)[]>;
  /** Every movement of a level, in order of v. */
  movements(id: string): Promise<MovementEntry[]>;
  all(filter: { sku?: Sku; location?: LocationId }): Promise<LevelDocument[]>;
}

export function levelId(sku: Sku, location: LocationId): string {
  return `${sku}@${location}`;
}

/** How many movements stand in a level's tail after one more: a long one is copied to `movements` and starts again. */
export function pendingAfter(pending: number): number {
  return pending >= TAIL ? 1 : pending + 1;
}

/** @param newToken gives a different text at every call, over all workers and for ever. */
export function openLevelRecords(collections: Collections, newToken: () => string): LevelRecords {
  const { levels, movements } = collections;

  return {
    async heads(ids) {
      if (ids.length === 0) return [];
      return levels
        .find({ _id: { $in: [...ids] } })
        .project<LevelHead>({ reserved: 0, tail: 0, by: 0 })
        .toArray();
    },

    async read(ids) {
      if (ids.length === 0) return [];
      return levels
        .find({ _id: { $in: [...ids] } })
        .project<LevelWithReservations>({ tail: 0, by: 0 })
        .toArray();
    },

    async open(fresh, now) {
      if (fresh.length === 0) return new Set();
      const by = newToken();
      const at = new Date(now);
      const documents = fresh.map(({ sku, location, onHand, countedAt, cause }): LevelDocument => ({
        _id: levelId(sku, location),
        v: 1,
        by,
        sku,
        location,
        onHand,
        free: onHand,
        backlog: false,
        reserved: [],
        tail: [{ v: 1, at, kind: 'counted', onHand, free: onHand, lines: [], cause }],
        pending: 1,
        countedAt,
        at,
      }));
      const there = await duplicatesOf(
        levels.bulkWrite(
          documents.map((document) => ({ insertOne: { document } })),
          { ordered: false },
        ),
      );
      return new Set([...there].flatMap((index) => documents[index]?._id ?? []));
    },

    async change(changes) {
      if (changes.length === 0) return new Set();
      const by = newToken();
      const long = changes.map(({ before }) => before).filter(({ pending }) => pending >= TAIL);
      if (long.length > 0) await keepTails(long);
      const result = await levels.bulkWrite(
        changes.map((change) => asOperation(change, by)),
        { ordered: false },
      );
      if (result.matchedCount === changes.length) return new Set();
      const ours = await levels
        .find({ _id: { $in: changes.map(({ before }) => before._id) }, by })
        .project<{ _id: string }>({ _id: 1 })
        .toArray();
      const won = new Set(ours.map((row) => row._id));
      return new Set(changes.map(({ before }) => before._id).filter((id) => !won.has(id)));
    },

    async changedSince(at, limit, behind) {
      return levels
        .find({
          at: { $gte: behind?.at ?? new Date(at) },
          ...(behind === undefined ? {} : { $or: [{ at: { $gt: behind.at } }, { _id: { $gt: behind._id } }] }),
        })
        .sort({ at: 1, _id: 1 })
        .limit(limit)
        .project<LevelHead & ChangePlace>({ reserved: 0, tail: 0, by: 0 })
        .toArray();
    },

    async movements(id) {
      // In this order: what leaves the tail in between is found among those that have left it.
      const level = await levels.findOne({ _id: id });
      const kept = await movements.find({ _id: { $gte: `${id}#`, $lt: `${id}$` } }).toArray();
      // A worker that died between the copy and the change leaves a copy twice: a movement is known by its v.
      const byVersion = new Map<number, MovementEntry>();
      for (const entry of [...kept.flatMap((row) => row.entries), ...(level?.tail ?? [])])
        byVersion.set(entry.v, entry);
      return [...byVersion.values()].sort((a, b) => a.v - b.v);
    },

    async all(filter) {
      const query: mongo.Filter<LevelDocument> =
        filter.sku !== undefined
          ? { _id: { $gte: `${filter.sku}@`, $lt: `${filter.sku}A` } }
          : filter.location !== undefined
            ? { location: filter.location }
            : {};
      const rows = await levels.find(query).sort({ _id: 1 }).toArray();
      return filter.location === undefined ? rows : rows.filter((row) => row.location === filter.location);
    },
  };

  async function keepTails(long: readonly LevelHead[]): Promise<void> {
    const versions = new Map(long.map(({ _id, v }) => [_id, v]));
    const rows = await levels
      .find({ _id: { $in: [...versions.keys()] } })
      .project<Pick<LevelDocument, '_id' | 'v' | 'tail'>>({ v: 1, tail: 1 })
      .toArray();
    // One that has changed since it was read is not copied: its change will be refused as well.
    const standing = rows.filter(({ _id, v }) => versions.get(_id) === v);
    if (standing.length === 0) return;
    await duplicatesOf(
      movements.bulkWrite(
        standing.map(({ _id, v, tail }) => ({
          insertOne: { document: { _id: `${_id}#${v}`, level: _id, from: tail[0]?.v ?? v, to: v, entries: tail } },
        })),
        { ordered: false },
      ),
    );
  }
}

function asOperation(change: LevelChange, by: string): mongo.AnyBulkWriteOperation<LevelDocument> {
  const { before, onHand, free, backlog, append, reserved, countedAt, leftAt, movement } = change;
  const v = before.v + 1;
  const entry: MovementEntry = { v, onHand: onHand - before.onHand, free: free - before.free, ...movement };
  const drained = before.pending >= TAIL;
  return {
    updateOne: {
      filter: { _id: before._id, v: before.v },
      update: {
        $set: {
          v,
          by,
          at: movement.at,
          onHand,
          free,
          backlog,
          pending: pendingAfter(before.pending),
          ...(reserved === undefined ? {} : { reserved: [...reserved] }),
          ...(countedAt === undefined ? {} : { countedAt }),
          ...(leftAt === undefined ? {} : { leftAt }),
          ...(drained ? { tail: [entry] } : {}),
        },
        ...(append === undefined && drained
          ? {}
          : {
              $push: {
                ...(append === undefined ? {} : { reserved: { $each: [...append] } }),
                ...(drained ? {} : { tail: entry }),
              },
            }),
      },
    },
  };
}
