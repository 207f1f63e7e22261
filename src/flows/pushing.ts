import type { FulfillmentProvider } from '../connector/contract.ts';
import { SyncError } from '../domain/errors.ts';
import type { ExternalId } from '../domain/ids.ts';
import type { RunContext } from '../jobs/handler.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { ClaimedJob } from '../store/job-records.ts';
import type { AllocatableOrder, RequestableOrder } from '../store/order-records.ts';
import { changeParts, withPart, type PartsChange } from './change-order.ts';
import type { Flow, FlowConnection } from './flow.ts';
import { isLive } from './parts.ts';

/** One fulfillment order on its way to its provider. */
export interface Pushing {
  readonly flow: Flow;
  readonly job: ClaimedJob;
  readonly context: RunContext;
  readonly order: RequestableOrder;
  readonly part: FulfillmentPart;
  readonly provider: FlowConnection;
  readonly sink: FulfillmentProvider;
}

const LOOK_AGAIN_MS = 5_000;

/** Writes down what became of it, with the step in the order's life. @returns the order as it stands then */
export async function note(
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

/** The provider's id of a part that ended before it was known; null where it is known. */
export function withId(now: AllocatableOrder, n: number, externalId: ExternalId): PartsChange | null {
  const standing = now.fulfillments?.find((known) => known.n === n);
  if (standing === undefined || standing.externalId !== null) return null;
  return { fulfillments: withPart(now, n, { externalId }), trail: [] };
}

/** It is looked up again: nobody knows yet. */
export function unsettled(flow: Flow, job: ClaimedJob, part: FulfillmentPart): SyncError {
  return new SyncError('throttled', `It is not known yet whether ${job.subject} reached ${part.provider}.`, {
    code: 'effect-settling',
    remedy: 'Nothing to do: it is looked up again.',
    retryAt: flow.clock.now() + LOOK_AGAIN_MS,
  });
}
