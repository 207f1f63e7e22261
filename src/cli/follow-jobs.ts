import type { Clock } from '../domain/ports.ts';
import type { ParkCause } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';

/** How a job that somebody waits for came out. `late` = it is not done in the time given, and goes on by itself. */
export interface Followed {
  readonly key: string;
  readonly state: 'done' | 'parked' | 'failing' | 'paused' | 'late';
  readonly cause: ParkCause | null;
}

const LOOK_MS = 150;
const FAILURES = 3;

/** Waits until each of these jobs is done, parked, or plainly not getting anywhere. */
export async function followJobs(
  store: Store,
  clock: Clock,
  keys: readonly string[],
  mostMs: number,
): Promise<Followed[]> {
  const until = clock.now() + mostMs;
  for (;;) {
    const states = await Promise.all(keys.map((key) => stateOf(store, key)));
    if (states.every(({ state }) => state !== 'late') || clock.now() > until) return states;
    await clock.sleep(LOOK_MS);
  }
}

async function stateOf(store: Store, key: string): Promise<Followed> {
  const job = await store.jobs.get(key);
  if (job === null) return { key, state: 'done', cause: null };
  if (job.state === 'parked') return { key, state: 'parked', cause: job.cause };
  const paused = (await store.connections.paused()).find(({ _id }) => _id === job.connection);
  if (paused !== undefined) return { key, state: 'paused', cause: paused.paused };
  return { key, state: job.attempts >= FAILURES ? 'failing' : 'late', cause: job.last };
}
