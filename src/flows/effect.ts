import type { ZodType } from 'zod';
import type { Sink } from '../connector/contract.ts';
import { SyncError } from '../domain/errors.ts';
import type { ExternalId, Key } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import { performEffect } from '../jobs/effects.ts';
import type { RunContext } from '../jobs/handler.ts';
import type { EffectVerb, Flow, FlowConnection } from './flow.ts';

/** One request to a remote that is to be made once. */
export interface EffectOf<T> {
  /** The connection that is changed, by whose switch it is made. */
  readonly connection: FlowConnection;
  readonly verb: string;
  readonly switchOf: EffectVerb;
  readonly key: Key;
  /** Under whose data key the request is sealed: the order, or what has nothing personal in it. */
  readonly subject: string;
  readonly item: T;
  /**
   * Refused for good is only until somebody has put right what it was refused for and lets the job run again: then the
   * same request is sent again. Absent = what was refused stays refused.
   */
  readonly again?: true;
  /** When the work came into being: what is older than the newest restore may have been sent before it. */
  readonly since: Instant;
}

export type Made =
  | {
      readonly made: 'sent' | 'pending';
      readonly externalId: ExternalId;
      readonly short?: { readonly units: number; readonly why: string };
    }
  | { readonly made: 'shadow' | 'dismissed' | 'off' };

/**
 * Makes one effect by the switch of its connection: `off` = nothing is frozen; `shadow` = it is frozen, shown and not
 * sent, and stays so when the switch is turned on, while what was frozen when it was on rests until it is on again; `on` =
 * the frozen request is sent, once (`performEffect`).
 * @throws SyncError as `performEffect`
 */
export async function makeEffect<T>(
  flow: Flow,
  context: Pick<RunContext, 'signal' | 'requestMs'>,
  { connection, verb, switchOf, key, subject, item, since, again }: EffectOf<T>,
  sink: Sink<T>,
  shape: ZodType<T>,
): Promise<Made> {
  const turned = connection.effects[switchOf];
  if (turned === 'off') return { made: 'off' };
  const { store, random, log } = flow;
  const { signal, requestMs } = context;
  const effect = await performEffect(
    {
      key,
      connection: connection.id,
      verb,
      subject,
      payload: JSON.stringify(item),
      since,
      shadow: turned === 'shadow',
      again: again === true,
    },
    {
      uniqueness: sink.uniqueness,
      decides: sink.outcome !== undefined,
      send: (payload, frozenKey, stop) => sink.send(thawed(payload, frozenKey, shape), frozenKey, stop),
      find: (frozenKey, payload, stop) => sink.find(frozenKey, thawed(payload, frozenKey, shape), stop),
    },
    { store, random, log, signal, requestMs },
  );
  if (effect.state === 'shadow' || effect.state === 'dismissed') return { made: effect.state };
  // It was frozen to be sent and has not been: it goes on when the switch is on again.
  if (turned === 'shadow' && effect.externalId === null) return { made: 'off' };
  if (effect.externalId === null) throw new Error(`${key} is ${effect.state} without the remote's id`);
  return {
    made: effect.state === 'pending' ? 'pending' : 'sent',
    externalId: effect.externalId,
    ...(effect.short === undefined ? {} : { short: effect.short }),
  };
}

function thawed<T>(payload: string, key: Key, shape: ZodType<T>): T {
  const read = shape.safeParse(JSON.parse(payload));
  if (read.success) return read.data;
  throw new SyncError('bug', `The frozen request ${key} is not of the shape that this version sends.`, {
    code: 'frozen-shape',
    remedy: 'Run the version that froze it, or settle it by hand and report this.',
  });
}
