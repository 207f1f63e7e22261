import type { SyncError } from '../domain/errors.ts';
import type { Log } from '../domain/ports.ts';
import type { Instant } from '../domain/time.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';

/** What came of one job of a batch. */
export type Result =
  | { readonly job: ClaimedJob; readonly done: true; readonly enqueue?: readonly Wanted[] }
  /** Not now, and nobody's fault: a hold that ends at `due`, a wait for something else. */
  | { readonly job: ClaimedJob; readonly again: Instant; readonly enqueue?: readonly Wanted[] }
  | { readonly job: ClaimedJob; readonly error: SyncError; readonly enqueue?: readonly Wanted[] };

export interface RunContext {
  /** Stops what is run. By it `mayLeave` tells whether this worker's lease is over: then nothing may be sent any more. */
  readonly signal: AbortSignal;
  /** How long a request of a worker that has died may still be under way. */
  readonly requestMs: number;
  readonly log: Log;
  /** Enqueues work in the middle of a run, and wakes this worker for it. */
  enqueue(wanted: readonly Wanted[]): Promise<void>;
}

/**
 * The work of one kind of job. It may be run again at any point, by another worker, also while an earlier run still
 * goes on: every write in it is idempotent by its key or refused by its version.
 */
export interface Handler {
  readonly kind: string;
  /** The most jobs given to one run. */
  readonly batch: number;
  /** Runs at once in this worker. */
  readonly concurrency: number;
  /** How long a request of a dead worker may still be under way; its jobs are taken over after that. */
  readonly requestMs: number;
  /** One result per job, in any order. A thrown error is every job's; a batch is then tried one by one. */
  run(jobs: readonly ClaimedJob[], context: RunContext): Promise<readonly Result[]>;
}
