import type { Clock } from '../domain/ports.ts';
import type { JobDocument } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';
import type { Finding, Findings } from './finding.ts';

/** What is ready this long after it was due has been forgotten. */
const OVERDUE_MS = 60_000;
/** A dead worker's jobs are freed by the others within its lease and a request time-out. */
const TAKEOVER_MS = 45_000;

type Head = Pick<JobDocument, '_id' | 'kind' | 'connection' | 'state' | 'due' | 'owner' | 'cause'>;

export interface JobCounts {
  readonly parked: number;
  readonly ready: number;
  readonly claimed: number;
  /** Whether any worker is there that could be blamed for what lies about. */
  readonly workers: number;
  readonly notes: readonly string[];
}

/**
 * One bad record stops nobody (I6): whatever is parked says why and what to do, and nothing that could go on lies about.
 * With no worker running, what waits only waits: that is noted, not blamed.
 */
export async function checkJobs(store: Store, findings: Findings, clock: Clock): Promise<JobCounts> {
  const now = store.clock.now();
  const alive = await store.workers.alive(now);
  const epochs = new Set(alive.map(({ epoch }) => epoch));
  const paused = new Set((await store.connections.paused()).map(({ _id }) => _id));
  const counts = { parked: 0, ready: 0, claimed: 0 };
  const left: Finding[] = [];
  const dead = new Set<string>();
  const cursor = store.collections.jobs
    .find({})
    .project<Head>({ kind: 1, connection: 1, state: 1, due: 1, owner: 1, 'cause.message': 1, 'cause.remedy': 1 })
    .batchSize(1_000);
  for await (const job of cursor) {
    counts[job.state] += 1;
    if (job.state === 'parked' && ((job.cause?.message ?? '') === '' || (job.cause?.remedy ?? '') === '')) {
      findings.add({ invariant: 'I6', where: job._id, says: 'is parked without a cause or without a remedy' });
    }
    const late = clock.now() - job.due.getTime();
    if (job.state === 'ready' && late > OVERDUE_MS && !paused.has(job.connection)) {
      left.push({
        invariant: 'I6',
        where: job._id,
        says: `has been ready for ${Math.round(late / 1_000)} s, and nobody runs it`,
      });
    }
    if (job.state === 'claimed' && !epochs.has(job.owner)) dead.add(job._id);
  }
  const held = [...dead].map((where): Finding => ({
    invariant: 'I6',
    where,
    says: 'is held by a worker that is dead',
  }));
  const notes: string[] = [];
  if (alive.length === 0) {
    if (left.length + held.length > 0)
      notes.push(`${left.length + held.length} jobs wait for a worker: none is running.`);
    return { ...counts, workers: 0, notes };
  }
  // Those that live have had the time to take over, or are just about to.
  if (alive.some(({ started }) => now - started.getTime() > TAKEOVER_MS))
    for (const finding of [...left, ...held]) findings.add(finding);
  else if (left.length + held.length > 0)
    notes.push(`${left.length + held.length} jobs are being taken over by a worker that has just started.`);
  return { ...counts, workers: alive.length, notes };
}
