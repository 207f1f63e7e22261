import { z } from 'zod';
import type { OrderDocument } from '../../src/store/documents.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { Remotes } from '../flows/remotes.ts';
import { shopsOf, warehousesOf } from './life.ts';

const MOST_ORDERS = 12;
const MOST_LOG_LINES = 80;
const ORDER_ID = /ord_[\w-]{22}/;

const shopOrders = z.looseObject({ orders: z.array(z.looseObject({ id: z.string(), number: z.string() })) });
const warehouse = z.looseObject({
  orders: z.array(z.looseObject({ id: z.string(), reference: z.string() })),
  shipments: z.array(z.looseObject({ order: z.string() })),
});

/** The whole story of every order that a fault names: what we did, what we hold, and what the remotes have of it. */
export async function storiesOf(faults: readonly string[], store: Store, remotes: Remotes): Promise<string[]> {
  const orders = await store.collections.orders.find({}).toArray();
  const named = orders.filter((order) => faults.some((fault) => names(fault, order)));
  const told = named.length === 0 ? null : await askAll(remotes);
  const stories: string[] = [];
  for (const order of named.slice(0, MOST_ORDERS)) if (told !== null) stories.push(await storyOf(order, store, told));
  if (named.length > MOST_ORDERS) stories.push(`… and ${named.length - MOST_ORDERS} more orders.`);
  return stories;
}

function names(fault: string, { _id, number }: OrderDocument): boolean {
  return ORDER_ID.exec(fault)?.[0] === _id || new RegExp(`(^|[^\\w])${number}(?!\\d)`).test(fault);
}

interface ToldByAll {
  readonly shops: ReadonlyMap<string, z.output<typeof shopOrders>>;
  readonly warehouses: ReadonlyMap<string, z.output<typeof warehouse>>;
  readonly confirmations: ReadonlyMap<string, Awaited<ReturnType<Remotes['told']>>['confirmations']>;
}

async function askAll(remotes: Remotes): Promise<ToldByAll> {
  const shops = new Map<string, z.output<typeof shopOrders>>();
  const confirmations = new Map<string, Awaited<ReturnType<Remotes['told']>>['confirmations']>();
  const warehouses = new Map<string, z.output<typeof warehouse>>();
  for (const id of shopsOf(remotes)) {
    shops.set(id, shopOrders.parse(await remotes.ask(id, 'books')));
    confirmations.set(id, (await remotes.told(id)).confirmations);
  }
  for (const id of warehousesOf(remotes)) warehouses.set(id, warehouse.parse(await remotes.ask(id, 'books')));
  return { shops, warehouses, confirmations };
}

async function storyOf(order: OrderDocument, store: Store, told: ToldByAll): Promise<string> {
  const { _id, number, connection, externalId, stage, revision } = order;
  const lines = [`${number} (${_id}) of ${connection}, ${stage}, revision ${revision}`];
  const clock = (at: Date): string => at.toISOString().slice(11, 23);
  lines.push('trail:', ...order.trail.map(({ at, step, text, ref }) => `  ${clock(at)} ${step}: ${text}${ref === null ? '' : ` [${ref}]`}`)); // prettier-ignore
  lines.push(`plan: ${JSON.stringify(order.plan, null, 1).replaceAll(/\n\s*/g, ' ')}`);
  for (const part of order.fulfillments ?? []) lines.push(`part ${part.n}: ${JSON.stringify(part)}`);
  for (const { id, externalId: line, ordered, cancelled, shipped, returned } of order.order.lines)
    lines.push(
      `line ${id} (${line}): ordered ${ordered}, cancelled ${cancelled}, shipped ${shipped}, returned ${returned}`,
    );
  const about = { $regex: _id };
  for (const job of await store.collections.jobs.find({ $or: [{ _id: about }, { subject: about }] }).toArray())
    lines.push(`job ${job._id}: ${job.state}, ${job.attempts} attempts, due ${clock(job.due)}, ${JSON.stringify(job.cause ?? job.last)}`); // prettier-ignore
  for (const effect of await store.collections.effects.find({ subject: about }).toArray())
    lines.push(`effect ${effect._id}: ${effect.state}, ${effect.externalId ?? 'no id'}, ${effect.attempts} attempts, of ${clock(effect.at)}, sent ${effect.sentAt === null ? 'not' : clock(effect.sentAt)}, ${JSON.stringify(effect.cause)}`); // prettier-ignore
  lines.push(`the shop has: ${JSON.stringify(told.shops.get(connection)?.orders.find(({ id }) => id === externalId))}`);
  for (const one of told.confirmations.get(connection) ?? [])
    if (one.order === externalId) lines.push(`the shop was told: ${JSON.stringify(one)}`);
  for (const [id, { orders, shipments }] of told.warehouses)
    for (const asked of orders.filter(({ reference }) => reference.includes(_id))) {
      lines.push(`${id} was asked: ${JSON.stringify(asked)}`);
      for (const one of shipments) if (one.order === asked.id) lines.push(`${id} has: ${JSON.stringify(one)}`);
    }
  const said = await store.log.find({ order: _id, limit: MOST_LOG_LINES });
  for (const { at, level, message, job, fields } of said.reverse())
    lines.push(`log ${clock(at)} ${level} ${message} ${job ?? ''} ${JSON.stringify(fields)}`);
  return lines.join('\n');
}
