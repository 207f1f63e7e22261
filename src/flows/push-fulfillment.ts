import type { FulfillmentProvider } from '../connector/contract.ts';
import { asSyncError, SyncError } from '../domain/errors.ts';
import { partsOfFulfillmentKey } from '../domain/fulfillment-key.ts';
import { unknownOutcome } from '../jobs/effects.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import type { ExternalId } from '../domain/ids.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import type { AllocatableOrder, RequestableOrder } from '../store/order-records.ts';
import { changeParts, withPart, type PartsChange } from './change-order.ts';
import { each } from './each.ts';
import { makeEffect } from './effect.ts';
import { connectionOf, type Flow, type FlowConnection } from './flow.ts';
import { frozenRequest } from './frozen.ts';
import { requestOf } from './fulfillment-request.ts';
import { isLive, isRefused } from './parts.ts';
import { KIND, wantAllocateOrder, wantForFulfillment, wantFulfillOrder } from './wanted.ts';

/** How long a request of a worker that has died may still be under way. */
export const PUSH_MS = 30_000;
/** So long until a provider that has not decided is asked again. */
const PENDING_MS = 30_000;
/** A write that was cut off has arrived within this time, or never does. */
const NEVER_ARRIVED_MS = 60_000;
const LOOK_AGAIN_MS = 5_000;

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

interface Pushing {
  readonly flow: Flow;
  readonly job: ClaimedJob;
  readonly context: RunContext;
  readonly order: RequestableOrder;
  readonly part: FulfillmentPart;
  readonly provider: FlowConnection;
  readonly sink: FulfillmentProvider;
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

/**
 * Called back while it may be on its way: nothing is sent any more, and what was sent is found, to be cancelled. What
 * cannot be found for long enough never arrived.
 * @throws SyncError `data` code `effect-unknown` where the provider cannot be asked: a person says what became of it
 */
async function findOut(pushing: Pushing): Promise<{ enqueue: readonly Wanted[] }> {
  const { flow, job, order, part, sink } = pushing;
  const { effects } = flow.store;
  const cancel = wantForFulfillment(KIND.cancelFulfillment, part.provider, job.subject);
  const effect = await effects.get(job.subject);
  if (effect === null || effect.state === 'ready' || effect.state === 'rejected' || effect.state === 'shadow')
    return { enqueue: [cancel] };
  let externalId = effect.externalId;
  if (externalId === null) {
    if (sink.uniqueness.by === 'none') {
      // Settled by a person: only what is unsure can be.
      if (effect.state === 'sending') await effects.change(effect, { state: 'unsure' });
      throw unknownOutcome(effect);
    }
    const payload = await effects.payloadOf(effect);
    const found = payload === null ? 'unsure' : await sink.find(job.subject, frozenRequest.parse(JSON.parse(payload)));
    const from = (effect.sentAt ?? effect.at).getTime() + NEVER_ARRIVED_MS;
    if (found === 'unsure' || (found === 'absent' && flow.clock.now() < from)) {
      throw unsettled(flow, job, part);
    }
    if (found === 'absent') {
      await effects.change(effect, { state: 'rejected' });
      return { enqueue: [cancel] };
    }
    if ((await effects.change(effect, { state: 'sent', externalId: found })) === null)
      return { enqueue: [wantForFulfillment(KIND.pushFulfillment, part.provider, job.subject)] };
    externalId = found;
  }
  await note(pushing, { state: 'pushed', externalId }, 'pushed', 'found at the provider');
  return { enqueue: [cancel, wantFulfillOrder(order._id)] };
}

/**
 * It shipped, or the provider gave it up, before the order knew that it arrived: whoever sent it was killed, or the answer
 * was lost. Its id is taken from the effect, or looked up, so that it does not stand among those of which nobody knows the
 * outcome.
 */
async function knowLate({ flow, job, part, order, sink }: Pushing): Promise<void> {
  const { effects } = flow.store;
  const effect = await effects.get(job.subject);
  if (effect === null) return;
  let { externalId } = effect;
  if (externalId === null) {
    if (effect.state !== 'sending' && effect.state !== 'unsure') return;
    if (sink.uniqueness.by === 'none' && part.shipments.length > 0) {
      // It cannot be asked, and has told of it all the same.
      await effects.change(effect, { state: 'sent', cause: null });
      return;
    }
    const payload = await effects.payloadOf(effect);
    if (payload === null) return;
    const found = await sink.find(job.subject, frozenRequest.parse(JSON.parse(payload)));
    if (found === 'absent' || found === 'unsure') {
      if (flow.clock.now() >= (effect.sentAt ?? effect.at).getTime() + NEVER_ARRIVED_MS) return;
      throw unsettled(flow, job, part);
    }
    await effects.change(effect, { state: 'sent', externalId: found, cause: null });
    externalId = found;
  }
  const known = externalId;
  await changeParts(flow, order._id, (now) => withId(now, part.n, known), order);
}

/** The provider's id of a part that ended before it was known; null where it is known. */
function withId(now: AllocatableOrder, n: number, externalId: ExternalId): PartsChange | null {
  const standing = now.fulfillments?.find((known) => known.n === n);
  if (standing === undefined || standing.externalId !== null) return null;
  return { fulfillments: withPart(now, n, { externalId }), trail: [] };
}

function unsettled(flow: Flow, job: ClaimedJob, part: FulfillmentPart): SyncError {
  return new SyncError('throttled', `It is not known yet whether ${job.subject} reached ${part.provider}.`, {
    code: 'effect-settling',
    remedy: 'Nothing to do: it is looked up again.',
    retryAt: flow.clock.now() + LOOK_AGAIN_MS,
  });
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

async function note(
  { flow, job, order, part }: Pushing,
  change: Partial<FulfillmentPart>,
  step: string,
  text: string,
): Promise<AllocatableOrder | null> {
  const at = new Date(flow.clock.now());
  const after = await changeParts(
    flow,
    order._id,
    (now) => {
      const standing = now.fulfillments?.find((known) => known.n === part.n);
      // Shipments have been seen already, and it has ended: what is left to be noted is its id.
      if (standing !== undefined && !isLive(standing) && change.externalId != null)
        return withId(now, part.n, change.externalId);
      // Another run of this job was faster.
      if (standing === undefined || !isLive(standing) || standing.state === change.state) return null;
      if (standing.state === 'pushed' && change.state === 'pending') return null;
      const said = [
        `${part.provider}${change.externalId === undefined || change.externalId === null ? '' : ` ${change.externalId}`}`,
      ];
      if (text !== '') said.push(text);
      return {
        fulfillments: withPart(now, part.n, change),
        trail: [{ at, step, text: said.join(': '), ref: job.subject }],
      };
    },
    order,
  );
  flow.meter.count('fulfillments', 1, { provider: part.provider, state: change.state ?? step });
  return after;
}

function noProvider(connection: FlowConnection): SyncError {
  return new SyncError('data', `The connection ${connection.id} ships nothing.`, {
    code: 'capability',
    remedy: `Name another connection in \`shipsBy\` of the locations that name ${connection.id}.`,
  });
}
