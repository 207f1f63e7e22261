import { asSyncError } from '../domain/errors.ts';
import type { Clock, Log, Random } from '../domain/ports.ts';
import { asStoreError } from '../store/faults.ts';
import type { Store } from '../store/open-store.ts';

export const BEAT_MS = 700;
export const LEASE_MS = 2_500;
/** The clock of the database is asked again this often. */
const CLOCK_MS = 30_000;
/** Claims that outlived their worker are looked for this often. */
const ORPHANS_MS = 5_000;

/** One epoch of this worker: from a join to its end or its death. */
export interface Lease {
  readonly epoch: string;
  /** Whether the last acknowledged heartbeat still covers this moment, by this machine's own clock. */
  alive(): boolean;
}

export interface Leases {
  current(): Lease;
  /** Gives the present epoch up and joins again under a new one; what the old one held is freed like a dead worker's. */
  renew(): void;
  close(): Promise<void>;
}

export interface LeaseSettings {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly host: string;
  readonly pid: number;
  /** By kind: how long a dead worker's request may still be under way. */
  readonly requestMs: ReadonlyMap<string, number>;
  readonly onTakeover: () => void;
}

/**
 * Keeps this worker's heartbeat, and takes over from workers whose lease ran out. A worker that finds itself declared
 * dead goes on under a new epoch: what it still holds under the old one is refused by the tokens.
 */
export async function openLease(settings: LeaseSettings): Promise<Leases> {
  const { store, clock, random, log } = settings;
  const stop = new AbortController();
  let lease = await join();
  let again = false;
  let measuredAt = clock.now();
  let orphansAt = clock.now();

  async function join(): Promise<Lease & { until: number }> {
    const epoch = `${settings.host}-${settings.pid}-${Buffer.from(random.bytes(6)).toString('base64url')}`;
    const from = clock.now();
    const now = store.clock.now();
    await store.workers.join({ epoch, host: settings.host, pid: settings.pid }, now, now + LEASE_MS);
    const joined = { epoch, until: from + LEASE_MS, alive: () => clock.now() < joined.until };
    return joined;
  }

  async function beat(): Promise<void> {
    const from = clock.now();
    if (again) {
      lease.until = 0;
      lease = await join();
      again = false;
      return;
    }
    const kept = await store.workers.beat(lease.epoch, store.clock.now() + LEASE_MS);
    // Counted from before the question: the store may have had it later, never earlier.
    if (kept) lease.until = from + LEASE_MS;
    else {
      log.warn('This worker was declared dead while it stalled. It goes on under a new epoch.', { epoch: lease.epoch });
      again = true;
      await beat();
    }
  }

  async function takeOver(): Promise<void> {
    const now = store.clock.now();
    const begun = clock.now();
    const dead = await store.workers.bury(now);
    if (clock.now() - orphansAt > ORPHANS_MS) {
      orphansAt = clock.now();
      dead.push(...(await orphanedOwners(now)));
    }
    for (const epoch of dead) {
      // Its own heartbeat comes first: the rest is found again by the next look, here or by another.
      if (clock.now() - begun > BEAT_MS) return;
      const freed = await store.jobs.freeAll(epoch, (kind) => now + (settings.requestMs.get(kind) ?? 0), [
        ...settings.requestMs.keys(),
      ]);
      await store.workers.gone(epoch);
      if (freed > 0) {
        log.warn('Took over the jobs of a worker that stopped without a word.', { epoch, jobs: freed });
        settings.onTakeover();
      }
    }
  }

  /**
   * Who holds jobs and is not alive: a worker that stalled in the middle of a claim may have written it after it was
   * buried. Asked in this order, so that one who has just joined is never taken for dead.
   */
  async function orphanedOwners(now: number): Promise<string[]> {
    const owners = await store.jobs.owners();
    if (owners.length === 0) return [];
    const alive = new Set((await store.workers.alive(now)).map((worker) => worker.epoch));
    return owners.filter((owner) => !alive.has(owner));
  }

  async function keep(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await beat();
        if (clock.now() - measuredAt > CLOCK_MS) {
          await store.measureClock();
          measuredAt = clock.now();
        }
        await takeOver();
      } catch (thrown) {
        log.error('The heartbeat was not acknowledged.', { reason: asSyncError(asStoreError(thrown)).message });
      }
      await clock.sleep(BEAT_MS, stop.signal).catch(() => undefined);
    }
  }

  const kept = keep();
  return {
    current: () => lease,
    renew() {
      again = true;
    },
    async close() {
      stop.abort(new Error('the worker is stopping'));
      await kept;
      // Left in good order: what was still held is free at once, not after the lease.
      const now = store.clock.now();
      await store.jobs.freeAll(lease.epoch, () => now, [...settings.requestMs.keys()]).catch(() => 0);
      await store.workers.gone(lease.epoch).catch(() => undefined);
    },
  };
}
