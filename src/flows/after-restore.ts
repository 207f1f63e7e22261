import type { ConnectionId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { Handler } from '../jobs/handler.ts';
import type { Flow } from './flow.ts';
import { ordersHere } from './orders-here.ts';
import { wantPullOrders } from './wanted.ts';

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
  const restored: Instant | null = await store.effects.restoredAt();
  if (restored === null || store.clock.now() >= restored + FIRST_MS) return [];
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
