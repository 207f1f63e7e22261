import type { Mapping } from '../connector/mapping/mapping.ts';
import { bookingProblems } from '../domain/booking.ts';
import { asSyncError, type SyncError } from '../domain/errors.ts';
import { holdName } from '../domain/holds.ts';
import type { OrderId } from '../domain/ids.ts';
import { differFields, type FieldChange } from '../domain/order-fields.ts';
import type { Order } from '../domain/order.ts';
import type { OrderDocument } from '../store/documents.ts';
import type { OpenedRaw } from '../store/raw-records.ts';
import { orderSource, type Flow, type FlowConnection } from './flow.ts';
import { chosenMethod } from './fulfillment-request.ts';
import { readOrder } from './read-order.ts';
import { MoneyMoved, type AccountMove } from './money-moved.ts';
import { KIND } from './wanted.ts';

/** One order that a draft reads otherwise. */
export interface TriedOrder {
  readonly id: OrderId;
  readonly number: string;
  readonly fields: readonly FieldChange[];
}

/** An order with what stops it, or holds it, under one of the two mappings only. */
export interface TriedCause {
  readonly id: OrderId;
  readonly number: string;
  readonly code: string;
  readonly message: string;
}

/** What a draft of a mapping would change, beside the mapping of now. Nothing of it has been written. */
export interface MappingTrial {
  readonly connection: string;
  /** Orders that were read with both, and how many of them change. */
  readonly looked: number;
  readonly changed: number;
  /** Orders whose records can be read by nobody any more. */
  readonly erased: number;
  readonly orders: readonly TriedOrder[];
  readonly money: readonly AccountMove[];
  readonly freed: readonly TriedCause[];
  readonly parked: readonly TriedCause[];
  readonly held: readonly TriedCause[];
  readonly letGo: readonly TriedCause[];
}

interface Subject {
  readonly id: OrderId;
  /** Null where it could never be read. */
  readonly document: OrderDocument | null;
  readonly raw: OpenedRaw | undefined;
}

interface Reading {
  readonly order: Order | null;
  /** What stops it: it cannot be read, or not be booked. */
  readonly causes: readonly { readonly code: string; readonly message: string }[];
}

/** Observations that may have come after the one an order was made from, where that one could not be read. */
const BEHIND = 20;

/**
 * Reads the newest observation of a connection's newest orders with its mapping of now and with a draft, and compares.
 * What is parked because it cannot be read is among them. Reads only: no order, job or fact is written.
 */
export async function tryMapping(
  flow: Flow,
  connection: FlowConnection,
  draft: Mapping,
  { last, personal }: { readonly last: number; readonly personal: boolean },
): Promise<MappingTrial> {
  const subjects = await subjectsOf(flow, connection, last);
  const money = new MoneyMoved(connection);
  const found: Found = { orders: [], freed: [], parked: [], held: [], letGo: [] };
  let [looked, changed, erased] = [0, 0, 0];
  for (const { id, document, raw } of subjects) {
    if (raw === undefined || raw.text === null) {
      erased += 1;
      continue;
    }
    looked += 1;
    const observed = { id: raw.externalId, version: raw.version, body: raw.text };
    const read = async (mapping: Mapping): Promise<Reading> => {
      try {
        const order = await readOrder(orderSource(connection), mapping, observed, document?.decisions ?? []);
        return { order, causes: order.placedAt < connection.cutOver ? [] : bookingProblems(order) };
      } catch (thrown) {
        const error: SyncError = asSyncError(thrown);
        return { order: null, causes: [{ code: error.code, message: error.message }] };
      }
    };
    const [before, after] = [await read(connection.mapping), await read(draft)];
    money.add(
      document,
      before.causes.length === 0 ? before.order : null,
      after.causes.length === 0 ? after.order : null,
    );
    const number = (after.order ?? before.order)?.number ?? document?.number ?? raw.externalId;
    if (compare({ id, number }, before, after, [connection.mapping, draft], personal, found)) changed += 1;
  }
  return { connection: connection.id, looked, changed, erased, ...found, money: money.moves() };
}

interface Found {
  readonly orders: TriedOrder[];
  readonly freed: TriedCause[];
  readonly parked: TriedCause[];
  readonly held: TriedCause[];
  readonly letGo: TriedCause[];
}

/** Adds what differs of one order; whether anything does. */
function compare(
  who: { readonly id: OrderId; readonly number: string },
  before: Reading,
  after: Reading,
  mappings: readonly [Mapping, Mapping],
  personal: boolean,
  found: Found,
): boolean {
  const fields = fieldsOf(before.order, after.order, mappings, personal);
  if (fields.length > 0) found.orders.push({ ...who, fields });
  const only = (here: Reading, there: Reading): TriedCause[] =>
    here.causes
      .filter(({ code, message }) => !there.causes.some((one) => one.code === code && one.message === message))
      .map(({ code, message }) => ({ ...who, code, message }));
  const holds = (here: Reading, there: Reading): TriedCause[] =>
    (here.order?.holds ?? [])
      .filter((hold) => there.order !== null && !there.order.holds.some((one) => holdName(one) === holdName(hold)))
      .map((hold) => ({ ...who, code: holdName(hold), message: hold.reason }));
  const [freed, parked] = [only(before, after), only(after, before)];
  const [letGo, held] = [holds(before, after), holds(after, before)];
  found.freed.push(...freed);
  found.parked.push(...parked);
  found.letGo.push(...letGo);
  found.held.push(...held);
  return [fields, freed, parked, letGo, held].some((list) => list.length > 0);
}

function fieldsOf(
  before: Order | null,
  after: Order | null,
  mappings: readonly [Mapping, Mapping],
  personal: boolean,
): readonly FieldChange[] {
  if (before === null || after === null) return [];
  const methods = [methodOf(before, mappings[0]), methodOf(after, mappings[1])] as const;
  const method = { field: 'shipping method', before: methods[0], after: methods[1] };
  return [...differFields(before, after, personal), ...(methods[0] === methods[1] ? [] : [method])];
}

/** The way of shipping, which is looked up only when the order is handed on; null where it is not mapped. */
function methodOf(order: Order, mapping: Mapping): string | null {
  try {
    return chosenMethod(order, mapping);
  } catch {
    return null;
  }
}

/** The newest orders, and what is parked because it could never be read; each with its newest observation that opens. */
async function subjectsOf({ store }: Flow, connection: FlowConnection, last: number): Promise<Subject[]> {
  const orders = await store.collections.orders
    .find({ connection: connection.id })
    .sort({ connection: -1, version: -1 })
    .limit(last)
    .toArray();
  const raws = await store.raws.read(
    orders.map(({ _id, raw }) => ({ record: _id, after: raw.n - 1, upTo: raw.n + BEHIND })),
  );
  const known = new Set(orders.map(({ _id }) => _id));
  const unread: Subject[] = [];
  for (const { kind, subject, connection: of } of await store.jobs.parkedFor(['data'])) {
    if (kind !== KIND.normalizeOrder || of !== connection.id || known.has(subject)) continue;
    if (unread.length >= last) break;
    const [document = null] = await store.orders.read([subject]);
    unread.push({ id: subject, document, raw: newest(await store.raws.history(subject)) });
  }
  return [
    ...unread,
    ...orders.map((document) => ({ id: document._id, document, raw: newest(raws.get(document._id) ?? []) })),
  ];
}

function newest(raws: readonly OpenedRaw[]): OpenedRaw | undefined {
  let found: OpenedRaw | undefined;
  for (const raw of raws) if (raw.text !== null && raw.version >= (found?.version ?? 0)) found = raw;
  return found;
}
