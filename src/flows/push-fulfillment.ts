import { asSyncError, SyncError } from '../domain/errors.ts';
import { partsOfFulfillmentKey } from '../domain/fulfillment-key.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import { doubtOf, wantsRecalled } from './doubt.ts';
import { each } from './each.ts';
import { makeEffect } from './effect.ts';
import { connectionOf, type Flow, type FlowConnection } from './flow.ts';
import { frozenRequest } from './frozen.ts';
import { requestOf } from './fulfillment-request.ts';
import { isLive, isRefused } from './parts.ts';
import { note, type Pushing } from './pushing.ts';
import { findOut, knowLate } from './sent-or-not.ts';
import { KIND, wantAllocateOrder, wantForFulfillment, wantFulfillOrder } from './wanted.ts';

/** How long a request of a worker that has died may still be under way. */
export const PUSH_MS = 30_000;
/** So long until a provider that has not decided is asked again. */
const PENDING_MS = 30_000;

/**
 * push: hands one fulfillment order to its provider, once, under its key. The job stands for the fulfillment order: what
 * keeps it from shipping (a refusal, a hold at the provider) parks it, and it is looked at again whenever that changes.
 */
export function pushFulfillment(flow: Flow): Handler {
  return {
    kind: KIND.pushFulfillment,
    batch: 32,
    concurrency: 2,
    requestMs: PUSH_MS,
    run: (jobs, context) => each(jobs, (job) => push(flow, job, context)),
  };
}

async function push(flow: Flow, job: ClaimedJob, context: RunContext): Promise<{ enqueue: readonly Wanted[] }> {
  const { order: id, n } = partsOfFulfillmentKey(job.subject);
  const [order] = await flow.store.orders.readForRequest([id]);
  const part = order?.fulfillments?.find((known) => known.n === n);
  if (order === undefined || part === undefined) return { enqueue: [] };
  const provider = connectionOf(flow, part.provider);
  const sink = provider.capabilities.provider;
  if (sink === undefined) throw noProvider(provider);
  const pushing: Pushing = { flow, job, context, order, part, provider, sink };
  if (part.externalId === null) {
    // What it holds of the order is not known since a restore: then nothing is sent, and nothing is taken for never sent.
    const recalls = wantsRecalled(order, await doubtOf(flow, [order]));
    if (recalls.length > 0) return { enqueue: recalls };
  }
  if (!isLive(part)) await knowLate(pushing);
  if (part.state === 'rejected') {
    stillRefused(pushing);
    return { enqueue: [] };
  }
  if (!isLive(part)) return { enqueue: [] };
  if (part.state === 'pending') return settleOutcome(pushing);
  if (part.state === 'asked') return part.unwanted === null ? send(pushing) : findOut(pushing);
  stopsFor(part, order.number);
  return { enqueue: [] };
}

async function send(pushing: Pushing): Promise<{ enqueue: readonly Wanted[] }> {
  const { flow, job, context, order, part, provider, sink } = pushing;
  const personal = await flow.store.orders.openPersonal(order);
  try {
    const item = requestOf(flow, order, part, provider, personal);
    const made = await makeEffect(
      flow,
      context,
      {
        connection: provider,
        verb: 'push',
        switchOf: 'push',
        key: job.subject,
        subject: order._id,
        item,
        since: order.order.placedAt,
      },
      sink,
      frozenRequest,
    );
    if (made.made === 'off') return { enqueue: [] };
    const change: Partial<FulfillmentPart> =
      'externalId' in made
        ? { state: made.made === 'pending' ? 'pending' : 'pushed', externalId: made.externalId }
        : { state: 'shadow' };
    const now = await note(pushing, change, change.state ?? 'pushed', made.made === 'shadow' ? 'shown, not sent' : '');
    // Called back meanwhile: whoever decided that left it to us to have an id to cancel.
    const standing = now?.fulfillments?.find((known) => known.n === part.n);
    const settled = standing?.unwanted === null && standing.state !== 'pending';
    return { enqueue: settled ? [] : [wantFulfillOrder(order._id)] };
  } catch (thrown) {
    const error = asSyncError(thrown);
    if (error.fault !== 'data' || error.code === 'effect-unknown' || error.code === 'erased') throw thrown;
    if (error.needs.length > 0) throw thrown;
    await note(pushing, { state: 'rejected', reason: error.message }, 'rejected', error.message);
    await context.enqueue([wantAllocateOrder(order._id)]);
    throw thrown;
  }
}

/** A provider that takes time to decide. */
async function settleOutcome(pushing: Pushing): Promise<{ enqueue: readonly Wanted[] }> {
  const { flow, job, order, part, sink } = pushing;
  if (sink.outcome === undefined || part.externalId === null) return { enqueue: [] };
  const outcome = await sink.outcome(part.externalId);
  if (outcome.state === 'rejected') {
    const reason = outcome.reasons.map((told) => told.reason).join('; ');
    await note(pushing, { state: 'rejected', reason }, 'rejected', reason);
    const again = wantForFulfillment(KIND.pushFulfillment, part.provider, job.subject);
    return { enqueue: [wantAllocateOrder(order._id), again] };
  }
  if (outcome.state === 'pending') {
    throw new SyncError('throttled', `${part.provider} has not decided about ${job.subject} yet.`, {
      code: 'provider-pending',
      remedy: 'Nothing to do: it is asked again.',
      retryAt: flow.clock.now() + PENDING_MS,
    });
  }
  await note(pushing, { state: 'pushed', reason: null }, 'pushed', 'accepted');
  return { enqueue: [wantFulfillOrder(order._id)] };
}

/**
 * A refused one is a case for a person as long as its units have nowhere else to go. It wants nothing: the decision what
 * is asked next looks at it, and not the other way round too, or the two would set each other going for ever.
 */
function stillRefused({ flow, job, order, part }: Pushing): void {
  const elsewhere = (order.fulfillments ?? []).some((other) => other.n > part.n && other.state !== 'rejected');
  const waits = order.plan === null || order.plan.waiting.length > 0 || order.plan.lines.length === 0;
  if (order.order.cancelledAt !== null || (elsewhere && !waits) || !isRefused(part, order)) return;
  if (!waits && order.plan?.applied === true) return;
  throw new SyncError(
    'data',
    `${part.provider} does not ship order ${order.number}: ${part.reason ?? 'it gave no reason'}`,
    {
      code: 'provider-refused',
      remoteId: part.externalId ?? job.subject,
      remedy:
        'Correct what it names in the order at the channel: it is then asked anew by itself. If another location is to ship, put its stock right.',
      retryAt: flow.clock.now(),
    },
  );
}

/** What stands at the provider and does not move is shown as a case, until the provider says otherwise. */
function stopsFor(part: FulfillmentPart, number: string): void {
  const stopped = part.shipments.find(({ status }) => status === 'on-hold' || status === 'exception');
  if (stopped === undefined) return;
  throw new SyncError(
    'data',
    `${part.provider} does not ship order ${number} for now: ${stopped.reason ?? stopped.status}`,
    {
      code: stopped.status === 'on-hold' ? 'held-at-provider' : 'exception-at-provider',
      remoteId: stopped.externalId,
      remedy: `Look at shipment ${stopped.externalId} at ${part.provider} and let it go on, or cancel it there. This case ends by itself then.`,
    },
  );
}

function noProvider(connection: FlowConnection): SyncError {
  return new SyncError('data', `The connection ${connection.id} ships nothing.`, {
    code: 'capability',
    remedy: `Name another connection in \`shipsBy\` of the locations that name ${connection.id}.`,
  });
}
