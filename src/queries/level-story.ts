import type { LineId, OrderId } from '../domain/ids.ts';
import type { MovementEntry } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';
import { levelRow, type LevelRow } from './stock.ts';

/** What is set aside at a level for one line of an order. */
export interface ReservationRow {
  readonly order: OrderId;
  /** As the buyer knows it; null where there is no such order. */
  readonly number: string | null;
  readonly stage: string | null;
  readonly line: LineId;
  readonly units: number;
}

/** What a movement added, and what stood there then. */
export interface Moved {
  readonly change: number;
  readonly after: number;
}

/** One change of a level. */
export interface MovementRow {
  readonly v: number;
  readonly at: string;
  readonly kind: MovementEntry['kind'];
  readonly onHand: Moved;
  readonly free: Moved;
  /** Whose units it set aside or gave back. */
  readonly orders: readonly { readonly order: OrderId; readonly number: string | null; readonly units: number }[];
  /** The job or the count that made it. */
  readonly cause: string;
}

/** One level, who holds what of it, and how it came about, newest first. */
export interface LevelStory extends LevelRow {
  /** The longest held first. */
  readonly reservations: readonly ReservationRow[];
  /** Further reservations that were not asked for. */
  readonly moreReserved: number;
  readonly movements: readonly MovementRow[];
  /** Older movements that were not asked for. */
  readonly older: number;
}

/** @param most so many movements, and so many reservations, at the most. @returns null where nothing was ever counted there */
export async function levelStory(store: Store, id: string, most: number): Promise<LevelStory | null> {
  const level = await store.collections.levels.findOne({ _id: id });
  if (level === null) return null;
  const kept = await store.collections.movements
    .find({ _id: { $gte: `${id}#`, $lt: `${id}$` }, to: { $gt: level.v - most } })
    .toArray();
  const byVersion = new Map(
    [...kept.flatMap(({ entries }) => entries), ...level.tail].map((entry) => [entry.v, entry]),
  );
  const entries = [...byVersion.values()]
    .filter(({ v }) => v > level.v - most && v <= level.v)
    .sort((a, b) => b.v - a.v);
  const reserved = level.reserved.slice(0, most);
  const orders = await named(store, [
    ...reserved.map(({ order }) => order),
    ...entries.flatMap(({ lines }) => lines.map(({ order }) => order)),
  ]);
  let { onHand, free } = level;
  const movements = entries.map((entry): MovementRow => {
    const after = { onHand, free };
    onHand -= entry.onHand;
    free -= entry.free;
    return {
      v: entry.v,
      at: entry.at.toISOString(),
      kind: entry.kind,
      onHand: { change: entry.onHand, after: after.onHand },
      free: { change: entry.free, after: after.free },
      orders: entry.lines.map(({ order, quantity }) => ({
        order,
        number: orders.get(order)?.number ?? null,
        units: quantity,
      })),
      cause: entry.cause,
    };
  });
  return {
    ...levelRow(level),
    reservations: reserved.map(({ order, line, quantity }) => ({
      order,
      number: orders.get(order)?.number ?? null,
      stage: orders.get(order)?.stage ?? null,
      line,
      units: quantity,
    })),
    moreReserved: level.reserved.length - reserved.length,
    movements,
    older: level.v - movements.length,
  };
}

async function named(
  store: Store,
  ids: readonly OrderId[],
): Promise<ReadonlyMap<OrderId, { readonly number: string; readonly stage: string }>> {
  const rows = await store.collections.orders
    .find({ _id: { $in: [...new Set(ids)] } })
    .project<{ _id: OrderId; number: string; stage: string }>({ number: 1, stage: 1 })
    .toArray();
  return new Map(rows.map(({ _id, number, stage }) => [_id, { number, stage }]));
}
