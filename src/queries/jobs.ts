import type { ConnectionId, OrderId } from '../domain/ids.ts';
import type { JobDocument, JobState } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';
import { pageOf, type Page, type PageAsk } from './page.ts';

/** One piece of durable work, as a person sees it. */
export type JobRow = Pick<
  JobDocument,
  '_id' | 'kind' | 'connection' | 'subject' | 'state' | 'due' | 'attempts' | 'at' | 'cause' | 'last'
>;

export interface JobFilter extends PageAsk {
  readonly state?: JobState;
  readonly kind?: string;
  readonly connection?: ConnectionId;
  readonly order?: OrderId;
  /** Only those parked for this cause. */
  readonly code?: string;
}

/** How a job can stand; a finished one is removed. */
export const JOB_STATES = ['ready', 'claimed', 'parked'] as const satisfies readonly JobState[];

/** A page of jobs by their keys. */
export async function pageJobs(
  store: Store,
  { state, kind, connection, order, code, limit, after }: JobFilter,
): Promise<Page<JobRow>> {
  const found = await store.collections.jobs
    .find({
      ...(after === undefined ? {} : { _id: { $gt: after } }),
      ...(state === undefined ? {} : { state }),
      ...(kind === undefined ? {} : { kind }),
      ...(connection === undefined ? {} : { connection }),
      ...(order === undefined ? {} : { subject: order }),
      ...(code === undefined ? {} : { 'cause.code': code }),
    })
    .sort({ _id: 1 })
    .limit(limit + 1)
    .project<JobRow>({
      kind: 1,
      connection: 1,
      subject: 1,
      state: 1,
      due: 1,
      attempts: 1,
      at: 1,
      cause: 1,
      last: 1,
    })
    .toArray();
  return pageOf(found, limit, ({ _id }) => _id);
}
