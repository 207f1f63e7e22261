import type { FulfillmentProvider, Recalled } from '../connector/contract.ts';
import { asSyncError, SyncError } from '../domain/errors.ts';
import { fulfillmentKey, partsOfFulfillmentKey } from '../domain/fulfillment-key.ts';
import type { ConnectionId, Key, OrderId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { Handler, Result, RunContext } from '../jobs/handler.ts';
import { isStoreAway } from '../store/faults.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import { ordersSettled } from './after-restore.ts';
import { changeParts } from './change-order.ts';
import { doubtOf, isDoubted } from './doubt.ts';
import { each } from './each.ts';
import type { Flow } from './flow.ts';
import { PUSH_MS } from './push-fulfillment.ts';
import { withRecalled } from './recalled-parts.ts';
import { KIND, wantAllocateOrder, wantTakeShipments } from './wanted.ts';

/** So many keys behind the last one known are asked for: more than an order has requests that nobody took, in a row. */
const AHEAD = 8;
const AGAIN_MS = 10_000;

/**
 * After a restore nobody here knows what was asked of providers since the backup, and a plan that is made anew may come out
 * in other parts. So of an order that may have been handed on by then nothing is asked before every provider that can tell
 * has been asked what it holds of it: that is written down as what it is, work that somebody has. Many orders are asked
 * for at once.
 */
export function recallRequests(flow: Flow): Handler {
  return {
    kind: KIND.recallRequests,
    batch: 64,
    concurrency: 2,
    requestMs: 0,
    async run(jobs, context) {
      const byProvider = Map.groupBy(jobs, ({ connection }) => connection);
      const results = [...byProvider].map(([id, those]) => recallOf(flow, id, those, context));
      return (await Promise.all(results)).flat();
    },
  };
}

/** Asks one provider about the orders of these jobs. */
async function recallOf(
  flow: Flow,
  id: ConnectionId,
  jobs: readonly ClaimedJob[],
  context: RunContext,
): Promise<Result[]> {
  const sink = flow.connections.get(id)?.capabilities.provider;
  const orders = await flow.store.orders.readForAllocation(jobs.map(({ subject }) => subject));
  const doubt = await doubtOf(flow, orders);
  // Also where the provider is one no more: then nobody waits for what it holds.
  if (doubt === null || sink === undefined) return each(jobs, async ({ subject }) => follows(subject));
  const doubted = new Map(orders.flatMap((order) => (isDoubted(order, doubt) ? [[order._id, order] as const] : [])));
  const from = doubt.restored + PUSH_MS + (sink.uniqueness.by === 'find' ? sink.uniqueness.settleMs : 0);
  const settled = await ordersSettled(flow, [...doubted.values()], doubt.restored, context);
  // Before it is asked: what comes to it meanwhile is not among what it tells.
  const at = new Date(flow.clock.now());
  const early = at.getTime() < from;
  let held: ReadonlyMap<OrderId, Held>;
  try {
    const ready = early ? [] : [...doubted.values()].filter(({ _id }) => settled.has(_id));
    held = await allHeld(sink, ready, context.signal);
  } catch (thrown) {
    if (isStoreAway(thrown)) throw thrown;
    const error = asSyncError(thrown);
    const ofSome = error.fault === 'data' || error.fault === 'bug';
    if (!ofSome || jobs.length === 1) return jobs.map((job) => ({ job, error }));
    // One of them is at fault, and its neighbours must not share its fate.
    const single: Result[] = [];
    for (const job of jobs) single.push(...(await recallOf(flow, id, [job], context)));
    return single;
  }
  return each(jobs, async ({ subject }) => {
    const order = doubted.get(subject);
    if (order === undefined) return follows(subject);
    const found = held.get(subject);
    if (found === undefined) throw notYet(order.number, id, early ? from : flow.clock.now() + AGAIN_MS);
    await know(flow, order, { provider: id, at }, found);
    return follows(subject);
  });
}

/** Of every run, also where nothing changed: one that was killed after it wrote has enqueued nothing. */
function follows(order: OrderId): { readonly enqueue: readonly Wanted[] } {
  return { enqueue: [wantTakeShipments(order), wantAllocateOrder(order)] };
}

/** What a provider holds of an order, and up to which of its keys it was asked. */
interface Held {
  readonly upTo: number;
  readonly requests: readonly Recalled[];
}

/** Everything that a provider holds of these orders. */
async function allHeld(
  sink: FulfillmentProvider,
  orders: readonly AllocatableOrder[],
  signal: AbortSignal,
): Promise<Map<OrderId, Held>> {
  const found = new Map<OrderId, Recalled[]>(orders.map(({ _id }) => [_id, []]));
  const last = new Map(orders.map(({ _id, fulfillments }) => [_id, highest(fulfillments ?? [])]));
  const asked = new Map<OrderId, number>();
  for (;;) {
    const keys = orders.flatMap(({ _id }): Key[] => {
      const from = asked.get(_id) ?? 0;
      const to = (last.get(_id) ?? 0) + AHEAD;
      asked.set(_id, to);
      return Array.from({ length: Math.max(0, to - from) }, (_, index) => fulfillmentKey(_id, from + index + 1));
    });
    if (keys.length === 0)
      return new Map([...found].map(([id, requests]) => [id, { upTo: asked.get(id) ?? 0, requests }]));
    for (const held of (await sink.recall?.(keys, signal)) ?? []) {
      const { order, n } = partsOfFulfillmentKey(held.key);
      found.get(order)?.push(held);
      last.set(order, Math.max(last.get(order) ?? 0, n));
    }
  }
}

/** Writes down what a provider holds of an order, and that it has been asked. */
async function know(
  flow: Flow,
  order: AllocatableOrder,
  { provider, at }: { readonly provider: ConnectionId; readonly at: Date },
  { upTo, requests }: Held,
): Promise<void> {
  const { effects } = flow.store;
  // First the requests: a run that is killed here finds its part without an id, and does this again.
  for (const { key, id, state } of requests) {
    const effect = await effects.get(key);
    if (effect === null || effect.externalId !== null) continue;
    await effects.change(effect, { state: state === 'pending' ? 'pending' : 'sent', externalId: id, cause: null });
  }
  const location = [...flow.shipsBy].find(([, by]) => by === provider)?.[0] ?? provider;
  await changeParts(
    flow,
    order._id,
    (now) => {
      const { fulfillments, trail } = withRecalled(now, { provider, location, at }, requests);
      const last = highest(fulfillments);
      // Whoever was not asked for keys behind the last one that is known by now is asked again.
      const others = last > highest(now.fulfillments ?? []) ? {} : now.recalled;
      const recalled = upTo < last + AHEAD ? { ...others } : { ...others, [provider]: at };
      return { fulfillments, recalled, trail };
    },
    order,
  );
}

function highest(parts: readonly { readonly n: number }[]): number {
  return Math.max(0, ...parts.map(({ n }) => n));
}

function notYet(number: string, provider: ConnectionId, retryAt: Instant): SyncError {
  return new SyncError(
    'throttled',
    `What ${provider} was asked of ${number} before the restore may be on its way, or the order not be read again yet.`,
    { code: 'effect-settling', remedy: 'Nothing to do: it is asked when that is over.', retryAt },
  );
}
