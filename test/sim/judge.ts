import { orderId } from '../../src/domain/ids.ts';
import { readFulfillmentKey } from '../../src/domain/fulfillment-key.ts';
import type {
  EffectDocument,
  JobDocument,
  LevelDocument,
  MovementDocument,
  OrderDocument,
} from '../../src/store/documents.ts';
import { rebuilt } from '../../src/domain/stock-rebuild.ts';
import { judgeBooks } from './judge-books.ts';
import { judgeBudgets, judgeReplay, judgeWhy } from './judge-why.ts';
import type { Left } from './left.ts';
import type { Surroundings } from './worker.ts';

/** Checks the invariants from the remotes' own books and the store, without the product's rules but for I8. Empty = all hold. */
export async function judge(surroundings: Surroundings): Promise<string[]> {
  const { store } = surroundings;
  const left: Left = {
    surroundings,
    orders: store.rows<OrderDocument>('orders'),
    jobs: store.rows<JobDocument>('jobs'),
    broken: [],
  };
  judgeOrders(left);
  judgeLevels(left);
  judgeRequests(left);
  judgeConfirmations(left);
  judgePublished(left);
  judgeBooks(left);
  judgeWork(left);
  judgeWhy(left);
  judgeBudgets(left);
  await judgeReplay(left, await store.open());
  return left.broken;
}

/** I1: what the shop has, once, at its latest version; I5: with every revision before it. */
function judgeOrders({ surroundings, orders, jobs, broken }: Left): void {
  const { shop, store } = surroundings;
  const held = new Map(orders.map((order) => [order._id, order]));
  const parked = new Set(jobs.filter(({ state }) => state === 'parked').map(({ _id }) => _id));
  for (const told of shop.orders.values()) {
    const id = orderId('shop', told.id);
    if (parked.has(`normalize-order:${id}`)) continue;
    const order = held.get(id);
    if (order === undefined) {
      broken.push(`I1: order ${told.id} is missing`);
      continue;
    }
    if (order.version !== told.version)
      broken.push(`I1: order ${told.id} is held at ${order.version}, the shop has ${told.version}`);
    const ours = order.order.lines
      .map(({ ordered, cancelled, shipped }) => `${ordered}/${cancelled}/${shipped}`)
      .join();
    const theirs = told.lines.map(({ quantity, cancelled, shipped }) => `${quantity}/${cancelled}/${shipped}`).join();
    if (ours !== theirs || (order.order.cancelledAt !== null) !== told.cancelled)
      broken.push(`I1: order ${told.id} is held as ${ours}, the shop has ${theirs}`);
  }
  if (orders.length > shop.orders.size) broken.push(`I1: ${orders.length} orders are held of ${shop.orders.size}`);
  const revisions = new Set(store.rows('revisions', {}, { _id: 1 }).map(({ _id }) => String(_id)));
  for (const { _id, revision, number } of orders)
    for (let before = 1; before < revision; before += 1)
      if (!revisions.has(`${_id}#${before}`)) broken.push(`I5: revision ${before} of ${number} is missing`);
}

/** I3 and I5: each level adds up, its movements tell how it came about, it is what the depot counts, and plans are what is reserved. */
function judgeLevels(left: Left): void {
  const { surroundings, orders, broken } = left;
  const { store, depot } = surroundings;
  const movements = store.rows<MovementDocument>('movements');
  const reserved = new Map<string, number>();
  for (const level of store.rows<LevelDocument>('levels')) {
    const sum = level.reserved.reduce((total, { quantity }) => total + quantity, 0);
    if (level.free !== level.onHand - sum)
      broken.push(`I3: ${level._id} has ${level.onHand} on hand, ${sum} reserved and ${level.free} free`);
    if (level.free < 0 && sum > 0 && !forgets(surroundings))
      broken.push(`I3: ${level._id} has promised ${-level.free} more than is there`);
    const counted = depot.shelves.get(level._id);
    if (level.onHand !== counted)
      broken.push(`I3: ${level._id} has ${level.onHand} on hand, the depot counts ${counted}`);
    for (const { order, line, quantity } of level.reserved) {
      if (quantity === 0) continue;
      const key = `${order}/${line}/${level._id}`;
      if (reserved.has(key)) broken.push(`I3: ${key} is reserved twice`);
      reserved.set(key, quantity);
    }
    const entries = movements.filter((each) => each.level === level._id).flatMap((each) => each.entries);
    for (const { what, of, kept, rebuilt: sum } of rebuilt(level, [...entries, ...level.tail]).differences)
      broken.push(`I5: ${level._id} at version ${level.v}: ${what} (${of}) is ${kept}, its movements say ${sum}`);
  }
  for (const order of orders) {
    const sums = new Map<string, number>();
    for (const { line, sku, location, quantity } of order.plan?.lines ?? []) {
      const key = `${order._id}/${line}/${sku}@${location}`;
      if (reserved.get(key) !== quantity)
        broken.push(
          `I3: ${order.number} plans ${quantity} of line ${line} at ${sku}@${location}, ${reserved.get(key) ?? 0} are reserved`,
        );
      reserved.delete(key);
      sums.set(`${line}/${sku}`, (sums.get(`${line}/${sku}`) ?? 0) + quantity);
    }
    if (order.plan === null || !order.plan.applied) broken.push(`I3: the plan of ${order.number} was never applied`);
    else if (order.plan.revision !== order.revision)
      broken.push(
        `I3: ${order.number} is planned as it was at revision ${order.plan.revision}, it is at ${order.revision}`,
      );
    waitsInVain(left, order);
    for (const line of order.order.lines)
      for (const { sku, quantity } of line.components)
        if ((sums.get(`${line.id}/${sku}`) ?? 0) > quantity * line.ordered)
          broken.push(`I3: ${order.number} has more reserved of line ${line.id} than was ordered`);
  }
  for (const [key, quantity] of reserved) broken.push(`I3: ${quantity} of ${key} are reserved for no plan`);
}

/** I6: an order that waits for one thing only does not wait while that is free where it may be taken from. */
function waitsInVain({ surroundings, broken }: Left, order: OrderDocument): void {
  const [only, ...others] = order.plan?.waiting ?? [];
  const line = order.order.lines.find(({ id }) => id === only?.line);
  if (only === undefined || others.length > 0 || order.order.lines.length > 1 || line?.components.length !== 1) return;
  const refused = (order.fulfillments ?? [])
    .filter(({ state }) => state === 'rejected')
    .map(({ location }) => location);
  for (const { _id, location, free } of surroundings.store.rows<LevelDocument>('levels', { sku: only.sku }))
    if (free >= only.quantity && !refused.includes(location))
      broken.push(`I6: ${order.number} waits for ${only.quantity} of ${only.sku} while ${free} are free at ${_id}`);
}

/** I2: one request for each key, each known to its order, and no unit asked or sent twice. */
function judgeRequests({ surroundings, orders, broken }: Left): void {
  const { depot } = surroundings;
  const held = new Map(orders.map((order) => [order._id, order]));
  const seen = new Set<string>();
  const units = new Map<string, number>();
  for (const { kept, state } of depot.work) {
    const { key, item } = kept;
    if (seen.has(key)) broken.push(`I2: the depot was asked twice for ${key}`);
    seen.add(key);
    if (state === 'open' || state === 'shipped')
      for (const { line, sku, quantity } of item.lines) {
        const unit = `${item.order}/${line}/${sku}`;
        units.set(unit, (units.get(unit) ?? 0) + quantity);
      }
    const place = readFulfillmentKey(key);
    const part = held.get(place?.order ?? '')?.fulfillments?.find(({ n }) => n === place?.n);
    if (forgets(surroundings)) continue;
    if (part === undefined) broken.push(`I2: the depot has ${key}, which no order asks for`);
    else if (part.externalId === null && part.shipments.length === 0)
      broken.push(`I2: the depot has ${key}, and we do not know it`);
    else if (state === 'shipped' && part.shipments.every(({ parcels }) => parcels.length === 0))
      broken.push(`I2: ${key} left the depot, and we do not know it`);
  }
  for (const order of orders) {
    for (const { n, externalId } of order.fulfillments ?? [])
      if (externalId !== null && !seen.has(`push:${order._id}:${n}`))
        broken.push(`I2: ${order.number} counts ${n} as asked, and the depot does not have it`);
    for (const line of order.order.lines)
      for (const { sku, quantity } of line.components) {
        const asked = units.get(`${order._id}/${line.id}/${sku}`) ?? 0;
        if (!forgets(surroundings) && asked > line.ordered * quantity)
          broken.push(
            `I2: ${asked} of ${sku} were asked or sent for line ${line.id} of ${order.number}, which ordered ${line.ordered}`,
          );
      }
  }
}

/** After a restore nobody can tell what a depot holds that can be asked nothing (README): there only nothing may be sent again. */
function forgets({ store, depot }: Left['surroundings']): boolean {
  return store.life > 0 && depot.keys.uniqueness.by === 'none';
}

/** I2: the shop was told once of every parcel that left. */
function judgeConfirmations({ surroundings, broken }: Left): void {
  const { shop, depot } = surroundings;
  const told = new Map<string, number>();
  for (const { item } of shop.keys.records)
    for (const { number } of item.tracking) told.set(number, (told.get(number) ?? 0) + 1);
  for (const { shipment } of depot.shipments)
    for (const { tracking } of shipment.parcels) {
      const times = told.get(tracking ?? '') ?? 0;
      if (times > 1 || (times === 0 && !forgets(surroundings)))
        broken.push(`I2: ${tracking} of ${shipment.request} left, and the shop was told ${times} times`);
      told.delete(tracking ?? '');
    }
  for (const tracking of told.keys()) broken.push(`I2: the shop was told of ${tracking}, which never left`);
}

/** I3: what the shop shows is what is there and not promised. */
function judgePublished({ surroundings, broken }: Left): void {
  const { shop, store } = surroundings;
  const free = new Map(store.rows<LevelDocument>('levels').map(({ _id, free: units }) => [_id, units]));
  for (const [place, shown] of shop.shown) {
    if (place.startsWith('kit')) continue;
    const most = Math.max(0, free.get(place) ?? 0);
    if (shown > most) broken.push(`I3: the shop shows ${shown} of ${place}, ${most} are free`);
  }
}

/** I6: whatever is parked says why; nothing is parked by a fault of ours; no effect hangs in the middle. */
function judgeWork({ surroundings, jobs, broken }: Left): void {
  for (const { _id, cause } of jobs) {
    if (cause === null || cause.message === '' || cause.remedy === '')
      broken.push(`I6: ${_id} is parked without a cause`);
    else if (cause.fault === 'bug') broken.push(`I6: ${_id} is parked by a fault of ours: ${cause.message}`);
  }
  for (const { _id, state } of surroundings.store.rows<EffectDocument>('effects'))
    if (state === 'sending' || state === 'unsure') broken.push(`I2: what became of ${_id} is still ${state}`);
}
