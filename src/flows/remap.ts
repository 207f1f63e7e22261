import type { Flow, FlowConnection } from './flow.ts';
import { KIND, wantNormalizeOrder } from './wanted.ts';

/**
 * After a connection's mapping has changed: what was parked because its data could not be understood is tried again. An
 * order that was read, and parked further on, is normalized again; what follows from that frees what was parked.
 *
 * @returns how many parked jobs it was about
 */
export async function reopenForMapping(flow: Flow, connection: FlowConnection): Promise<number> {
  const { jobs, orders } = flow.store;
  const now = flow.clock.now();
  const parked = (await jobs.parkedFor(['data'])).filter(
    (job) => job.connection === connection.id || job.kind === KIND.allocateOrder || job.kind === KIND.pushFulfillment,
  );
  const furtherOn = parked.filter((job) => job.kind === KIND.accountOrder || job.kind === KIND.allocateOrder);
  const ours = new Set(
    (await orders.readForAllocation(furtherOn.map((job) => job.subject)))
      .filter((order) => order.connection === connection.id)
      .map((order) => order._id),
  );
  await jobs.enqueue(
    [...ours].map((id) => wantNormalizeOrder(connection.id, id)),
    now,
  );
  const others = parked.filter((job) => !furtherOn.includes(job));
  await jobs.replay({ keys: others.map((job) => job._id) }, now);
  return ours.size + others.length;
}
