import type { Sku } from './ids.ts';

/** What there is of one SKU at one location, as far as selling it goes. */
export interface Sellable {
  /** On hand less what is reserved; below zero after a count took away what was promised. */
  readonly free: number;
  /** Units that orders wait for and that none has reserved: they are sold already. */
  readonly waiting: number;
}

/**
 * How many of a listing can still be sold from one location: of each component what is free, less what is sold and not
 * reserved yet, less the buffer, and of a kit as many as its scarcest component makes. Never below zero.
 * @param level what there is of a SKU at the location; null = it is not kept there
 */
export function availableOf(
  components: readonly { readonly sku: Sku; readonly quantity: number }[],
  level: (sku: Sku) => Sellable | null,
  buffer: number,
): number {
  if (components.length === 0) return 0;
  return Math.min(
    ...components.map(({ sku, quantity }) => {
      const there = level(sku);
      return there === null ? 0 : Math.floor(Math.max(0, there.free - there.waiting - buffer) / quantity);
    }),
  );
}
