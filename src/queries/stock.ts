import type { LocationId, Sku } from '../domain/ids.ts';
import type { LevelDocument } from '../store/documents.ts';
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

/** The levels of a SKU, of a location, or all; behind one of them. */
export function levelQuery({ sku, location, after }: Pick<LevelFilter, 'sku' | 'location' | 'after'>): {
  _id?: Partial<Record<'$gt' | '$gte' | '$lt', string>>;
  location?: LocationId;
} {
  const ids = {
    ...(sku === undefined ? {} : { $gte: `${sku}@`, $lt: `${sku}A` }),
    ...(after === undefined ? {} : { $gt: after }),
  };
  return {
    ...(Object.keys(ids).length === 0 ? {} : { _id: ids }),
    ...(location === undefined ? {} : { location }),
  };
}

/** A page of stock levels, by SKU and then location. */
export async function pageLevels(store: Store, filter: LevelFilter): Promise<Page<LevelRow>> {
  const { limit } = filter;
  const found = await store.collections.levels
    .find(levelQuery(filter))
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
    items: page.items.map(levelRow),
    next: page.next,
  };
}

/** A level as a person sees it. What is reserved follows from its totals, so that its reservations need not be read. */
export function levelRow({
  sku,
  location,
  onHand,
  free,
  backlog,
  countedAt,
}: Pick<LevelDocument, 'sku' | 'location' | 'onHand' | 'free' | 'backlog' | 'countedAt'>): LevelRow {
  return { sku, location, onHand, reserved: onHand - free, free, backlog, countedAt: countedAt.toISOString() };
}
