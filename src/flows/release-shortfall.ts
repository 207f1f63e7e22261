import type { OrderId } from '../domain/ids.ts';
import type { Handler, Result } from '../jobs/handler.ts';
import type { ClaimedJob } from '../store/job-records.ts';
import { countStages } from './allocate-order.ts';
import { each } from './each.ts';
import type { LevelWithReservations } from '../store/level-records.ts';
import type { Flow } from './flow.ts';
import { pinnedOf } from './parts.ts';
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
  for (;;) {
    const [level] = await flow.store.levels.read([job.subject]);
    if (level === undefined || level.free >= 0) return;
    const chosen = await newestOf(flow, level, asked);
    if (chosen.length === 0) {
      const about = { job: job._id, level: level._id, short: -level.free };
      if (await allHandedOn(flow, level))
        flow.log.warn(
          'More was handed on than a count shows: who cannot ship it says so, and it is planned again.',
          about,
        );
      else flow.log.error('More is reserved than is there, and no order can be planned again.', about);
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
    if (settlement.open.length > 0) await enqueue([wantReleaseShortfall(level._id)]);
  }
}

/** Whether all that is reserved there is with providers: no plan may take that back. */
async function allHandedOn(flow: Flow, { sku, location, reserved }: LevelWithReservations): Promise<boolean> {
  const orders = await flow.store.orders.readForAllocation([...new Set(reserved.map(({ order }) => order))]);
  const handed = orders
    .flatMap((order) => pinnedOf(order))
    .reduce((sum, line) => sum + (line.sku === sku && line.location === location ? line.quantity : 0), 0);
  return handed >= reserved.reduce((sum, { quantity }) => sum + quantity, 0);
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
