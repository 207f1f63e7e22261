import type { mongo } from 'mongoose';
import type { ConnectionId, OrderId, Sku } from '../domain/ids.ts';
import { SyncError } from '../domain/errors.ts';
import { openQuantity, type Order, type Personal } from '../domain/order.ts';
import type { Instant } from '../domain/time.ts';
import type { Collections } from './collections.ts';
import type { OrderDocument, PlanDocument, RevisionDocument, StoredOrder, TrailEntry } from './documents.ts';
import { duplicatesOf } from './faults.ts';
import { gathered } from './gather.ts';
import {
  ALLOCATABLE,
  BOOKABLE,
  REQUESTABLE,
  REVISABLE,
  type AllocatableOrder,
  type BookableOrder,
  type RequestableOrder,
  type RevisableOrder,
} from './order-views.ts';
import type { Vault } from './vault.ts';

/** A change of one order over the version that was read. */
export interface OrderChange {
  readonly before: Pick<OrderDocument, '_id' | 'v'>;
  readonly set: Partial<Omit<OrderDocument, '_id' | 'v' | 'by' | 'trail'>>;
  readonly unset?: readonly 'waiting'[];
  /** The plan that stands there has been made true. */
  readonly applied?: true;
  readonly trail: readonly TrailEntry[];
}

/** What is kept of a revision when the next one takes its place. */
export type Superseded = Pick<OrderDocument, '_id' | 'revision' | 'raw' | 'mapping' | 'order' | 'personal'>;

/** A place in the line of those who wait for a SKU. */
export interface WaitingPlace {
  readonly id: OrderId;
  readonly promise: Date;
}

export type { AllocatableOrder, BookableOrder, RequestableOrder, RevisableOrder } from './order-views.ts';

export interface OrderRecords {
  read(ids: readonly OrderId[]): Promise<OrderDocument[]>;
  readForAllocation(ids: readonly OrderId[]): Promise<AllocatableOrder[]>;
  readForRequest(ids: readonly OrderId[]): Promise<RequestableOrder[]>;
  readForBooks(ids: readonly OrderId[]): Promise<BookableOrder[]>;
  readForRevision(ids: readonly OrderId[]): Promise<RevisableOrder[]>;
  /** Inserts orders seen for the first time. Returns the ids that were there already. */
  insert(fresh: readonly Omit<OrderDocument, 'v' | 'by'>[]): Promise<ReadonlySet<OrderId>>;
  /** Each change is applied only over the version that was read. Returns the ids of those refused. */
  change(changes: readonly OrderChange[]): Promise<ReadonlySet<OrderId>>;
  /** Keeps the revision that is about to be superseded. Repeatable: a revision never changes. */
  archive(superseded: readonly Superseded[], now: Instant): Promise<void>;
  revisions(id: OrderId): Promise<RevisionDocument[]>;
  /** Why the plans of these orders are as they are. */
  explanations(ids: readonly OrderId[]): Promise<ReadonlyMap<OrderId, PlanDocument['why']>>;
  /** Orders that wait for a SKU, oldest promise first. */
  waitingFor(sku: Sku, limit: number, after?: WaitingPlace): Promise<WaitingPlace[]>;
  /** Units of each of these SKUs that orders wait for and that are reserved nowhere. */
  waitingUnits(skus: readonly Sku[]): Promise<Map<Sku, number>>;
  /** Units of each of these SKUs that orders held as unpaid have bought: sold at the channel, and reserved nowhere. */
  unpaidUnits(skus: readonly Sku[]): Promise<Map<Sku, number>>;
  /** Of these orders, those of one connection. */
  ofConnection(connection: ConnectionId, ids: readonly OrderId[]): Promise<OrderId[]>;
  /** Of these SKUs, those that some order waits for. */
  waitedFor(skus: readonly Sku[]): Promise<Sku[]>;
  /** Id and version of every order of a connection whose remote version lies in [from, to). */
  versions(
    connection: ConnectionId,
    from: number,
    to: number,
  ): Promise<{ _id: OrderId; externalId: string; version: number }[]>;
  sealPersonal(id: OrderId, personal: Personal): Promise<OrderDocument['personal']>;
  /** Null when it has been erased. */
  openPersonal(order: Pick<OrderDocument, '_id' | 'personal'>): Promise<Personal | null>;
}

/** @param newToken gives a different text at every call, over all workers and for ever. */
export function openOrderRecords(collections: Collections, vault: Vault, newToken: () => string): OrderRecords {
  const { orders, revisions } = collections;
  const changeOne = gathered<OrderChange, boolean>({
    async together(changes) {
      const refused = await changeAll(changes);
      return changes.map(({ before }) => !refused.has(before._id));
    },
    about: ({ before }) => before._id,
  });

  return {
    read: sharing((ids) => orders.find(among(ids)).toArray()),
    readForAllocation: sharing((ids) => orders.find(among(ids)).project<AllocatableOrder>(ALLOCATABLE).toArray()),
    readForRequest: sharing((ids) => orders.find(among(ids)).project<RequestableOrder>(REQUESTABLE).toArray()),
    readForBooks: sharing((ids) => orders.find(among(ids)).project<BookableOrder>(BOOKABLE).toArray()),
    readForRevision: sharing((ids) => orders.find(among(ids)).project<RevisableOrder>(REVISABLE).toArray()),

    async insert(fresh) {
      if (fresh.length === 0) return new Set();
      const by = newToken();
      const there = await duplicatesOf(
        orders.bulkWrite(
          fresh.map((order) => ({ insertOne: { document: { ...order, v: 1, by } } })),
          { ordered: false },
        ),
      );
      return new Set([...there].flatMap((index) => fresh[index]?._id ?? []));
    },

    async change(changes) {
      const [change] = changes;
      if (change === undefined) return new Set();
      if (changes.length > 1) return changeAll(changes);
      return (await changeOne(change)) ? new Set() : new Set([change.before._id]);
    },

    async archive(superseded, now) {
      if (superseded.length === 0) return;
      const at = new Date(now);
      await duplicatesOf(
        revisions.bulkWrite(
          superseded.map((order) => ({
            insertOne: {
              document: {
                _id: `${order._id}#${order.revision}`,
                order: order._id,
                revision: order.revision,
                raw: order.raw,
                mapping: order.mapping,
                at,
                body: order.order,
                personal: order.personal,
              },
            },
          })),
          { ordered: false },
        ),
      );
    },

    async revisions(id) {
      const rows = await revisions.find({ _id: { $gte: `${id}#`, $lt: `${id}$` } }).toArray();
      return rows.sort((a, b) => a.revision - b.revision);
    },

    async explanations(ids) {
      if (ids.length === 0) return new Map();
      const found = orders.find(among(ids)).project<Pick<OrderDocument, '_id' | 'plan'>>({ 'plan.why': 1 });
      return new Map((await found.toArray()).map(({ _id, plan }) => [_id, plan?.why ?? []]));
    },

    async waitingFor(sku, limit, after) {
      // From the last promise on, that one included: several orders may share it.
      const rows = await orders
        .find({ waiting: sku, ...(after === undefined ? {} : { promise: { $gte: after.promise } }) })
        .sort({ promise: 1 })
        .limit(limit)
        .project<{ _id: OrderId; promise: Date }>({ promise: 1 })
        .toArray();
      return rows.map((row) => ({ id: row._id, promise: row.promise }));
    },

    async waitingUnits(skus) {
      const wanted = new Set(skus);
      const units = new Map<Sku, number>();
      if (wanted.size === 0) return units;
      const rows = orders
        // All that wait, whatever for: one that is short of another SKU has bought its units of these all the same.
        .find({ waiting: { $gte: '' }, 'order.lines.components.sku': { $in: [...wanted] } })
        .project<Pick<OrderDocument, 'plan' | 'order'>>({ plan: 1, 'order.lines': 1 });
      for await (const { plan, order } of rows) {
        for (const { line, quantity } of plan?.waiting ?? []) {
          for (const component of order.lines.find(({ id }) => id === line)?.components ?? []) {
            if (!wanted.has(component.sku)) continue;
            units.set(component.sku, (units.get(component.sku) ?? 0) + quantity * component.quantity);
          }
        }
      }
      return units;
    },

    async unpaidUnits(skus) {
      const wanted = new Set(skus);
      const units = new Map<Sku, number>();
      if (wanted.size === 0) return units;
      const rows = orders
        .find({ stage: 'held' })
        .project<Pick<OrderDocument, 'plan' | 'order'>>({ plan: 1, 'order.test': 1, 'order.lines': 1 });
      for await (const { plan, order } of rows) {
        if (order.test) continue;
        for (const line of order.lines) {
          if (line.fulfilledBy !== 'us') continue;
          for (const component of line.components) {
            if (!wanted.has(component.sku)) continue;
            // A plan that is still being applied may have reserved nothing yet: its units count until it is.
            const reserved = (plan?.applied === true ? plan.lines : [])
              .filter(({ line: id, sku }) => id === line.id && sku === component.sku)
              .reduce((sum, { quantity }) => sum + quantity, 0);
            const open = Math.max(0, openQuantity(line) * component.quantity - reserved);
            units.set(component.sku, (units.get(component.sku) ?? 0) + open);
          }
        }
      }
      return units;
    },

    async ofConnection(connection, ids) {
      if (ids.length === 0) return [];
      const rows = await orders
        .find({ _id: { $in: [...ids] }, connection })
        .project<{ _id: OrderId }>({ _id: 1 })
        .toArray();
      return rows.map((row) => row._id);
    },

    async waitedFor(skus) {
      if (skus.length === 0) return [];
      const wanted = new Set(skus);
      const waited = await orders.distinct('waiting', { waiting: { $in: [...wanted] } });
      return waited.filter((sku) => sku !== undefined).filter((sku) => wanted.has(sku));
    },

    async versions(connection, from, to) {
      return orders
        .find({ connection, version: { $gte: from, $lt: to } })
        .project<{ _id: OrderId; externalId: string; version: number }>({ externalId: 1, version: 1 })
        .toArray();
    },

    async sealPersonal(id, personal) {
      const key = (await vault.keysFor([id])).get(id);
      if (key === undefined) throw new Error(`the vault made no key for ${id}`);
      return vault.seal(key, personalPlace(id), JSON.stringify(personal));
    },

    async openPersonal(order) {
      const key = (await vault.existingKeys([order._id])).get(order._id);
      if (key === undefined) return null;
      return readPersonal(vault.open(key, personalPlace(order._id), order.personal));
    },
  };

  async function changeAll(changes: readonly OrderChange[]): Promise<Set<OrderId>> {
    const by = newToken();
    const operations: mongo.AnyBulkWriteOperation<OrderDocument>[] = changes.map(
      ({ before, set, unset, applied, trail }) => ({
        updateOne: {
          filter: { _id: before._id, v: before.v },
          update: {
            $set: {
              ...set,
              ...(applied === undefined ? {} : { 'plan.applied': true, 'plan.prior': [] }),
              v: before.v + 1,
              by,
            },
            ...unsetting(unset, applied),
            ...(trail.length === 0 ? {} : { $push: { trail: { $each: [...trail] } } }),
          },
        },
      }),
    );
    const result = await orders.bulkWrite(operations, { ordered: false });
    if (result.matchedCount === changes.length) return new Set();
    const ours = await orders
      .find({ _id: { $in: changes.map(({ before }) => before._id) }, by })
      .project<{ _id: OrderId }>({ _id: 1 })
      .toArray();
    const won = new Set(ours.map((row) => row._id));
    return new Set(changes.map(({ before }) => before._id).filter((id) => !won.has(id)));
  }
}

function among(ids: readonly OrderId[]): { readonly _id: { readonly $in: OrderId[] } } {
  return { _id: { $in: [...ids] } };
}

/** Reads orders. Flows at remotes ask for one after another, many at once: these share the round trips. */
function sharing<T extends { readonly _id: OrderId }>(
  read: (ids: readonly OrderId[]) => Promise<T[]>,
): (ids: readonly OrderId[]) => Promise<T[]> {
  const readOne = gathered<OrderId, T | null>({
    async together(ids) {
      const found = new Map((await read(ids)).map((order) => [order._id, order]));
      return ids.map((id) => found.get(id) ?? null);
    },
    about: String,
  });
  return async (ids) => {
    const [id] = ids;
    if (id === undefined) return [];
    if (ids.length > 1) return read(ids);
    const found = await readOne(id);
    return found === null ? [] : [found];
  };
}

/** What a change takes away: whom it waited for, and what its applied plan has taken off the levels. */
function unsetting(unset: OrderChange['unset'], applied: OrderChange['applied']): object {
  const gone = {
    ...(unset === undefined || unset.length === 0 ? {} : { waiting: true }),
    ...(applied === undefined ? {} : { 'plan.consumed': true }),
  };
  return Object.keys(gone).length === 0 ? {} : { $unset: gone };
}

/** What `sealPersonal` wrote. @throws SyncError `bug` for a text that is none of ours. */
export function readPersonal(text: string): Personal {
  const read: unknown = JSON.parse(text);
  if (isPersonal(read)) return read;
  throw new SyncError('bug', 'What was unsealed is not the personal part of an order.', {
    remedy: 'This is a fault in Crossdock. Report it with the number of the order.',
  });
}

function isPersonal(value: unknown): value is Personal {
  return typeof value === 'object' && value !== null && 'email' in value && 'shippingAddress' in value;
}

export function personalPlace(id: OrderId): string {
  return `${id}/personal`;
}

/** The canonical order as it is stored: what stands beside it in the document, and what is sealed, taken off. */
export function storedOrder(order: Order): StoredOrder {
  const { id: _id, connection: _c, company: _co, externalId: _x, number: _n, personal: _p, ...stored } = order;
  return stored;
}
