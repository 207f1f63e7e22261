import type { Handler, Result, RunContext } from '../../src/jobs/handler.ts';
import type { ClaimedJob, Wanted } from '../../src/store/job-records.ts';
import { silentLog } from '../../src/system/log.ts';

/** A run that nothing stops, of a worker whose lease holds; what is wanted in the middle of it is dropped. */
export function runContext(but: Partial<RunContext> = {}): RunContext {
  return {
    signal: new AbortController().signal,
    log: silentLog,
    enqueue: async () => undefined,
    requestMs: 30_000,
    ...but,
  };
}

/** A job as a worker has claimed it for the first time. */
export function claimed({ key: _id, kind, lane, connection, subject, prio }: Wanted): ClaimedJob {
  return { _id, kind, lane, connection, subject, prio, wanted: 0, mark: '', token: 't', attempts: 0, at: new Date(0) };
}

/** What comes of one job alone. */
export async function runOne(handler: Handler, wanted: Wanted, context = runContext()): Promise<Result> {
  const [result] = await handler.run([claimed(wanted)], context);
  if (result === undefined) throw new Error(`${wanted.key} has no result`);
  return result;
}
