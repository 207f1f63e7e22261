import type { ConnectionId, OrderId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import type { Flow } from './flow.ts';
import { ordersHere } from './orders-here.ts';
import { KIND, wantPullOrders } from './wanted.ts';

/** A channel that is away for longer than this after a restore holds up nobody's shipments. */
const FIRST_MS = 3_600_000;
const AGAIN_MS = 30_000;

/**
 * Of which channels orders that came since the backup may still be missing: after a restore those that are not paused and
 * were not pulled yet, or of which not all that came is planned. A shipment whose order is not here is somebody else's and
 * not kept.
 */
async function ordersMissing(flow: Flow): Promise<{ readonly channel: ConnectionId; readonly pulled: boolean }[]> {
  const { store, connections } = flow;
  const restored = await store.effects.restoredAt();
  if (restored === null || flow.clock.now() >= restored + FIRST_MS) return [];
  const missing: { channel: ConnectionId; pulled: boolean }[] = [];
  const paused = new Set((await store.connections.paused()).map(({ _id }) => _id));
  for (const { id, capabilities } of connections.values()) {
    if (capabilities.orders === undefined || paused.has(id)) continue;
    const { pulledFrom, standing } = await ordersHere(flow, id);
    const pulled = pulledFrom >= restored;
    if (!pulled || standing === 'open') missing.push({ channel: id, pulled });
  }
  return missing;
}

/** The handler, whose jobs see to it after a restore that the orders that they are about are pulled, and wait for them. */
export function ordersFirst(flow: Flow, handler: Handler): Handler {
  return {
    ...handler,
    async run(jobs, context) {
      const missing = await ordersMissing(flow);
      if (missing.length === 0) return handler.run(jobs, context);
      await context.enqueue(missing.filter(({ pulled }) => !pulled).map(({ channel }) => wantPullOrders(channel)));
      const again = flow.clock.now() + AGAIN_MS;
      return jobs.map((job) => ({ job, again }));
    },
  };
}

/**
 * Of these orders, those of which nothing that came since the backup is still to be read: what a provider holds of an order
 * is told apart by its lines. Orders of a channel that is away are not waited for longer than an hour.
 */
export async function ordersSettled(
  flow: Flow,
  orders: readonly Pick<AllocatableOrder, '_id' | 'connection'>[],
  restored: Instant,
  context: Pick<RunContext, 'enqueue'>,
): Promise<ReadonlySet<OrderId>> {
  const all = new Set(orders.map(({ _id }) => _id));
  if (flow.clock.now() >= restored + FIRST_MS) return all;
  const channels = new Map((await flow.store.connections.all()).map(({ _id, pulledFrom }) => [_id, pulledFrom]));
  const behind = new Set(
    orders
      .map(({ connection }) => connection)
      .filter((id) => flow.connections.has(id) && (channels.get(id)?.getTime() ?? 0) < restored),
  );
  await context.enqueue([...behind].map((id) => wantPullOrders(id)));
  const reading = new Set(
    (await flow.store.jobs.bySubjects([...all]))
      .filter(({ kind, state }) => kind === KIND.normalizeOrder && state !== 'parked')
      .map(({ subject }) => subject),
  );
  return new Set(
    orders.filter(({ _id, connection }) => !behind.has(connection) && !reading.has(_id)).map(({ _id }) => _id),
  );
}
