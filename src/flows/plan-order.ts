import { allocate, type SourcingRules, type Supply } from '../domain/allocate.ts';
import type { SyncError } from '../domain/errors.ts';
import type { LocationId, OrderId, Sku } from '../domain/ids.ts';
import type { PlanDocument, PlannedLine, Stage } from '../store/documents.ts';
import { levelId, type LevelHead } from '../store/level-records.ts';
import type { ConsumedLine, FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import { demandsOf } from './open-demands.ts';
import { avoidedOf, merged, parcelsOf, pinnedOf } from './parts.ts';
import { stageOf } from './stage-of.ts';

/** What is free while a batch is planned: what was read, less what this batch has planned already. */
export class Shelf implements Supply {
  readonly #free = new Map<string, number>();
  readonly #backlog = new Set<Sku>();
  readonly #inTurn: boolean;
  /** SKUs that the order being planned holds already: what is its own it does not queue for. */
  #holds: ReadonlySet<Sku> = new Set();

  /** @param inTurn whether the orders planned are those that wait, oldest promise first: the backlog is theirs */
  constructor(levels: Iterable<LevelHead>, inTurn: boolean) {
    this.#inTurn = inTurn;
    for (const level of levels) {
      this.#free.set(level._id, level.free);
      if (level.backlog) this.#backlog.add(level.sku);
    }
  }

  free(sku: Sku, location: LocationId): number {
    return this.#free.get(levelId(sku, location)) ?? 0;
  }

  stocked(sku: Sku, location: LocationId): boolean {
    return this.#free.has(levelId(sku, location));
  }

  backlog(sku: Sku): boolean {
    return !this.#inTurn && this.#backlog.has(sku) && !this.#holds.has(sku);
  }

  /** Puts back what an order holds, so that it is planned as if it held nothing. */
  takeBack(held: readonly PlannedLine[]): void {
    this.#holds = new Set(held.map((line) => line.sku));
    this.put(held, 1);
  }

  /** From now on younger promises of this batch queue behind an older one. */
  queue(sku: Sku): void {
    this.#backlog.add(sku);
  }

  put(lines: readonly PlannedLine[], sign: 1 | -1): void {
    for (const { sku, location, quantity } of lines) {
      const id = levelId(sku, location);
      const free = this.#free.get(id);
      if (free !== undefined) this.#free.set(id, free + sign * quantity);
    }
  }
}

/** What is to become of one order: its plan to be set and applied, or why it cannot be planned. */
export type Decision =
  | {
      readonly order: AllocatableOrder;
      readonly act: 'nothing';
      readonly stage: Stage;
      readonly error: SyncError | null;
    }
  /** `error` = some of its lines cannot be planned; the others are. */
  | {
      readonly order: AllocatableOrder;
      readonly act: 'plan';
      readonly plan: PlanDocument;
      /** Where parcels are taken off their levels with this plan. */
      readonly fulfillments: FulfillmentPart[] | null;
      readonly stage: Stage;
      readonly error: SyncError | null;
    };

/** What an order has on the levels that were read, as far as planning needs it. */
export interface Held {
  readonly quantity: number;
  /** The rev of the plan that wrote it. */
  readonly revision: number;
  /** Since when the level's source says what is there. */
  readonly countedAt: Date;
}

export interface PlanningRules {
  readonly sourcing: Omit<SourcingRules, 'destination'>;
  readonly assigned: 'kept' | 'ours to choose';
  readonly at: Date;
}

/**
 * Decides what one order is to have reserved, and takes it from the shelf. Pure but for the shelf.
 *
 * An order that was planned keeps what it has where that still serves; a plan that was set and not wholly applied is
 * finished, or superseded at the next `rev`, with everything that it may have reserved as `prior`.
 */
export function decide(
  order: AllocatableOrder,
  shelf: Shelf,
  reserved: ReadonlyMap<string, Held>,
  rules: PlanningRules,
): Decision {
  const before = order.plan;
  if (order.stage === 'history') return { order, act: 'nothing', stage: 'history', error: null };
  const own = before?.lines ?? [];
  const mayHold = before === null ? [] : before.applied ? own : union(own, before.prior);
  // Planned from scratch, with what is its own back on the shelf: so an edit moves as little as it must, by the same rules.
  const held = mayHold.flatMap((line) => {
    const standing = reserved.get(reservationKey(order._id, line));
    return standing === undefined ? [] : [{ ...line, quantity: standing.quantity }];
  });
  shelf.takeBack(held);
  const rev = (before?.rev ?? 0) + 1;
  const consumed = consumedOf(order, rev);
  // What has left is not there to be planned again, unless a count has seen it leave.
  shelf.put(leaving(order, consumed, reserved), -1);
  const pinned = pinnedOf(order);
  shelf.put(pinned, -1);
  const unpaid = order.order.holds.some((hold) => hold.kind === 'unpaid');
  const { demands, error } = unpaid ? { demands: [], error: null } : demandsOf(order, rules.assigned);
  const avoided = avoidedOf(order);
  const plan = allocate(demands, shelf, {
    ...rules.sourcing,
    locations: rules.sourcing.locations.map((each) =>
      avoided.has(each.id) ? { ...each, enabled: false, off: 'it has refused this order' } : each,
    ),
    destination: order.order.destination.country,
  });
  for (const { sku, cause } of plan.waiting) if (cause === 'short') shelf.queue(sku);
  shelf.put(plan.lines, -1);
  const lines = merged([
    ...pinned,
    ...plan.lines.map(({ line, sku, location, quantity }) => ({ line, sku, location, quantity })),
  ]);
  const stage = stageOf(order, lines, plan.waiting.length > 0);
  const waiting = plan.waiting.map(({ line, sku, quantity, cause }) => ({ line, sku, quantity, cause }));
  if (
    before?.applied === true &&
    consumed.length === 0 &&
    before.revision === order.revision &&
    alike(before, lines, waiting) &&
    order.stage === stage
  ) {
    return { order, act: 'nothing', stage, error };
  }
  const kept = new Set(lines.map(placeKey));
  return {
    order,
    act: 'plan',
    stage,
    error,
    fulfillments: takenOf(order),
    plan: {
      rev,
      revision: order.revision,
      lines,
      prior: mayHold.filter((line) => !kept.has(placeKey(line))),
      waiting,
      why: plan.why.map(({ line, location, verdict, reason }) => ({ line, location, verdict, reason })),
      ...(consumed.length > 0 ? { consumed } : {}),
      applied: false,
      at: rules.at,
    },
  };
}

/** What left and is not taken off its levels for certain: what an unapplied plan carries, and parcels seen since. */
export function untakenOf(order: Pick<AllocatableOrder, 'plan' | 'fulfillments'>): ConsumedLine[] {
  return consumedOf(order, 0);
}

function consumedOf(order: Pick<AllocatableOrder, 'plan' | 'fulfillments'>, rev: number): ConsumedLine[] {
  const carried = order.plan?.applied === false ? (order.plan.consumed ?? []) : [];
  const fresh = (order.fulfillments ?? []).flatMap(({ location, shipments }) =>
    shipments.flatMap(({ shippedAt, parcels }) =>
      parcels
        .filter(({ taken }) => !taken)
        .flatMap(({ items }) =>
          items.map(({ line, sku, quantity }) => ({
            line,
            sku,
            location,
            quantity,
            rev,
            at: shippedAt ?? new Date(0),
          })),
        ),
    ),
  );
  return [...carried, ...fresh];
}

/** Of what left, the units that come off what is on hand: those that a reservation still holds and no count has missed yet. */
function leaving(
  order: AllocatableOrder,
  consumed: readonly ConsumedLine[],
  reserved: ReadonlyMap<string, Held>,
): PlannedLine[] {
  const left = new Map<string, number>();
  return consumed.flatMap((line) => {
    const key = reservationKey(order._id, line);
    const standing = reserved.get(key);
    if (standing === undefined || standing.revision >= line.rev) return [];
    const before = left.get(key) ?? 0;
    const quantity = Math.min(line.quantity, standing.quantity - before);
    left.set(key, before + quantity);
    return quantity > 0 && line.at > standing.countedAt ? [{ ...line, quantity }] : [];
  });
}

function takenOf({ fulfillments }: AllocatableOrder): FulfillmentPart[] | null {
  if (fulfillments?.some((part) => parcelsOf(part).some(({ taken }) => !taken)) !== true) return null;
  return fulfillments.map((part) => ({
    ...part,
    shipments: part.shipments.map((shipment) => ({
      ...shipment,
      parcels: shipment.parcels.map((parcel) => ({ ...parcel, taken: true })),
    })),
  }));
}

/**
 * The SKUs whose arrival may serve an order. A line that could be had, but not without the others, is in nobody's way:
 * the order is asked again when what the others lack is there. Of a kit only what it lacks: were it in the line for all
 * its components, it would be served ahead of older promises for the one that is short.
 */
export function waitedSkus(waiting: PlanDocument['waiting']): Sku[] {
  const lacking = waiting.filter((wait) => wait.cause !== 'company');
  return [...new Set((lacking.length > 0 ? lacking : waiting).map((wait) => wait.sku))];
}

/** One reservation: an order line's component at a location. */
export function reservationKey(order: OrderId, line: PlannedLine): string {
  return `${order}/${placeKey(line)}`;
}

export function placeKey({ line, sku, location }: PlannedLine): string {
  return `${line}/${levelId(sku, location)}`;
}

function union(a: readonly PlannedLine[], b: readonly PlannedLine[]): PlannedLine[] {
  const places = new Map([...b, ...a].map((line) => [placeKey(line), line]));
  return [...places.values()];
}

/**
 * Whether a plan reserves the same and leaves the same units waiting. What they wait for is seen otherwise in turn than out
 * of it: were that a difference, the two would plan a waiting order again and again, each what the other had planned.
 */
function alike(
  plan: Pick<PlanDocument, 'lines' | 'waiting'>,
  lines: readonly PlannedLine[],
  waiting: PlanDocument['waiting'],
): boolean {
  return (
    sameSet(plan.lines.map(lineKey), lines.map(lineKey)) && sameSet(plan.waiting.map(openKey), waiting.map(openKey))
  );
}

function openKey({ line, quantity }: PlanDocument['waiting'][number]): string {
  return `${line}/${quantity}`;
}

function lineKey(line: PlannedLine): string {
  return `${placeKey(line)}=${line.quantity}`;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const all = new Set(a);
  return b.every((entry) => all.has(entry));
}
