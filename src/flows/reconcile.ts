import { compareDocuments } from '../domain/ledger/reconcile.ts';
import { addDays, businessDate } from '../domain/time.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import type { Wanted } from '../store/job-records.ts';
import { each } from './each.ts';
import { connectionOf, type Flow } from './flow.ts';
import { KIND, wantReconcileBatch } from './wanted.ts';

/** So many days back every document is read again: periods are open, and somebody may change what is in them. */
const DAYS = 35;
/** Read so lately it need not be read again. */
const FRESH_MS = 60 * 60_000;

/** Reads back every document of the last weeks that was not read just now. */
export function reconcileDue(flow: Flow): Handler {
  return {
    kind: KIND.reconcileDue,
    batch: 4,
    concurrency: 1,
    requestMs: 0,
    run: (jobs) =>
      each(jobs, async (job): Promise<{ enqueue: readonly Wanted[] }> => {
        const ledger = connectionOf(flow, job.connection);
        const now = flow.clock.now();
        const from = addDays(businessDate(now, ledger.zone), 0 - DAYS);
        const batches = await flow.store.batches.since(ledger.id, from);
        return {
          enqueue: batches
            .filter(({ state }) => state === 'posted' || state === 'agreed' || state === 'differs')
            .filter(({ readAt }) => readAt === null || now - readAt.getTime() > FRESH_MS)
            .map(({ _id }) => wantReconcileBatch(ledger.id, _id)),
        };
      }),
  };
}

/** reconcile: reads one document back, compares it with what was posted, and names every difference. */
export function reconcileBatch(flow: Flow): Handler {
  return {
    kind: KIND.reconcileBatch,
    batch: 16,
    concurrency: 1,
    requestMs: 0,
    run: (jobs, context) => each(jobs, (job) => compare(flow, job.subject, context)),
  };
}

async function compare(flow: Flow, key: string, context: RunContext): Promise<void> {
  const batch = await flow.store.batches.get(key);
  if (batch === null || batch.externalId === null) return;
  const ledger = connectionOf(flow, batch.ledger);
  const found = (await ledger.capabilities.ledger?.read(batch.externalId, context.signal)) ?? null;
  const differences = compareDocuments(batch.batch.document, found);
  const readAt = new Date(flow.clock.now());
  await flow.store.batches.change(batch, {
    state: differences.length === 0 ? 'agreed' : 'differs',
    differences,
    readAt,
  });
  flow.meter.count('batches_reconciled', 1, {
    ledger: ledger.id,
    result: differences.length === 0 ? 'agreed' : 'differs',
  });
  if (differences.length === 0 || batch.state === 'differs') return;
  context.log.warn('A posted document is not in the ERP as it was posted.', {
    batch: key,
    connection: ledger.id,
    differences: differences.length,
    first: differences[0]?.text,
  });
}
