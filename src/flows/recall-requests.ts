import type { Recalled } from '../connector/contract.ts';
import { SyncError } from '../domain/errors.ts';
import { fulfillmentKey, partsOfFulfillmentKey } from '../domain/fulfillment-key.ts';
import type { ConnectionId, Key, LocationId, OrderId, Sku } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import type { AskedLine, FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import { changeParts } from './change-order.ts';
import { each } from './each.ts';
import { connectionOf, type Flow } from './flow.ts';
import { PUSH_MS } from './push-fulfillment.ts';
import { KIND, wantAllocateOrder, wantRecallRequests, wantTakeShipments } from './wanted.ts';

/** So many keys behind the last one known are asked for at once: more than an order has requests, but for the rarest. */
const AHEAD = 8;
/** When an order was placed is told by its channel's clock, which may be ahead of ours. */
const CLOCKS_MS = 3_600_000;

/**
 * After a restore nobody here knows what was asked of providers since the backup, and a plan that is made anew may come out
 * in other parts. So of an order that may have been handed on by then nothing new is asked before every provider that can
 * tell has been asked what it holds of it: that is written down as what it is, work that somebody has.
 */
export function recallRequests(flow: Flow): Handler {
  return {
    kind: KIND.recallRequests,
    batch: 32,
    concurrency: 2,
    requestMs: 0,
    run: (jobs, context) => each(jobs, (job) => recall(flow, job, context)),
  };
}

type Doubtable = Pick<AllocatableOrder, 'stage' | 'recalled'> & {
  readonly order: Pick<AllocatableOrder['order'], 'placedAt'>;
};

/** The providers of whose requests for an order nobody knows, since the newest restore. */
export function toBeRecalled(flow: Flow, order: Doubtable, restored: Instant | null): ConnectionId[] {
  if (restored === null || order.stage === 'history' || order.order.placedAt >= restored + CLOCKS_MS) return [];
  return [...flow.connections.values()].flatMap(({ id, capabilities, effects }) =>
    capabilities.provider?.recall !== undefined &&
    effects.push !== 'off' &&
    (order.recalled?.[id]?.getTime() ?? 0) < restored
      ? [id]
      : [],
  );
}

/** The work that ends the doubt about an order. */
export function wantsRecalled(
  flow: Flow,
  order: Doubtable & { readonly _id: OrderId },
  restored: Instant | null,
): Wanted[] {
  return toBeRecalled(flow, order, restored).map((provider) => wantRecallRequests(provider, order._id));
}

async function recall(flow: Flow, job: ClaimedJob, context: RunContext): Promise<{ enqueue: readonly Wanted[] }> {
  const provider = connectionOf(flow, job.connection);
  const restored = await flow.store.effects.restoredAt();
  const [order] = await flow.store.orders.readForAllocation([job.subject]);
  const sink = provider.capabilities.provider;
  if (order === undefined || restored === null || sink === undefined) return { enqueue: [] };
  if (!toBeRecalled(flow, order, restored).includes(provider.id)) return { enqueue: [wantAllocateOrder(order._id)] };
  const from = restored + PUSH_MS + (sink.uniqueness.by === 'find' ? sink.uniqueness.settleMs : 0);
  if (flow.clock.now() < from) throw unsettled(order.number, provider.id, from);
  const found = await allHeld(async (keys) => (await sink.recall?.(keys, context.signal)) ?? [], order);
  const elsewhere = [...flow.shipsBy].find(([, by]) => by === provider.id)?.[0] ?? provider.id;
  let added = false;
  await changeParts(
    flow,
    order._id,
    (now) => {
      const at = new Date(flow.clock.now());
      const parts = [...(now.fulfillments ?? [])];
      const trail = [];
      for (const held of found) {
        const { n } = partsOfFulfillmentKey(held.key);
        if (parts.some((part) => part.n === n)) continue;
        const part = partOf(now, parts, provider.id, held, { n, at, elsewhere });
        parts.push(part);
        const units = part.lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
        const text = `${provider.id} at ${part.location} had it before the restore: ${units}`;
        trail.push({ at, step: 'recalled', text, ref: held.key });
      }
      added = trail.length > 0;
      return {
        fulfillments: parts.toSorted((one, other) => one.n - other.n),
        recalled: { ...now.recalled, [provider.id]: new Date(restored) },
        trail,
      };
    },
    order,
  );
  return { enqueue: [...(added ? [wantTakeShipments(order._id)] : []), wantAllocateOrder(order._id)] };
}

/** Everything that a provider holds of an order. */
async function allHeld(
  ask: (keys: readonly Key[]) => Promise<readonly Recalled[]>,
  order: AllocatableOrder,
): Promise<Recalled[]> {
  const found: Recalled[] = [];
  let last = Math.max(0, ...(order.fulfillments ?? []).map(({ n }) => n));
  for (let asked = 0; asked < last + AHEAD;) {
    const keys = Array.from({ length: last + AHEAD - asked }, (_, index) =>
      fulfillmentKey(order._id, asked + index + 1),
    );
    asked += keys.length;
    const held = await ask(keys);
    found.push(...held);
    last = Math.max(last, ...held.map(({ key }) => partsOfFulfillmentKey(key).n));
  }
  return found;
}

function partOf(
  order: AllocatableOrder,
  parts: readonly FulfillmentPart[],
  provider: ConnectionId,
  { id, location, lines, state }: Recalled,
  { n, at, elsewhere }: { readonly n: number; readonly at: Date; readonly elsewhere: LocationId },
): FulfillmentPart {
  return {
    n,
    location: location ?? elsewhere,
    provider,
    lines: linesOf(order, parts, lines),
    revision: order.revision,
    assigned: true,
    state: state === 'done' ? 'pushed' : state === 'pending' ? 'pending' : 'cancelled',
    unwanted: null,
    cancel: null,
    externalId: id,
    reason: null,
    at,
    shipments: [],
  };
}

/**
 * Units by SKU as those of the order's lines that nobody else was asked for: first what is still wanted of each, then what
 * was ordered; what is more stands with the last line of its SKU, and what no line is made of is nobody's.
 */
function linesOf(
  { order }: Pick<AllocatableOrder, 'order'>,
  parts: readonly FulfillmentPart[],
  units: Recalled['lines'],
): AskedLine[] {
  const others = parts
    .filter(({ state }) => state !== 'cancelled' && state !== 'rejected')
    .flatMap(({ lines }) => lines);
  const bySku = new Map<Sku, number>();
  for (const { sku, quantity } of units) bySku.set(sku, (bySku.get(sku) ?? 0) + quantity);
  return [...bySku].flatMap(([sku, quantity]) => {
    const places = order.lines.flatMap(({ id, ordered, cancelled, components }) => {
      const each = components.find((component) => component.sku === sku)?.quantity ?? 0;
      const asked = others.reduce((sum, line) => sum + (line.line === id && line.sku === sku ? line.quantity : 0), 0);
      return each === 0 ? [] : [{ id, room: [(ordered - cancelled) * each - asked, ordered * each - asked], taken: 0 }];
    });
    let left = quantity;
    for (const round of [0, 1])
      for (const place of places) {
        const more = Math.max(0, Math.min(left, (place.room[round] ?? 0) - place.taken));
        place.taken += more;
        left -= more;
      }
    const last = places.at(-1);
    if (last !== undefined) last.taken += left;
    return places.flatMap(({ id, taken }) => (taken > 0 ? [{ line: id, sku, quantity: taken }] : []));
  });
}

function unsettled(number: string, provider: ConnectionId, retryAt: Instant): SyncError {
  return new SyncError(
    'throttled',
    `What ${provider} was asked of ${number} before the restore may still be on its way.`,
    {
      code: 'effect-settling',
      remedy: 'Nothing to do: it is asked when that has arrived.',
      retryAt,
    },
  );
}
