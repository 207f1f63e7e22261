import type { ConnectionId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { JobDocument } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';

/** How a connection is. `away` = its remote did not answer when it was asked last, and is asked again. */
export interface ConnectionStanding {
  readonly id: ConnectionId;
  readonly connector: string;
  readonly state: 'ok' | 'paused' | 'away';
  readonly cause: string | null;
  readonly remedy: string | null;
  readonly lastPull: Instant | null;
}

/** A job that was tried, failed for a passing reason, and is to be tried again. */
export type FailingJob = Pick<JobDocument, '_id' | 'kind' | 'connection' | 'attempts' | 'due' | 'at' | 'last'>;

/** Jobs of these kinds that wait for another try. */
export async function failingJobs(store: Store, kinds: readonly string[]): Promise<FailingJob[]> {
  return store.collections.jobs
    .find({ kind: { $in: [...kinds] }, state: 'ready', attempts: { $gt: 0 } })
    .project<FailingJob>({ kind: 1, connection: 1, attempts: 1, due: 1, at: 1, last: 1 })
    .toArray();
}

/** @param kinds the kinds of jobs that ask a remote */
export async function connectionStandings(store: Store, kinds: readonly string[]): Promise<ConnectionStanding[]> {
  const failing = await failingJobs(store, kinds);
  return (await store.connections.all()).map(({ _id, connector, paused, lastPull }) => {
    const failed = failing.find(({ connection }) => connection === _id)?.last ?? null;
    const cause = paused ?? failed;
    return {
      id: _id,
      connector,
      state: paused !== null ? 'paused' : failed !== null ? 'away' : 'ok',
      cause: cause?.message ?? null,
      remedy: cause?.remedy ?? null,
      lastPull: lastPull?.getTime() ?? null,
    };
  });
}

/**
 * Whether any job is under way, or ready and due before the instant. Not counted: those of paused connections, and those
 * that ask a remote (`kinds`) which is away.
 */
export async function workIsOpen(
  store: Store,
  before: Date,
  except: {
    readonly paused: readonly ConnectionId[];
    readonly away: readonly ConnectionId[];
    readonly kinds: readonly string[];
  },
): Promise<boolean> {
  const going = except.paused.length === 0 ? {} : { connection: { $nin: [...except.paused] } };
  const there =
    except.away.length === 0
      ? {}
      : { $or: [{ connection: { $nin: [...except.away] } }, { kind: { $nin: [...except.kinds] } }] };
  // In one question: between two, a job could pass from the one state into the other unseen.
  const one = await store.collections.jobs.findOne(
    {
      $or: [
        { state: 'claimed', ...there },
        { state: 'ready', due: { $lt: before }, ...going, ...there },
      ],
    },
    { projection: { _id: 1 } },
  );
  return one !== null;
}
