import type { SyncError } from '../domain/errors.ts';
import type { ConnectionId, OrderId, Sku } from '../domain/ids.ts';
import type { PlannedLine, Stage, TrailEntry } from '../store/documents.ts';
import { levelId, type LevelHead, type LevelWithReservations } from '../store/level-records.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import type { Wanted } from '../store/job-records.ts';
import { explained, lacksReasons } from './explained.ts';
import type { Flow } from './flow.ts';
import { LevelBook } from './level-book.ts';
import { decide, placeKey, Shelf, waitedSkus, type Decision } from './plan-order.ts';
import { wantAllocateOrder, wantDrainStock } from './wanted.ts';

/** A batch that meets so many rounds of other workers' changes gives way for a while. */
const MOST_ROUNDS = 12;

export interface Settled {
  /** As it stands then. */
  readonly order: AllocatableOrder;
  readonly stage: Stage;
  /** What it waits for. */
  readonly waiting: readonly Sku[];
  /** A provider ships some of it, or was asked to. */
  readonly handed: boolean;
}

export interface Settlement {
  readonly settled: ReadonlyMap<OrderId, Settled>;
  readonly parked: ReadonlyMap<OrderId, SyncError>;
  /** Not settled: others changed the same levels faster. */
  readonly open: readonly OrderId[];
}

/** Enqueues durable work. */
export type Enqueue = (wanted: readonly Wanted[]) => Promise<void>;

export interface Settling {
  /** The orders are those that wait for stock, oldest promise first: the backlog is theirs to take. */
  readonly inTurn: boolean;
  /** Each order has a job of its own that is run again until it is settled. Else it is given one before it is touched. */
  readonly ownJob: boolean;
  readonly cause: string;
  readonly enqueue: Enqueue;
}

/** How long a job that stands behind an order waits: it is only needed where this run was killed. */
const BEHIND_MS = 300;

type Planned = Extract<Decision, { act: 'plan' }>;

/**
 * Plans orders and makes the plans true, oldest promise first. Any number of workers may do this with the same orders
 * and levels at once, and any of them may stop at any write:
 *
 * 1. read the orders, then the levels, and plan;
 * 2. set each plan on its order, over the version that was read: from here on an older plan of it changes nothing more,
 *    because whoever holds one read its levels before, and
 * 3. every level that an older plan may have touched is changed (so that a late write over its old version is refused),
 *    what is not wanted any more first, what is wanted after: so Σ reserved of a line never exceeds what was ordered;
 * 4. mark the plan applied.
 *
 * A refused write puts the order back to 1. A level grants only what it has free at the version that was read (I3).
 */
export async function settleOrders(flow: Flow, ids: readonly OrderId[], settling: Settling): Promise<Settlement> {
  const settled = new Map<OrderId, Settled>();
  const parked = new Map<OrderId, SyncError>();
  let open = [...ids];
  for (let round = 0; round < MOST_ROUNDS && open.length > 0; round += 1) {
    const decisions = await plan(flow, open, settling.inTurn);
    for (const decision of decisions.list) {
      if (decision.act !== 'nothing') continue;
      if (decision.error !== null) parked.set(decision.order._id, decision.error);
      else settled.set(decision.order._id, settledAs(flow, decision.stage, decision.order));
    }
    const planned = decisions.list.filter((decision) => decision.act === 'plan');
    const done = await apply(flow, planned, decisions.book, settling);
    for (const decision of planned) {
      const { order, stage, error } = decision;
      if (!done.has(order._id)) continue;
      if (error === null) settled.set(order._id, settledAs(flow, stage, appliedTo(decision)));
      else parked.set(order._id, error);
    }
    const missing = new Set(decisions.missing);
    open = open.filter((id) => !settled.has(id) && !parked.has(id) && !missing.has(id));
  }
  return { settled, parked, open };
}

function settledAs(flow: Flow, stage: Stage, order: AllocatableOrder): Settled {
  const { plan: made, fulfillments } = order;
  return {
    order,
    stage,
    waiting: waitedSkus(made?.waiting ?? []),
    handed: fulfillments !== undefined || (made?.lines ?? []).some(({ location }) => flow.shipsBy.has(location)),
  };
}

/** The order as `apply` leaves it, and as it would be read: two writes on, with its plan applied. */
function appliedTo({ order, plan: made, fulfillments, stage }: Planned): AllocatableOrder {
  const { consumed: _consumed, why: _why, ...applied } = made;
  const { waiting: _waited, ...kept } = order;
  const waiting = waitedSkus(made.waiting);
  return {
    ...kept,
    v: order.v + 2,
    stage,
    plan: { ...applied, prior: [], applied: true },
    ...(waiting.length > 0 ? { waiting } : {}),
    ...(fulfillments === null ? {} : { fulfillments }),
  };
}

async function plan(
  flow: Flow,
  ids: readonly OrderId[],
  inTurn: boolean,
): Promise<{ list: Decision[]; book: LevelBook; missing: OrderId[] }> {
  const { store, assigned, clock } = flow;
  const orders = await store.orders.readForAllocation(ids);
  const there = new Set(orders.map((order) => order._id));
  orders.sort((a, b) => a.promise.getTime() - b.promise.getTime() || (a._id < b._id ? -1 : 1));
  const heads = new Set<string>();
  const whole = new Set<string>();
  for (const order of orders) {
    for (const id of placesOf(order, flow)) heads.add(id);
    // Only an order with a history can hold something: the others need no reservations to be read.
    for (const line of [...(order.plan?.lines ?? []), ...(order.plan?.prior ?? []), ...(order.plan?.consumed ?? [])])
      whole.add(levelId(line.sku, line.location));
  }
  for (const id of whole) heads.delete(id);
  const levels: (LevelHead | LevelWithReservations)[] = [
    ...(await store.levels.heads([...heads])),
    ...(await store.levels.read([...whole])),
  ];
  const book = new LevelBook(levels);
  const shelf = new Shelf(levels, inTurn);
  const at = new Date(clock.now());
  const sourcing = new Map(
    [...new Set(orders.map(({ connection }) => connection))].map((id) => [id, sourcingOf(flow, id)]),
  );
  return {
    list: orders.map((order) =>
      decide(order, shelf, book.reservedOf(order._id), {
        sourcing: sourcing.get(order.connection) ?? flow.sourcing,
        assigned,
        at,
      }),
    ),
    book,
    missing: ids.filter((id) => !there.has(id)),
  };
}

/**
 * The rules for a channel's orders. Where what ships must also be assigned in the channel's own books, a location that the
 * channel does not have can ship none of its orders.
 */
function sourcingOf(flow: Flow, id: ConnectionId): Flow['sourcing'] {
  const channel = flow.connections.get(id);
  if (channel?.capabilities.assignments === undefined || channel.effects.confirm === 'off') return flow.sourcing;
  return {
    ...flow.sourcing,
    locations: flow.sourcing.locations.map((location) =>
      !location.enabled || channel.mapping.remote('locations', location.id) !== null
        ? location
        : { ...location, enabled: false, off: `${id} has no location that is mapped to it` },
    ),
  };
}

/** Every level that planning an order may ask for. */
function* placesOf(order: AllocatableOrder, flow: Flow): Iterable<string> {
  for (const line of order.order.lines) {
    if (line.fulfilledBy !== 'us') continue;
    for (const { sku } of line.components) for (const { id } of flow.sourcing.locations) yield levelId(sku, id);
  }
}

/** @returns the orders whose plan is applied */
async function apply(
  flow: Flow,
  planned: readonly Planned[],
  book: LevelBook,
  { inTurn, ownJob, cause, enqueue }: Settling,
): Promise<ReadonlySet<OrderId>> {
  const { store, clock } = flow;
  if (planned.length === 0) return new Set();
  if (!ownJob) {
    // Without a version: one that is only foreseen could be taken for that of an edit that comes between.
    await enqueue(planned.map(({ order }) => ({ ...wantAllocateOrder(order._id), due: clock.now() + BEHIND_MS })));
  }
  // Only of what a change of an order has left as it was: planning itself reads no explanations.
  const before = await store.orders.explanations(
    planned.filter(({ plan: made }) => lacksReasons(made)).map(({ order }) => order._id),
  );
  const refused = new Set(
    await store.orders.change(
      planned.map(({ order, plan: made, fulfillments }) => {
        const waiting = waitedSkus(made.waiting);
        return {
          before: order,
          set: {
            plan: { ...made, why: explained(before.get(order._id) ?? [], made) },
            ...(waiting.length > 0 ? { waiting } : {}),
            ...(fulfillments === null ? {} : { fulfillments }),
          },
          ...(waiting.length === 0 && order.waiting !== undefined ? { unset: ['waiting' as const] } : {}),
          trail: [],
        };
      }),
    ),
  );
  let going = planned.filter(({ order }) => !refused.has(order._id));
  const at = new Date(clock.now());
  for (const phase of ['release', 'reserve'] as const) {
    for (const { order, plan: made } of going) {
      if (phase === 'release') book.release(order, made, at);
      else book.reserve(order, made);
    }
    if (phase === 'reserve')
      for (const { plan: made } of going)
        for (const { sku, cause: why } of made.waiting) if (why === 'short') book.queue(sku);
    const lost = await book.write(store.levels, phase === 'release' ? 'released' : 'reserved', at, cause);
    if (lost.size > 0) going = going.filter(({ plan: made }) => !touches(made, lost));
  }
  // Before the plans count as applied: a worker killed here leaves them to be applied, and this to be asked for, again.
  await enqueue(
    [
      ...new Set(going.flatMap(({ order, plan: made }) => [...toDrain(order, made, inTurn), ...book.freedLate(made)])),
    ].map(wantDrainStock),
  );
  const late = await store.orders.change(
    going.map(({ order, plan: made, stage }) => ({
      before: { _id: order._id, v: order.v + 1 },
      set: { stage },
      applied: true,
      trail: [trailOf(at, stage, made.lines, made.waiting, made.rev, cause)],
    })),
  );
  return new Set(going.map(({ order }) => order._id).filter((id) => !late.has(id)));
}

/** What an order gave back goes to those who wait; what it begins to wait for is looked at in turn. */
function toDrain(order: AllocatableOrder, made: Planned['plan'], inTurn: boolean): Sku[] {
  const wanted = new Map(made.lines.map((line) => [placeKey(line), line.quantity]));
  // What left is nobody's to have.
  for (const line of made.consumed ?? []) wanted.set(placeKey(line), (wanted.get(placeKey(line)) ?? 0) + line.quantity);
  const released = [...(order.plan?.lines ?? []), ...made.prior].filter(
    (line) => line.quantity > (wanted.get(placeKey(line)) ?? 0),
  );
  return [...released, ...(inTurn ? [] : made.waiting)].map(({ sku }) => sku);
}

function touches(made: Planned['plan'], lost: ReadonlySet<string>): boolean {
  const lines = [...made.lines, ...made.prior];
  return (
    lines.some((line) => lost.has(levelId(line.sku, line.location))) ||
    made.waiting.some(({ sku }) => [...lost].some((id) => id.startsWith(`${sku}@`)))
  );
}

function trailOf(
  at: Date,
  stage: Stage,
  lines: readonly PlannedLine[],
  waiting: readonly { sku: Sku; quantity: number; cause: string }[],
  rev: number,
  cause: string,
): TrailEntry {
  const reserved = lines.map(({ sku, quantity, location }) => `${quantity} × ${sku} at ${location}`).join(', ');
  const missing = waiting.map(({ sku, quantity, cause: why }) => `${quantity} × ${sku} (${why})`).join(', ');
  const text = [reserved === '' ? '' : `reserved ${reserved}`, missing === '' ? '' : `waits for ${missing}`]
    .filter((part) => part !== '')
    .join('; ');
  return { at, step: stage, text: `plan ${rev}${text === '' ? '' : `: ${text}`}`, ref: cause };
}
