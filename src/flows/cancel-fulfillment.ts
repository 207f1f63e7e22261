import type { FulfillmentProvider } from '../connector/contract.ts';
import { SyncError } from '../domain/errors.ts';
import { partsOfFulfillmentKey } from '../domain/fulfillment-key.ts';
import { mayLeave } from '../domain/run-signal.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import { changeParts, withPart } from './change-order.ts';
import { doubtOf, mayHaveLeft, wantsRecalled } from './doubt.ts';
import { each } from './each.ts';
import { connectionOf, type Flow } from './flow.ts';
import { isLive } from './parts.ts';
import { KIND, wantAllocateOrder, wantForFulfillment } from './wanted.ts';

const AGAIN_MS = 30_000;

/** Asks a provider to take back what is not wanted any more. Asking twice is harmless; what it answers is final. */
export function cancelFulfillment(flow: Flow): Handler {
  return {
    kind: KIND.cancelFulfillment,
    batch: 16,
    concurrency: 2,
    requestMs: 30_000,
    run: (jobs, context) => each(jobs, (job) => cancel(flow, job, context)),
  };
}

async function cancel(flow: Flow, job: ClaimedJob, context: RunContext): Promise<{ enqueue: readonly Wanted[] }> {
  const { order: id, n } = partsOfFulfillmentKey(job.subject);
  const [order] = await flow.store.orders.readForAllocation([id]);
  const part = order?.fulfillments?.find((known) => known.n === n);
  if (order === undefined || part === undefined || !isLive(part) || part.unwanted === null) return { enqueue: [] };
  const provider = connectionOf(flow, part.provider);
  if (part.externalId === null) {
    const recalls = wantsRecalled(order, await doubtOf(flow, [order]));
    if (recalls.length > 0) return { enqueue: recalls };
    if (await withdrawn(flow, part, job, provider.capabilities.provider))
      return noted(flow, job, { state: 'cancelled' }, 'taken back before it was sent');
    // On its way, or nobody knows: the push finds out, and then there is something to cancel.
    return {
      enqueue: [{ ...wantForFulfillment(KIND.pushFulfillment, part.provider, job.subject), due: flow.clock.now() }],
    };
  }
  if (provider.effects.push !== 'on') return { enqueue: [] };
  const sink = provider.capabilities.provider;
  if (sink === undefined || !mayLeave(context.signal)) return { enqueue: [] };
  const answer = await sink.cancel(part.externalId, context.signal);
  if (answer === 'cancelled') return noted(flow, job, { state: 'cancelled', cancel: null }, part.unwanted);
  if (answer === 'pending') {
    await noted(flow, job, { cancel: 'pending' }, 'asked; it has not answered yet');
    throw new SyncError('throttled', `${part.provider} has not said yet whether it could stop ${job.subject}.`, {
      code: 'cancel-pending',
      remedy: 'Nothing to do: it is asked again.',
      retryAt: flow.clock.now() + AGAIN_MS,
    });
  }
  await noted(flow, job, { cancel: 'too late' }, 'too late: it is on its way');
  throw new SyncError(
    'data',
    `${part.provider} could not stop its part of order ${order.number} any more, though ${part.unwanted}.`,
    {
      code: 'cancel-too-late',
      remoteId: part.externalId,
      remedy: `It leaves or has left. Tell the buyer, and arrange a return; or have it stopped at ${part.provider} by hand. Then replay this case: it ends.`,
    },
  );
}

/** Makes sure that a request which was never sent never will be. False where it may have been sent. */
async function withdrawn(
  flow: Flow,
  part: FulfillmentPart,
  job: ClaimedJob,
  sink: FulfillmentProvider | undefined,
): Promise<boolean> {
  const { effects } = flow.store;
  const now = flow.clock.now();
  const standing = await effects.get(job.subject);
  const unsent = standing === null || standing.state === 'ready';
  if (unsent && sink !== undefined && (await mayHaveLeft(flow, part, sink, standing))) return false;
  if (standing === null) {
    // Its place is taken: whoever comes to freeze it finds it withdrawn.
    const { document } = await effects.freeze(
      {
        key: job.subject,
        connection: part.provider,
        verb: 'push',
        subject: partsOfFulfillmentKey(job.subject).order,
        payload: 'null',
      },
      now,
      { state: 'rejected', settleAt: null },
    );
    return document.state === 'rejected';
  }
  if (standing.state === 'rejected' || standing.state === 'shadow') return true;
  if (standing.state !== 'ready' || standing.sentAt !== null) return false;
  return (await effects.change(standing, { state: 'rejected' })) !== null;
}

async function noted(
  flow: Flow,
  job: ClaimedJob,
  change: Partial<FulfillmentPart>,
  text: string,
): Promise<{ enqueue: readonly Wanted[] }> {
  const { order: id, n } = partsOfFulfillmentKey(job.subject);
  const at = new Date(flow.clock.now());
  const standing = await changeParts(flow, id, (order) => {
    const part = order.fulfillments?.find((known) => known.n === n);
    if (part === undefined || !isLive(part) || (part.cancel === change.cancel && change.state === undefined))
      return null;
    const step = change.state === 'cancelled' ? 'taken back' : 'cancel';
    return {
      fulfillments: withPart(order, n, change),
      trail: [{ at, step, text: `${part.provider}: ${text}`, ref: job.subject }],
    };
  });
  if (change.state !== 'cancelled') return { enqueue: [] };
  const part = standing?.fulfillments?.find((known) => known.n === n);
  // A move for it that the channel refused waits for a person, who has nothing to decide any more: it ends.
  const channel = flow.connections.get(standing?.connection ?? '');
  const moves =
    standing !== null && part?.assigned === false && channel?.capabilities.assignments !== undefined
      ? [wantForFulfillment(KIND.assignFulfillment, standing.connection, job.subject)]
      : [];
  // Its units are free again, and perhaps wanted in another way.
  return { enqueue: [wantAllocateOrder(id), ...moves] };
}
