import { addDays, businessDate, dayWindow, type BusinessDate } from '../domain/time.ts';
import { orderId, type ExternalId } from '../domain/ids.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import type { CompletenessDocument } from '../store/documents.ts';
import { PRIORITY } from '../store/job-records.ts';
import { connectionOf, orderSource, type Flow, type FlowConnection } from './flow.ts';
import { each } from './each.ts';
import { KIND, wantNormalizeOrder, wantPullOrder } from './wanted.ts';

const DAYS = 3;
const TOGETHER = 500;

/**
 * Compares, for the last two closed days and the present one, the (id, version) set that the channel lists with ours,
 * and asks for what is missing or stale by its id (I1): a list may leave out what is there under its id.
 */
export function sweepOrders(flow: Flow): Handler {
  return {
    kind: KIND.sweepOrders,
    batch: 1,
    concurrency: 2,
    requestMs: 0,
    run: (jobs, context) =>
      each(jobs, async (job) => {
        const connection = connectionOf(flow, job.connection);
        const today = businessDate(flow.clock.now(), connection.zone);
        for (let back = DAYS - 1; back >= 0; back -= 1)
          await sweepDay(flow, connection, addDays(today, -back), context);
      }),
  };
}

async function sweepDay(
  flow: Flow,
  connection: FlowConnection,
  date: BusinessDate,
  context: RunContext,
): Promise<void> {
  const day = await compareDay(flow, connection, date, context.signal);
  await flow.store.connections.saveCompleteness(day);
  const wanted = [...day.missing, ...day.stale, ...day.extra];
  if (wanted.length === 0) return;
  context.log.warn('The channel and we do not hold the same orders: they are asked for by id.', {
    connection: connection.id,
    date,
    missing: day.missing.length,
    stale: day.stale.length,
    extra: day.extra.length,
  });
  await context.enqueue(wanted.map((id) => wantPullOrder(connection.id, id, PRIORITY.hint)));
}

/** The completeness line of one connection and business day: theirs against ours, by id and version. */
export async function compareDay(
  flow: Flow,
  connection: FlowConnection,
  date: BusinessDate,
  signal: AbortSignal,
): Promise<CompletenessDocument> {
  const day = dayWindow(date, connection.zone);
  // Before the cut-over the channel owes us nothing.
  const window = { from: Math.min(Math.max(day.from, connection.cutOver), day.to), to: day.to };
  const theirs = new Map<ExternalId, number>();
  for await (const { id, version } of orderSource(connection).ids(window, signal)) theirs.set(id, version);
  const ours = new Map(
    (await flow.store.orders.versions(connection.id, window.from, window.to)).map((row) => [
      row.externalId,
      row.version,
    ]),
  );
  const missing: ExternalId[] = [];
  const stale: ExternalId[] = [];
  // What is not among ours of that day may be there at another version: asked for by id.
  const unmatched = [...theirs].filter(([id, version]) => ours.get(id) !== version);
  for (let from = 0; from < unmatched.length; from += TOGETHER) {
    const part = unmatched.slice(from, from + TOGETHER);
    const held = new Map(
      (await flow.store.orders.readForAllocation(part.map(([id]) => orderId(connection.id, id)))).map((order) => [
        order.externalId,
        order.version,
      ]),
    );
    for (const [id, version] of part) {
      const heldVersion = held.get(id);
      if (heldVersion === undefined) missing.push(id);
      else if (heldVersion < version) stale.push(id);
    }
  }
  const key = (id: ExternalId): string => wantNormalizeOrder(connection.id, orderId(connection.id, id)).key;
  const unread = await flow.store.jobs.parkedOf([...missing, ...stale].map(key));
  const read = (id: ExternalId): boolean => !unread.has(key(id));
  return {
    _id: `${connection.id}|${date}`,
    connection: connection.id,
    date,
    theirs: theirs.size,
    ours: ours.size,
    missing: missing.filter(read),
    stale: stale.filter(read),
    listed: [...missing, ...stale].filter(read).map((id) => ({ id, version: theirs.get(id) ?? 0 })),
    parked: [...missing, ...stale].filter((id) => !read(id)),
    extra: [...ours.keys()].filter((id) => !theirs.has(id)),
    at: new Date(flow.clock.now()),
  };
}
