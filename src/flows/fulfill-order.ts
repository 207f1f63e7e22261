import type { Handler, Result } from '../jobs/handler.ts';
import type { Wanted } from '../store/job-records.ts';
import type { OrderId } from '../domain/ids.ts';
import { fulfillmentKey } from '../domain/fulfillment-key.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import { standsThere } from './assign-fulfillment.ts';
import { stageWith } from './change-order.ts';
import { decideParts, type PartsDecision } from './decide-parts.ts';
import { doubtOf, toBeRecalled, wantsRecalled, type Doubt } from './doubt.ts';
import { handsOn, type Flow } from './flow.ts';
import { isLive } from './parts.ts';
import { KIND, wantForFulfillment, wantFulfillOrder } from './wanted.ts';

/** What came of bringing one order's fulfillment orders in line with its plan. */
export interface HandedOn {
  /** Somebody has changed the order since it was read: nothing was written. */
  readonly refused: boolean;
  /** The work that follows. */
  readonly enqueue: readonly Wanted[];
}

/** Brings what providers are asked in line with an order's plan. It only decides and writes down; other jobs ask. */
export function fulfillOrder(flow: Flow): Handler {
  return {
    kind: KIND.fulfillOrder,
    batch: 256,
    concurrency: 1,
    requestMs: 0,
    async run(jobs) {
      const orders = await flow.store.orders.readForAllocation(jobs.map((job) => job.subject));
      const handed = await handOn(flow, orders, await doubtOf(flow, orders));
      return jobs.map((job): Result => {
        const { refused, enqueue } = handed.get(job.subject) ?? { refused: false, enqueue: [] };
        return refused ? { job, again: flow.clock.now() } : { job, done: true, enqueue };
      });
    },
  };
}

/**
 * Decides for orders as they stand what their providers are asked, and writes it down over the versions given. The same
 * order gives the same answer, so doing it again after a crash changes nothing and finds the same work to follow.
 */
export async function handOn(
  flow: Flow,
  orders: readonly AllocatableOrder[],
  doubt: Doubt | null,
): Promise<ReadonlyMap<OrderId, HandedOn>> {
  const rules = rulesOf(flow, doubt);
  const decided = orders.map((order) => ({ order, decision: decideParts(order, rules) }));
  const refused = await flow.store.orders.change(
    decided.flatMap(({ order, decision: { changed, fulfillments, trail } }) =>
      changed ? [{ before: order, set: { fulfillments, stage: stageWith(order, fulfillments) }, trail }] : [],
    ),
  );
  return new Map(
    decided.map(({ order, decision }): [OrderId, HandedOn] => {
      if (refused.has(order._id)) return [order._id, { refused: true, enqueue: [] }];
      const later = decision.again === null ? [] : [wantFulfillOrder(order._id, decision.again)];
      const recalls = wantsRecalled(order, doubt);
      return [order._id, { refused: false, enqueue: [...followUps(flow, order, decision), ...later, ...recalls] }];
    }),
  );
}

function rulesOf(flow: Flow, doubt: Doubt | null): Parameters<typeof decideParts>[1] {
  return {
    ...handsOn(flow),
    known: (order) => toBeRecalled(order, doubt).length === 0,
    whole: flow.sourcing.policy === 'ship-complete',
    now: flow.clock.now(),
  };
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
