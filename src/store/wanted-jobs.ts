import type { ConnectionId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';

/** Who goes first: an operator, then a hint from outside, then what finishes work under way, then polling, then backfill. */
export const PRIORITY = { operator: 0, hint: 1, downstream: 2, poll: 3, backfill: 4 } as const;

/** What is wanted done. Enqueueing it again is harmless and never lost, also while it runs. */
export interface Wanted {
  readonly key: string;
  readonly kind: string;
  /** Jobs of one lane are not run at the same time if that can be helped. */
  readonly lane: string;
  readonly connection: ConnectionId;
  readonly subject: string;
  readonly prio: number;
  /** The version that is wanted, where the trigger has one that only grows. */
  readonly version?: number;
  /** Not before this instant. Never delays a job that is waiting already; a new version brings it forward, a tick does not. */
  readonly due?: Instant;
  /** Since when what it does has been under way, where that was before now: of what follows from a job, when that was wanted. */
  readonly since?: Instant;
}

/** One want of each key: the newest version, under way since the earliest of them. */
export function byKey(wanted: readonly Wanted[]): Map<string, Wanted> {
  const newest = new Map<string, Wanted>();
  for (const want of wanted) {
    const before = newest.get(want.key);
    if (before === undefined) {
      newest.set(want.key, want);
      continue;
    }
    const since = Math.min(before.since ?? Infinity, want.since ?? Infinity);
    const chosen = (before.version ?? 0) <= (want.version ?? 0) ? want : before;
    newest.set(want.key, Number.isFinite(since) ? { ...chosen, since } : chosen);
  }
  return newest;
}

/** Since when what is wanted has been under way. */
export function sinceOf(want: Wanted, now: Instant): Date {
  return new Date(Math.min(want.since ?? now, now));
}
