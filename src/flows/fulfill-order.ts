import type { Handler, Result } from '../jobs/handler.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import type { OrderId } from '../domain/ids.ts';
import { fulfillmentKey } from '../domain/fulfillment-key.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import { standsThere } from './assign-fulfillment.ts';
import { stageWith } from './change-order.ts';
import { decideParts, type PartsDecision } from './decide-parts.ts';
import type { Flow } from './flow.ts';
import { isLive } from './parts.ts';
import { KIND, wantForFulfillment, wantFulfillOrder } from './wanted.ts';

/** Brings what providers are asked in line with an order's plan. It only decides and writes down; other jobs ask. */
export function fulfillOrder(flow: Flow): Handler {
  return {
    kind: KIND.fulfillOrder,
    batch: 256,
    concurrency: 1,
    requestMs: 0,
    async run(jobs) {
      const orders = new Map(
        (await flow.store.orders.readForAllocation(jobs.map((job) => job.subject))).map((order) => [order._id, order]),
      );
      const decisions = new Map<OrderId, PartsDecision>();
      for (const [id, order] of orders) decisions.set(id, decideParts(order, rulesOf(flow)));
      const refused = await flow.store.orders.change(
        [...decisions].flatMap(([id, { changed, fulfillments, trail }]) => {
          const order = orders.get(id);
          if (order === undefined || !changed) return [];
          return [{ before: order, set: { fulfillments, stage: stageWith(order, fulfillments) }, trail }];
        }),
      );
      return jobs.map((job) => resultOf(flow, job, orders.get(job.subject), decisions.get(job.subject), refused));
    },
  };
}

function rulesOf(flow: Flow): Parameters<typeof decideParts>[1] {
  return {
    shipsBy: flow.shipsBy,
    push: (provider) => flow.connections.get(provider)?.effects.push ?? 'off',
    whole: flow.sourcing.policy === 'ship-complete',
    now: flow.clock.now(),
  };
}

function resultOf(
  flow: Flow,
  job: ClaimedJob,
  order: AllocatableOrder | undefined,
  decision: PartsDecision | undefined,
  refused: ReadonlySet<OrderId>,
): Result {
  if (order === undefined || decision === undefined) return { job, done: true };
  if (refused.has(order._id)) return { job, again: flow.clock.now() };
  const enqueue = followUps(flow, order, decision);
  if (decision.again !== null) enqueue.push(wantFulfillOrder(order._id, decision.again));
  return { job, done: true, enqueue };
}

/** The work at remotes that follows from each part as it stands: of every run, so that a killed one has lost nothing. */
function followUps(flow: Flow, order: AllocatableOrder, { fulfillments }: PartsDecision): Wanted[] {
  return fulfillments.flatMap((part): Wanted[] => {
    const key = fulfillmentKey(order._id, part.n);
    if (isLive(part) && part.unwanted !== null)
      return part.cancel === 'too late' ? [] : [wantForFulfillment(KIND.cancelFulfillment, part.provider, key)];
    if (part.state === 'asked') {
      const channel = flow.connections.get(order.connection);
      const moves = channel?.capabilities.assignments !== undefined && channel.effects.confirm !== 'off';
      return part.assigned || !moves || standsThere(order, part)
        ? [wantForFulfillment(KIND.pushFulfillment, part.provider, key)]
        : [wantForFulfillment(KIND.assignFulfillment, order.connection, key)];
    }
    // A case that stands for it is looked at again: its cause may be gone with this change.
    if (part.state === 'pending' || part.state === 'rejected')
      return [wantForFulfillment(KIND.pushFulfillment, part.provider, key)];
    return [];
  });
}
