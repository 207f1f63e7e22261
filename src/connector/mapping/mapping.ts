import type { OrderRules } from './order-rules.ts';

/** The code tables of a mapping: what a remote calls a thing → what we call it. */
export type CodeTable = 'payments' | 'locations' | 'listings' | 'carriers' | 'methods' | 'taxes' | 'returns';

/** One version of a connection's mapping, ready to be asked. Immutable. */
export interface Mapping {
  /** Content hash of the mapping; the same content is the same version. */
  readonly version: string;
  /** Field rules and holds, applied after the connector has read the order; absent = there are none. */
  readonly rules?: OrderRules;
  /** Our code of a remote's, or null where it is not mapped. */
  code(table: CodeTable, remote: string): string | null;
  /** The remote's code of ours, the first by the file where several mean the same; null where it has none. */
  remote(table: CodeTable, ours: string): string | null;
  /** What one unit of a listing is made of, by our SKU; an unlisted one is its own SKU × 1. */
  listing(sku: string): {
    readonly sku: string;
    readonly components: readonly { readonly sku: string; readonly quantity: number }[];
  };
  /** The listings that one of our SKUs is part of: its own, and every kit or pack that is made of it. */
  listingsOf(sku: string): readonly string[];
  /** Our code of a remote's. @throws SyncError `data` with `needs: ['<table>/<remote>']`, so that mapping it reopens what parked. */
  require(table: CodeTable, remote: string, field: string): string;
}
