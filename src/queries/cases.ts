import type { Fault } from '../domain/errors.ts';
import type { ConnectionId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { JobDocument } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';

/** Who can mend what is parked. */
export const ACTORS = ['operations', 'finance', 'admins'] as const;
export type Actor = (typeof ACTORS)[number];

/** Parked jobs that share one cause, as a person sees them. */
export interface Case {
  readonly code: string;
  readonly fault: Fault;
  readonly who: Actor;
  /** The cause as the oldest of them says it. */
  readonly message: string;
  readonly remedy: string;
  /** Mapping entries that would mend all of them. */
  readonly needs: readonly string[];
  readonly count: number;
  /** Since when the work that waits longest is under way: an edit of its order, or a replay, does not start it anew. */
  readonly oldest: Instant;
  readonly connections: readonly ConnectionId[];
  /** The first of their keys. */
  readonly keys: readonly string[];
}

const KEYS_SHOWN = 5;
const FINANCE: ReadonlySet<string> = new Set([
  'unmapped-payment',
  'totals-differ',
  'unknown-currency',
  'effect-unknown',
]);
const ADMINS: ReadonlySet<string> = new Set([
  'unknown-connection',
  'capability',
  'sealed-value',
  'store-refused',
  'master-key',
]);

/** Who must act on a cause: by its code where one names a trade, else by what kind of fault it is. */
export function actorOf(code: string, fault: Fault): Actor {
  if (FINANCE.has(code)) return 'finance';
  if (ADMINS.has(code) || fault === 'config' || fault === 'bug' || fault === 'transient') return 'admins';
  return 'operations';
}

type Parked = Pick<JobDocument, '_id' | 'connection' | 'at' | 'cause'>;

/** All parked jobs as cases, the largest first. */
export async function parkedCases(store: Store, filter: { connection?: ConnectionId } = {}): Promise<Case[]> {
  const cases = new Map<string, Case>();
  const cursor = store.collections.jobs
    // The range makes it a look-up in the index of what is parked.
    .find({ state: 'parked', connection: filter.connection ?? { $gte: '' } })
    .project<Parked>({ connection: 1, at: 1, cause: 1 })
    .batchSize(500);
  for await (const job of cursor) addTo(cases, job);
  return [...cases.values()].sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
}

function addTo(cases: Map<string, Case>, { _id, connection, at: since, cause }: Parked): void {
  if (cause === null) return;
  const { code, fault, message, remedy, field } = cause;
  const needs = [...cause.needs].sort();
  const at = since.getTime();
  // Beside a mapping entry, which is one cause whatever it keeps waiting, the field tells causes of one code apart.
  const key = JSON.stringify([code, needs.length > 0 ? needs : field?.replaceAll(/\d+/g, '#')]);
  const before = cases.get(key);
  if (before === undefined) {
    const who = actorOf(code, fault);
    cases.set(key, {
      code,
      fault,
      who,
      message,
      remedy,
      needs,
      count: 1,
      oldest: at,
      connections: [connection],
      keys: [_id],
    });
    return;
  }
  const older = at < before.oldest;
  cases.set(key, {
    ...before,
    ...(older ? { message, remedy } : {}),
    count: before.count + 1,
    oldest: Math.min(before.oldest, at),
    connections: before.connections.includes(connection)
      ? before.connections
      : [...before.connections, connection].sort(),
    keys: before.keys.length < KEYS_SHOWN ? [...before.keys, _id] : before.keys,
  });
}
