import type { OrderId } from '../domain/ids.ts';
import type { Handler, Result } from '../jobs/handler.ts';
import type { ClaimedJob } from '../store/job-records.ts';
import { countStages } from './allocate-order.ts';
import { each } from './each.ts';
import type { PlannedLine } from '../store/documents.ts';
import type { LevelHead, LevelWithReservations } from '../store/level-records.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import type { Flow } from './flow.ts';
import { pinnedOf } from './parts.ts';
import { untakenOf } from './plan-order.ts';
import { settleOrders, type Enqueue } from './settle-orders.ts';
import { KIND, wantReleaseShortfall } from './wanted.ts';

/** When a count leaves less than is reserved, the newest promises are planned again, at once, elsewhere or to wait (I3). */
export function releaseShortfall(flow: Flow): Handler {
  return {
    kind: KIND.releaseShortfall,
    batch: 8,
    concurrency: 1,
    requestMs: 0,
    async run(jobs, { enqueue }) {
      const results: Result[] = [];
      for (const job of jobs) results.push(...(await each([job], () => release(flow, job, enqueue))));
      return results;
    },
  };
}

async function release(flow: Flow, job: ClaimedJob, enqueue: Enqueue): Promise<void> {
  const asked = new Set<OrderId>();
  let contended = false;
  for (;;) {
    const [level] = await flow.store.levels.read([job.subject]);
    if (level === undefined || level.free >= 0) return;
    const chosen = await newestOf(flow, level, asked);
    if (chosen.length === 0) {
      // Else what others were just changing is asked for again by the job that was enqueued for it.
      if (!contended) await tellWhatStays(flow, level, job._id);
      return;
    }
    flow.log.warn('A count took away what was reserved: the newest promises are planned again.', {
      job: job._id,
      level: level._id,
      short: -level.free,
      orders: chosen.length,
    });
    const settlement = await settleOrders(flow, chosen, { inTurn: false, ownJob: false, cause: job._id, enqueue });
    countStages(flow, settlement);
    // Parked or still contended: the next newest are asked, and this one is left to its own job.
    for (const id of chosen) asked.add(id);
    if (settlement.open.length === 0) continue;
    contended = true;
    await enqueue([wantReleaseShortfall(level._id)]);
  }
}

async function tellWhatStays(flow: Flow, level: LevelWithReservations, job: string): Promise<void> {
  const orders = await flow.store.orders.readForAllocation([...new Set(level.reserved.map(({ order }) => order))]);
  const [now] = await flow.store.levels.heads([level._id]);
  // Then nothing that could be said of it is true any more.
  if (now === undefined || now.v !== level.v) return;
  const about = { job, level: level._id, short: -level.free };
  switch (whatStays(level, orders)) {
    case 'left':
      return;
    case 'handed on':
      flow.log.warn(
        'More was handed on than a count shows: who cannot ship it says so, and it is planned again.',
        about,
      );
      return;
    case 'unexplained':
      flow.log.error('More is reserved than is there, and no order can be planned again.', about);
  }
}

/**
 * Why more is reserved at a level than is there, when no plan gives any of it back. `left`: what a count does not show any
 * more has left, and is about to be taken off. `handed on`: providers were asked for it. `unexplained`: some of it is with
 * nobody, and ought to be planned again.
 */
export function whatStays(
  level: Pick<LevelWithReservations, 'sku' | 'location' | 'free' | 'countedAt' | 'reserved'>,
  orders: readonly Pick<AllocatableOrder, 'plan' | 'fulfillments'>[],
): 'left' | 'handed on' | 'unexplained' {
  const untaken = orders.flatMap(untakenOf);
  const handed = orders.flatMap(pinnedOf);
  const reserved = level.reserved.reduce((sum, { quantity }) => sum + quantity, 0);
  if (unitsAt(level, [...untaken, ...handed]) < reserved) return 'unexplained';
  const missed = untaken.filter(({ at }) => at <= level.countedAt);
  return unitsAt(level, missed) >= -level.free ? 'left' : 'handed on';
}

function unitsAt({ sku, location }: Pick<LevelHead, 'sku' | 'location'>, lines: readonly PlannedLine[]): number {
  return lines.reduce((sum, line) => sum + (line.sku === sku && line.location === location ? line.quantity : 0), 0);
}

/** The newest promises that hold as much as is missing, without those that were asked already. */
async function newestOf(flow: Flow, level: LevelWithReservations, asked: ReadonlySet<OrderId>): Promise<OrderId[]> {
  const held = level.reserved.filter((entry) => !asked.has(entry.order));
  const orders = await flow.store.orders.readForAllocation([...new Set(held.map((entry) => entry.order))]);
  const promises = new Map(orders.map((order) => [order._id, order.promise.getTime()]));
  held.sort((a, b) => (promises.get(b.order) ?? 0) - (promises.get(a.order) ?? 0) || (a.order < b.order ? 1 : -1));
  const chosen = new Set<OrderId>();
  let short = -level.free;
  for (const { order, quantity } of held) {
    if (short <= 0) break;
    chosen.add(order);
    short -= quantity;
  }
  return [...chosen];
}
