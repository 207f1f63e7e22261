import { SyncError } from '../domain/errors.ts';
import { canRelease, decidedHolds, holdName, type HoldDecision } from '../domain/holds.ts';
import type { OrderId } from '../domain/ids.ts';
import type { Hold } from '../domain/order.ts';
import type { OrderDocument } from '../store/documents.ts';
import type { Flow } from './flow.ts';
import { wantAllocateOrder } from './wanted.ts';

const MOST_ROUNDS = 20;

/**
 * hold, unhold: appends what a person decided to the order and makes it a revision, so that what providers are asked
 * follows. A later revision of the channel respects it. Deciding the same again changes nothing and only sees that the
 * work is wanted, so a run that was killed in between is mended by another.
 *
 * @returns the order's holds after it
 * @throws SyncError `data` where the order is not there, is held by that name already, or has no such hold to let go
 */
export async function decideHold(flow: Flow, id: OrderId, decision: HoldDecision): Promise<readonly Hold[]> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const [order] = await flow.store.orders.read([id]);
    if (order === undefined)
      throw refused('no-such-order', `There is no order ${id}.`, 'Name an order that there is: crossdock orders list');
    const holds = decided(order, decision);
    const now = flow.clock.now();
    if (holds === null) {
      await flow.store.jobs.enqueue([wantAllocateOrder(id, order.v)], now);
      return order.order.holds;
    }
    // The revision before stays as it was (I5).
    await flow.store.orders.archive([order], now);
    const text = `${decision.name}${decision.until === null ? '' : ` until ${new Date(decision.until).toISOString()}`}: ${decision.because}`;
    const conflicts = await flow.store.orders.change([
      {
        before: order,
        set: {
          revision: order.revision + 1,
          order: { ...order.order, holds },
          decisions: [...(order.decisions ?? []), { ...decision, at: new Date(now) }],
        },
        trail: [{ at: new Date(now), step: decision.what === 'hold' ? 'held' : 'let go', text, ref: null }],
      },
    ]);
    if (conflicts.size > 0) continue;
    await flow.store.jobs.enqueue([wantAllocateOrder(id, order.v + 1)], now);
    return holds;
  }
  throw new SyncError('transient', `The order ${id} changed faster than its hold could be noted.`, {
    remedy: 'Try again.',
  });
}

/** The holds after the decision; null where it has been decided so before. */
function decided({ number, order, decisions = [] }: OrderDocument, decision: HoldDecision): readonly Hold[] | null {
  const { what, name } = decision;
  const standing = order.holds.filter((hold) => holdName(hold) === name);
  const last = decisions.findLast((one) => one.name === name);
  if (what === 'hold') {
    if (last?.what === 'hold' && last.because === decision.because) return null;
    if (standing.length > 0)
      throw refused(
        'held-already',
        `Order ${number} is held by "${name}" already.`,
        'Give this hold another name with --name, or let that one go first.',
      );
  } else if (!standing.some((hold) => canRelease(hold))) {
    if (last?.what === 'unhold') return null;
    const others = order.holds.filter((hold) => canRelease(hold)).map(holdName);
    throw standing.length > 0
      ? refused(
          'channel-hold',
          `Only the channel can end the hold "${name}" of order ${number}.`,
          'End it at the channel; the order is then read again by itself.',
        )
      : refused(
          'no-such-hold',
          `Order ${number} has no hold "${name}".`,
          others.length === 0 ? 'Nothing holds it that a person could let go.' : `Name one of: ${others.join(', ')}.`,
        );
  }
  return decidedHolds(
    order.holds.filter(({ kind, name: given }) => kind !== 'person' || given === undefined),
    [...decisions, decision],
  );
}

function refused(code: string, message: string, remedy: string): SyncError {
  return new SyncError('data', message, { code, remedy });
}
