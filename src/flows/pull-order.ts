import type { Observed } from '../connector/contract.ts';
import { asSyncError, type SyncError } from '../domain/errors.ts';
import { orderId, type ConnectionId } from '../domain/ids.ts';
import type { Handler, Result, RunContext } from '../jobs/handler.ts';
import { isStoreAway } from '../store/faults.ts';
import type { ClaimedJob } from '../store/job-records.ts';
import { connectionOf, orderSource, type Flow } from './flow.ts';
import { takeIn } from './take-in.ts';
import { KIND } from './wanted.ts';

/** Single orders asked for by their ids: what a hint, an operator or the sweep wants to know. */
export function pullOrder(flow: Flow): Handler {
  return {
    kind: KIND.pullOrder,
    batch: 50,
    concurrency: 2,
    requestMs: 0,
    async run(jobs, context) {
      const byConnection = new Map<ConnectionId, ClaimedJob[]>();
      for (const job of jobs) byConnection.set(job.connection, [...(byConnection.get(job.connection) ?? []), job]);
      const results: Result[] = [];
      for (const [id, ours] of byConnection) results.push(...(await pullFrom(flow, id, ours, context)));
      return results;
    },
  };
}

async function pullFrom(
  flow: Flow,
  id: ConnectionId,
  jobs: readonly ClaimedJob[],
  context: RunContext,
): Promise<Result[]> {
  const records: Observed[] = [];
  const errors = new Map<string, SyncError>();
  const connection = connectionOf(flow, id);
  const source = orderSource(connection);
  for (const job of jobs) {
    try {
      context.signal.throwIfAborted();
      const record = await source.get(job.subject, context.signal);
      if (record === null)
        flow.log.warn('An order that was hinted at is not there.', {
          connection: id,
          job: job._id,
          order: orderId(id, job.subject),
          remoteId: job.subject,
        });
      else records.push(record);
    } catch (thrown) {
      // The budget is kept in the store: when that is away, no order is to blame.
      if (isStoreAway(thrown)) throw thrown;
      errors.set(job._id, asSyncError(thrown));
    }
  }
  const { enqueue } = await takeIn(flow, connection, 'id', records);
  await context.enqueue(enqueue);
  return jobs.map((job) => {
    const error = errors.get(job._id);
    return error === undefined ? { job, done: true } : { job, error };
  });
}
