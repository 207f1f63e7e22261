import { SyncError } from '../domain/errors.ts';
import { readFulfillmentKey } from '../domain/fulfillment-key.ts';
import type { ExternalId, Key } from '../domain/ids.ts';
import type { EffectDocument } from '../store/documents.ts';
import { changeParts } from './change-order.ts';
import type { Flow } from './flow.ts';
import { wantPostBatch } from './wanted.ts';

/** What a person has found out about a request that nobody else could settle. */
export type Settlement =
  | { readonly as: 'sent'; readonly externalId: ExternalId }
  /** The remote does not have it: it is sent when its job runs next. */
  | { readonly as: 'not-sent' }
  /** It was told by hand, or need not be told: nothing is sent any more. Only of what a channel is told. */
  | { readonly as: 'dismissed' };

export interface Settled {
  readonly effect: EffectDocument;
  /** Parked jobs that go on by it. */
  readonly replayed: number;
}

const OPEN: ReadonlySet<string> = new Set(['unsure', 'rejected']);

/**
 * Takes a person's word for how a request stands at its remote, with the reason, and lets what waits for it go on. The
 * decision is kept with the request and, where it is about one order, in that order's story.
 * @throws SyncError `data` for a request that there is not, that is not open, or that cannot be settled so
 */
export async function settleEffect(flow: Flow, key: Key, settlement: Settlement, because: string): Promise<Settled> {
  const { store, clock } = flow;
  const before = await store.effects.get(key);
  if (before === null)
    throw refusal('no-effect', `There is no request ${key}.`, 'List them: crossdock effects list --state rejected');
  if (!OPEN.has(before.state))
    throw refusal(
      'effect-settled',
      `${before.verb} ${key} is ${before.state}: only what is unsure or rejected can be settled by hand.`,
      before.state === 'sending'
        ? 'A worker is at it, or has just died at it: try again in a minute.'
        : 'Nothing to do.',
    );
  if (before.verb === 'push' && before.state === 'rejected')
    throw refusal(
      'planned-anew',
      `${key} was refused by its provider, and its units are planned anew: there is nothing to settle.`,
      'Look at the order: crossdock orders show.',
    );
  if (settlement.as === 'dismissed' && before.verb !== 'confirm')
    throw refusal(
      'not-dismissible',
      `${before.verb} ${key} cannot be dismissed: what follows needs to know whether the remote has it.`,
      'Settle it as sent with the remote’s id, or as not-sent.',
    );
  const at = new Date(clock.now());
  const effect = await store.effects.change(before, {
    ...(settlement.as === 'sent'
      ? { state: 'sent', externalId: settlement.externalId, cause: null }
      : settlement.as === 'not-sent'
        ? { state: 'ready', sentAt: null, cause: null }
        : { state: 'dismissed' }),
    decisions: [...(before.decisions ?? []), { at, as: settlement.as, because }],
  });
  if (effect === null)
    throw refusal('effect-settled', `${key} was changed by a worker meanwhile.`, 'Look at it again, then decide.');
  const order = readFulfillmentKey(key)?.order ?? before.subject;
  await changeParts(flow, order, () => ({
    trail: [{ at, step: 'settled', text: `${before.verb} settled by hand as ${settlement.as}: ${because}`, ref: key }],
  }));
  const subjects = [before.subject, key, ...(await daysOf(flow, before))];
  return { effect, replayed: await store.jobs.replay({ subjects }, clock.now()) };
}

/** A document is posted by the job of its day. */
async function daysOf(flow: Flow, { verb, _id }: EffectDocument): Promise<string[]> {
  const batch = verb === 'post' ? await flow.store.batches.get(_id) : null;
  return batch === null ? [] : [wantPostBatch(batch.ledger, batch.connection, batch.currency, batch.date).subject];
}

function refusal(code: string, message: string, remedy: string): SyncError {
  return new SyncError('data', message, { code, remedy });
}
