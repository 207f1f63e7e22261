import type { Hold } from './order.ts';
import type { Instant } from './time.ts';

/** What a person decided about an order's holds. Decisions are appended; what holds now follows from all of them, in order. */
export interface HoldDecision {
  readonly what: 'hold' | 'unhold';
  /** The hold that is set or let go: its name, or the kind of one that the channel gave. */
  readonly name: string;
  readonly because: string;
  /** Of a hold: when it ends by itself; null = it is to be let go. */
  readonly until: Instant | null;
}

/** Holds that only the channel can end: what we sent for them would be refused there, or is not paid for. */
const THEIRS: ReadonlySet<Hold['kind']> = new Set(['channel', 'unpaid']);

/** By what a person names a hold. */
export function holdName({ name, kind }: Pick<Hold, 'name' | 'kind'>): string {
  return name ?? kind;
}

/** Whether a person may let it go. */
export function canRelease({ kind }: Pick<Hold, 'kind'>): boolean {
  return !THEIRS.has(kind);
}

/** Whether it makes the order wait at this instant. */
export function isActive({ until }: Pick<Hold, 'until'>, now: Instant): boolean {
  return until === null || until > now;
}

/**
 * The holds of an order after what people decided: what was let go stays so in every later revision, also where the
 * channel or a rule says it again. Pure; without decisions the same list comes back.
 */
export function decidedHolds(found: readonly Hold[], decisions: readonly HoldDecision[]): readonly Hold[] {
  if (decisions.length === 0) return found;
  const set = new Map<string, Hold>();
  const released = new Set<string>();
  for (const { what, name, because, until } of decisions) {
    if (what === 'hold') set.set(name, { kind: 'person', name, reason: because, until });
    else {
      set.delete(name);
      released.add(name);
    }
  }
  const standing = found.filter((hold) => !canRelease(hold) || !released.has(holdName(hold)));
  return [...standing, ...set.values()];
}
