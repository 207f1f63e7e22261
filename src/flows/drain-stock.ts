import type { OrderId, Sku } from '../domain/ids.ts';
import type { Handler, Result } from '../jobs/handler.ts';
import type { ClaimedJob } from '../store/job-records.ts';
import { levelId, type LevelHead } from '../store/level-records.ts';
import { countStages } from './allocate-order.ts';
import type { WaitingPlace } from '../store/order-records.ts';
import type { Flow } from './flow.ts';
import { settleOrders, type Enqueue } from './settle-orders.ts';
import { KIND } from './wanted.ts';

/** As many waiting orders of one SKU are looked at together. */
const MOST_ORDERS = 500;

/** Gives stock that is free to the orders that wait for it, oldest promise first; ends the backlog when nobody waits. */
export function drainStock(flow: Flow): Handler {
  return {
    kind: KIND.drainStock,
    batch: 32,
    concurrency: 1,
    requestMs: 0,
    async run(jobs, { enqueue }) {
      const levels = await levelsOf(
        flow,
        jobs.map((job) => job.subject),
      );
      const results: Result[] = [];
      for (const job of jobs) results.push(await drain(flow, job, levels.get(job.subject) ?? [], enqueue));
      return results;
    },
  };
}

async function levelsOf(flow: Flow, skus: readonly Sku[]): Promise<Map<Sku, LevelHead[]>> {
  const ids = skus.flatMap((sku) => flow.sourcing.locations.map(({ id }) => levelId(sku, id)));
  const bySku = new Map<Sku, LevelHead[]>();
  for (const level of await flow.store.levels.heads(ids))
    bySku.set(level.sku, [...(bySku.get(level.sku) ?? []), level]);
  return bySku;
}

async function drain(flow: Flow, job: ClaimedJob, levels: readonly LevelHead[], enqueue: Enqueue): Promise<Result> {
  const { store } = flow;
  const sku = job.subject;
  if (!levels.some((level) => level.free > 0)) return { job, done: true };
  const looked = new Set<OrderId>();
  let place: WaitingPlace | undefined;
  for (let most = MOST_ORDERS; ;) {
    const waiting = await store.orders.waitingFor(sku, most, place);
    const next = waiting.map(({ id }) => id).filter((id) => !looked.has(id));
    const last = waiting.length < most;
    if (next.length === 0 && last) break;
    // More orders share one promise than are looked at together.
    if (next.length === 0) most *= 2;
    if (next.length === 0) continue;
    const settlement = await settleOrders(flow, next, { inTurn: true, ownJob: false, cause: job._id, enqueue });
    countStages(flow, settlement);
    if (settlement.open.length > 0) return { job, again: flow.clock.now() + 50 };
    for (const id of next) looked.add(id);
    place = waiting.at(-1);
    // Those behind are only asked while there is something left for them.
    const left = (await levelsOf(flow, [sku])).get(sku) ?? [];
    if (last || !left.some((level) => level.free > 0)) break;
  }
  // As they were before anybody was asked for: what begins to wait since then brings this job back.
  if (looked.size > 0 || levels.some((level) => level.backlog)) await endBacklog(flow, sku);
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
