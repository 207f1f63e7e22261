import type { ConnectionId, Key } from '../domain/ids.ts';
import { readFulfillmentKey } from '../domain/fulfillment-key.ts';
import type { EffectState } from '../store/documents.ts';
import { DOUBTFUL } from '../store/doubtful.ts';
import type { Store } from '../store/open-store.ts';
import { pageOf, placed, type Page, type PageAsk } from './page.ts';

/** One request to a remote, as a person sees it. */
export interface EffectRow {
  readonly key: Key;
  readonly connection: ConnectionId;
  readonly verb: string;
  readonly state: EffectState;
  /** What the buyer sees, where it is about one order; null elsewhere. */
  readonly order: string | null;
  readonly at: string;
  readonly externalId: string | null;
  readonly cause: string | null;
  readonly remedy: string | null;
  /** What is or would be sent; null where it was erased, or is not asked for. */
  readonly payload: unknown;
}

export interface EffectFilter extends PageAsk {
  readonly connection?: ConnectionId;
  readonly verb?: string;
  readonly state?: EffectState;
  readonly states?: readonly EffectState[];
  /** `masked` = with what identifies a person left out; `whole` = as it is sent. */
  readonly payload: 'none' | 'masked' | 'whole';
}

/** How a request can stand. */
export const EFFECT_STATES = [
  'ready',
  'sending',
  'unsure',
  'pending',
  'sent',
  'rejected',
  'parked',
  'shadow',
  'dismissed',
] as const satisfies readonly EffectState[];

/** What is asked of remotes through a frozen request; what is published is one only while its switch stands on shadow. */
export const EFFECT_VERBS = ['push', 'assign', 'confirm', 'publish', 'post'] as const;

/** What a person's fields are called in a frozen request: nothing of it is shown unless it is asked for. */
const PERSONAL = new Set(['recipient', 'name', 'email', 'phone', 'address', 'note', 'notes', 'customer', 'attributes']);

/** Requests by connection, verb and state, newest first. */
export async function listEffects(store: Store, filter: EffectFilter): Promise<EffectRow[]> {
  return [...(await pageEffects(store, filter)).items];
}

/** A page of requests by connection, verb and state, newest first. */
export async function pageEffects(store: Store, filter: EffectFilter): Promise<Page<EffectRow>> {
  const { payload: wanted, limit, after, state, states, ...by } = filter;
  const [at, key] = after === undefined ? [] : placed(after);
  const page = pageOf(
    await store.effects.byVerb({
      ...by,
      ...(state === undefined ? (states === undefined ? {} : { states }) : { states: [state] }),
      ...(at === undefined || key === undefined ? {} : { behind: { at, key } }),
      limit: limit + 1,
    }),
    limit,
    (effect) => `${effect.at.getTime()}~${effect._id}`,
  );
  const effects = page.items;
  const orders = new Map(
    (await store.orders.readForAllocation([...new Set(effects.map(({ subject }) => subject))])).map(
      ({ _id, number }) => [_id, number],
    ),
  );
  const rows = await Promise.all(
    effects.map(async (effect): Promise<EffectRow> => {
      const frozen = wanted === 'none' ? null : await store.effects.payloadOf(effect);
      const payload: unknown =
        frozen === null ? null : JSON.parse(frozen, wanted === 'masked' ? withoutPersons : undefined);
      return {
        key: effect._id,
        connection: effect.connection,
        verb: effect.verb,
        state: effect.state,
        order: orders.get(effect.subject) ?? orders.get(readFulfillmentKey(effect._id)?.order ?? '') ?? null,
        at: effect.at.toISOString(),
        externalId: effect.externalId,
        cause: effect.cause?.message ?? null,
        remedy: effect.cause?.remedy ?? null,
        payload,
      };
    }),
  );
  return { items: rows, next: page.next };
}

function withoutPersons(field: string, value: unknown): unknown {
  return PERSONAL.has(field) && value !== null ? '(personal)' : value;
}

export { DOUBTFUL };

export interface DoubtfulCount {
  readonly state: (typeof DOUBTFUL)[number];
  readonly count: number;
}

/** How many requests stand so, for each state also where there is none. */
export async function countDoubtful(store: Store): Promise<DoubtfulCount[]> {
  const connections = (await store.connections.all()).map(({ _id }) => _id);
  const groups = await store.collections.effects
    .aggregate<{ _id: string; count: number }>([
      // Named by connection, so that it is a look-up in the index and not a walk through all that was ever sent.
      { $match: { connection: { $in: connections }, state: { $in: [...DOUBTFUL] } } },
      { $group: { _id: '$state', count: { $sum: 1 } } },
    ])
    .toArray();
  return DOUBTFUL.map((state) => ({ state, count: groups.find(({ _id }) => _id === state)?.count ?? 0 }));
}
