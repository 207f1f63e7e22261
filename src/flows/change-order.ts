import { SyncError } from '../domain/errors.ts';
import type { OrderId } from '../domain/ids.ts';
import type { Stage, TrailEntry } from '../store/documents.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import type { Flow } from './flow.ts';
import { stageOf } from './stage-of.ts';

const MOST_ROUNDS = 20;

/** What is to become of an order's fulfillment orders, and the step in its life that it is. */
export interface PartsChange {
  /** Absent = they stay as they are. */
  readonly fulfillments?: FulfillmentPart[];
  /** Absent = as it was. */
  readonly recalled?: AllocatableOrder['recalled'];
  readonly trail: readonly TrailEntry[];
}

/** The stage that follows from an order's plan and parts. History stays what it is; what was never planned too. */
export function stageWith(order: AllocatableOrder, fulfillments: FulfillmentPart[]): Stage {
  if (order.stage === 'history' || order.plan === null) return order.stage;
  return stageOf({ ...order, fulfillments }, order.plan.lines, order.plan.waiting.length > 0);
}

/**
 * Changes the fulfillment orders of one order over the version that was read, as often as others change it meanwhile.
 * `change` sees the newest each time, and answers null where nothing is to be changed any more.
 * @param known the order as it was read just before: most of the time nobody has changed it since
 * @returns the order as it stands then; null where it is not there
 * @throws SyncError `transient` where others changed it faster for too long
 */
export async function changeParts(
  flow: Flow,
  id: OrderId,
  change: (order: AllocatableOrder) => PartsChange | null,
  known?: AllocatableOrder,
): Promise<AllocatableOrder | null> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const order = round === 0 && known !== undefined ? known : (await flow.store.orders.readForAllocation([id]))[0];
    if (order === undefined) return null;
    const wanted = change(order);
    if (wanted === null) return order;
    const { fulfillments, recalled, trail } = wanted;
    const set = {
      ...(fulfillments === undefined ? {} : { fulfillments, stage: stageWith(order, fulfillments) }),
      ...(recalled === undefined ? {} : { recalled }),
    };
    const refused = await flow.store.orders.change([{ before: order, set, trail }]);
    if (refused.size === 0) return { ...order, v: order.v + 1, ...set };
  }
  throw new SyncError('transient', `The order ${id} changed faster than its fulfillment could be noted.`, {
    remedy: 'Nothing to do: it is noted again.',
  });
}

/** The parts with one of them changed. */
export function withPart(
  order: Pick<AllocatableOrder, 'fulfillments'>,
  n: number,
  change: Partial<FulfillmentPart>,
): FulfillmentPart[] {
  return (order.fulfillments ?? []).map((part) => (part.n === n ? { ...part, ...change } : part));
}
