import type { Instant } from '../domain/time.ts';
import type { Collections } from './collections.ts';

/** One heartbeat per worker. A worker whose lease ran out is marked dead, by one that saw it, before its work is taken over. */
export interface WorkerRecords {
  join(worker: { epoch: string; host: string; pid: number }, now: Instant, until: Instant): Promise<void>;
  /** False when this epoch has been declared dead meanwhile: whatever it still holds is no longer its own. */
  beat(epoch: string, until: Instant): Promise<boolean>;
  /** Marks dead whose lease ended before `now`, and returns every dead epoch whose jobs are not freed yet. */
  bury(now: Instant): Promise<string[]>;
  /** The jobs of a dead or leaving epoch are freed. */
  gone(epoch: string): Promise<void>;
  alive(now: Instant): Promise<{ epoch: string; host: string; pid: number; started: Date; until: Date }[]>;
}

export function openWorkerRecords(collections: Collections): WorkerRecords {
  const { workers } = collections;
  return {
    async join({ epoch, host, pid }, now, until) {
      await workers.insertOne({
        _id: epoch,
        host,
        pid,
        started: new Date(now),
        until: new Date(until),
        state: 'alive',
      });
    },

    async beat(epoch, until) {
      const result = await workers.updateOne({ _id: epoch, state: 'alive' }, { $set: { until: new Date(until) } });
      return result.matchedCount === 1;
    },

    async bury(now) {
      const ended = await workers
        .find({ $or: [{ state: 'alive', until: { $lt: new Date(now) } }, { state: 'dead' }] })
        .toArray();
      const dead: string[] = [];
      for (const worker of ended) {
        if (worker.state === 'alive') {
          // By the lease that was read: a heartbeat that came between is respected.
          const result = await workers.updateOne(
            { _id: worker._id, state: 'alive', until: worker.until },
            { $set: { state: 'dead' } },
          );
          if (result.modifiedCount === 0) continue;
        }
        dead.push(worker._id);
      }
      return dead;
    },

    async gone(epoch) {
      await workers.updateOne({ _id: epoch }, { $set: { state: 'gone' } });
    },

    async alive(now) {
      const rows = await workers.find({ state: 'alive', until: { $gte: new Date(now) } }).toArray();
      return rows.map(({ _id, host, pid, started, until }) => ({ epoch: _id, host, pid, started, until }));
    },
  };
}
