import { SyncError } from '../domain/errors.ts';

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

/** A place of the form `<number>~<id>`. @throws SyncError `data`, code `bad-cursor`, for anything else */
export function placed(place: string): [number, string] {
  const [, number, id] = /^(-?\d{1,15})~(.+)$/.exec(place) ?? [];
  if (number !== undefined && id !== undefined) return [Number(number), id];
  throw new SyncError('data', 'This is no cursor of this list.', {
    code: 'bad-cursor',
    field: 'cursor',
    remedy: 'Pass `next` of the page before as it is, or leave the cursor out to start from the front.',
  });
}
