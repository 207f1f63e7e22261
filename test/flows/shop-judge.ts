import type { Books } from '../../connectors/shopify/sandbox-books.ts';
import { orderId } from '../../src/domain/ids.ts';
import { openQuantity } from '../../src/domain/order.ts';
import type { LevelDocument, OrderDocument } from '../../src/store/documents.ts';
import type { Store } from '../../src/store/open-store.ts';

/** What the judge finds wrong, one sentence each, by the number of the invariant. */
export interface Verdict {
  readonly faults: readonly string[];
  /** What was looked at, so that an empty verdict cannot come from an empty store. */
  readonly seen: {
    readonly orders: number;
    readonly levels: number;
    readonly reservations: number;
    readonly movements: number;
    readonly waiting: number;
  };
  /** Parked, as `<number> <code>`. */
  readonly parked: readonly string[];
}

const PIECES = ['shipping', 'tax', 'duties', 'tips', 'fees', 'total'] as const;

/**
 * Compares the whole store with what the shops themselves say, from their books and not from what they answered. It
 * reads the documents directly and shares no code with the product's own checks.
 */
export async function judge(store: Store, books: readonly Books[]): Promise<Verdict> {
  const orders = await store.collections.orders.find({}).toArray();
  const levels = await store.collections.levels.find({}).toArray();
  const byId = new Map(orders.map((order) => [order._id, order]));
  const faults: string[] = [];
  judgeCapture(orders, books, faults);
  for (const { shop, orders: theirs } of books) {
    for (const their of theirs) {
      const ours = byId.get(orderId(shop, their.id));
      if (ours !== undefined) judgeAmounts(ours, their, faults);
    }
  }
  judgeSums(orders, books, faults);
  judgeCounts(levels, books, faults);
  const { reservations, waiting } = judgeReservations(orders, levels, faults);
  const movements = await judgePast(store, orders, levels, faults);
  return {
    faults,
    seen: { orders: orders.length, levels: levels.length, reservations, movements, waiting },
    parked: await judgeJobs(store, byId, faults),
  };
}

function judgeCapture(orders: readonly OrderDocument[], books: readonly Books[], faults: string[]): void {
  const held = new Map(orders.map((order) => [`${order.connection} ${order.externalId}`, order]));
  if (held.size !== orders.length) faults.push(`I2: ${orders.length - held.size} orders are there twice.`);
  for (const { shop, orders: theirs } of books) {
    for (const { id, number, version } of theirs) {
      const ours = held.get(`${shop} ${id}`);
      held.delete(`${shop} ${id}`);
      if (ours === undefined) faults.push(`I1: ${shop} ${number} is missing.`);
      else if (ours.version !== version)
        faults.push(`I1: ${shop} ${number} is of ${ours.version}, the shop has ${version}.`);
      if (ours !== undefined && ours._id !== orderId(shop, id))
        faults.push(`I2: ${shop} ${number} has another id than its own.`);
    }
  }
  for (const left of held.keys()) faults.push(`I1: ${left} is in no shop.`);
}

function judgeAmounts(ours: OrderDocument, their: Books['orders'][number], faults: string[]): void {
  const where = `${ours.connection} ${ours.number}`;
  for (const piece of PIECES) {
    const said = their.totals[piece];
    const held = ours.order.totals[piece];
    if (said.shop !== held.shop || said.buyer !== held.buyer)
      faults.push(`I4: ${piece} of ${where} is ${held.shop}, the shop says ${said.shop}.`);
  }
  const refunded = ours.order.totals.refunded.shop;
  if (refunded !== their.refunded.shop)
    faults.push(`I4: ${where} has ${refunded} refunded, the shop says ${their.refunded.shop}.`);
  if ((ours.order.cancelledAt !== null) !== their.cancelled)
    faults.push(`I1: ${where} is not as cancelled as in the shop.`);
  const lines = new Map(ours.order.lines.map((line) => [line.externalId, line]));
  for (const { id, ordered, cancelled, shipped, returned } of their.lines) {
    const line = lines.get(id);
    const differs =
      line === undefined ||
      line.ordered !== ordered ||
      line.cancelled !== cancelled ||
      line.shipped !== shipped ||
      line.returned !== returned;
    if (differs) faults.push(`I1: line ${id} of ${where} has other quantities than in the shop.`);
  }
}

function judgeSums(orders: readonly OrderDocument[], books: readonly Books[], faults: string[]): void {
  const sums = new Map<string, number>();
  const add = (currency: string, amount: number): void => void sums.set(currency, (sums.get(currency) ?? 0) + amount);
  for (const { order } of orders) add(order.currency.shop, order.totals.total.shop);
  for (const { orders: theirs } of books)
    for (const { currency, totals } of theirs) add(currency.shop, -totals.total.shop);
  for (const [currency, by] of sums)
    if (by !== 0) faults.push(`I4: all orders in ${currency} are ${by} minor units apart from the shops.`);
}

function judgeCounts(levels: readonly LevelDocument[], books: readonly Books[], faults: string[]): void {
  const held = new Map(levels.map((level) => [level._id, level.onHand]));
  // A location has one master: of two shops that speak of one, neither is asked.
  for (const { sku, place, onHand } of books.flatMap(({ stock }) => stock)) {
    const ours = held.get(`${sku}@${place}`);
    if (ours !== onHand) faults.push(`I3: ${sku}@${place} has ${String(ours)} on hand, the shop counts ${onHand}.`);
  }
}

function judgeReservations(
  orders: readonly OrderDocument[],
  levels: readonly LevelDocument[],
  faults: string[],
): { reservations: number; waiting: number } {
  const planned = new Map<string, number>();
  const demanded = new Map<string, number>();
  let waiting = 0;
  for (const order of orders) {
    const { plan, stage } = order;
    if (stage === 'captured') faults.push(`I6: ${order.number} was never planned.`);
    if (plan !== null && (!plan.applied || plan.prior.length > 0))
      faults.push(`I3: the plan of ${order.number} is half applied.`);
    for (const { line, sku, location, quantity } of plan?.lines ?? [])
      planned.set(`${order._id} ${line} ${sku}@${location}`, quantity);
    waiting += plan?.waiting.length ?? 0;
    judgeDemand(order, demanded, faults);
  }
  let reservations = 0;
  for (const { _id, sku, onHand, free, reserved } of levels) {
    let sum = 0;
    for (const { order, line, quantity } of reserved) {
      if (quantity === 0) continue;
      reservations += 1;
      sum += quantity;
      const key = `${order} ${line} ${_id}`;
      if (planned.get(key) !== quantity)
        faults.push(`I3: ${_id} holds ${quantity} for ${order}, its plan says ${String(planned.get(key))}.`);
      planned.delete(key);
      const open = demanded.get(`${order} ${line} ${sku}`) ?? 0;
      demanded.set(`${order} ${line} ${sku}`, open - quantity);
      if (open < quantity) faults.push(`I3: ${_id} holds more for a line of ${order} than it has open.`);
    }
    if (free !== onHand - sum) faults.push(`I3: ${_id} has ${free} free of ${onHand} with ${sum} reserved.`);
    if (free < 0) faults.push(`I3: ${_id} is oversold by ${-free}.`);
  }
  for (const [key, quantity] of planned)
    if (quantity !== 0) faults.push(`I3: the plan says ${key}, and nothing is reserved.`);
  return { reservations, waiting };
}

/** Every open unit is either planned somewhere or waits; an order that waits for nothing and plans nothing has no open unit. */
function judgeDemand(order: OrderDocument, demanded: Map<string, number>, faults: string[]): void {
  const settled = new Map<string, number>();
  const add = (key: string, quantity: number): void => void settled.set(key, (settled.get(key) ?? 0) + quantity);
  for (const { line, sku, quantity } of order.plan?.lines ?? []) add(`${line} ${sku}`, quantity);
  // What waits is told in units of the line, by the component that decides.
  for (const { line, quantity } of order.plan?.waiting ?? []) {
    for (const component of order.order.lines.find(({ id }) => id === line)?.components ?? [])
      add(`${line} ${component.sku}`, quantity * component.quantity);
  }
  const idle = order.order.cancelledAt !== null || order.order.test || order.stage === 'held';
  for (const line of order.order.lines) {
    if (line.fulfilledBy !== 'us' || idle) continue;
    for (const { sku, quantity } of line.components) {
      const open = openQuantity(line) * quantity;
      const found = settled.get(`${line.id} ${sku}`) ?? 0;
      settled.delete(`${line.id} ${sku}`);
      demanded.set(`${order._id} ${line.id} ${sku}`, open);
      if (found !== open) faults.push(`I3: ${order.number} has ${open} × ${sku} open and ${found} planned or waiting.`);
    }
  }
  for (const key of settled.keys()) faults.push(`I3: ${order.number} plans ${key}, which it has not open.`);
}

async function judgePast(
  store: Store,
  orders: readonly OrderDocument[],
  levels: readonly LevelDocument[],
  faults: string[],
): Promise<number> {
  let movements = 0;
  for (const { _id, v, onHand, free } of levels) {
    const entries = await store.levels.movements(_id);
    movements += entries.length;
    const sound = entries.length === v && entries.every((entry, index) => entry.v === index + 1);
    if (!sound) faults.push(`I5: the movements of ${_id} are not 1 to ${v}.`);
    const sums = entries.reduce((sum, entry) => ({ onHand: sum.onHand + entry.onHand, free: sum.free + entry.free }), {
      onHand: 0,
      free: 0,
    });
    if (sums.onHand !== onHand || sums.free !== free) faults.push(`I5: the movements of ${_id} do not add up to it.`);
  }
  const kept = new Map<string, number[]>();
  for (const { order, revision } of await store.collections.revisions
    .find({})
    .project<{ order: string; revision: number }>({ order: 1, revision: 1 })
    .toArray())
    kept.set(order, [...(kept.get(order) ?? []), revision]);
  for (const order of orders) {
    const past = (kept.get(order._id) ?? []).sort((a, b) => a - b);
    if (past.length !== order.revision - 1 || past.some((revision, index) => revision !== index + 1)) {
      faults.push(`I5: ${order.number} is at revision ${order.revision} and keeps ${past.join(', ')}.`);
    }
    kept.delete(order._id);
  }
  for (const left of kept.keys()) faults.push(`I5: revisions of ${left} are kept, and no order.`);
  return movements;
}

async function judgeJobs(
  store: Store,
  orders: ReadonlyMap<string, OrderDocument>,
  faults: string[],
): Promise<string[]> {
  const parked: string[] = [];
  for (const { _id, state, subject, cause, last } of await store.collections.jobs.find({}).toArray()) {
    if (state !== 'parked') faults.push(`I6: ${_id} is still ${state}${last === null ? '' : `: ${last.message}`}.`);
    else if (cause === null || cause.message === '' || cause.remedy === '')
      faults.push(`I6: ${_id} is parked without a word.`);
    else parked.push(`${orders.get(subject)?.number ?? _id} ${cause.code}`);
  }
  return parked.sort();
}
