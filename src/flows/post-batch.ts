import { asSyncError, SyncError } from '../domain/errors.ts';
import { batchesOf, type Batch } from '../domain/ledger/batch.ts';
import { daysNotBooked } from '../domain/ledger/not-booked.ts';
import type { BusinessDate } from '../domain/time.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import { isStoreAway } from '../store/faults.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import type { BatchDocument } from '../store/ledger-documents.ts';
import { each } from './each.ts';
import { connectionOf, type Flow, type FlowConnection } from './flow.ts';
import { transfersOf } from './parts.ts';
import { postDocument } from './post-document.ts';
import { scopeText, type Posting } from './posting.ts';
import { KIND, wantReconcileBatch } from './wanted.ts';

/** So many parked orders are looked at together. */
const TOGETHER = 500;

/**
 * post: the entries of a closed day that no document has → documents → the ERP, each under its key. What an earlier run
 * began is finished first, as it was begun. An entry is claimed by one document, before that is sent.
 */
export function postBatch(flow: Flow): Handler {
  return {
    kind: KIND.postBatch,
    batch: 8,
    concurrency: 2,
    requestMs: 60_000,
    run: (jobs, context) => each(jobs, (job) => post(postingOf(flow, job, context))),
  };
}

function postingOf(flow: Flow, job: ClaimedJob, context: RunContext): Posting {
  const [id = '', currency = '', date = ''] = job.subject.split('|');
  const channel = connectionOf(flow, id);
  const ledger = connectionOf(flow, job.connection);
  if (channel.books === null || ledger.capabilities.ledger === undefined || ledger.accounts === null) {
    throw new SyncError('data', `The books of ${id} cannot be posted to ${job.connection}.`, {
      code: 'no-ledger',
      remedy: `Name an ERP connection in \`books.ledger\` of ${id}, and give its mapping \`accounts\`.`,
    });
  }
  return { flow, context, channel, ledger, books: channel.books, accounts: ledger.accounts, currency, date };
}

async function post(posting: Posting): Promise<{ enqueue: readonly Wanted[] }> {
  const { flow, channel, ledger, currency, date } = posting;
  // Not even written down: what a document has claimed nobody looks for any more.
  if (ledger.effects.post === 'off') return { enqueue: [] };
  const standing = await flow.store.batches.ofScope(scopeText(channel, currency, date));
  const posted: BatchDocument[] = [];
  // Each is tried, also where one before it was refused: the first refusal is told in the end.
  let refusal: unknown;
  const attempt = async (batch: BatchDocument): Promise<void> => {
    try {
      posted.push(...(await postDocument(posting, batch)));
    } catch (thrown) {
      // No refusal of a document: the worker waits for the store, and all of them are brought on again.
      if (isStoreAway(thrown)) throw thrown;
      refusal ??= thrown;
    }
  };
  for (const batch of standing) await attempt(batch);
  const { batches, unmapped } = await made(posting, standing);
  for (const batch of batches) await attempt(batch);
  const enqueue = posted.map(({ _id }) => wantReconcileBatch(ledger.id, _id));
  if (refusal !== undefined || unmapped.length > 0) await posting.context.enqueue(enqueue);
  if (refusal !== undefined) throw asSyncError(refusal);
  if (unmapped.length > 0) throw unmappedAccounts(posting, unmapped);
  return { enqueue };
}

/** New documents of the entries that none has, written down before anything is claimed. */
async function made(
  posting: Posting,
  standing: readonly BatchDocument[],
): Promise<{ batches: BatchDocument[]; unmapped: BatchDocument['unmapped'] }> {
  const { flow, channel, ledger, books, accounts, currency, date } = posting;
  const open = await flow.store.facts.open(channel.id, currency, date);
  const entries = open.flatMap(({ entry }) => entry ?? []);
  if (entries.length === 0) return { batches: [], unmapped: [] };
  const facts = new Map(open.flatMap(({ _id, entry }) => (entry === null ? [] : [[entry.id, _id]])));
  const version = standing.reduce((most, batch) => Math.max(most, batch.version), 0) + 1;
  const scope = {
    company: channel.company,
    connection: channel.id,
    currency,
    mode: 'day',
    of: date,
    date,
    version,
  } as const;
  const { batches, unmapped } = batchesOf(scope, entries, accounts, books.maxLines);
  const listed = unmapped.map(({ text, entries: waiting }) => ({ text, entries: waiting.length }));
  const left = batches.length === 0 ? [] : await leftOut(flow, channel, date);
  const at = new Date(flow.clock.now());
  const documents: BatchDocument[] = [];
  for (const batch of batches) {
    documents.push(
      await flow.store.batches.insert({
        _id: batch.document.key,
        v: 1,
        scope: scopeText(channel, currency, date),
        company: channel.company,
        connection: channel.id,
        ledger: ledger.id,
        currency,
        date,
        version,
        state: 'claiming',
        batch: byFacts(batch, facts),
        externalId: null,
        at,
        postedAt: null,
        readAt: null,
        differences: [],
        left,
        unmapped: listed,
        cause: null,
      }),
    );
  }
  return { batches: documents, unmapped: listed };
}

/** A batch that names its entries by where they stand: `<order>#<n>`. */
function byFacts(batch: Batch, facts: ReadonlyMap<string, string>): Batch {
  const named = (id: string): string => facts.get(id) ?? id;
  return { ...batch, entries: batch.entries.map(named), evidence: batch.evidence.map((ids) => ids.map(named)) };
}

/** Orders of which the day lacks something, since they cannot be booked yet: it posts without, and they follow in a supplement. */
async function leftOut(flow: Flow, channel: FlowConnection, date: BusinessDate): Promise<BatchDocument['left']> {
  const { jobs, orders, facts } = flow.store;
  const parked = await jobs.parkedFor(['data', 'bug'], { kind: KIND.accountOrder, connection: channel.id });
  const left: BatchDocument['left'] = [];
  // One mistake in a mapping can park every order of a channel: they are looked at a few at a time.
  for (let from = 0; from < parked.length; from += TOGETHER) {
    const ids = parked.slice(from, from + TOGETHER).map(({ subject }) => subject);
    const known = await facts.of(ids);
    for (const document of await orders.readForBooks(ids)) {
      const told = (known.get(document._id) ?? []).map(({ fact }) => fact);
      if (!daysNotBooked(document.order, transfersOf(document), told, channel.zone).has(date)) continue;
      left.push({ order: document._id, number: document.number, cause: 'cannot be booked yet' });
    }
  }
  return left;
}

function unmappedAccounts({ ledger, channel, date }: Posting, unmapped: BatchDocument['unmapped']): SyncError {
  const list = unmapped.map(({ text, entries }) => `${text} (${entries})`).join('; ');
  return new SyncError('data', `Entries of ${channel.id} of ${date} have no account in ${ledger.id}: ${list}.`, {
    code: 'unmapped-account',
    field: 'accounts',
    needs: unmapped.map(({ text }) => `accounts/${text}`),
    remedy: `Add a rule for each under \`accounts\` in the mapping of ${ledger.id}. The entries then follow in a supplement by themselves; the rest of the day is posted.`,
  });
}
