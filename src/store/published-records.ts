import type { ConnectionId, ExternalId } from '../domain/ids.ts';
import type { Collections } from './collections.ts';
import { duplicatesOf } from './faults.ts';
import type { PublishedDocument } from './ledger-documents.ts';

/** What a channel shows and was told of one item of a listing at one location. */
export interface PublishedRecords {
  /** What is known of these listings, at every location and of every item. */
  ofListings(connection: ConnectionId, listings: readonly string[]): Promise<PublishedDocument[]>;
  /** What is still to be told of a channel's listings. */
  wanted(connection: ConnectionId): Promise<PublishedDocument[]>;
  /** Writes each over the version that was read (0 = it was not there). Returns the ids of those refused. */
  save(
    documents: readonly { readonly before: number; readonly document: PublishedDocument }[],
  ): Promise<ReadonlySet<string>>;
}

/** @param twin a further item that the channel keeps under the same SKU; absent = the listing's first */
export function publishedId(
  connection: ConnectionId,
  location: ExternalId,
  listing: string,
  twin?: ExternalId,
): string {
  const own = `${connection}|${location}|${listing}`;
  return twin === undefined ? own : `${own}|${twin}`;
}

export function openPublishedRecords(collections: Collections): PublishedRecords {
  const { published } = collections;
  return {
    async ofListings(connection, listings) {
      if (listings.length === 0) return [];
      return published.find({ connection, listing: { $in: [...new Set(listings)] } }).toArray();
    },

    async wanted(connection) {
      return published.find({ connection, wanted: { $ne: null } }).toArray();
    },

    async save(documents) {
      const fresh = documents.filter(({ before }) => before === 0);
      const refused = new Set<string>();
      if (fresh.length > 0) {
        const there = await duplicatesOf(
          published.bulkWrite(
            fresh.map(({ document }) => ({ insertOne: { document } })),
            { ordered: false },
          ),
        );
        for (const index of there) refused.add(fresh[index]?.document._id ?? '');
      }
      const known = documents.filter(({ before }) => before > 0);
      if (known.length === 0) return refused;
      const result = await published.bulkWrite(
        known.map(({ before, document: { _id, ...set } }) => ({
          updateOne: { filter: { _id, v: before }, update: { $set: set } },
        })),
        { ordered: false },
      );
      if (result.matchedCount === known.length) return refused;
      const rows = await published.find({ _id: { $in: known.map(({ document }) => document._id) } }).toArray();
      const standing = new Map(rows.map((row) => [row._id, row]));
      // Another worker's change of the same version looks alike only if it says the same, and then it is the same.
      for (const { document } of known) if (!isSame(standing.get(document._id), document)) refused.add(document._id);
      return refused;
    },
  };
}

function isSame(one: PublishedDocument | undefined, other: PublishedDocument): boolean {
  return (
    one !== undefined &&
    one.v === other.v &&
    one.wanted === other.wanted &&
    one.sent === other.sent &&
    one.seenAt.getTime() === other.seenAt.getTime()
  );
}
