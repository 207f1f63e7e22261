import type { ConnectionId } from '../../../domain/ids.ts';
import type { Instant } from '../../../domain/time.ts';
import { CATALOGUE, type Product } from './catalogue.ts';
import { PLACES, SHOPS, shopOf, type Place, type Shop } from './places.ts';
import { placedAt } from './rhythm.ts';
import type { Sale } from './sale.ts';
import { stockOf, type Shelf } from './shelves.ts';
import { tell } from './stories.ts';

export interface BusinessOptions {
  /** The same seed with the same `today` is the same business, to the byte. */
  readonly seed: string;
  /** The present: orders stand in the 14 days before it. */
  readonly today: Instant;
  /** Over all shops; default 560. */
  readonly orders?: number;
}

/** A made-up company with two shops. Nothing is kept: what is asked for is told again, so any number of orders costs no memory. */
export interface Business {
  readonly seed: string;
  readonly today: Instant;
  readonly shops: readonly Shop[];
  readonly places: readonly Place[];
  readonly products: readonly Product[];
  /** How many orders a shop has. */
  count(shop: ConnectionId): number;
  /** One order, as it stands today. @throws RangeError for an index that the shop does not have. */
  sale(shop: ConnectionId, index: number): Sale;
  /** All orders of a shop, oldest first. */
  sales(shop: ConnectionId): Iterable<Sale>;
  /** What is on hand where, for the places of a shop. */
  stock(shop: ConnectionId): readonly Shelf[];
  /** An order of the time after `today`; `index` goes on where `count` ends. */
  newSale(shop: ConnectionId, index: number, at: Instant): Sale;
}

const DEFAULT_ORDERS = 560;
export const DAYS = 14;

/** 300 SKUs, 4 places, 2 shops and as many orders as asked for, all drawn from the seed. */
export function business({ seed, today, orders = DEFAULT_ORDERS }: BusinessOptions): Business {
  const counts = new Map<ConnectionId, number>();
  let portions = 0;
  let given = 0;
  for (const shop of SHOPS) {
    portions += shop.portion;
    const upTo = Math.floor((orders * portions) / 100);
    counts.set(shop.id, upTo - given);
    given = upTo;
  }
  const count = (id: ConnectionId): number => counts.get(shopOf(id).id) ?? 0;
  const sale = (id: ConnectionId, index: number): Sale => {
    const shop = shopOf(id);
    const many = count(id);
    if (!Number.isInteger(index) || index < 0 || index >= many)
      throw new RangeError(`${id} has orders 0 to ${many - 1}, not ${index}`);
    return tell({ seed, shop, index, at: placedAt({ seed, shop, index, many, today, days: DAYS }), until: today });
  };
  function* sales(id: ConnectionId): Iterable<Sale> {
    for (let index = 0; index < count(id); index++) yield sale(id, index);
  }
  const shelves = new Map<ConnectionId, readonly Shelf[]>();
  return {
    seed,
    today,
    shops: SHOPS,
    places: PLACES,
    products: CATALOGUE,
    count,
    sale,
    sales,
    stock(id) {
      let found = shelves.get(id);
      if (!found) shelves.set(id, (found = stockOf(seed, shopOf(id), sales(id), count(id))));
      return found;
    },
    newSale: (id, index, at) => tell({ seed, shop: shopOf(id), index, at, until: at }),
  };
}
