import type { AssignmentSink } from '../../src/connector/contract.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { AssignmentRequest } from '../../src/domain/fulfillment.ts';
import type { ExternalId } from '../../src/domain/ids.ts';
import type { ShopifyClient } from './client.ts';
import { MOVE } from './documents.ts';
import { isOpen, readFulfilling, type Fulfilling } from './fulfilling.ts';
import { acceptedMove, type Moving } from './move-refusals.ts';

/** As for fulfillments: the order is read by its id, only a request on its way is waited for. */
const SETTLE_MS = 15_000;

/** Moves units of an order to the location that ships them. What stands there already is not moved. */
export function openAssignments(client: ShopifyClient): AssignmentSink {
  return {
    uniqueness: { by: 'find', settleMs: SETTLE_MS },

    async send(item, _key, signal) {
      const standing = await readFulfilling(client, item.order, signal);
      for (const [id, moving] of movesOf(item, standing)) {
        const lines = moving.map((line) => ({ id: line.id, quantity: line.quantity }));
        const data = await client.query(MOVE, { id, newLocationId: item.location, lines }, signal);
        acceptedMove(data['fulfillmentOrderMove'], id, moving, item);
      }
      return { id: item.order, state: 'done' };
    },

    async find(_key, item, signal) {
      const standing = await readFulfilling(client, item.order, signal);
      return missingOf(item, standing).size === 0 ? item.order : 'absent';
    },
  };
}

/** What of a line does not stand at the location yet. */
interface Missing {
  readonly units: number;
  /** So many may stay missing: they are the work of others, and not for this request to insist on. */
  readonly others: number;
}

/**
 * By line, what does not stand at the location yet. What left from there since the request was decided is the work of
 * others, and had to stand there for it.
 */
function missingOf(item: AssignmentRequest, { work, left }: Fulfilling): Map<ExternalId, Missing> {
  const here = work.filter((one) => isOpen(one) && one.location === item.location);
  const since = left.filter(({ id, location }) => location === item.location && !(item.told ?? []).includes(id));
  const missing = new Map<ExternalId, Missing>();
  for (const { line, quantity, others: before = 0 } of item.lines) {
    const gone = since.reduce((sum, { lines }) => sum + (lines.get(line) ?? 0), 0);
    const others = Math.max(0, before - gone);
    const standing = here
      .flatMap(({ lines }) => lines)
      .reduce((sum, each) => sum + (each.line === line ? each.remaining : 0), 0);
    const units = quantity - before + others - standing;
    if (units > 0) missing.set(line, { units, others });
  }
  return missing;
}

/** What is to be moved, by the fulfillment order that it stands in. @throws SyncError `data` where it cannot be. */
function movesOf(item: AssignmentRequest, standing: Fulfilling): Map<ExternalId, Moving[]> {
  const moves = new Map<ExternalId, Moving[]>();
  for (const [line, { units, others }] of missingOf(item, standing)) {
    let left = units;
    // Shopify moves what is open and not begun; of what is in progress the rest can be moved too.
    for (const each of standing.work.filter((one) => isOpen(one) && one.location !== item.location)) {
      for (const { id, sku, remaining } of each.lines.filter((candidate) => candidate.line === line)) {
        const quantity = Math.min(left, remaining);
        if (quantity === 0) continue;
        moves.set(each.id, [
          ...(moves.get(each.id) ?? []),
          { id, quantity, named: sku === null || sku === '' ? line : sku },
        ]);
        left -= quantity;
      }
    }
    if (left > others) throw cannotMove(item, line, left, standing.cancelled);
  }
  return moves;
}

function cannotMove(item: AssignmentRequest, line: ExternalId, units: number, cancelled: boolean): SyncError {
  return new SyncError(
    'data',
    `Shopify has ${units} units of ${line} that are not open to be moved to ${item.location}${cancelled ? ': the order was cancelled' : ''}`,
    {
      code: 'not-movable',
      field: 'lines',
      remoteId: item.order,
      remedy:
        'Look at the order in Shopify: they are held, scheduled, fulfilled or cancelled there. When that is put right the order is read again and this goes on; else replay it.',
    },
  );
}
