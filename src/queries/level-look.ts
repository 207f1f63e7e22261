import type { LineId, OrderId } from '../domain/ids.ts';
import type { Clock } from '../domain/ports.ts';
import type { PlannedLine } from '../store/documents.ts';
import { levelId } from '../store/level-records.ts';
import type { Store } from '../store/open-store.ts';
import type { Finding } from './finding.ts';

/** Levels under constant change are given up after so many looks. */
const MOST_LOOKS = 8;
const PAUSE_MS = 150;

interface PlannedOrder {
  readonly _id: OrderId;
  readonly plan: {
    readonly lines: readonly PlannedLine[];
    readonly prior: readonly PlannedLine[];
    readonly applied: boolean;
  } | null;
}

/**
 * Looks closely at one level: every reservation stands in the plan of its order, every line of an applied plan is
 * reserved. The level is read before and after the plans: unchanged in between, the three are of one moment, because
 * plans are marked applied only after their levels were written.
 *
 * @returns what is wrong, or null when the level changed at every look
 */
export async function lookAtLevel(store: Store, id: string, clock: Clock): Promise<Finding[] | null> {
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const [level] = await store.levels.read([id]);
    if (level === undefined) return [];
    const orders = await store.collections.orders
      .find({ $or: [{ _id: { $in: level.reserved.map(({ order }) => order) } }, { 'plan.lines.sku': level.sku }] })
      .project<PlannedOrder>({ 'plan.lines': 1, 'plan.prior': 1, 'plan.applied': 1 })
      .toArray();
    const [after] = await store.levels.heads([id]);
    if (after?.v !== level.v) {
      await clock.sleep(PAUSE_MS);
      continue;
    }
    return compare(id, level.reserved, orders);
  }
  return null;
}

function compare(
  id: string,
  reserved: readonly { readonly order: OrderId; readonly line: LineId; readonly quantity: number }[],
  orders: readonly PlannedOrder[],
): Finding[] {
  const findings: Finding[] = [];
  const says = (order: OrderId, text: string): void => {
    findings.push({ invariant: 'I3', where: id, says: `${order}: ${text}` });
  };
  const plans = new Map(orders.map(({ _id, plan }) => [_id, plan]));
  const standing = new Map<string, number>();
  for (const { order, line, quantity } of reserved) {
    if (quantity === 0) continue;
    standing.set(`${order}/${line}`, quantity);
    const plan = plans.get(order);
    const planned =
      plan?.lines.find((entry) => entry.line === line && levelId(entry.sku, entry.location) === id)?.quantity ?? 0;
    // A plan that is being applied has not given back yet what it does not want any more.
    if (plan?.applied === false) continue;
    if (plan === undefined) says(order, `${quantity} units reserved for an order that is not there`);
    else if (planned !== quantity) says(order, `${quantity} units of line ${line} reserved, ${planned} planned`);
  }
  for (const { _id, plan } of orders) {
    if (plan === null || !plan.applied) continue;
    for (const { line, sku, location, quantity } of plan.lines) {
      if (levelId(sku, location) !== id || standing.has(`${_id}/${line}`)) continue;
      says(_id, `${quantity} units of line ${line} planned, none reserved`);
    }
  }
  return findings;
}
