import { daysLeft, type ConnectionApi } from '../domain/sunset.ts';
import type { Store } from '../store/open-store.ts';
import { countDoubtful, type DoubtfulCount } from './effects.ts';

/** How things stand, in numbers that name nothing personal. */
export interface Gauges {
  readonly jobs: readonly { readonly kind: string; readonly state: string; readonly count: number }[];
  /** How long the job that has waited longest past its time has done so, in seconds. */
  readonly lateSeconds: number;
  readonly parked: readonly { readonly code: string; readonly count: number }[];
  /** Requests whose outcome is unknown, or that were refused. */
  readonly doubtful: readonly DoubtfulCount[];
  readonly budgets: readonly { readonly budget: string; readonly tokens: number; readonly slots: number }[];
  readonly connections: readonly {
    readonly connection: string;
    readonly paused: boolean;
    readonly lastPullSeconds: number | null;
  }[];
  /** Days until a remote removes the API that a connection speaks. */
  readonly apis: readonly { readonly connection: string; readonly daysLeft: number }[];
  readonly workers: number;
  readonly unread: number;
  readonly roundTrips: number;
}

/** @throws what the store throws when it does not answer */
export async function readGauges(store: Store, apis: readonly ConnectionApi[] = []): Promise<Gauges> {
  const now = store.clock.now();
  const [jobs, parked, budgets, connections, alive, unread, doubtful] = await Promise.all([
    store.jobs.counts(),
    store.collections.jobs
      .aggregate<{ _id: string; count: number }>([
        { $match: { state: 'parked', connection: { $gte: '' } } },
        { $group: { _id: '$cause.code', count: { $sum: 1 } } },
      ])
      .toArray(),
    store.budgets.all(),
    store.connections.all(),
    store.workers.alive(now),
    store.collections.inbox.countDocuments({ seen: false }),
    countDoubtful(store),
  ]);
  const due = jobs.filter(({ state }) => state === 'ready').map(({ nextDue }) => nextDue.getTime());
  return {
    jobs: jobs.map(({ kind, state, count }) => ({ kind, state, count })),
    lateSeconds: Math.max(0, now - Math.min(now, ...due)) / 1_000,
    parked: parked.map(({ _id, count }) => ({ code: _id, count })),
    doubtful,
    budgets: budgets.map(({ _id, tokens, slots }) => ({ budget: _id, tokens, slots: slots.length })),
    connections: connections.map(({ _id, paused, lastPull }) => ({
      connection: _id,
      paused: paused !== null,
      lastPullSeconds: lastPull === null ? null : Math.max(0, now - lastPull.getTime()) / 1_000,
    })),
    apis: apis.flatMap((api) => {
      const days = daysLeft(api, now);
      return days === null ? [] : [{ connection: api.connection, daysLeft: days }];
    }),
    workers: alive.length,
    unread,
    roundTrips: store.roundTrips(),
  };
}
