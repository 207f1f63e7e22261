import { holdName } from '../domain/holds.ts';
import type { ConnectionId, OrderId, Sku } from '../domain/ids.ts';
import { formatAmount } from '../domain/money.ts';
import type { Hold } from '../domain/order.ts';
import type { Instant } from '../domain/time.ts';
import type { Stage } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';
import { standingHolds } from './order-waits.ts';
import { pageOf, placed, type Page, type PageAsk } from './page.ts';

export interface StageCount {
  readonly stage: Stage;
  readonly orders: number;
}

/** What the orders of one currency add up to, as decimal text with all its places. */
export interface CurrencyTotal {
  readonly currency: string;
  readonly orders: number;
  /** The channels' totals as placed plus edits. */
  readonly total: string;
  readonly refunded: string;
}

export interface OrderTotals {
  readonly orders: number;
  readonly stages: readonly StageCount[];
  readonly currencies: readonly CurrencyTotal[];
}

interface Group {
  readonly _id: { readonly stage: Stage; readonly currency: string };
  readonly count: number;
  readonly total: number;
  readonly refunded: number;
}

/** Every order that is held, counted by stage and added up by the currency that its channel keeps its books in. */
export async function orderTotals(store: Store): Promise<OrderTotals> {
  const groups = await store.collections.orders
    .aggregate<Group>([
      {
        $group: {
          _id: { stage: '$stage', currency: '$order.currency.shop' },
          count: { $sum: 1 },
          total: { $sum: '$order.totals.total.shop' },
          refunded: { $sum: '$order.totals.refunded.shop' },
        },
      },
    ])
    .toArray();
  const stages = new Map<Stage, number>();
  const currencies = new Map<string, { orders: number; total: number; refunded: number }>();
  for (const { _id, count, total, refunded } of groups) {
    stages.set(_id.stage, (stages.get(_id.stage) ?? 0) + count);
    const sum = currencies.get(_id.currency) ?? { orders: 0, total: 0, refunded: 0 };
    currencies.set(_id.currency, {
      orders: sum.orders + count,
      total: sum.total + total,
      refunded: sum.refunded + refunded,
    });
  }
  return {
    orders: groups.reduce((sum, { count }) => sum + count, 0),
    stages: [...stages].map(([stage, orders]) => ({ stage, orders })).sort((a, b) => b.orders - a.orders),
    currencies: [...currencies]
      .map(([currency, { orders, total, refunded }]) => ({
        currency,
        orders,
        total: formatAmount(total, currency),
        refunded: formatAmount(refunded, currency),
      }))
      .sort((a, b) => (a.currency < b.currency ? -1 : 1)),
  };
}

/** One order in a list. */
export interface OrderRow {
  readonly id: OrderId;
  readonly number: string;
  readonly connection: ConnectionId;
  readonly externalId: string;
  readonly stage: Stage;
  readonly placedAt: Instant;
  readonly currency: string;
  readonly total: string;
  readonly revision: number;
  /** The names of the holds that keep it. */
  readonly holds: readonly string[];
  /** What it waits for. */
  readonly waiting: readonly Sku[];
  /** Codes of what keeps it from being booked. */
  readonly problems: readonly string[];
}

interface Listed {
  readonly _id: OrderId;
  readonly number: string;
  readonly connection: ConnectionId;
  readonly externalId: string;
  readonly stage: Stage;
  readonly revision: number;
  readonly version: number;
  readonly waiting?: readonly Sku[];
  readonly problems: readonly { readonly code: string }[];
  readonly order: {
    readonly placedAt: Instant;
    readonly holds: readonly Hold[];
    readonly currency: { readonly shop: string };
    readonly totals: { readonly total: { readonly shop: number } };
  };
}

/** Which orders, and how many of them. */
export interface OrderFilter extends PageAsk {
  readonly stage?: string;
  readonly connection?: ConnectionId;
}

/** Orders by their last change at the channel, newest first. */
export async function listOrders(store: Store, filter: OrderFilter): Promise<OrderRow[]> {
  return [...(await pageOrders(store, filter)).items];
}

/**
 * A page of orders by their last change at the channel, newest first. An order that changes while pages are read moves to
 * the front; no other is left out or given twice.
 */
export async function pageOrders(
  store: Store,
  { stage, connection, limit, after }: OrderFilter,
): Promise<Page<OrderRow>> {
  const connections = connection === undefined ? (await store.connections.all()).map(({ _id }) => _id) : [connection];
  const found: Listed[] = [];
  // One look-up per connection, each by the index, so that no list is sorted in memory.
  for (const one of connections) {
    found.push(
      ...(await store.collections.orders
        .find({
          connection: one,
          ...(stage === undefined ? {} : { stage: asStage(stage) }),
          ...(after === undefined ? {} : behind(after)),
        })
        .sort({ version: -1, _id: -1 })
        .limit(limit + 1)
        .project<Listed>({
          number: 1,
          connection: 1,
          externalId: 1,
          stage: 1,
          revision: 1,
          version: 1,
          waiting: 1,
          'problems.code': 1,
          'order.placedAt': 1,
          'order.holds': 1,
          'order.currency.shop': 1,
          'order.totals.total.shop': 1,
        })
        .toArray()),
    );
  }
  found.sort((a, b) => b.version - a.version || (a._id < b._id ? 1 : -1));
  const page = pageOf(found, limit, ({ version, _id }) => `${version}~${_id}`);
  return { items: page.items.map((row) => rowOf(row, store.clock.now())), next: page.next };
}

function rowOf(row: Listed, now: Instant): OrderRow {
  const currency = row.order.currency.shop;
  return {
    id: row._id,
    number: row.number,
    connection: row.connection,
    externalId: row.externalId,
    stage: row.stage,
    placedAt: row.order.placedAt,
    currency,
    total: formatAmount(row.order.totals.total.shop, currency),
    revision: row.revision,
    holds: standingHolds(row.stage, row.order.holds, now).map(holdName),
    waiting: row.waiting ?? [],
    problems: row.problems.map(({ code }) => code),
  };
}

/** What stands behind a place in a list by version. */
function behind(place: string): {
  version: { $lte: number };
  $or: ({ version: { $lt: number } } | { _id: { $lt: OrderId } })[];
} {
  const [version, id] = placed(place);
  return { version: { $lte: version }, $or: [{ version: { $lt: version } }, { _id: { $lt: id } }] };
}

/** Where an order can stand. */
export const STAGES: readonly Stage[] = [
  'captured',
  'held',
  'waiting',
  'partly allocated',
  'allocated',
  'partly pushed',
  'pushed',
  'partly shipped',
  'shipped',
  'nothing to ship',
  'cancelled',
  'history',
];

function asStage(text: string): Stage {
  const stage = STAGES.find((name) => name === text);
  if (stage !== undefined) return stage;
  throw new RangeError(`"${text}" is no stage`);
}
