/** A bounded part of a list. `next` continues right behind its last item; null = that was all. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** How much of a list, and from where: `after` is the `next` of the page before. */
export interface PageAsk {
  readonly limit: number;
  readonly after?: string;
}

/**
 * The first `limit` of what was asked for with one more than that, so that whether there is more is known.
 * @param place where an item stands in the list, as text that the query understands as `after`
 */
export function pageOf<Item>(found: readonly Item[], limit: number, place: (item: Item) => string): Page<Item> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? place(last) : null };
}
