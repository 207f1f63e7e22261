import type { mongo } from 'mongoose';
import type { ConnectionId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { Collections } from './collections.ts';
import type { JobDocument, ParkCause } from './documents.ts';
import { duplicatesOf } from './faults.ts';
import { byKey, PRIORITY, sinceOf, type Wanted } from './wanted-jobs.ts';

export { PRIORITY, type Wanted } from './wanted-jobs.ts';

/** A job that this worker has claimed. */
export type ClaimedJob = Pick<
  JobDocument,
  '_id' | 'kind' | 'lane' | 'connection' | 'subject' | 'prio' | 'wanted' | 'mark' | 'token' | 'attempts' | 'at'
>;

export type Ending =
  | { readonly job: ClaimedJob; readonly end: 'done' }
  | {
      readonly job: ClaimedJob;
      readonly end: 'again';
      readonly due: Instant;
      readonly attempt: boolean;
      readonly last: ParkCause | null;
    }
  | { readonly job: ClaimedJob; readonly end: 'parked'; readonly cause: ParkCause };

/** The durable queue. A finished job is removed; one that is triggered while it runs is ready again when it ends. */
export interface JobRecords {
  enqueue(wanted: readonly Wanted[], now: Instant): Promise<void>;
  /** Up to `limit` jobs of a kind, each now held by this owner under a new token. Fewer than there are where others were faster. */
  claim(
    kind: string,
    limit: number,
    owner: string,
    now: Instant,
    paused: readonly ConnectionId[],
  ): Promise<ClaimedJob[]>;
  /** Of these kinds, those that have a job ready now. Its lane may be busy: whether it can be had, `claim` says. */
  due(kinds: readonly string[], now: Instant, paused: readonly ConnectionId[]): Promise<ReadonlySet<string>>;
  /** Ends claimed jobs. What was triggered meanwhile is ready again; what is not ours any more is left alone. */
  end(endings: readonly Ending[], now: Instant): Promise<void>;
  /** Frees everything that a dead or stopping owner holds. `due` delays kinds that may still have a request under way. */
  freeAll(owner: string, due: (kind: string) => Instant, kinds: readonly string[]): Promise<number>;
  /** Every job of these kinds, of one connection or of all, that is under way since this instant or before: ready, claimed or parked. */
  standing(filter: {
    readonly kinds: readonly string[];
    readonly connection?: ConnectionId;
    readonly by: Instant;
  }): AsyncIterable<Pick<JobDocument, '_id' | 'subject' | 'state'>>;
  /** Who holds jobs now. */
  owners(): Promise<string[]>;
  /** Makes parked jobs ready again. Empty filter = all. */
  replay(
    filter: {
      keys?: readonly string[];
      subjects?: readonly string[];
      connection?: ConnectionId;
      code?: string;
      faults?: readonly string[];
      needs?: readonly string[];
    },
    now: Instant,
  ): Promise<number>;
  /** Lets jobs of these kinds that wait out a back-off be tried at once, as if they had not failed yet. */
  hasten(kinds: readonly string[], now: Instant): Promise<number>;
  parked(filter: { connection?: ConnectionId; limit: number }): Promise<JobDocument[]>;
  /** What is parked for these kinds of fault, of one kind of work and one connection where they are given. */
  parkedFor(
    faults: readonly string[],
    of?: { readonly kind?: string; readonly connection?: ConnectionId },
  ): Promise<Pick<JobDocument, '_id' | 'kind' | 'connection' | 'subject'>[]>;
  get(key: string): Promise<JobDocument | null>;
  /** Those of these keys that are parked. */
  parkedOf(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** What is ready, claimed and parked, by kind; `nextDue` of the ready ones. */
  counts(): Promise<{ kind: string; state: string; count: number; nextDue: Date }[]>;
  /** Whether any job is under way, or ready and due before the instant; those of paused connections do not count. */
  open(before: Date, paused: readonly ConnectionId[]): Promise<boolean>;
  bySubjects(subjects: readonly string[]): Promise<JobDocument[]>;
}

/** @param newToken gives a different text at every call, over all workers and for ever. */
export function openJobRecords(collections: Collections, newToken: () => string): JobRecords {
  const { jobs } = collections;

  return {
    async enqueue(wanted, now) {
      if (wanted.length === 0) return;
      const at = new Date(now);
      const operations: mongo.AnyBulkWriteOperation<JobDocument>[] = [...byKey(wanted).values()].map((want) => ({
        updateOne: {
          filter: { _id: want.key },
          update: {
            ...(want.version === undefined
              ? { $set: { mark: newToken() }, $min: { prio: want.prio, at: sinceOf(want, now) } }
              : {
                  $max: { wanted: want.version },
                  $min: { prio: want.prio, at: sinceOf(want, now), due: new Date(want.due ?? now) },
                }),
            $setOnInsert: {
              kind: want.kind,
              lane: want.lane,
              connection: want.connection,
              subject: want.subject,
              state: 'ready',
              ...(want.version === undefined ? { wanted: 0, due: new Date(want.due ?? now) } : { mark: '' }),
              owner: '',
              token: '',
              attempts: 0,
              cause: null,
              last: null,
            },
          },
          upsert: true,
        },
      }));
      const inserted = await upsertAll(operations);
      if (inserted === operations.length) return;
      // A job that was parked gets another chance when something new has come for it.
      await jobs.updateMany(
        { _id: { $in: [...byKey(wanted).keys()] }, state: 'parked' },
        { $set: { state: 'ready', due: at, attempts: 0, cause: null } },
      );
    },

    async claim(kind, limit, owner, now, paused) {
      const chosen = await claimable(kind, limit, now, paused);
      if (chosen.length === 0) return [];
      const token = newToken();
      const result = await jobs.bulkWrite(
        chosen.map((job) => ({
          updateOne: {
            filter: { _id: job._id, token: job.token, state: 'ready' },
            update: { $set: { state: 'claimed', owner, token } },
          },
        })),
        { ordered: false },
      );
      if (result.modifiedCount === chosen.length) return chosen.map((job) => ({ ...job, token }));
      return jobs
        .find({ _id: { $in: chosen.map((job) => job._id) }, token })
        .project<ClaimedJob>(CLAIMED)
        .toArray();
    },

    async due(kinds, now, paused) {
      if (kinds.length === 0) return new Set();
      return new Set(await jobs.distinct('kind', { kind: { $in: [...kinds] }, ...readyAt(now, paused) }));
    },

    async end(endings, now) {
      const done = endings.filter((ending) => ending.end === 'done');
      const rest = endings.filter((ending) => ending.end !== 'done');
      if (done.length > 0) {
        const result = await jobs.bulkWrite(
          done.map(({ job }) => ({ deleteOne: { filter: asClaimed(job) } })),
          { ordered: false },
        );
        if (result.deletedCount < done.length)
          await this.end(
            done.map(({ job }) => ({ job, end: 'again', due: now, attempt: false, last: null })),
            now,
          );
      }
      if (rest.length === 0) return;
      const result = await jobs.bulkWrite(
        rest.map((ending) => ({
          updateOne: {
            // What was triggered meanwhile is not parked: it must be run again first.
            filter:
              ending.end === 'parked'
                ? asClaimed(ending.job)
                : { _id: ending.job._id, token: ending.job.token, state: 'claimed' },
            update: ending.end === 'again' ? again(ending) : parked(ending, now),
          },
        })),
        { ordered: false },
      );
      const triggered = rest.filter((ending) => ending.end === 'parked');
      if (result.matchedCount === rest.length || triggered.length === 0) return;
      await this.end(
        triggered.map(({ job }) => ({ job, end: 'again', due: now, attempt: false, last: null })),
        now,
      );
    },

    async freeAll(owner, due, kinds) {
      // One command for all kinds that wait as long: whoever frees has a heartbeat of its own to keep meanwhile.
      const byDue = new Map<Instant, string[]>();
      for (const kind of kinds) byDue.set(due(kind), [...(byDue.get(due(kind)) ?? []), kind]);
      let freed = 0;
      for (const [at, those] of byDue) {
        const result = await jobs.updateMany(
          { owner, state: 'claimed', kind: { $in: those } },
          { $set: { state: 'ready', owner: '', due: new Date(at) } },
        );
        freed += result.modifiedCount;
      }
      return freed;
    },

    standing({ kinds, connection, by }) {
      return jobs
        .find({
          kind: { $in: [...kinds] },
          ...(connection === undefined ? {} : { connection }),
          at: { $lte: new Date(by) },
        })
        .project<Pick<JobDocument, '_id' | 'subject' | 'state'>>({ subject: 1, state: 1 });
    },

    async owners() {
      return jobs.distinct('owner', { state: 'claimed' });
    },

    async replay(filter, now) {
      const result = await jobs.updateMany(
        {
          state: 'parked',
          ...(filter.keys === undefined ? {} : { _id: { $in: [...filter.keys] } }),
          ...(filter.subjects === undefined ? {} : { subject: { $in: [...filter.subjects] } }),
          ...(filter.connection === undefined ? {} : { connection: filter.connection }),
          ...(filter.code === undefined ? {} : { 'cause.code': filter.code }),
          ...(filter.faults === undefined ? {} : { 'cause.fault': { $in: [...filter.faults] } }),
          ...(filter.needs === undefined ? {} : { 'cause.needs': { $in: [...filter.needs] } }),
        },
        { $set: { state: 'ready', due: new Date(now), attempts: 0, cause: null, prio: PRIORITY.operator } },
      );
      return result.modifiedCount;
    },

    async hasten(kinds, now) {
      const result = await jobs.updateMany(
        { kind: { $in: [...kinds] }, state: 'ready', attempts: { $gt: 0 } },
        { $set: { due: new Date(now), attempts: 0 } },
      );
      return result.modifiedCount;
    },

    async parked(filter) {
      return jobs
        .find({ state: 'parked', ...(filter.connection === undefined ? {} : { connection: filter.connection }) })
        .sort({ _id: 1 })
        .limit(filter.limit)
        .toArray();
    },

    async get(key) {
      return jobs.findOne({ _id: key });
    },

    async parkedFor(faults, { kind, connection } = {}) {
      return jobs
        .find({
          state: 'parked',
          ...(connection === undefined ? {} : { connection }),
          ...(kind === undefined ? {} : { kind }),
          'cause.fault': { $in: [...faults] },
        })
        .project<Pick<JobDocument, '_id' | 'kind' | 'connection' | 'subject'>>({ kind: 1, connection: 1, subject: 1 })
        .toArray();
    },

    async parkedOf(keys) {
      const rows = await jobs
        .find({ _id: { $in: [...keys] }, state: 'parked' })
        .project<{ _id: string }>({ _id: 1 })
        .toArray();
      return new Set(rows.map((row) => row._id));
    },

    async counts() {
      return jobs
        .aggregate<{ _id: { kind: string; state: string }; count: number; nextDue: Date }>([
          { $group: { _id: { kind: '$kind', state: '$state' }, count: { $sum: 1 }, nextDue: { $min: '$due' } } },
        ])
        .map(({ _id, count, nextDue }) => ({ ..._id, count, nextDue }))
        .toArray();
    },

    async open(before, paused) {
      const others = paused.length === 0 ? {} : { connection: { $nin: [...paused] } };
      // In one question: between two, a job could pass from the one state into the other unseen.
      const one = await jobs.findOne(
        { $or: [{ state: 'claimed' }, { state: 'ready', due: { $lt: before }, ...others }] },
        { projection: { _id: 1 } },
      );
      return one !== null;
    },

    async bySubjects(subjects) {
      return jobs.find({ subject: { $in: [...subjects] } }).toArray();
    },
  };

  /** The first jobs of a kind that may be claimed now, one per lane. */
  async function claimable(
    kind: string,
    limit: number,
    now: Instant,
    paused: readonly ConnectionId[],
  ): Promise<ClaimedJob[]> {
    const busyLanes: string[] = [];
    for (;;) {
      const candidates = await jobs
        .find({
          kind,
          ...readyAt(now, paused),
          ...(busyLanes.length === 0 ? {} : { lane: { $nin: busyLanes } }),
        })
        .sort({ prio: 1, due: 1 })
        .limit(limit)
        .project<ClaimedJob>(CLAIMED)
        .toArray();
      const byLane = new Map<string, ClaimedJob>();
      for (const candidate of candidates) if (!byLane.has(candidate.lane)) byLane.set(candidate.lane, candidate);
      if (byLane.size === 0) return [];
      const busy = await jobs
        .find({ lane: { $in: [...byLane.keys()] }, state: 'claimed' })
        .project<{ lane: string }>({ lane: 1 })
        .toArray();
      for (const { lane } of busy) byLane.delete(lane);
      if (byLane.size > 0 || candidates.length < limit) return [...byLane.values()];
      // Busy lanes alone filled the look: others may stand behind them, and must not wait for a long run there.
      busyLanes.push(...busy.map(({ lane }) => lane));
    }
  }

  async function upsertAll(operations: mongo.AnyBulkWriteOperation<JobDocument>[]): Promise<number> {
    let inserted = 0;
    const lost = await duplicatesOf(
      jobs.bulkWrite(operations, { ordered: false }).then((result) => {
        inserted = result.upsertedCount;
      }),
    );
    if (lost.size === 0) return inserted;
    // Another worker inserted the same key between our look and our insert: now it is there, so this is an update.
    await upsertAll([...lost].flatMap((index) => operations[index] ?? []));
    return 0;
  }
}

function readyAt(now: Instant, paused: readonly ConnectionId[]): mongo.Filter<JobDocument> {
  return {
    state: 'ready',
    due: { $lte: new Date(now) },
    ...(paused.length === 0 ? {} : { connection: { $nin: [...paused] } }),
  };
}

const CLAIMED = {
  kind: 1,
  lane: 1,
  connection: 1,
  subject: 1,
  prio: 1,
  wanted: 1,
  mark: 1,
  token: 1,
  attempts: 1,
  at: 1,
} as const;

function asClaimed(job: ClaimedJob): { _id: string; token: string; wanted: number; mark: string; state: 'claimed' } {
  return { _id: job._id, token: job.token, wanted: job.wanted, mark: job.mark, state: 'claimed' };
}

function again(ending: Extract<Ending, { end: 'again' }>): object {
  return {
    $set: {
      state: 'ready',
      owner: '',
      due: new Date(ending.due),
      ...(ending.last === null ? {} : { last: ending.last }),
    },
    ...(ending.attempt ? { $inc: { attempts: 1 } } : {}),
  };
}

function parked(ending: Extract<Ending, { end: 'parked' }>, now: Instant): object {
  return { $set: { state: 'parked', owner: '', due: new Date(now), cause: ending.cause } };
}
