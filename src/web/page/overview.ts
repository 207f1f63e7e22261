import type { Instant } from '../../domain/time.ts';
import { DOUBTFUL } from '../../queries/effects.ts';
import type { Reads } from '../../queries/reads.ts';

type Read<Name extends keyof Reads> = Awaited<ReturnType<Reads[Name]>>;

/** Everything that the page shows, but for the log. */
export interface Overview {
  readonly at: Instant;
  readonly workers: number;
  readonly connections: Read<'connections'>;
  readonly totals: Read<'orderTotals'>;
  readonly cases: Read<'cases'>;
  /** How many requests nobody knows the outcome of, or were refused, and the newest of them. */
  readonly doubtful: { readonly counts: Read<'doubtful'>; readonly newest: Read<'effects'>['items'] };
  readonly runs: Read<'runs'>['items'];
  /** The newest compared day of each channel, and every day on which it has what we have not. */
  readonly completeness: Read<'completeness'>;
}

const RUNS = 20;
const EFFECTS = 20;
/** However many look at once, the store is asked no more often than this. */
const FRESH_MS = 2_000;

/** Gathers an overview; whoever asks while one is made, or just was, gets the same. */
export function openOverview(reads: Reads, now: () => Instant): () => Promise<Overview> {
  let known: { readonly at: Instant; readonly made: Promise<Overview> } | null = null;
  return async () => {
    const at = now();
    if (known !== null && at - known.at < FRESH_MS) return known.made;
    const made = gather(reads, at);
    known = { at, made };
    try {
      return await made;
    } catch (thrown) {
      known = null;
      throw thrown;
    }
  };
}

async function gather(reads: Reads, at: Instant): Promise<Overview> {
  const [workers, connections, totals, cases, counts, effects, runs, days] = await Promise.all([
    reads.workers(),
    reads.connections(),
    reads.orderTotals(),
    reads.cases(),
    reads.doubtful(),
    reads.effects({ states: DOUBTFUL, limit: EFFECTS, payload: 'none' }),
    reads.runs({ limit: RUNS }),
    reads.completeness(),
  ]);
  const newest = new Map<string, Overview['completeness'][number]>();
  for (const day of days) if ((newest.get(day.connection)?.date ?? '') < day.date) newest.set(day.connection, day);
  return {
    at,
    workers,
    connections,
    totals,
    cases,
    doubtful: { counts, newest: effects.items },
    runs: runs.items,
    completeness: days.filter((day) => newest.get(day.connection) === day || day.missing.length + day.stale.length > 0),
  };
}
