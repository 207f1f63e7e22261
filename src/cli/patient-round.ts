import type { App } from '../app.ts';
import type { ConnectionId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { Flow } from '../flows/flow.ts';
import { runRound } from '../flows/round.ts';
import { REMOTE_KINDS } from '../flows/wanted.ts';
import type { Worker } from '../jobs/worker.ts';
import { failingJobs, workIsOpen } from '../queries/connections.ts';
import type { ParkCause } from '../store/documents.ts';
import type { Wanted } from '../store/job-records.ts';
import { every } from './every.ts';

/** So many failures in a row, or one failure after so long, and the round goes on without that remote. */
const FAILURES = 3;
const PATIENCE_MS = 15_000;
/** A round in which nothing at all moves for this long is over. */
const STALLED_MS = 50_000;

export interface RoundResult {
  readonly startedAt: Instant;
  readonly tookMs: number;
  /** Remotes that did not answer, with what they said last: the round went on without them. */
  readonly away: ReadonlyMap<ConnectionId, ParkCause | null>;
  /** False when the round was stopped before its end, with why. */
  readonly stopped: string | null;
}

/**
 * One round that ends by itself: a remote that is away is tried a few times and then left to the next round, while the
 * others go on; what does not move at all is stopped.
 */
export async function patientRound(
  app: Pick<App, 'flow' | 'tally'>,
  worker: Worker,
  onStep: (step: string) => void,
  stop: AbortSignal,
): Promise<RoundResult> {
  const { flow, tally } = app;
  const { clock, store } = flow;
  const startedAt = clock.now();
  const away = new Map<ConnectionId, ParkCause | null>();
  let stepAt = startedAt;
  let movedAt = startedAt;
  tally.onCount((name, _amount, { end }) => {
    if (name !== 'jobs_ended' || end === 'done') movedAt = clock.now();
  });

  async function giveUpOn(): Promise<readonly ConnectionId[]> {
    const late = clock.now() - stepAt >= PATIENCE_MS;
    for (const { connection, attempts, last } of await failingJobs(store, REMOTE_KINDS)) {
      if (attempts >= FAILURES || late) away.set(connection, last);
    }
    return [...away.keys()];
  }

  const patient: Flow = {
    ...flow,
    store: {
      ...store,
      jobs: {
        ...store.jobs,
        open: async (before, paused) =>
          workIsOpen(store, before, { paused, away: await giveUpOn(), kinds: REMOTE_KINDS }),
      },
    },
  };
  const enqueue = (wanted: readonly Wanted[]): Promise<void> =>
    worker.enqueue(wanted.filter(({ connection, kind }) => !away.has(connection) || !REMOTE_KINDS.includes(kind)));
  const stalled = new AbortController();
  const unwatch = every(clock, 1_000, () => {
    if (clock.now() - movedAt >= STALLED_MS) stalled.abort(new Error('the round has stalled'));
  });
  let stopped: string | null = null;
  try {
    // What an earlier round gave up on is tried now, not when its back-off ends.
    await store.jobs.hasten(REMOTE_KINDS, clock.now());
    await runRound(patient, enqueue, AbortSignal.any([stalled.signal, stop]), (step) => {
      stepAt = clock.now();
      onStep(step);
    });
  } catch (thrown) {
    if (!stalled.signal.aborted && !stop.aborted) throw thrown;
    await giveUpOn();
    stopped = stalled.signal.aborted ? `Nothing has moved for ${STALLED_MS / 1_000} s.` : 'It was stopped.';
  } finally {
    unwatch();
  }
  return { startedAt, tookMs: clock.now() - startedAt, away, stopped };
}
