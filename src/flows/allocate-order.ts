import type { OrderId } from '../domain/ids.ts';
import type { Handler, Result } from '../jobs/handler.ts';
import type { ClaimedJob } from '../store/job-records.ts';
import { doubtOf, toBeRecalled } from './doubt.ts';
import type { Flow } from './flow.ts';
import { handOn, type HandedOn } from './fulfill-order.ts';
import { settleOrders, type Settlement } from './settle-orders.ts';
import { KIND, wantFulfillOrder } from './wanted.ts';

/** allocate: plans where each line is fulfilled from, and reserves it; then decides what providers are asked. */
export function allocateOrder(flow: Flow): Handler {
  return {
    kind: KIND.allocateOrder,
    batch: 256,
    // Two batches at once would only take the levels from each other.
    concurrency: 1,
    requestMs: 0,
    async run(jobs, { enqueue }) {
      const ids = jobs.map((job) => job.subject);
      const settlement = await settleOrders(flow, ids, {
        inTurn: false,
        ownJob: true,
        cause: KIND.allocateOrder,
        enqueue,
      });
      countStages(flow, settlement);
      const settled = [...settlement.settled.values()];
      const doubt = await doubtOf(
        flow,
        settled.map(({ order }) => order),
      );
      // What was just planned is handed on from here: it need not be read again for that. Also what is not to be handed on
      // any more is looked at, where somebody may have it since before a restore.
      const goOn = settled.filter(({ handed, order }) => handed || toBeRecalled(order, doubt).length > 0);
      const handed = await handOn(
        flow,
        goOn.map(({ order }) => order),
        doubt,
      );
      return jobs.map((job) => resultOf(flow, job, settlement, handed));
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

function resultOf(flow: Flow, job: ClaimedJob, settlement: Settlement, handed: ReadonlyMap<OrderId, HandedOn>): Result {
  const error = settlement.parked.get(job.subject);
  // Also one of which a part cannot be planned: what is no longer wanted of its providers is taken back.
  if (error !== undefined) return { job, error, enqueue: flow.shipsBy.size > 0 ? [wantFulfillOrder(job.subject)] : [] };
  if (settlement.open.includes(job.subject)) return { job, again: flow.clock.now() + 50 };
  // Of every run, also where nothing changed: one that was killed before this has left it to the next.
  const { refused, enqueue } = handed.get(job.subject) ?? { refused: false, enqueue: [] };
  return { job, done: true, enqueue: refused ? [wantFulfillOrder(job.subject)] : enqueue };
}
