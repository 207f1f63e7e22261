import { Binary } from 'bson';
import type { ConnectionId, ExternalId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { Collections } from './collections.ts';
import type { InboxDocument } from './documents.ts';
import { duplicatesOf } from './faults.ts';
import type { Vault } from './vault.ts';

export interface Delivery {
  readonly connection: ConnectionId;
  /** The sender's id of the delivery: a repeated one is stored once. */
  readonly delivery: string;
  readonly topic: string;
  readonly kind: string;
  readonly externalId: ExternalId | null;
  readonly body: string;
}

/** What was pushed to us, kept before it is answered. */
export interface InboxRecords {
  /** Stores them in one write. For each, in its place: false when the same delivery was stored before. */
  store(deliveries: readonly Delivery[], now: Instant, keepMs: number): Promise<boolean[]>;
  /** Deliveries whose hint has not become a job yet, oldest first. */
  unseen(limit: number): Promise<InboxDocument[]>;
  seen(ids: readonly string[]): Promise<void>;
}

export function openInboxRecords(collections: Collections, vault: Vault): InboxRecords {
  const { inbox } = collections;
  return {
    async store(deliveries, now, keepMs) {
      if (deliveries.length === 0) return [];
      const expires = new Date(now + keepMs);
      const named = deliveries.map((delivery) => ({ ...delivery, id: `${delivery.connection}|${delivery.delivery}` }));
      // A key of its own for each: it may tell of a record that we have never seen.
      const keys = await vault.keysFor([...new Set(named.map(({ id }) => subjectOf(id)))], expires);
      const duplicates = await duplicatesOf(
        inbox.bulkWrite(
          named.map(({ id, connection, topic, kind, externalId, body }) => {
            const key = keys.get(subjectOf(id));
            return {
              insertOne: {
                document: {
                  _id: id,
                  connection,
                  topic,
                  kind,
                  externalId,
                  body: key === undefined ? new Binary() : vault.seal(key, id, body),
                  at: new Date(now),
                  seen: false,
                  expires,
                },
              },
            };
          }),
          { ordered: false },
        ),
      );
      return named.map((_delivery, index) => !duplicates.has(index));
    },

    async unseen(limit) {
      return inbox.find({ seen: false }).sort({ at: 1 }).limit(limit).toArray();
    },

    async seen(ids) {
      if (ids.length > 0) await inbox.updateMany({ _id: { $in: [...ids] } }, { $set: { seen: true } });
    },
  };
}

function subjectOf(id: string): string {
  return `inbox:${id}`;
}
