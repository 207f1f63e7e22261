import { orderId } from '../../src/domain/ids.ts';
import type { OrderDocument } from '../../src/store/documents.ts';
import type { Store } from '../../src/store/open-store.ts';
import { TEST_SCOPE, type Channel } from './order-text.ts';

export type Kits = Readonly<Record<string, readonly { readonly sku: string; readonly quantity: number }[]>>;

/**
 * Everything that must hold when nothing is under way, read from the store and from the channel's own list, without any
 * of the product's rules: each entry names what is broken. Empty = nothing is.
 */
export async function judge(store: Store, channel: Channel, kits: Kits = {}): Promise<string[]> {
  const broken: string[] = [];
  const orders = await store.collections.orders.find({}).toArray();
  const jobs = await store.collections.jobs.find({}).toArray();
  for (const job of jobs) if (job.state !== 'parked') broken.push(`job ${job._id} is still ${job.state}`);
  const parked = new Set(jobs.filter((job) => job.state === 'parked').map((job) => job._id));
  complete(orders, channel, parked, broken);
  const { reserved, onHand } = await levelsHold(store, broken);
  plansHold(orders, kits, broken);
  const planned = new Map<string, number>();
  for (const order of orders) {
    for (const { line, sku, location, quantity } of order.plan?.lines ?? [])
      planned.set(`${order._id}/${line}/${sku}@${location}`, quantity);
  }
  for (const [key, quantity] of planned) {
    if (reserved.get(key) !== quantity) broken.push(`${key}: planned ${quantity}, reserved ${reserved.get(key) ?? 0}`);
  }
  for (const [key, quantity] of reserved)
    if (!planned.has(key)) broken.push(`${key}: ${quantity} reserved for no plan`);
  nobodyWaitsInVain(orders, onHand, broken);
  await revisionsHold(store, orders, broken);
  // I6: who is parked says why.
  for (const job of jobs) {
    if (job.state === 'parked' && (job.cause === null || job.cause.remedy === ''))
      broken.push(`job ${job._id} is parked without a cause`);
  }
  return broken;
}

/** I1, I2: what the channel has, once, at its latest version. */
function complete(
  orders: readonly OrderDocument[],
  channel: Channel,
  parked: ReadonlySet<string>,
  broken: string[],
): void {
  const byId = new Map(orders.map((order) => [order._id, order]));
  for (const told of channel.orders.values()) {
    const id = orderId(TEST_SCOPE.connection, told.id);
    if (parked.has(`normalize-order:${id}`)) continue;
    const order = byId.get(id);
    if (order === undefined) broken.push(`order ${told.id} is missing`);
    else if (order.version !== told.version)
      broken.push(`order ${told.id} is at ${order.version}, not ${told.version}`);
  }
  if (orders.length > channel.orders.size) broken.push(`${orders.length} orders of ${channel.orders.size}`);
}

/** I3, I5: each level adds up, and its movements tell how it came about. */
async function levelsHold(
  store: Store,
  broken: string[],
): Promise<{ reserved: Map<string, number>; onHand: Map<string, number> }> {
  const reserved = new Map<string, number>();
  const free = new Map<string, number>();
  for (const level of await store.collections.levels.find({}).toArray()) {
    free.set(level._id, level.free);
    const sum = level.reserved.reduce((total, entry) => total + entry.quantity, 0);
    if (level.free !== level.onHand - sum)
      broken.push(`level ${level._id}: free ${level.free} is not ${level.onHand} - ${sum}`);
    if (level.free < 0) broken.push(`level ${level._id} is oversold by ${-level.free}`);
    for (const { order, line, quantity } of level.reserved) {
      const key = `${order}/${line}/${level._id}`;
      if (reserved.has(key)) broken.push(`${key} is reserved twice`);
      reserved.set(key, quantity);
    }
    const movements = await store.levels.movements(level._id);
    movements.forEach((movement, index) => {
      if (movement.v !== index + 1) broken.push(`level ${level._id}: movement ${index + 1} is missing`);
    });
    const counted = movements.reduce((total, movement) => total + movement.onHand, 0);
    const freed = movements.reduce((total, movement) => total + movement.free, 0);
    if (counted !== level.onHand || freed !== level.free || movements.length !== level.v) {
      broken.push(`level ${level._id}: its ${movements.length} movements say ${counted}/${freed}`);
    }
  }
  return { reserved, onHand: free };
}

function plansHold(orders: readonly OrderDocument[], kits: Kits, broken: string[]): void {
  for (const order of orders) {
    const { plan } = order;
    if (plan === null) {
      if (order.stage !== 'history') broken.push(`order ${order.externalId} was never planned`);
      continue;
    }
    if (!plan.applied) broken.push(`order ${order.externalId}: its plan was never applied`);
    for (const line of order.order.lines) {
      const open = order.order.cancelledAt === null ? line.ordered - line.cancelled - line.shipped : 0;
      for (const component of kits[line.listing ?? ''] ?? [{ sku: line.sku ?? '', quantity: 1 }]) {
        const units = sumOf(plan.lines.filter((each) => each.line === line.id && each.sku === component.sku));
        const waits = sumOf(plan.waiting.filter((each) => each.line === line.id)) * component.quantity;
        const demand = open * component.quantity;
        if (units + waits !== demand)
          broken.push(
            `order ${order.externalId} line ${line.id}: ${units} planned + ${waits} waiting of ${demand} ${component.sku}`,
          );
      }
    }
    if (plan.waiting.length > 0 !== (order.waiting !== undefined))
      broken.push(`order ${order.externalId}: waiting is not what its plan says`);
  }
}

/** An order that waits for one unit of one SKU does not wait while one is free. */
function nobodyWaitsInVain(
  orders: readonly OrderDocument[],
  free: ReadonlyMap<string, number>,
  broken: string[],
): void {
  for (const order of orders) {
    const [only, ...others] = order.plan?.waiting ?? [];
    if (only === undefined || others.length > 0 || order.order.lines.length > 1) continue;
    for (const [level, units] of free) {
      if (level.startsWith(`${only.sku}@`) && units >= only.quantity)
        broken.push(`order ${order.externalId} waits for ${only.sku} while ${units} are free at ${level}`);
    }
  }
}

/** I5: every revision before the present one is kept. */
async function revisionsHold(store: Store, orders: readonly OrderDocument[], broken: string[]): Promise<void> {
  const kept = await store.collections.revisions.find({}).toArray();
  for (const order of orders) {
    const numbers = kept
      .filter(({ order: id, revision }) => id === order._id && revision < order.revision)
      .map(({ revision }) => revision);
    const wanted = Array.from({ length: order.revision - 1 }, (_, index) => index + 1);
    if (numbers.sort((a, b) => a - b).join() !== wanted.join())
      broken.push(`order ${order.externalId}: revisions ${numbers.join()} before ${order.revision}`);
  }
}

function sumOf(entries: readonly { readonly quantity: number }[]): number {
  return entries.reduce((total, entry) => total + entry.quantity, 0);
}
