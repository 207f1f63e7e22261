import { z } from 'zod';

/**
 * What a stand-in was told by us and holds to be true, in one shape for every kind of remote: so that after a round its
 * books can be compared with ours without knowing which remote it is. A list that does not concern a remote is empty.
 */
export const told = z.strictObject({
  /** Work that it was asked to ship, by our key. */
  requests: z.array(
    z.strictObject({ key: z.string(), state: z.enum(['open', 'shipped', 'cancelled']), units: z.int() }),
  ),
  /** What a channel was told of parcels: order and lines by its own ids. */
  confirmations: z.array(
    z.strictObject({
      id: z.string(),
      order: z.string(),
      tracking: z.array(z.string()),
      units: z.int(),
    }),
  ),
  /** What a channel shows as left to sell. */
  levels: z.array(z.strictObject({ listing: z.string(), location: z.string(), available: z.int() })),
  /** Documents in an ERP's books, in minor units. */
  documents: z.array(
    z.strictObject({
      key: z.string(),
      date: z.string(),
      currency: z.string(),
      debit: z.int(),
      credit: z.int(),
      lines: z.int(),
    }),
  ),
});

export type Told = z.output<typeof told>;

export const NOTHING_TOLD: Told = { requests: [], confirmations: [], levels: [], documents: [] };
