import type { ConnectionId, OrderId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { JobState } from '../store/documents.ts';
import type { Flow } from './flow.ts';
import { KIND } from './wanted.ts';

/** So many orders are asked for their channel at once. */
const TOGETHER = 1_000;

/** How far a channel's orders are here and planned. */
export interface OrdersHere {
  /** Every order that the channel had at this instant was pulled; 0 = none ever was. */
  readonly pulledFrom: Instant;
  /** What still stands of those that were pulled: a job that will end by itself, one that waits for a person, or nothing. */
  readonly standing: 'open' | 'parked' | null;
}

/**
 * How far the orders of a channel are here and planned. Other channels' orders do not count: what is the matter with them
 * is not this one's. A job that goes on with an order is under way since the one that it follows from, so none is missed
 * between the two; the kinds are asked in the order in which they follow each other.
 */
export async function ordersHere(flow: Flow, channel: ConnectionId): Promise<OrdersHere> {
  const connection = (await flow.store.connections.all()).find(({ _id }) => _id === channel);
  const pulledFrom = connection?.pulledFrom?.getTime() ?? 0;
  const by = connection?.lastPull?.getTime() ?? 0;
  let parked = false;
  for await (const state of standing(flow, channel, by)) {
    if (state !== 'parked') return { pulledFrom, standing: 'open' };
    parked = true;
  }
  return { pulledFrom, standing: parked ? 'parked' : null };
}

/** The states of the jobs that stand for orders of the channel and are under way since before the instant. */
async function* standing({ store }: Flow, channel: ConnectionId, by: Instant): AsyncIterable<JobState> {
  const kinds = [KIND.pullOrder, KIND.normalizeOrder];
  for await (const { state } of store.jobs.standing({ kinds, connection: channel, by })) yield state;
  // Allocating is of no connection: whose order it is, the order says.
  let some = new Map<OrderId, JobState>();
  for await (const { subject, state } of store.jobs.standing({ kinds: [KIND.allocateOrder], by })) {
    some.set(subject, state);
    if (some.size < TOGETHER) continue;
    yield* statesOf(some);
    some = new Map();
  }
  yield* statesOf(some);

  async function* statesOf(jobs: ReadonlyMap<OrderId, JobState>): AsyncIterable<JobState> {
    for (const id of await store.orders.ofConnection(channel, [...jobs.keys()])) {
      const state = jobs.get(id);
      if (state !== undefined) yield state;
    }
  }
}
