import PQueue from 'p-queue';
import { asSyncError, SyncError } from '../domain/errors.ts';
import { orderIn, type ConnectionId } from '../domain/ids.ts';
import type { Clock, Log, LogFields, Random } from '../domain/ports.ts';
import { runSignal } from '../domain/run-signal.ts';
import { asStoreError, isStoreAway } from '../store/faults.ts';
import { gathered } from '../store/gather.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import type { Store } from '../store/open-store.ts';
import { endingOf, parkCause } from './ending.ts';
import type { Handler, Result } from './handler.ts';
import { openLease, type Lease } from './lease.ts';
import { Wakes } from './wakes.ts';

const IDLE_LEAST_MS = 50;
const IDLE_MOST_MS = 1_000;
const STOP_MS = 8_000;

export interface WorkerSettings {
  readonly store: Store;
  readonly handlers: readonly Handler[];
  /** This machine's own, for its lease and its pauses. When work is due all workers tell by the store's. */
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly host: string;
  readonly pid: number;
  /** How long a worker that finds nothing to do waits at most before it looks again, in milliseconds. Default 1 s. */
  readonly idleMostMs?: number;
  /** Told of every ended job, for progress and metrics. */
  readonly onEnd?: (kind: string, end: 'done' | 'again' | 'parked', count: number) => void;
}

export interface Worker {
  /** Enqueues durable work, and wakes this worker for it. */
  enqueue(wanted: readonly Wanted[]): Promise<void>;
  /** Looks for work at once: somebody has made jobs ready in another way. */
  wake(): void;
  /** Stops claiming, lets what runs end for up to 8 s, aborts the rest, and gives its jobs back. */
  stop(): Promise<void>;
  /** Jobs under way in this worker. */
  running(): number;
}

/** Runs jobs until it is stopped: claims a batch of a kind, runs it, ends each job by its result. */
export async function startWorker(settings: WorkerSettings): Promise<Worker> {
  const { store, handlers, clock, random, log, idleMostMs = IDLE_MOST_MS } = settings;
  const wakes = new Wakes(clock);
  const claiming = new AbortController();
  const running = new AbortController();
  const requestMs = new Map(handlers.map((handler) => [handler.kind, handler.requestMs]));
  const lease = await openLease({
    store,
    clock,
    random,
    log,
    host: settings.host,
    pid: settings.pid,
    requestMs,
    onTakeover: () => wakes.wakeAll(),
  });
  let paused: readonly ConnectionId[] = [];
  let pausedAt = 0;
  let asking: Promise<readonly ConnectionId[]> | null = null;
  let underWay = 0;
  let signal: { readonly held: Lease; readonly signal: AbortSignal } | null = null;

  async function enqueue(wanted: readonly Wanted[]): Promise<void> {
    await store.jobs.enqueue(wanted, store.clock.now());
    wakes.wake(wanted.map((want) => want.kind));
  }

  /** Asked once a second by whichever loop comes first; the others wait for the same answer. */
  async function pausedNow(): Promise<readonly ConnectionId[]> {
    if (clock.now() - pausedAt <= 1_000) return paused;
    asking ??= askPaused().finally(() => {
      asking = null;
    });
    return asking;
  }

  async function askPaused(): Promise<readonly ConnectionId[]> {
    paused = (await store.connections.paused()).map((connection) => connection._id);
    pausedAt = clock.now();
    return paused;
  }

  async function run(handler: Handler, jobs: readonly ClaimedJob[], held: Lease): Promise<void> {
    underWay += jobs.length;
    try {
      const results = await resultsOf(handler, jobs, held);
      await finish(
        handler,
        running.signal.aborted ? results.map((result) => unlessStopped(result, store.clock.now())) : results,
        held,
      );
    } catch (thrown) {
      // Only the store itself can fail here. The lease ends, and with it every claim: the work is run again.
      log.error('A batch could not be ended: its jobs will be run again.', {
        kind: handler.kind,
        jobs: jobs.length,
        reason: asSyncError(asStoreError(thrown)).message,
      });
      lease.renew();
    } finally {
      underWay -= jobs.length;
    }
  }

  /** One for all runs of a lease: made for each, they would pile up at the signal that stops them all. */
  function signalOf(held: Lease): AbortSignal {
    if (signal?.held !== held) signal = { held, signal: runSignal(running.signal, () => held.alive()) };
    return signal.signal;
  }

  async function resultsOf(handler: Handler, jobs: readonly ClaimedJob[], held: Lease): Promise<readonly Result[]> {
    const context = {
      signal: signalOf(held),
      requestMs: handler.requestMs,
      log: log.with({ kind: handler.kind, ...(jobs.length === 1 ? aboutJob(jobs[0]) : {}) }),
      enqueue: (wanted: readonly Wanted[]) => enqueue(following(wanted, jobs)),
    };
    try {
      const results = await handler.run(jobs, context);
      const told = new Set(results.map((result) => result.job._id));
      return [...results, ...jobs.filter((job) => !told.has(job._id)).map((job) => ({ job, error: forgotten(job) }))];
    } catch (thrown) {
      if (isStoreAway(thrown)) throw thrown;
      const error = asSyncError(asStoreError(thrown));
      if (jobs.length === 1 || !isOfSome(error, jobs)) {
        if (error.fault === 'bug')
          log.error(error.message, { kind: handler.kind, ...aboutJob(jobs[0]), stack: String(stackOf(thrown)) });
        return jobs.map((job) => ({ job, error }));
      }
      // One of them is at fault. Its neighbours must not share its fate: each is run alone.
      log.warn('A batch failed as a whole and is run one by one.', {
        kind: handler.kind,
        jobs: jobs.length,
        reason: error.message,
      });
      const single: Result[] = [];
      for (const job of jobs) single.push(...(await resultsOf(handler, [job], held)));
      return single;
    }
  }

  async function finish(handler: Handler, results: readonly Result[], held: Lease): Promise<void> {
    const now = store.clock.now();
    const wanted = results.flatMap((result) => following(result.enqueue ?? [], [result.job]));
    const endings = results.map((result) => endingOf(result, now, random.next()));
    try {
      // First what follows, then the end: a crash between the two repeats, and never loses.
      await store.jobs.enqueue(wanted, now);
      await pauseFor(results, now);
      if (!held.alive())
        log.warn('The lease was lost while jobs ran: whoever has taken them over ends them.', { kind: handler.kind });
      await store.jobs.end(endings, now);
    } finally {
      // Not before: what follows from a job is mostly of the lane that it holds until here.
      wakes.wake(wanted.map((want) => want.kind));
    }
    for (const end of ['done', 'again', 'parked'] as const) {
      const count = endings.filter((ending) => ending.end === end).length;
      if (count > 0) settings.onEnd?.(handler.kind, end, count);
    }
    for (const ending of endings) {
      if (ending.end === 'parked') {
        log.warn('Parked.', {
          ...aboutJob(ending.job),
          code: ending.cause.code,
          cause: ending.cause.message,
          remedy: ending.cause.remedy,
        });
      }
    }
  }

  async function pauseFor(results: readonly Result[], now: number): Promise<void> {
    const reasons = new Map<ConnectionId, SyncError>();
    for (const result of results) {
      if ('error' in result && result.error.fault === 'config') reasons.set(result.job.connection, result.error);
    }
    for (const [connection, error] of reasons) {
      await store.connections.pause(connection, parkCause(error, now));
      paused = [...paused, connection];
      log.error('Connection paused.', { connection, cause: error.message, remedy: error.remedy });
    }
  }

  async function claim(handler: Handler, held: Lease, passing: readonly ConnectionId[]): Promise<ClaimedJob[]> {
    try {
      return await store.jobs.claim(handler.kind, handler.batch, held.epoch, store.clock.now(), passing);
    } catch (thrown) {
      // It may have been written all the same. What this epoch then holds nobody runs: it is freed with the epoch.
      lease.renew();
      throw thrown;
    }
  }

  /** Whether a kind that nobody was woken for has work all the same. Kinds that look at about the same time ask together. */
  const isDue = gathered<string, boolean>({
    async together(kinds) {
      const due = await store.jobs.due(kinds, store.clock.now(), await pausedNow());
      return kinds.map((kind) => due.has(kind));
    },
    about: String,
  });

  /** Until the next of the moments at which all kinds that have waited as long look: so they meet there. */
  function untilLook(idle: number): number {
    return idle - (clock.now() % idle);
  }

  async function loop(handler: Handler): Promise<void> {
    const queue = new PQueue({ concurrency: handler.concurrency });
    let idle = IDLE_LEAST_MS;
    while (!claiming.signal.aborted) {
      try {
        if (queue.pending + queue.size >= handler.concurrency) {
          // Woken by the end of any run of this kind.
          await wakes.next(handler.kind, idleMostMs, claiming.signal);
          continue;
        }
        const held = lease.current();
        const jobs = held.alive() ? await claim(handler, held, await pausedNow()) : [];
        if (jobs.length > 0) {
          idle = IDLE_LEAST_MS;
          void queue.add(() => run(handler, jobs, held)).then(() => wakes.wake([handler.kind]));
          continue;
        }
        for (let looking = false; !looking && !claiming.signal.aborted;) {
          const woken = await wakes.next(handler.kind, untilLook(idle), claiming.signal);
          idle = woken ? IDLE_LEAST_MS : Math.min(idle * 2, idleMostMs);
          looking = woken || (await isDue(handler.kind));
        }
      } catch (thrown) {
        if (claiming.signal.aborted) break;
        log.error('No work can be claimed for now.', {
          kind: handler.kind,
          reason: asSyncError(asStoreError(thrown)).message,
        });
        await clock.sleep(1_000, claiming.signal).catch(() => undefined);
      }
    }
    await queue.onIdle();
  }

  const loops = handlers.map((handler) => loop(handler));
  return {
    enqueue,
    wake: () => wakes.wakeAll(),
    running: () => underWay,
    async stop() {
      claiming.abort(new Error('the worker is stopping'));
      wakes.wakeAll();
      const ended = Promise.all(loops);
      const late = clock.sleep(STOP_MS, running.signal).catch(() => undefined);
      await Promise.race([ended, late]);
      running.abort(new Error('the worker is stopping'));
      await lease.close();
    },
  };
}

/**
 * What follows from jobs has been under way since they have: whoever asks whether everything up to an instant is done
 * must not find a gap between the end of one job and the beginning of the next.
 */
function following(wanted: readonly Wanted[], jobs: readonly ClaimedJob[]): Wanted[] {
  const at = Math.min(...jobs.map((job) => job.at.getTime()));
  return wanted.map((want) => ({ ...want, since: Math.min(at, want.since ?? at) }));
}

/** Whether a failure of a whole batch parks or pauses what only some of its jobs are to blame for. */
function isOfSome(error: SyncError, jobs: readonly ClaimedJob[]): boolean {
  switch (error.fault) {
    case 'bug':
    case 'data':
      return true;
    case 'config':
      return jobs.some((job) => job.connection !== jobs[0]?.connection);
    case 'transient':
    case 'throttled':
    case 'unknown':
      return false;
  }
}

/** By which ids the log is searched for what has to do with a job. */
function aboutJob(job: ClaimedJob | undefined): LogFields {
  if (job === undefined) return {};
  const order = orderIn(job._id);
  return {
    job: job._id,
    ...(job.connection === '' ? {} : { connection: job.connection }),
    ...(order === null ? {} : { order }),
  };
}

/** Without an end its job would stay claimed for as long as this worker lives. */
function forgotten(job: ClaimedJob): SyncError {
  return new SyncError('bug', `The handler of ${job.kind} gave no result for ${job._id}.`, {
    code: 'no-result',
    remedy: 'This is a fault in Crossdock. Report it with the job key, then replay the job.',
  });
}

/** What failed because this worker stops is nobody's fault: it is run again by another. */
function unlessStopped(result: Result, now: number): Result {
  return 'error' in result ? { job: result.job, again: now, enqueue: result.enqueue ?? [] } : result;
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
