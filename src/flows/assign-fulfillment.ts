import { SyncError } from '../domain/errors.ts';
import type { AssignmentRequest } from '../domain/fulfillment.ts';
import { partsOfFulfillmentKey } from '../domain/fulfillment-key.ts';
import type { ExternalId, LocationId } from '../domain/ids.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import { changeParts, withPart } from './change-order.ts';
import { each } from './each.ts';
import { makeEffect } from './effect.ts';
import { connectionOf, type Flow, type FlowConnection } from './flow.ts';
import { frozenAssignment } from './frozen.ts';
import { isLive, openUnitsOf } from './parts.ts';
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
export function standsThere(order: Pick<AllocatableOrder, 'order'>, part: FulfillmentPart): boolean {
  return unassigned(order, part).length === 0;
}

/** The units of a part that the channel does not show at its location, as far as we have read; none where all stand there. */
function unassigned(order: Pick<AllocatableOrder, 'order'>, part: FulfillmentPart): AssignmentRequest['lines'] {
  const lines = order.order.lines.flatMap((line) => {
    const wanted = openUnitsOf(part, line);
    const remaining = (here: boolean): number =>
      order.order.assignments
        .filter(({ status, location }) => OPEN.has(status) && (!here || location === part.location))
        .flatMap((assignment) => assignment.lines)
        .reduce((sum, each) => sum + (each.line === line.id ? each.remaining : 0), 0);
    if (wanted === 0 || remaining(true) >= wanted) return [];
    // Two parts of one line at one place are moved together by whoever comes first.
    return [{ line: line.externalId, quantity: wanted }];
  });
  return order.order.assignments.length === 0 ? [] : lines;
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
