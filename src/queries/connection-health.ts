import type { ConnectionId } from '../domain/ids.ts';
import { daysLeft, type ConnectionApi } from '../domain/sunset.ts';
import type { BusinessDate, Instant } from '../domain/time.ts';
import type { Store } from '../store/open-store.ts';
import { connectionStandings, type ConnectionStanding } from './connections.ts';

/** What we may draw of one rate limit of a remote: the share of it that the configuration gives us. */
export interface BudgetLimit {
  readonly connection: ConnectionId;
  readonly name: string;
  /** Under which it is kept, with what all that share it have drawn. */
  readonly key: string;
  readonly perSecond: number;
  readonly capacity: number;
}

/** How much is left of a rate limit now. */
export interface BudgetLeft {
  readonly name: string;
  readonly left: number;
  readonly capacity: number;
  /** The remote refused: nothing is drawn before; null = it did not. */
  readonly closedUntil: Instant | null;
}

export interface ConnectionHealth extends ConnectionStanding {
  /** What the remote had up to then is here, in milliseconds; null = nothing was pulled yet, or nothing is. */
  readonly lagMs: number | null;
  readonly budgets: readonly BudgetLeft[];
  /** What it speaks, and in how many days its vendor removes that; null = it is not configured here. */
  readonly api: {
    readonly version: string;
    readonly sunset: BusinessDate | null;
    readonly daysLeft: number | null;
  } | null;
  /** The newest of its last runs that failed; null = none of them did. */
  readonly lastError: { readonly at: Instant; readonly verb: string; readonly message: string } | null;
}

const RUNS_LOOKED_AT = 5;

/** Every registered connection with how far behind it is, what is left of its budgets, and what went wrong last. */
export async function connectionHealth(
  store: Store,
  limits: readonly BudgetLimit[],
  kinds: readonly string[],
  apis: readonly ConnectionApi[],
): Promise<ConnectionHealth[]> {
  const now = store.clock.now();
  const [standings, drawn, known] = await Promise.all([
    connectionStandings(store, kinds),
    store.budgets.all(),
    store.connections.all(),
  ]);
  const budgets = new Map(drawn.map((budget) => [budget._id, budget]));
  const pulledFrom = new Map(known.map((one) => [one._id, one.pulledFrom?.getTime() ?? null]));
  return Promise.all(
    standings.map(async (standing): Promise<ConnectionHealth> => {
      const runs = await store.connections.runs({ connection: standing.id, limit: RUNS_LOOKED_AT });
      const failed = runs.find(({ error }) => error !== null);
      const upTo =
        pulledFrom.get(standing.id) ??
        runs.find(({ error, endedAt }) => error === null && endedAt !== null)?.startedAt.getTime();
      return {
        ...standing,
        api: apiOf(apis, standing.id, now),
        lagMs: upTo === undefined ? null : Math.max(0, now - upTo),
        budgets: limits
          .filter(({ connection }) => connection === standing.id)
          .map(({ name, key, perSecond, capacity }) => {
            const state = budgets.get(key);
            const refilled =
              state === undefined ? capacity : state.tokens + ((now - state.at.getTime()) / 1_000) * perSecond;
            const closed = state?.closedUntil.getTime() ?? 0;
            return {
              name,
              left: Math.floor(Math.max(0, Math.min(capacity, refilled))),
              capacity: Math.floor(capacity),
              closedUntil: closed > now ? closed : null,
            };
          }),
        lastError:
          failed?.error == null
            ? null
            : { at: (failed.endedAt ?? failed.startedAt).getTime(), verb: failed.verb, message: failed.error },
      };
    }),
  );
}

function apiOf(apis: readonly ConnectionApi[], id: ConnectionId, now: Instant): ConnectionHealth['api'] {
  const api = apis.find(({ connection }) => connection === id);
  return api === undefined ? null : { version: api.version, sunset: api.sunset, daysLeft: daysLeft(api, now) };
}
