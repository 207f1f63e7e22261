import type { ConnectionId, Key, OrderId } from '../domain/ids.ts';
import type { BusinessDate } from '../domain/time.ts';
import type { Collections } from './collections.ts';
import { duplicatesOf } from './faults.ts';
import type { FactDocument } from './ledger-documents.ts';

/** A closed day of a channel in one currency, with entries that no document has. */
export interface OpenDay {
  readonly currency: string;
  readonly date: BusinessDate;
  readonly entries: number;
  /** When the first of them was written down. */
  readonly since: Date;
  /** When the last of them was. */
  readonly newest: Date;
}

/** A fact of an order as the next one is found from it: without its entry. */
export type KnownFact = Pick<FactDocument, '_id' | 'order' | 'n' | 'fact'>;

/** The facts of orders with their entries: appended, never edited; only which document has an entry is added. */
export interface FactRecords {
  /** The facts of these orders, in their order. */
  of(orders: readonly OrderId[]): Promise<Map<OrderId, KnownFact[]>>;
  /**
   * Appends to the chains of several orders, each in its order. Returns the orders of which another worker had appended
   * meanwhile: of those what is there stands, and the rest is to be made anew.
   */
  append(facts: readonly FactDocument[]): Promise<ReadonlySet<OrderId>>;
  openDays(connection: ConnectionId, before: BusinessDate): Promise<OpenDay[]>;
  open(connection: ConnectionId, currency: string, date: BusinessDate): Promise<FactDocument[]>;
  /** Claims entries for a document, where no other has them. Returns how many it has then. */
  claim(batch: Key, entries: readonly string[]): Promise<number>;
  /** Frees what a document had claimed. */
  free(batch: Key): Promise<void>;
  claimedBy(batch: Key): Promise<FactDocument[]>;
}

export function openFactRecords(collections: Collections): FactRecords {
  const { facts } = collections;
  return {
    async of(orders) {
      const known = new Map<OrderId, KnownFact[]>();
      if (orders.length === 0) return known;
      const rows = facts.find({ order: { $in: [...orders] } }).project<KnownFact>({ order: 1, n: 1, fact: 1 });
      for (const fact of await rows.toArray()) known.set(fact.order, [...(known.get(fact.order) ?? []), fact]);
      for (const chain of known.values()) chain.sort((a, b) => a.n - b.n);
      return known;
    },

    async append(fresh) {
      const refused = new Set<OrderId>();
      const chains = new Map<OrderId, FactDocument[]>();
      for (const fact of fresh) chains.set(fact.order, [...(chains.get(fact.order) ?? []), fact]);
      // One link of every chain at a time: a link never stands before the one that it was made knowing.
      for (let link = 0; ; link += 1) {
        const links = [...chains].flatMap(([order, chain]) => (refused.has(order) ? [] : (chain[link] ?? [])));
        if (links.length === 0) return refused;
        const taken = await duplicatesOf(
          facts.bulkWrite(
            links.map((document) => ({ insertOne: { document } })),
            { ordered: false },
          ),
        );
        for (const index of taken) {
          const order = links[index]?.order;
          if (order !== undefined) refused.add(order);
        }
      }
    },

    async openDays(connection, before) {
      const days = new Map<string, { currency: string; date: string; entries: number; since: Date; newest: Date }>();
      const rows = facts
        .find({ connection, open: true, date: { $lt: before } })
        .project<Pick<FactDocument, 'currency' | 'date' | 'at'>>({ currency: 1, date: 1, at: 1 });
      for await (const { currency, date, at } of rows) {
        const key = `${date} ${currency}`;
        const day = days.get(key) ?? { currency, date, entries: 0, since: at, newest: at };
        day.entries += 1;
        if (at < day.since) day.since = at;
        if (at > day.newest) day.newest = at;
        days.set(key, day);
      }
      return [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, day]) => day);
    },

    async open(connection, currency, date) {
      return facts.find({ connection, open: true, currency, date }).toArray();
    },

    async claim(batch, entries) {
      for (let from = 0; from < entries.length; from += TOGETHER) {
        const ids = entries.slice(from, from + TOGETHER);
        await facts.updateMany({ _id: { $in: ids }, batch: null }, { $set: { batch }, $unset: { open: true } });
      }
      return facts.countDocuments({ batch });
    },

    async free(batch) {
      await facts.updateMany({ batch }, { $set: { batch: null, open: true } });
    },

    async claimedBy(batch) {
      return facts.find({ batch }).toArray();
    },
  };
}

const TOGETHER = 1_000;
