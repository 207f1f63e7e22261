import { asSyncError, SyncError } from '../domain/errors.ts';
import { orderIn, type ConnectionId, type ExternalId, type Key } from '../domain/ids.ts';
import type { Log, LogFields, Random } from '../domain/ports.ts';
import { mayLeave } from '../domain/run-signal.ts';
import type { Instant } from '../domain/time.ts';
import type { EffectDocument } from '../store/documents.ts';
import type { FirstState } from '../store/effect-records.ts';
import { isStoreAway } from '../store/faults.ts';
import type { Store } from '../store/open-store.ts';
import { parkCause } from './ending.ts';

/** What a sink must answer for an effect to happen once. The shape of a connector's Sink, seen from here. */
export interface EffectSink {
  readonly uniqueness:
    | { readonly by: 'native'; readonly forMs: number }
    | { readonly by: 'find'; readonly settleMs: number }
    | { readonly by: 'none' };
  /** What it accepts it decides about later: of what is only found nobody knows yet whether it took it. */
  readonly decides?: boolean;
  send(payload: string, key: Key, signal: AbortSignal): Promise<Standing & { readonly state: 'done' | 'pending' }>;
  find(key: Key, payload: string, signal: AbortSignal): Promise<ExternalId | Standing | 'absent' | 'unsure'>;
}

/** What the remote has of a request. */
interface Standing {
  readonly id: ExternalId;
  /** What of it the remote could not take any more. Absent = it has all of it. */
  readonly short?: { readonly units: number; readonly why: string };
}

export interface EffectWanted {
  readonly key: Key;
  readonly connection: ConnectionId;
  readonly verb: string;
  readonly subject: string;
  readonly payload: string;
  /** When the work came into being. Absent = now: nothing can have been sent for it before. */
  readonly since?: Instant;
  /** What was refused is sent again: somebody has put right what it was refused for. */
  readonly again?: boolean;
  /** Frozen to be shown, and not sent. */
  readonly shadow?: boolean;
}

export interface EffectPorts {
  readonly store: Store;
  readonly random: Random;
  readonly log: Log;
  /** By it this worker's lease is looked at before anything is sent, and by the transport just before the first byte. */
  readonly signal: AbortSignal;
  /** How long a request of a worker that has stopped without a word may still be under way. */
  readonly requestMs: number;
}

/**
 * Makes one remote effect of one frozen request, however often it is called and wherever it is killed.
 *
 * `ready` → (`sending`, durable before the socket write) → `sent` | `pending` | `rejected`. A reply that was lost, or a
 * worker that died while `sending`, makes the effect `unsure`, never `ready`: it is looked up after the settle time, and
 * only an `absent` that counts makes it ready again. A remote that can be asked by neither key nor look-up parks it.
 * All these times are by the database's clock: whoever looks up is often another worker than the one who sent.
 *
 * @returns the effect as it stands when the remote has it: `sent` or `pending`; `shadow` where it is only to be shown
 *   (any other state then: it was frozen to be sent, and rests while the switch stands on shadow),
 *   `dismissed` where a person has decided that it is not to be sent
 * @throws SyncError as the sink threw it; `throttled` with `retryAt` while the look-up must wait; `data` code
 *   `effect-unknown` where no look-up can tell, to be settled by a person
 */
export async function performEffect(
  wanted: EffectWanted,
  sink: EffectSink,
  ports: EffectPorts,
): Promise<EffectDocument> {
  const { store } = ports;
  const first = await firstState(wanted, sink, ports);
  const { document, payload: frozen, fresh } = await store.effects.freeze(wanted, store.clock.now(), first);
  let effect = document;
  let payload = frozen;
  if (effect.state === 'shadow' || effect.state === 'dismissed') return effect;
  // Frozen while it was to be sent, and now only to be shown: it rests as it stands, also where its outcome is unknown.
  if (wanted.shadow === true) return effect;
  // Frozen and about to be sent in one write: whoever finds it so after a crash cannot tell whether it was sent.
  if (fresh && effect.state === 'sending')
    return ended(await sendFrozen(effect, payload, sink, ports, { ...effect, state: 'ready', sentAt: null }));
  if (effect.state === 'rejected' && wanted.again === true) {
    // Nothing of it is at the remote: where what it was refused for was put right on our side, that is what is sent.
    effect = (await store.effects.refreeze(effect, wanted.payload)) ?? effect;
    if (effect.state === 'ready') payload = wanted.payload;
  }
  effect = await doubted(effect, sink, ports);
  if (effect.state === 'sending') effect = await takenOver(effect, sink, ports);
  if (effect.state === 'unsure' && !remembered(effect, sink, store.clock.now()))
    effect = await lookUp(effect, payload, sink, ports);
  if (effect.state !== 'ready' && effect.state !== 'unsure') return ended(effect);
  return ended(await sendOnce(effect, payload, sink, ports));
}

/**
 * How an effect begins that nobody has frozen yet. After a restore nobody knows whether what is older than the restore was
 * sent between the backup and it: such work is looked up first.
 */
async function firstState(
  { since, shadow }: EffectWanted,
  sink: EffectSink,
  { store, random, requestMs }: EffectPorts,
): Promise<FirstState> {
  if (shadow === true) return { state: 'shadow', settleAt: null };
  const restored = await store.effects.restoredAt();
  if (restored === null || since === undefined || since >= restored)
    return {
      state: 'sending',
      settleAt: null,
      token: tokenOf(random),
      attempts: 1,
      sentAt: new Date(store.clock.now()),
    };
  // It may have been sent as soon as it was wanted: by then a remote may have forgotten its key. And it may have left just
  // before the restore: nobody's jobs are waited for then.
  return { state: 'unsure', settleAt: settleAt(sink, store.clock.now() + requestMs), sentAt: new Date(since) };
}

/** What a backup brought back as not sent, or not found, may have been sent between the backup and the restore. */
async function doubted(
  effect: EffectDocument,
  sink: EffectSink,
  { store, requestMs }: EffectPorts,
): Promise<EffectDocument> {
  if (effect.state !== 'ready' && effect.state !== 'unsure') return effect;
  const restored = await store.effects.restoredAt();
  // Every look-up since the restore has waited from then on.
  if (restored === null || effect.at.getTime() >= restored || (effect.settleAt?.getTime() ?? 0) >= restored)
    return effect;
  return changed(
    store.effects.change(effect, {
      state: 'unsure',
      settleAt: settleAt(sink, store.clock.now() + requestMs),
      sentAt: effect.sentAt ?? effect.at,
    }),
    effect,
  );
}

/** Sends an effect that is `ready`, or `unsure` at a remote that refuses the second of its key: there sending is the look-up. */
async function sendOnce(
  before: EffectDocument,
  payload: string,
  sink: EffectSink,
  ports: EffectPorts,
): Promise<EffectDocument> {
  const { store, random } = ports;
  const sending = await changed(
    store.effects.change(before, {
      state: 'sending',
      token: tokenOf(random),
      attempts: before.attempts + 1,
      // The first that may have arrived counts: from then on the remote remembers the key.
      sentAt: before.sentAt ?? new Date(store.clock.now()),
    }),
    before,
  );
  return sendFrozen(sending, payload, sink, ports, before);
}

/** @param before what the effect is again where nothing was written */
async function sendFrozen(
  sending: EffectDocument,
  payload: string,
  sink: EffectSink,
  ports: EffectPorts,
  before: EffectDocument,
): Promise<EffectDocument> {
  const { store } = ports;
  if (!mayLeave(ports.signal)) {
    // Refused where another worker has taken it over already; else nobody need look for what was never written.
    await store.effects.change(sending, { state: before.state, sentAt: before.sentAt });
    throw new SyncError('transient', `The lease was over before ${before._id} was sent.`, {
      remedy: 'Nothing to do: the worker that takes over sends it.',
    });
  }
  const sent = await sentBy(sink, sending, payload, before, ports);
  // Outside of what is caught: a store that is away after the answer is no failure of the remote.
  const after = await changed(
    store.effects.change(sending, {
      state: sent.state === 'done' ? 'sent' : 'pending',
      externalId: sent.id,
      cause: null,
      ...(sent.short === undefined ? {} : { short: sent.short }),
    }),
    sending,
  );
  ports.log.info(sent.state === 'done' ? 'Sent.' : 'Sent; the remote decides later.', {
    ...aboutEffect(after),
    remoteId: sent.id,
  });
  return after;
}

/** By which ids the log is searched for what has to do with an effect. */
function aboutEffect({ _id, connection, verb, subject }: EffectDocument): LogFields {
  const order = orderIn(subject) ?? orderIn(_id);
  return { connection, verb, effect: _id, ...(order === null ? {} : { order }) };
}

function tokenOf(random: Random): string {
  return Buffer.from(random.bytes(12)).toString('base64url');
}

/** Writes to the remote, and notes what a failure says about it. */
async function sentBy(
  sink: EffectSink,
  sending: EffectDocument,
  payload: string,
  before: EffectDocument,
  { store, signal, log }: EffectPorts,
): ReturnType<EffectSink['send']> {
  try {
    return await sink.send(payload, sending._id, signal);
  } catch (thrown) {
    // A budget is drawn on the way to the remote. It stays `sending`: whoever runs this again looks before it sends.
    if (isStoreAway(thrown)) throw thrown;
    const error = asSyncError(thrown);
    const cause = parkCause(error, store.clock.now());
    switch (error.fault) {
      case 'unknown':
      case 'bug':
        // A fault of ours after the write is no proof that nothing was written.
        await store.effects.change(sending, { state: 'unsure', settleAt: settleAt(sink, store.clock.now()), cause });
        log.warn('Sent, and the answer was lost: it is looked up before anything is sent again.', {
          ...aboutEffect(sending),
          reason: error.message,
        });
        break;
      case 'data':
        // Whoever has taken it over has perhaps been told otherwise: this answer is of no account then.
        await changed(store.effects.change(sending, { state: 'rejected', cause }), sending);
        log.warn('The remote refused.', { ...aboutEffect(sending), reason: error.message });
        break;
      case 'transient':
      case 'throttled':
      case 'config':
        // This one was not done. An earlier one that may have arrived is as unsure as before.
        await store.effects.change(sending, { state: before.state, sentAt: before.sentAt, cause });
        break;
    }
    throw error;
  }
}

/** A worker stopped between its socket write and the answer: nobody knows whether the remote has it. */
async function takenOver(
  sending: EffectDocument,
  sink: EffectSink,
  { store, requestMs }: EffectPorts,
): Promise<EffectDocument> {
  const restored = await store.effects.restoredAt();
  // The job that is run for it was not held back until then, where a restore has stopped who sent it.
  const underWayMs = restored !== null && sending.at.getTime() < restored ? requestMs : 0;
  return changed(
    store.effects.change(sending, { state: 'unsure', settleAt: settleAt(sink, store.clock.now() + underWayMs) }),
    sending,
  );
}

/** Whether the remote still refuses a second send of what may have arrived. */
function remembered(unsure: EffectDocument, { uniqueness }: EffectSink, now: number): boolean {
  return uniqueness.by === 'native' && now - (unsure.sentAt ?? unsure.at).getTime() < uniqueness.forMs;
}

async function lookUp(
  unsure: EffectDocument,
  payload: string,
  sink: EffectSink,
  ports: EffectPorts,
): Promise<EffectDocument> {
  const { store } = ports;
  const { uniqueness } = sink;
  if (uniqueness.by === 'none') throw unknownOutcome(unsure);
  const found = await sink.find(unsure._id, payload, ports.signal);
  if (found === 'absent') {
    const from = unsure.settleAt?.getTime() ?? store.clock.now();
    if (store.clock.now() >= from)
      return changed(store.effects.change(unsure, { state: 'ready', sentAt: null }), unsure);
    throw waiting(unsure, from);
  }
  if (found === 'unsure') throw waiting(unsure, store.clock.now() + 5_000);
  const { id, short } = typeof found === 'string' ? { id: found, short: undefined } : found;
  return changed(
    store.effects.change(unsure, {
      state: sink.decides === true ? 'pending' : 'sent',
      externalId: id,
      cause: null,
      ...(short === undefined ? {} : { short }),
    }),
    unsure,
  );
}

/** Nobody but a person can tell what became of it: the remote refuses no second of a key and cannot be asked. */
export function unknownOutcome({ verb, _id }: EffectDocument): SyncError {
  return new SyncError('data', `It is not known whether ${verb} ${_id} reached the remote, and it cannot be asked.`, {
    code: 'effect-unknown',
    remedy:
      'Look at the remote. If it is there, settle the effect as sent; if it is not, settle it as not sent and replay.',
  });
}

function settleAt(sink: EffectSink, now: number): Date {
  return new Date(now + (sink.uniqueness.by === 'find' ? sink.uniqueness.settleMs : 0));
}

function waiting(effect: EffectDocument, retryAt: number): SyncError {
  return new SyncError('throttled', `The outcome of ${effect.verb} ${effect._id} is not settled at the remote yet.`, {
    code: 'effect-settling',
    remedy: 'Nothing to do: it is looked up again.',
    retryAt,
  });
}

async function changed(change: Promise<EffectDocument | null>, before: EffectDocument): Promise<EffectDocument> {
  const after = await change;
  if (after !== null) return after;
  throw new SyncError('transient', `Another worker has taken ${before._id} over.`, {
    code: 'taken-over',
    remedy: 'Nothing to do: the other worker ends it.',
  });
}

function ended(effect: EffectDocument): EffectDocument {
  if (effect.state === 'sent' || effect.state === 'pending') return effect;
  throw new SyncError(
    'data',
    `${effect.verb} ${effect._id} was ${effect.state}: ${effect.cause?.message ?? 'no reason is known'}`,
    {
      code: `effect-${effect.state}`,
      remedy: effect.cause?.remedy ?? 'Look at the record at the remote and decide whether it is still wanted.',
    },
  );
}
