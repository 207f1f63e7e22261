import type { LocationId, Sku } from '../domain/ids.ts';
import type { Store } from '../store/open-store.ts';
import { pageOf, type Page, type PageAsk } from './page.ts';

/** How much there is of one SKU at one location. */
export interface LevelRow {
  readonly sku: Sku;
  readonly location: LocationId;
  readonly onHand: number;
  readonly reserved: number;
  readonly free: number;
  /** Older orders wait for it: new ones queue behind them. */
  readonly backlog: boolean;
  /** Since when the source says so. */
  readonly countedAt: string;
}

export interface LevelFilter extends PageAsk {
  readonly sku?: Sku;
  readonly location?: LocationId;
}

/** A page of stock levels, by SKU and then location. */
export async function pageLevels(store: Store, { sku, location, limit, after }: LevelFilter): Promise<Page<LevelRow>> {
  const ids = {
    ...(sku === undefined ? {} : { $gte: `${sku}@`, $lt: `${sku}A` }),
    ...(after === undefined ? {} : { $gt: after }),
  };
  const found = await store.collections.levels
    .find({
      ...(Object.keys(ids).length === 0 ? {} : { _id: ids }),
      ...(location === undefined ? {} : { location }),
    })
    .sort({ _id: 1 })
    .limit(limit + 1)
    .project<{
      _id: string;
      sku: Sku;
      location: LocationId;
      onHand: number;
      free: number;
      backlog: boolean;
      countedAt: Date;
    }>({ sku: 1, location: 1, onHand: 1, free: 1, backlog: 1, countedAt: 1 })
    .toArray();
  const page = pageOf(found, limit, ({ _id }) => _id);
  return {
    items: page.items.map(({ _id, countedAt, onHand, free, ...level }) => ({
      sku: level.sku,
      location: level.location,
      onHand,
      reserved: onHand - free,
      free,
      backlog: level.backlog,
      countedAt: countedAt.toISOString(),
    })),
    next: page.next,
  };
}
