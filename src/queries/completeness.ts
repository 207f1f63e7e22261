import { orderId, type ConnectionId, type ExternalId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { CompletenessDocument } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';
import { jobKey, jobsThere, WORK } from './job-look-up.ts';

/** How one connection and business day compare: what the channel says it has against what we have, by id and version. */
export interface CompletenessLine {
  readonly connection: ConnectionId;
  readonly date: string;
  readonly theirs: number;
  readonly ours: number;
  /** Not here at all. */
  readonly missing: readonly ExternalId[];
  /** Here at an older version. */
  readonly stale: readonly ExternalId[];
  /** Here and not listed by the channel (any more). */
  readonly extra: readonly ExternalId[];
  /** Here as it came, and parked because it cannot be read: counted neither missing nor stale. */
  readonly parked: readonly ExternalId[];
  readonly at: Instant;
}

/** @param since only what was compared at or after this instant */
export async function completenessLines(store: Store, since: Instant = 0): Promise<CompletenessLine[]> {
  const days = (await store.connections.completeness()).filter((day) => day.at.getTime() >= since);
  return Promise.all(days.map((day) => lineOf(store, day)));
}

/** A compared day, with what we hold only raw told apart from what we do not hold. */
export async function lineOf(store: Store, day: CompletenessDocument): Promise<CompletenessLine> {
  const { connection, date, theirs, ours, extra, at } = day;
  const held = await heldRaw(store, connection, [...day.missing, ...day.stale]);
  return {
    connection,
    date,
    theirs,
    ours,
    missing: day.missing.filter((id) => !held.has(id)),
    stale: day.stale.filter((id) => !held.has(id)),
    extra,
    parked: [...new Set([...day.parked, ...held])],
    at: at.getTime(),
  };
}

/** Of these records, those that were observed and whose normalize job is parked or on its way: not lost (I6). */
async function heldRaw(store: Store, connection: ConnectionId, ids: readonly ExternalId[]): Promise<Set<ExternalId>> {
  const there = await jobsThere(
    store,
    ids.map((id) => jobKey(WORK.normalize, orderId(connection, id))),
  );
  return new Set(ids.filter((id) => there.has(jobKey(WORK.normalize, orderId(connection, id)))));
}
