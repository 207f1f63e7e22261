import { fulfillmentKey } from '../domain/fulfillment-key.ts';
import type { ConnectionId, LocationId } from '../domain/ids.ts';
import { openQuantity, type Hold } from '../domain/order.ts';
import type { Instant } from '../domain/time.ts';
import type { TrailEntry } from '../store/documents.ts';
import type { AskedLine, FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import type { Switch } from './flow.ts';
import { avoidedOf, isLive, openUnitsOf, outstandingOf, parcelsOf, shippedUnitsOf } from './parts.ts';

export interface PartsRules {
  readonly shipsBy: ReadonlyMap<LocationId, ConnectionId>;
  /** The switch `push` of each provider. */
  readonly push: (provider: ConnectionId) => Switch;
  /** Whether an order is handed on only when none of it waits. */
  readonly whole: boolean;
  /** Whether it is known what was asked before: of an order that may have been handed on before a restore nothing new is asked. */
  readonly known: (order: AllocatableOrder) => boolean;
  readonly now: Instant;
}

/** What is to be asked of providers, and what is no longer wanted of them. */
export interface PartsDecision {
  readonly fulfillments: FulfillmentPart[];
  readonly changed: boolean;
  readonly trail: readonly TrailEntry[];
  /** When to look again: the earliest end of a hold. */
  readonly again: Instant | null;
}

/** Holds for which what is with a provider already is called back: a person or the channel means the goods. */
const CALLS_BACK: ReadonlySet<Hold['kind']> = new Set(['risk', 'channel', 'person', 'rule']);

/**
 * Decides what an order's providers are to be asked: every planned unit that none was asked for, one fulfillment order per
 * location; and what was asked and is not wanted any more, first what was not sent, then the newest. Pure: the same order
 * gives the same answer, so deciding again after a crash changes nothing.
 */
export function decideParts(order: AllocatableOrder, rules: PartsRules): PartsDecision {
  const at = new Date(rules.now);
  const trail: TrailEntry[] = [];
  const standing = order.fulfillments ?? [];
  const holds = order.order.holds.filter(({ until }) => until === null || until > rules.now);
  const reasons = unwantedReasons(order, standing, holds);
  let parts = standing.map((part) => judged(part, reasons.get(part.n) ?? null, order, at, trail));
  const due = holds.flatMap(({ until }) => until ?? []);
  const again = holds.length > 0 && due.length === holds.length ? Math.min(...due) : null;
  const idle =
    order.stage === 'history' ||
    order.order.test ||
    order.order.cancelledAt !== null ||
    order.plan?.applied !== true ||
    order.plan.revision !== order.revision ||
    holds.length > 0 ||
    // What has just left still stands in the plan: the plan without it comes first, and then this is decided anew.
    standing.some((part) => parcelsOf(part).some(({ taken }) => !taken)) ||
    (rules.whole && order.plan.waiting.length > 0) ||
    !rules.known(order);
  if (!idle) parts = [...parts, ...asked(order, parts, rules, at, trail)];
  const changed = parts.length !== standing.length || parts.some((part, index) => part !== standing[index]);
  return { fulfillments: parts, changed, trail, again };
}

/** Why each live part is not wanted any more. */
function unwantedReasons(
  order: AllocatableOrder,
  parts: readonly FulfillmentPart[],
  holds: readonly Hold[],
): Map<number, string> {
  const reasons = new Map<number, string>();
  const live = parts.filter((part) => isLive(part));
  const back = holds.find(({ kind }) => CALLS_BACK.has(kind));
  for (const part of live) {
    if (order.order.cancelledAt !== null) reasons.set(part.n, 'the order was cancelled');
    else if (back !== undefined) reasons.set(part.n, `the order is held: ${back.reason}`);
  }
  const ours = shippedUnitsOf(order);
  const lines = new Map(order.order.lines.map((line) => [line.id, line]));
  for (const id of new Set(live.flatMap((part) => part.lines.map(({ line }) => line)))) {
    const line = lines.get(id);
    const shipped = Math.max(line?.shipped ?? 0, ours.get(id) ?? 0);
    let over = 0 - (line === undefined ? 0 : openQuantity({ ...line, shipped }));
    const concerned = live.filter((part) => part.lines.some((each) => each.line === id));
    const unitsOf = (part: FulfillmentPart): number => (line === undefined ? 1 : openUnitsOf(part, line));
    for (const part of concerned) over += reasons.has(part.n) ? 0 : unitsOf(part);
    for (const part of concerned.toReversed().toSorted((one, other) => stopRank(one) - stopRank(other))) {
      if (over <= 0) break;
      if (reasons.has(part.n)) continue;
      reasons.set(part.n, shipped > (ours.get(id) ?? 0) ? 'units were shipped by others' : 'fewer units are wanted');
      over -= unitsOf(part);
    }
  }
  return reasons;
}

/** The least is stopped first: what is being stopped stays so, and what has not left us goes before what somebody has. */
function stopRank({ unwanted, state, externalId }: FulfillmentPart): number {
  if (unwanted !== null) return 0;
  return state === 'asked' && externalId === null ? 1 : 2;
}

function judged(
  part: FulfillmentPart,
  reason: string | null,
  order: AllocatableOrder,
  at: Date,
  trail: TrailEntry[],
): FulfillmentPart {
  if (!isLive(part)) return part;
  const ref = fulfillmentKey(order._id, part.n);
  if (reason !== null && part.state === 'shadow') {
    trail.push({ at, step: 'taken back', text: `${reason}; it was only shown, never sent`, ref });
    return { ...part, state: 'cancelled', unwanted: reason };
  }
  if (reason !== null && part.unwanted === null) {
    trail.push({ at, step: 'unwanted', text: `${part.provider} is asked to stop: ${reason}`, ref });
    return { ...part, unwanted: reason };
  }
  // Wanted again, and nobody has been asked to stop it.
  if (reason === null && part.unwanted !== null && part.cancel === null) return { ...part, unwanted: null };
  return part;
}

/** One new part per location for the planned units that no live part has. */
function asked(
  order: AllocatableOrder,
  parts: readonly FulfillmentPart[],
  rules: PartsRules,
  at: Date,
  trail: TrailEntry[],
): FulfillmentPart[] {
  const covered = new Map<string, number>();
  for (const part of parts.filter((each) => isLive(each))) {
    for (const { line, sku, quantity } of outstandingOf(part)) {
      const key = JSON.stringify([line, sku, part.location]);
      covered.set(key, (covered.get(key) ?? 0) + quantity);
    }
  }
  const avoided = avoidedOf({ ...order, fulfillments: [...parts] });
  const lines = new Map<LocationId, AskedLine[]>();
  for (const { line, sku, location, quantity } of order.plan?.lines ?? []) {
    const provider = rules.shipsBy.get(location);
    if (provider === undefined || avoided.has(location) || rules.push(provider) === 'off') continue;
    const missing = quantity - (covered.get(JSON.stringify([line, sku, location])) ?? 0);
    if (missing > 0) lines.set(location, [...(lines.get(location) ?? []), { line, sku, quantity: missing }]);
  }
  let n = parts.reduce((most, part) => Math.max(most, part.n), 0);
  return [...lines].map(([location, wanted]) => {
    n += 1;
    const provider = rules.shipsBy.get(location) ?? '';
    const text = wanted.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
    trail.push({ at, step: 'asked', text: `${provider} at ${location}: ${text}`, ref: fulfillmentKey(order._id, n) });
    return {
      n,
      location,
      provider,
      lines: wanted,
      revision: order.revision,
      assigned: false,
      state: 'asked',
      unwanted: null,
      cancel: null,
      externalId: null,
      reason: null,
      at,
      shipments: [],
    };
  });
}

/** Whether everything that a part asked for has left. */
export function isComplete(part: FulfillmentPart): boolean {
  return parcelsOf(part).length > 0 && outstandingOf(part).length === 0;
}
