import { businessDate } from '../domain/time.ts';
import type { Handler } from '../jobs/handler.ts';
import type { Wanted } from '../store/job-records.ts';
import { each } from './each.ts';
import { connectionOf, type Flow } from './flow.ts';
import { scopeText } from './posting.ts';
import { KIND, wantPostBatch } from './wanted.ts';

/** What comes late for a day that was posted already is gathered for so long, that it becomes one supplement and not many. */
const GATHER_MS = 10 * 60_000;

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
        const enqueue: Wanted[] = [];
        for (const { currency, date, since } of days) {
          const before = await flow.store.batches.ofScope(scopeText(channel, currency, date));
          if (before.length > 0 && now - since.getTime() < GATHER_MS) continue;
          enqueue.push(wantPostBatch(books.ledger, channel.id, currency, date));
        }
        return { enqueue };
      }),
  };
}
