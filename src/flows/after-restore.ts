import type { Instant } from '../domain/time.ts';
import type { Handler } from '../jobs/handler.ts';
import type { Flow } from './flow.ts';
import { ordersHere } from './orders-here.ts';

/** A channel that is away for longer than this after a restore holds up nobody's shipments. */
const FIRST_MS = 3_600_000;
const AGAIN_MS = 30_000;

/**
 * Whether orders that came since the backup may still be missing: after a restore until every channel that is not paused
 * was pulled once and what came of it is planned. A shipment whose order is not here is somebody else's and not kept.
 */
async function ordersMissing(flow: Flow): Promise<boolean> {
  const { store, connections } = flow;
  const restored: Instant | null = await store.effects.restoredAt();
  if (restored === null || store.serverNow() >= restored + FIRST_MS) return false;
  const paused = new Set((await store.connections.paused()).map(({ _id }) => _id));
  for (const { id, capabilities } of connections.values()) {
    if (capabilities.orders === undefined || paused.has(id)) continue;
    const { pulledFrom, standing } = await ordersHere(flow, id);
    if (pulledFrom < restored || standing === 'open') return true;
  }
  return false;
}

/** The handler, whose jobs wait after a restore until the orders that they are about are here. */
export function ordersFirst(flow: Flow, handler: Handler): Handler {
  return {
    ...handler,
    async run(jobs, context) {
      if (!(await ordersMissing(flow))) return handler.run(jobs, context);
      const again = flow.clock.now() + AGAIN_MS;
      return jobs.map((job) => ({ job, again }));
    },
  };
}
