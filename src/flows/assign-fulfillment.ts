import { SyncError } from '../domain/errors.ts';
import type { AssignmentRequest } from '../domain/fulfillment.ts';
import { partsOfFulfillmentKey } from '../domain/fulfillment-key.ts';
import type { ExternalId, LineId, LocationId } from '../domain/ids.ts';
import type { UnitLine } from '../domain/order.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import type { FulfillmentPart, ParcelPart } from '../store/fulfillment-documents.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import { changeParts, withPart } from './change-order.ts';
import { each } from './each.ts';
import { makeEffect } from './effect.ts';
import { connectionOf, type Flow, type FlowConnection } from './flow.ts';
import { frozenAssignment } from './frozen.ts';
import { confirmedOf, isLive, openUnitsOf, parcelsOf } from './parts.ts';
import { KIND, wantForFulfillment } from './wanted.ts';

const OPEN: ReadonlySet<string> = new Set(['open', 'in-progress', 'scheduled', 'on-hold']);

/** Makes the channel's books say that a location ships what it is about to be asked for; only then is it asked. */
export function assignFulfillment(flow: Flow): Handler {
  return {
    kind: KIND.assignFulfillment,
    batch: 32,
    concurrency: 2,
    requestMs: 30_000,
    run: (jobs, context) => each(jobs, (job) => assign(flow, job, context)),
  };
}

async function assign(flow: Flow, job: ClaimedJob, context: RunContext): Promise<{ enqueue: readonly Wanted[] }> {
  const { order: id, n } = partsOfFulfillmentKey(job.subject);
  const [order] = await flow.store.orders.readForAllocation([id]);
  const part = order?.fulfillments?.find((known) => known.n === n);
  if (order === undefined || part === undefined || !isLive(part) || part.unwanted !== null) return { enqueue: [] };
  const enqueue = [wantForFulfillment(KIND.pushFulfillment, part.provider, job.subject)];
  if (part.assigned || part.state !== 'asked') return { enqueue };
  const channel = connectionOf(flow, order.connection);
  const sink = channel.capabilities.assignments;
  const lines = unassigned(order, part);
  if (sink !== undefined && lines.length > 0) {
    const item: AssignmentRequest = {
      order: order.externalId,
      location: remoteLocation(channel, part.location),
      lines,
      told: confirmedOf(order),
    };
    const key = `assign:${id}:${n}`;
    await makeEffect(
      flow,
      context,
      {
        connection: channel,
        verb: 'assign',
        switchOf: 'confirm',
        key,
        subject: id,
        item,
        again: true,
        since: order.order.placedAt,
      },
      sink,
      frozenAssignment,
    );
  }
  await changeParts(
    flow,
    id,
    (now) => {
      const standing = now.fulfillments?.find((known) => known.n === n);
      if (standing === undefined || standing.assigned) return null;
      return { fulfillments: withPart(now, n, { assigned: true }), trail: [] };
    },
    order,
  );
  return { enqueue };
}

/** Whether the channel shows every unit of a part at its location, as far as we have read. */
export function standsThere(order: Books, part: FulfillmentPart): boolean {
  return unassigned(order, part).length === 0;
}

type Books = Pick<AllocatableOrder, 'order' | 'fulfillments'>;

/**
 * The lines of a part that the channel does not show at its location, as far as we have read; none where all stand there.
 * The channel counts by line and place and knows nothing of our parts: a unit that stands there for another part is not
 * this one's, so each line is asked for with all that is still to be told from there.
 */
function unassigned(order: Books, part: FulfillmentPart): AssignmentRequest['lines'] {
  if (order.order.assignments.length === 0) return [];
  return order.order.lines.flatMap((line) => {
    const own = openUnitsOf(part, line);
    if (own === 0) return [];
    const others = unitsOfOthers(order, part, line);
    const shown = order.order.assignments
      .filter(({ status, location }) => OPEN.has(status) && location === part.location)
      .flatMap((assignment) => assignment.lines)
      .reduce((sum, each) => sum + (each.line === line.id ? each.remaining : 0), 0);
    const quantity = own + others;
    if (shown >= quantity + toldSince(order, line)) return [];
    return [{ line: line.externalId, quantity, ...(others === 0 ? {} : { others }) }];
  });
}

/** Units of a line that are to be told from a part's location beside its own: other parts ask for them, or they have left. */
function unitsOfOthers(order: Books, part: FulfillmentPart, line: UnitLine): number {
  return (order.fulfillments ?? [])
    .filter(({ location }) => location === part.location)
    .reduce((sum, each) => {
      const asked = each.n !== part.n && isLive(each) && (each.unwanted === null || each.cancel === 'too late');
      const left = unitsIn(each, line.id, ({ confirmed }) => confirmed === null);
      return sum + left + (asked ? openUnitsOf(each, line) : 0);
    }, 0);
}

/** Units of a line that the channel was told of since it was read: it still shows them as work to do. */
function toldSince(order: Books, line: UnitLine): number {
  const told = (order.fulfillments ?? []).reduce(
    (sum, each) => sum + unitsIn(each, line.id, ({ confirmed }) => confirmed !== null),
    0,
  );
  return Math.max(0, told - line.shipped);
}

function unitsIn(part: FulfillmentPart, line: LineId, which: (parcel: ParcelPart) => boolean): number {
  return parcelsOf(part)
    .filter(which)
    .flatMap(({ units }) => units)
    .reduce((sum, each) => sum + (each.line === line ? each.quantity : 0), 0);
}

/** What the channel calls one of our locations. @throws SyncError `data` where it is not mapped. */
export function remoteLocation(channel: FlowConnection, location: LocationId): ExternalId {
  const remote = channel.mapping.remote('locations', location);
  if (remote !== null) return remote;
  throw new SyncError('data', `${channel.id} has no location that is our ${location}.`, {
    code: 'unmapped-location',
    field: 'location',
    needs: [`locations/*/${location}`],
    remedy: `Map one of the channel's locations to ${location} in the mapping of ${channel.id}, under "locations". What waits for it then goes on by itself.`,
  });
}
