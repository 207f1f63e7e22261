import { orderId, type ConnectionId, type ExternalId, type OrderId } from '../domain/ids.ts';
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
  /** Not here at all when they were compared, nor as the channel listed it since. */
  readonly missing: readonly ExternalId[];
  /** Here at an older version when they were compared, and since. */
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

/** A compared day without what has come since, and with what we hold only raw told apart from what we do not hold. */
export async function lineOf(store: Store, day: CompletenessDocument): Promise<CompletenessLine> {
  const { connection, date, theirs, ours, extra, at } = day;
  const come = await comeSince(store, day);
  const missing = day.missing.filter((id) => !come.has(id));
  const stale = day.stale.filter((id) => !come.has(id));
  const held = await heldRaw(store, connection, [...missing, ...stale]);
  return {
    connection,
    date,
    theirs,
    ours,
    missing: missing.filter((id) => !held.has(id)),
    stale: stale.filter((id) => !held.has(id)),
    extra,
    parked: [...new Set([...day.parked, ...held])],
    at: at.getTime(),
  };
}

/**
 * What a day lacked and is here by now at the version that the channel listed, or a later one. Only a few days are compared
 * again and again: of an older one nobody else would say so.
 */
async function comeSince(store: Store, day: CompletenessDocument): Promise<Set<ExternalId>> {
  const lacked = [...day.missing, ...day.stale];
  if (lacked.length === 0) return new Set();
  const rows = await store.collections.orders
    .find({ _id: { $in: lacked.map((id) => orderId(day.connection, id)) } })
    .project<{ _id: OrderId; version: number }>({ version: 1 })
    .toArray();
  const here = new Map(rows.map(({ _id, version }) => [_id, version]));
  const listed = new Map((day.listed ?? []).map(({ id, version }) => [id, version]));
  // Where no version was kept, one that was not here at all has come at whatever version it is here.
  const least = new Map([...day.missing.map((id) => [id, 0] as const), ...listed]);
  return new Set(lacked.filter((id) => (here.get(orderId(day.connection, id)) ?? -1) >= (least.get(id) ?? Infinity)));
}

/** Of these records, those that were observed and whose normalize job is parked or on its way: not lost (I6). */
async function heldRaw(store: Store, connection: ConnectionId, ids: readonly ExternalId[]): Promise<Set<ExternalId>> {
  const there = await jobsThere(
    store,
    ids.map((id) => jobKey(WORK.normalize, orderId(connection, id))),
  );
  return new Set(ids.filter((id) => there.has(jobKey(WORK.normalize, orderId(connection, id)))));
}
