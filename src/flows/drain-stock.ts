import type { Sku } from '../domain/ids.ts';
import type { Handler, Result } from '../jobs/handler.ts';
import type { ClaimedJob } from '../store/job-records.ts';
import { levelId, type LevelHead } from '../store/level-records.ts';
import { countStages } from './allocate-order.ts';
import type { Flow } from './flow.ts';
import { settleOrders, type Enqueue } from './settle-orders.ts';
import { KIND } from './wanted.ts';

/** As many waiting orders of one SKU are looked at in one run. */
const MOST_ORDERS = 500;

/** Gives stock that is free to the orders that wait for it, oldest promise first; ends the backlog when nobody waits. */
export function drainStock(flow: Flow): Handler {
  return {
    kind: KIND.drainStock,
    batch: 32,
    concurrency: 1,
    requestMs: 0,
    async run(jobs, { enqueue }) {
      const levels = await levelsOf(flow, jobs.map((job) => job.subject));
      const results: Result[] = [];
      for (const job of jobs) results.push(await drain(flow, job, levels.get(job.subject) ?? [], enqueue));
      return results;
    },
  };
}

async function levelsOf(flow: Flow, skus: readonly Sku[]): Promise<Map<Sku, LevelHead[]>> {
  const ids = skus.flatMap((sku) => flow.sourcing.locations.map(({ id }) => levelId(sku, id)));
  const bySku = new Map<Sku, LevelHead[]>();
  for (const level of await flow.store.levels.heads(ids)) bySku.set(level.sku, [...(bySku.get(level.sku) ?? []), level]);
  return bySku;
}

async function drain(flow: Flow, job: ClaimedJob, levels: readonly LevelHead[], enqueue: Enqueue): Promise<Result> {
  const { store } = flow;
  const sku = job.subject;
  if (!levels.some((level) => level.free > 0)) return { job, done: true };
  const waiting = await store.orders.waitingFor(sku, MOST_ORDERS);
  if (waiting.length > 0) {
    const settlement = await settleOrders(flow, waiting, { inTurn: true, ownJob: false, cause: job._id, enqueue });
    countStages(flow, settlement);
    if (settlement.open.length > 0) return { job, again: flow.clock.now() + 50 };
    const served = waiting.some((id) => settlement.settled.get(id)?.waiting.length === 0);
    // Only the oldest were looked at: where some were served, there may be more behind them.
    if (waiting.length === MOST_ORDERS) return served ? { job, again: flow.clock.now() } : { job, done: true };
  }
  await endBacklog(flow, sku);
  return { job, done: true };
}

/**
 * New orders need not queue any more once nobody waits. The levels are read before the question, and changed only over
 * what was read: an order that begins to wait in between changes them too, and this is refused.
 */
async function endBacklog(flow: Flow, sku: Sku): Promise<void> {
  const { store, clock } = flow;
  const levels = ((await levelsOf(flow, [sku])).get(sku) ?? []).filter((level) => level.backlog);
  if (levels.length === 0 || (await store.orders.waitedFor([sku])).length > 0) return;
  const at = new Date(clock.now());
  await store.levels.change(
    levels.map((level) => ({
      before: level,
      onHand: level.onHand,
      free: level.free,
      backlog: false,
      movement: { at, kind: 'unqueued' as const, lines: [], cause: KIND.drainStock },
    })),
  );
}
