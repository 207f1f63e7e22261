import type { ShopifyClient } from './client.ts';
import { LIST_LIMIT, pageOf } from './connections.ts';
import { STOCK_PAGE } from './documents.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';

/** A place in the walk over all inventory items: which list of them, and how far in it. */
export interface ItemPlace {
  /** Only items above this number are listed; null = all. */
  readonly above: number | null;
  readonly after: string | null;
  readonly listed: number;
  /** The number of the last item; null where the items did not come in the order of their numbers. */
  readonly highest: number | null;
}

const START: ItemPlace = { above: null, after: null, listed: 0, highest: 0 };

/** A place as it was saved; the start for anything else. */
export function itemPlace(saved: unknown): ItemPlace {
  // What an earlier version saved does not say how far its list has come: it would run into what one list gives at most.
  if (!isObject(saved) || !('highest' in saved)) return START;
  const number = (key: string): number | null => (typeof saved[key] === 'number' ? saved[key] : null);
  const after = typeof saved['after'] === 'string' ? saved['after'] : null;
  const above = number('above');
  if (after === null && above === null) return START;
  return { above, after, listed: number('listed') ?? 0, highest: number('highest') };
}

/**
 * Every inventory item of a shop, in pages; `next` is the place after each, the start after the last. Shopify lists them by
 * their numbers, so before the most that one list gives, another is begun above the last of it.
 */
export async function* itemPages(
  client: ShopifyClient,
  first: number,
  from: ItemPlace = START,
  signal?: AbortSignal,
): AsyncIterable<{ readonly nodes: readonly Json[]; readonly next: ItemPlace }> {
  let place = from;
  for (;;) {
    const query = place.above === null ? null : `id:>${place.above}`;
    const data: Json = await client.query(STOCK_PAGE, { first, after: place.after, query }, signal);
    const { nodes, after } = pageOf(data['inventoryItems'], STOCK_PAGE);
    if (after === null) {
      yield { nodes, next: START };
      return;
    }
    place = behind(place, nodes, after);
    yield { nodes, next: place };
  }
}

function behind({ above, listed, highest: before }: ItemPlace, nodes: readonly Json[], after: string): ItemPlace {
  let highest = before;
  for (const node of nodes) {
    const number = Number(/\/(\d{1,15})$/.exec(String(node['id']))?.[1] ?? Number.NaN);
    // Where they come in another order, or without a number, nothing can be said of what lies behind.
    highest = highest !== null && number > highest ? number : null;
  }
  const so = listed + nodes.length;
  if (so < LIST_LIMIT || highest === null) return { above, after, listed: so, highest };
  return { above: highest, after: null, listed: 0, highest };
}
