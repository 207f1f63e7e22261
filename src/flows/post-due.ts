import { businessDate, dayWindow } from '../domain/time.ts';
import type { Handler } from '../jobs/handler.ts';
import type { Wanted } from '../store/job-records.ts';
import { each } from './each.ts';
import { connectionOf, type Flow, type FlowConnection } from './flow.ts';
import { scopeText } from './posting.ts';
import { KIND, wantPostBatch, wantPullOrders, wantPullShipments } from './wanted.ts';

/** What comes late for a day that was posted already is gathered for so long, that it becomes one supplement and not many. */
const GATHER_MS = 10 * 60_000;
/**
 * A day is posted when a pull that began after its end has brought the last of it, so that it is one document and no
 * supplement; a channel that is away delays it by no more than this.
 */
const PULL_FIRST_MS = 100_000;

/** Looks which days of a channel are over in its own time zone and have entries that no document has. */
export function postDue(flow: Flow): Handler {
  return {
    kind: KIND.postDue,
    batch: 8,
    concurrency: 1,
    requestMs: 0,
    run: (jobs) =>
      each(jobs, async (job): Promise<{ enqueue: readonly Wanted[] }> => {
        const channel = connectionOf(flow, job.connection);
        const { books } = channel;
        if (books === null || (flow.connections.get(books.ledger)?.effects.post ?? 'off') === 'off')
          return { enqueue: [] };
        const now = flow.clock.now();
        const days = await flow.store.facts.openDays(channel.id, businessDate(now, channel.zone));
        const wanted = new Map<string, { readonly job: Wanted; readonly newest: Date }>();
        const pulledFrom = (await flow.store.connections.get(channel.id))?.pulledFrom?.getTime() ?? 0;
        let wholeBy = 0;
        for (const { currency, date, since, newest } of days) {
          const before = await flow.store.batches.ofScope(scopeText(channel, currency, date));
          if (before.length > 0 && now - since.getTime() < GATHER_MS) continue;
          const { to: ended } = dayWindow(date, channel.zone);
          if (before.length === 0 && pulledFrom < ended && now - ended < PULL_FIRST_MS) {
            wholeBy = Math.max(wholeBy, ended);
            continue;
          }
          const posted = wantPostBatch(books.ledger, channel.id, currency, date);
          wanted.set(posted.key, { job: posted, newest });
        }
        // Begun and left: the switch was turned off meanwhile, or whoever began was killed and its job was replayed then.
        for (const { currency, date, at } of await flow.store.batches.begun(channel.id)) {
          const posted = wantPostBatch(books.ledger, channel.id, currency, date);
          if (!wanted.has(posted.key)) wanted.set(posted.key, { job: posted, newest: at });
        }
        const enqueue = await worthTrying(flow, [...wanted.values()]);
        if (wholeBy > 0) enqueue.push(...lastOfDay(flow, channel));
        return { enqueue };
      }),
  };
}

/** What was bought and what left in the last minutes of a day: asked for at once, not only when the schedule comes to it. */
function lastOfDay(flow: Flow, channel: FlowConnection): Wanted[] {
  const providers = new Set(flow.shipsBy.values());
  return [
    ...(channel.capabilities.orders === undefined ? [] : [wantPullOrders(channel.id)]),
    ...[...providers].map((provider) => wantPullShipments(provider)),
  ];
}

/** Those that do not stand as a case already, or for which something has come since: asking the same again helps nobody. */
async function worthTrying(
  flow: Flow,
  wanted: readonly { readonly job: Wanted; readonly newest: Date }[],
): Promise<Wanted[]> {
  const parked = await flow.store.jobs.parkedOf(wanted.map(({ job }) => job.key));
  const worth: Wanted[] = [];
  for (const { job, newest } of wanted) {
    const standing = parked.has(job.key) ? await flow.store.jobs.get(job.key) : null;
    if (standing?.state !== 'parked' || standing.cause === null || newest > standing.cause.at) worth.push(job);
  }
  return worth;
}
