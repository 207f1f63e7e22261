import { z } from 'zod';
import type { OrderDocument } from '../../src/store/documents.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { Remotes } from './remotes.ts';

/** What the judge finds wrong, one sentence each, and what it looked at. */
export interface PathVerdict {
  readonly faults: readonly string[];
  readonly seen: {
    readonly requests: number;
    readonly shipped: number;
    readonly confirmations: number;
    readonly documents: number;
    readonly entries: number;
    readonly shelves: number;
  };
}

const warehouse = z.looseObject({
  stock: z.array(z.object({ sku: z.string(), center: z.int(), onHand: z.int() })),
  shipments: z.array(z.object({ order: z.string(), status: z.string(), tracking: z.string().nullable() })),
});
const shop = z.looseObject({
  orders: z.array(
    z.looseObject({
      lines: z.array(z.looseObject({ id: z.string(), ordered: z.int(), cancelled: z.int(), shipped: z.int() })),
    }),
  ),
});
const CENTERS: Readonly<Record<number, string>> = { 211: 'newark', 212: 'reno', 311: 'rotterdam', 312: 'berlin-store' };
const KEY = /^push:(ord_.{22}):(\d+)$/;

/**
 * Compares the second leg with the remotes' own books: one request per key and never more units than were ordered, one
 * confirmation per parcel that left, one document per key with every entry of a closed day in exactly one, and the shelves
 * as the warehouses count them. It shares no code with the product's own comparison.
 */
export async function judgePath(store: Store, remotes: Remotes, closedBefore: string): Promise<PathVerdict> {
  const faults: string[] = [];
  const orders = new Map((await store.collections.orders.find({}).toArray()).map((order) => [order._id, order]));
  const of = (connector: string): string[] => remotes.ids.filter((id) => id.startsWith(connector));
  const left = new Map<string, string>();
  let requests = 0;
  let shelves = 0;
  const parts = new Set<string>();
  for (const id of of('shipbob')) {
    const seen = new Set<string>();
    for (const { key, state } of (await remotes.told(id)).requests) {
      requests += 1;
      if (seen.has(key)) faults.push(`I2: ${id} was asked for ${key} twice.`);
      seen.add(key);
      const [, order = '', n = ''] = KEY.exec(key) ?? [];
      const part = orders.get(order)?.fulfillments?.find((each) => each.n === Number(n));
      if (part === undefined) faults.push(`I2: ${id} has ${key}, which no order asks for.`);
      else if (part.externalId === null) faults.push(`I2: ${id} has ${key}, and we do not know it.`);
      else if (state === 'shipped' && part.shipments.flatMap(({ parcels }) => parcels).length === 0)
        faults.push(`I2: ${key} left ${id}, and we do not know it.`);
      parts.add(key);
    }
    const books = warehouse.parse(await remotes.ask(id, 'books'));
    for (const { status, tracking } of books.shipments)
      if (status === 'Completed' && tracking !== null) left.set(`${sideOf(id)} ${tracking}`, id);
    for (const { sku, center, onHand } of books.stock) {
      const level = await store.collections.levels.findOne({ _id: `${sku}@${CENTERS[center] ?? ''}` });
      shelves += 1;
      if (level !== null && level.onHand !== onHand)
        faults.push(`I3: ${level._id} has ${level.onHand} on hand, ${id} counts ${onHand}.`);
    }
  }
  judgeUnits([...orders.values()], parts, faults);
  const refused = await refusedParcels(store, [...orders.values()]);
  const held = new Map(
    [...orders.values()].flatMap(({ connection, number, fulfillments }) =>
      (fulfillments ?? []).flatMap(({ shipments }) =>
        shipments.flatMap(({ parcels }) =>
          parcels.map(({ tracking }): [string, string] => [`${sideOf(connection)} ${tracking ?? ''}`, number]),
        ),
      ),
    ),
  );
  const confirmations = await judgeConfirmations(remotes, of('harbour'), left, { refused, held }, faults);
  const { documents, entries } = await judgeBooks(store, remotes, of('netsuite'), closedBefore, faults);
  return { faults, seen: { requests, shipped: left.size, confirmations, documents, entries, shelves } };
}

/** Each side of the business has a 3PL account of its own, and two accounts may give the same number. */
function sideOf(connection: string): string {
  return connection.slice(-2);
}

/** What we count as asked stands at the provider, and of no line more has left than was ordered. */
function judgeUnits(orders: readonly OrderDocument[], parts: ReadonlySet<string>, faults: string[]): void {
  for (const order of orders) {
    const gone = new Map<string, number>();
    for (const { n, externalId, shipments } of order.fulfillments ?? []) {
      if (externalId !== null && !parts.has(`push:${order._id}:${n}`))
        faults.push(`I2: ${order.number} counts ${n} as asked, and no provider has it.`);
      for (const { line, sku, quantity } of shipments.flatMap(({ parcels }) => parcels.flatMap(({ items }) => items)))
        gone.set(`${line} ${sku}`, (gone.get(`${line} ${sku}`) ?? 0) + quantity);
    }
    for (const line of order.order.lines)
      for (const { sku, quantity } of line.components) {
        const units = gone.get(`${line.id} ${sku}`) ?? 0;
        if (units > line.ordered * quantity)
          faults.push(`I2: ${units} × ${sku} left for a line of ${order.number} that ordered ${line.ordered}.`);
      }
  }
}

async function judgeConfirmations(
  remotes: Remotes,
  channels: readonly string[],
  left: ReadonlyMap<string, string>,
  {
    refused,
    held,
  }: {
    readonly refused: ReadonlyMap<string, ReadonlyMap<string, number>>;
    readonly held: ReadonlyMap<string, string>;
  },
  faults: string[],
): Promise<number> {
  const told = new Map<string, number>();
  const wanted = new Map<string, number>();
  let confirmations = 0;
  for (const id of channels) {
    for (const { lines } of shop.parse(await remotes.ask(id, 'books')).orders)
      for (const line of lines) wanted.set(line.id, line.ordered - line.cancelled - line.shipped);
    for (const { tracking } of (await remotes.told(id)).confirmations) {
      const numbers = tracking.map((number) => `${sideOf(id)} ${number}`);
      const ours = numbers.filter((number) => left.has(number));
      if (ours.length > 0) confirmations += 1;
      for (const number of ours) told.set(number, (told.get(number) ?? 0) + 1);
      for (const number of numbers)
        if (number.includes(' SB') && !left.has(number))
          faults.push(`I2: ${id} was told of ${number}, which never left.`);
    }
  }
  for (const [number, warehouseOf] of left) {
    const times = told.get(number) ?? 0;
    const units = [...(refused.get(number) ?? [])];
    // A person was told why the shop would not hear of it, and the shop's own books show that it wants less than left.
    if (times === 0 && units.some(([line, quantity]) => (wanted.get(line) ?? 0) < quantity)) continue;
    if (times !== 1)
      faults.push(
        `I2: ${number} of ${held.get(number) ?? 'no order of ours'} left ${warehouseOf} and was confirmed ${times} times.`,
      );
  }
  return confirmations;
}

/** Parcels that a shop refused to hear of and that wait for a person: by side and number, their units by the shop's lines. */
async function refusedParcels(
  store: Store,
  orders: readonly OrderDocument[],
): Promise<Map<string, Map<string, number>>> {
  const refused = new Map<string, Map<string, number>>();
  for (const order of orders) {
    const job = await store.collections.jobs.findOne({ _id: `confirm-shipment:${order._id}`, state: 'parked' });
    if (job?.cause?.fault !== 'data' || job.cause.remedy === '') continue;
    const lines = new Map(order.order.lines.map(({ id, externalId }) => [id, externalId]));
    for (const { tracking, confirmed, units } of (order.fulfillments ?? []).flatMap(({ shipments }) =>
      shipments.flatMap(({ parcels }) => parcels),
    ))
      if (confirmed === null)
        refused.set(
          `${sideOf(order.connection)} ${tracking ?? ''}`,
          new Map(units.map(({ line, quantity }) => [lines.get(line) ?? '', quantity])),
        );
  }
  return refused;
}

async function judgeBooks(
  store: Store,
  remotes: Remotes,
  ledgers: readonly string[],
  closedBefore: string,
  faults: string[],
): Promise<{ documents: number; entries: number }> {
  const posted = new Map<string, number>();
  let documents = 0;
  for (const id of ledgers) {
    const seen = new Set<string>();
    for (const { key, debit, credit } of (await remotes.told(id)).documents) {
      documents += 1;
      if (seen.has(key)) faults.push(`I2: ${id} has ${key} twice.`);
      seen.add(key);
      if (debit !== credit) faults.push(`I4: ${key} does not balance: ${debit} and ${credit}.`);
      posted.set(key, debit);
    }
  }
  const sums = new Map<string, number>();
  let entries = 0;
  for (const { _id, entry, batch, date } of await store.collections.facts.find({}).toArray()) {
    if (entry === null) continue;
    entries += 1;
    const debit = entry.postings.reduce((sum, posting) => sum + posting.debit, 0);
    const credit = entry.postings.reduce((sum, posting) => sum + posting.credit, 0);
    if (debit !== credit) faults.push(`I4: the entry of ${_id} does not balance.`);
    if (batch !== null) sums.set(batch, (sums.get(batch) ?? 0) + debit);
    else if (date < closedBefore) faults.push(`I4: the entry of ${_id} of ${date} is in no document.`);
  }
  for (const [key, sum] of sums) {
    const there = posted.get(key);
    if (there === undefined) faults.push(`I4: ${key} was never posted.`);
    else if (there !== sum) faults.push(`I4: ${key} is ${there} in the ERP, its entries add up to ${sum}.`);
    posted.delete(key);
  }
  for (const key of posted.keys()) faults.push(`I4: ${key} stands in the ERP, and no entry is in it.`);
  return { documents, entries };
}
