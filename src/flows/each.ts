import { asSyncError } from '../domain/errors.ts';
import type { Result } from '../jobs/handler.ts';
import { isStoreAway } from '../store/faults.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';

/** Runs each job of a batch for itself. */
export async function each(
  jobs: readonly ClaimedJob[],
  work: (job: ClaimedJob) => Promise<void | { readonly enqueue: readonly Wanted[] }>,
): Promise<Result[]> {
  return Promise.all(
    jobs.map(async (job): Promise<Result> => {
      try {
        const followed = await work(job);
        return { job, done: true, enqueue: followed?.enqueue ?? [] };
      } catch (thrown) {
        // Not this job's fault: the worker waits for the store, and runs it again.
        if (isStoreAway(thrown)) throw thrown;
        return { job, error: asSyncError(thrown) };
      }
    }),
  );
}
