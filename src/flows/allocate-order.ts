import type { OrderId } from '../domain/ids.ts';
import type { Handler, Result } from '../jobs/handler.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import type { Flow } from './flow.ts';
import { settleOrders, type Settlement } from './settle-orders.ts';
import { KIND, wantDrainStock } from './wanted.ts';

/** allocate: plans where each line is fulfilled from, and reserves it. */
export function allocateOrder(flow: Flow): Handler {
  return {
    kind: KIND.allocateOrder,
    batch: 256,
    // Two batches at once would only take the levels from each other.
    concurrency: 1,
    requestMs: 0,
    async run(jobs) {
      const settlement = await settleOrders(flow, jobs.map((job) => job.subject), false, KIND.allocateOrder);
      countStages(flow, settlement);
      return jobs.map((job) => resultOf(flow, job, settlement));
    },
  };
}

/** Counts what became of orders, for metrics and progress. */
export function countStages(flow: Flow, { settled, parked }: Settlement): void {
  const stages = new Map<string, number>();
  for (const { stage } of settled.values()) stages.set(stage, (stages.get(stage) ?? 0) + 1);
  for (const [stage, count] of stages) flow.meter.count('orders_settled', count, { stage });
  if (parked.size > 0) flow.meter.count('orders_settled', parked.size, { stage: 'parked' });
}

/** What a settled order sets going: stock that it gave back goes to who waits; what it waits for is looked at in turn. */
export function followUps(settlement: Settlement, id: OrderId): Wanted[] {
  const settled = settlement.settled.get(id);
  if (settled === undefined) return [];
  return [...new Set([...settled.waiting, ...settled.released])].map(wantDrainStock);
}

function resultOf(flow: Flow, job: ClaimedJob, settlement: Settlement): Result {
  const error = settlement.parked.get(job.subject);
  if (error !== undefined) return { job, error };
  if (settlement.open.includes(job.subject)) return { job, again: flow.clock.now() + 50 };
  return { job, done: true, enqueue: followUps(settlement, job.subject) };
}
