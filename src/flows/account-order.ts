import { SyncError } from '../domain/errors.ts';
import type { Handler, Result } from '../jobs/handler.ts';
import type { OrderDocument } from '../store/documents.ts';
import type { ClaimedJob } from '../store/job-records.ts';
import type { Flow } from './flow.ts';
import { KIND } from './wanted.ts';

/**
 * Finance's gate: an order that cannot be booked is parked here, alone, while its goods go on (I4, I6). When what it
 * needs is mapped, it is normalized again with the new mapping (`remap.ts`), and the gate opens by itself.
 */
export function accountOrder(flow: Flow): Handler {
  return {
    kind: KIND.accountOrder,
    batch: 256,
    concurrency: 1,
    requestMs: 0,
    async run(jobs) {
      const orders = new Map(
        (await flow.store.orders.read(jobs.map((job) => job.subject))).map((order) => [order._id, order]),
      );
      return jobs.map((job) => resultOf(job, orders.get(job.subject)));
    },
  };
}

function resultOf(job: ClaimedJob, order: OrderDocument | undefined): Result {
  const [first] = order?.problems ?? [];
  if (order === undefined || first === undefined) return { job, done: true };
  const message = order.problems.map((problem) => problem.message).join(' ');
  return {
    job,
    error: new SyncError('data', `Order ${order.number} cannot be booked. ${message}`, {
      code: first.code,
      remedy: [...new Set(order.problems.map((problem) => problem.remedy))].join(' '),
      needs: order.problems.flatMap((problem) => problem.needs),
      remoteId: order.externalId,
      ...(first.field === null ? {} : { field: first.field }),
    }),
  };
}
