import type { Observed, Page } from '../connector/contract.ts';
import { asSyncError, SyncError } from '../domain/errors.ts';
import type { ExternalId } from '../domain/ids.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import type { CursorDocument, RunDocument } from '../store/documents.ts';
import { PRIORITY } from '../store/job-records.ts';
import { connectionOf, orderSource, type Flow, type FlowConnection } from './flow.ts';
import { each } from './each.ts';
import { takeIn } from './take-in.ts';
import { KIND, wantPullOrder } from './wanted.ts';

/** So many records are stored together: a remote's pages are small, and each write costs a round trip. */
const TOGETHER = 200;
const KEEP_RUNS_MS = 30 * 86_400_000;

interface Pulling {
  readonly flow: Flow;
  readonly context: RunContext;
  readonly connection: FlowConnection;
  readonly cursorName: string;
  readonly by: 'list' | 'bulk';
  readonly prio: number;
  readonly run: RunDocument;
  cursor: CursorDocument | null;
}

/** pull: pages from the cursor on → raw observations stored → one normalize job each → cursor saved, never before. */
export function pullOrders(flow: Flow): Handler {
  return {
    kind: KIND.pullOrders,
    batch: 1,
    concurrency: 4,
    requestMs: 0,
    run: (jobs, context) =>
      each(jobs, async (job) => {
        const connection = connectionOf(flow, job.connection);
        const source = orderSource(connection);
        const from = flow.clock.now();
        await pullInto(
          flow,
          connection,
          job.kind,
          `${connection.id}/orders`,
          PRIORITY.downstream,
          (since) => source.pull(since, context.signal),
          context,
        );
        await flow.store.connections.pulled(connection.id, from, flow.clock.now());
      }),
  };
}

/** The same road for a span of the past, by the remote's cheapest way, behind everything else. */
export function backfillOrders(flow: Flow): Handler {
  return {
    kind: KIND.backfillOrders,
    batch: 1,
    concurrency: 1,
    requestMs: 0,
    run: (jobs, context) =>
      each(jobs, async (job) => {
        const connection = connectionOf(flow, job.connection);
        const source = orderSource(connection);
        const [from, to] = job.subject.split('-').map(Number);
        if (source.backfill === undefined || from === undefined || to === undefined) {
          throw new SyncError('data', `${connection.id} cannot be read for a span of the past.`, {
            code: 'capability',
            remedy: 'Pull single orders with --id, or set the cut-over of the connection earlier.',
          });
        }
        const window = { from, to };
        const name = `${connection.id}/orders/${job.subject}`;
        await pullInto(
          flow,
          connection,
          job.kind,
          name,
          PRIORITY.backfill,
          (since) => source.backfill?.(window, since, context.signal) ?? none(),
          context,
        );
      }),
  };
}

async function* none(): AsyncIterable<Page> {}

async function pullInto(
  flow: Flow,
  connection: FlowConnection,
  verb: string,
  cursorName: string,
  prio: number,
  open: (since: string | null) => AsyncIterable<Page>,
  context: RunContext,
): Promise<void> {
  const startedAt = flow.clock.now();
  const pulling: Pulling = {
    flow,
    context,
    connection,
    cursorName,
    by: prio === PRIORITY.backfill ? 'bulk' : 'list',
    prio,
    cursor: await flow.store.connections.cursor(cursorName),
    run: {
      _id: `${connection.id}|${verb}|${startedAt}`,
      connection: connection.id,
      verb,
      startedAt: new Date(startedAt),
      endedAt: null,
      pages: 0,
      seen: 0,
      stored: 0,
      unchanged: 0,
      error: null,
      expires: new Date(startedAt + KEEP_RUNS_MS),
    },
  };
  let records: Observed[] = [];
  let unread: ExternalId[] = [];
  let next: string | null = null;
  try {
    for await (const page of open(pulling.cursor?.cursor ?? null)) {
      pulling.run.pages += 1;
      records.push(...page.records);
      unread.push(...(page.unread ?? []));
      next = page.next;
      if (records.length < TOGETHER) continue;
      await keep(pulling, { records, unread, next });
      records = [];
      unread = [];
      next = null;
    }
  } catch (thrown) {
    pulling.run.error = asSyncError(thrown).message;
    throw thrown;
  } finally {
    // Whole pages that came before a failure are not asked for twice.
    if (next !== null) await keep(pulling, { records, unread, next });
    pulling.run.endedAt = new Date(flow.clock.now());
    await flow.store.connections.saveRun(pulling.run);
    context.log.info('Pulled orders.', {
      connection: connection.id,
      run: pulling.run._id,
      pages: pulling.run.pages,
      seen: pulling.run.seen,
      stored: pulling.run.stored,
      unchanged: pulling.run.unchanged,
    });
  }
}

async function keep(pulling: Pulling, { records, unread = [], next }: Page): Promise<void> {
  const { flow, context, connection, run } = pulling;
  const { stored, unchanged, enqueue } = await takeIn(flow, connection, pulling.by, records, pulling.prio);
  // One that cannot be had parks alone, under its own id; the orders behind it are read.
  const alone = unread.map((id) => wantPullOrder(connection.id, id, PRIORITY.poll));
  // It is listed again at every pull, and is a case by then: a hint, the sweep or a person has it asked for again.
  const parked = await flow.store.jobs.parkedOf(alone.map(({ key }) => key));
  await context.enqueue([...enqueue, ...alone.filter(({ key }) => !parked.has(key))]);
  pulling.cursor = await flow.store.connections.saveCursor(pulling.cursorName, pulling.cursor, next, flow.clock.now());
  run.seen += records.length;
  run.stored += stored;
  run.unchanged += unchanged;
  if (pulling.cursor !== null) return;
  throw new SyncError('transient', `Another worker is pulling the orders of ${connection.id} too.`, {
    code: 'cursor-moved',
    remedy: 'Nothing to do: the pull goes on from where the other one is.',
  });
}
