import type { FulfillmentRequest } from '../domain/fulfillment.ts';
import { unknownOutcome } from '../jobs/effects.ts';
import type { EffectDocument } from '../store/documents.ts';
import type { Wanted } from '../store/job-records.ts';
import { changeParts } from './change-order.ts';
import { mayHaveLeft } from './doubt.ts';
import type { Flow } from './flow.ts';
import { frozenRequest } from './frozen.ts';
import { requestOf } from './fulfillment-request.ts';
import { note, unsettled, withId, type Pushing } from './pushing.ts';
import { KIND, wantForFulfillment, wantFulfillOrder } from './wanted.ts';

/** A write that was cut off has arrived within this time, or never does. */
const NEVER_ARRIVED_MS = 60_000;

/**
 * Called back while it may be on its way: nothing is sent any more, and what was sent is found, to be cancelled. What
 * cannot be found for long enough never arrived.
 * @throws SyncError `data` code `effect-unknown` where the provider cannot be asked: a person says what became of it
 */
export async function findOut(pushing: Pushing): Promise<{ enqueue: readonly Wanted[] }> {
  const { flow, job, order, part, sink } = pushing;
  const { effects } = flow.store;
  const cancel = wantForFulfillment(KIND.cancelFulfillment, part.provider, job.subject);
  const effect = await standingEffect(pushing);
  if (effect === null || effect.state === 'ready' || effect.state === 'rejected' || effect.state === 'shadow')
    return { enqueue: [cancel] };
  let externalId = effect.externalId;
  if (externalId === null) {
    if (sink.uniqueness.by === 'none') {
      // Settled by a person: only what is unsure can be.
      if (effect.state === 'sending') await effects.change(effect, { state: 'unsure' });
      throw unknownOutcome(effect);
    }
    const item = await frozenItem(flow, effect);
    const found = item === null ? 'unsure' : await sink.find(job.subject, item);
    const from = await arrivedBy(flow, effect);
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
export async function knowLate({ flow, job, part, order, sink }: Pushing): Promise<void> {
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
    const item = await frozenItem(flow, effect);
    if (item === null) return;
    const found = await sink.find(job.subject, item);
    if (found === 'absent' || found === 'unsure') {
      if (flow.clock.now() >= (await arrivedBy(flow, effect))) return;
      throw unsettled(flow, job, part);
    }
    await effects.change(effect, { state: 'sent', externalId: found, cause: null });
    externalId = found;
  }
  const known = externalId;
  await changeParts(flow, order._id, (now) => withId(now, part.n, known), order);
}

/** The effect of a part as far as our books tell; what they do not tell since a restore is unsure. */
async function standingEffect({ flow, job, order, part, provider, sink }: Pushing): Promise<EffectDocument | null> {
  const { effects } = flow.store;
  const effect = await effects.get(job.subject);
  if (effect !== null && effect.state !== 'ready') return effect;
  if (!(await mayHaveLeft(flow, part, sink, effect))) return effect;
  const unsure = { state: 'unsure', settleAt: new Date(flow.clock.now()), sentAt: part.at } as const;
  if (effect !== null) return effects.change(effect, unsure);
  // Of one that cannot be asked nothing is looked up by what it was asked for.
  const item =
    sink.uniqueness.by === 'none'
      ? null
      : requestOf(flow, order, part, provider, await flow.store.orders.openPersonal(order));
  const wanted = { key: job.subject, connection: provider.id, verb: 'push', subject: order._id };
  const frozen = await effects.freeze({ ...wanted, payload: JSON.stringify(item) }, flow.clock.now(), unsure);
  return frozen.document;
}

/** The request as it was frozen; null where it was erased, or nobody knows it. */
async function frozenItem({ store }: Flow, effect: EffectDocument): Promise<FulfillmentRequest | null> {
  const payload = await store.effects.payloadOf(effect);
  return payload === null || payload === 'null' ? null : frozenRequest.parse(JSON.parse(payload));
}

/** When whatever was sent of an effect has arrived, or never does. */
async function arrivedBy(flow: Flow, { sentAt, at }: EffectDocument): Promise<number> {
  const restored = await flow.store.effects.restoredAt();
  return Math.max((sentAt ?? at).getTime(), restored ?? 0) + NEVER_ARRIVED_MS;
}
