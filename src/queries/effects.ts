import type { ConnectionId, Key } from '../domain/ids.ts';
import { readFulfillmentKey } from '../domain/fulfillment-key.ts';
import type { EffectState } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';

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

export interface EffectFilter {
  readonly connection?: ConnectionId;
  readonly verb?: string;
  readonly state?: EffectState;
  readonly limit: number;
  /** `masked` = with what identifies a person left out; `whole` = as it is sent. */
  readonly payload: 'none' | 'masked' | 'whole';
}

/** What a recipient's fields are called in a frozen request: nothing of it is shown unless it is asked for. */
const PERSONAL = new Set(['recipient']);

/** Requests by connection, verb and state, newest first. */
export async function listEffects(store: Store, filter: EffectFilter): Promise<EffectRow[]> {
  const { payload: wanted, limit, ...by } = filter;
  const effects = await store.effects.byVerb({ ...by, limit });
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
  return rows.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.key < b.key ? -1 : 1));
}

function withoutPersons(field: string, value: unknown): unknown {
  return PERSONAL.has(field) ? '(hidden; --personal shows it)' : value;
}
