import type { Page } from '../connector/contract.ts';
import { asSyncError, SyncError } from '../domain/errors.ts';
import type { StockCount } from '../domain/stock.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import { PRIORITY } from '../store/job-records.ts';
import { applyCounts, countsOf } from './count-levels.ts';
import { connectionOf, stockSource, type Flow, type FlowConnection } from './flow.ts';
import { each } from './each.ts';
import { KIND, wantPullStockItem } from './wanted.ts';

const TOGETHER = 500;

/** Takes over what a stock source says is there: absolute counts, each one change of its level over the version read. */
export function pullStock(flow: Flow): Handler {
  return {
    kind: KIND.pullStock,
    batch: 1,
    concurrency: 2,
    requestMs: 0,
    run: (jobs, context) =>
      each(jobs, async (job) => {
        const connection = connectionOf(flow, job.connection);
        await pull(flow, connection, context);
      }),
  };
}

async function pull(flow: Flow, connection: FlowConnection, context: RunContext): Promise<void> {
  const source = stockSource(connection);
  const cursorName = `${connection.id}/stock`;
  let cursor = await flow.store.connections.cursor(cursorName);
  let counts: StockCount[] = [];
  let last: Page | null = null;
  let changed = 0;
  let seen = 0;

  async function keep(page: Page): Promise<void> {
    changed += await applyCounts(flow, counts, connection.id, context);
    cursor = await flow.store.connections.saveCursor(cursorName, cursor, page.next, flow.clock.now());
    counts = [];
    if (cursor !== null) return;
    throw new SyncError('transient', `Another worker is pulling the stock of ${connection.id} too.`, {
      code: 'cursor-moved',
      remedy: 'Nothing to do: the pull goes on from where the other one is.',
    });
  }

  for await (const page of source.pull(cursor?.cursor ?? null, context.signal)) {
    last = page;
    for (const record of page.records) {
      try {
        counts.push(...countsOf(flow, connection, source, record));
      } catch (thrown) {
        const error = asSyncError(thrown);
        if (error.fault !== 'data') throw error;
        // It parks alone, under its own id; the items behind it are counted.
        await context.enqueue([wantPullStockItem(connection.id, record.id, PRIORITY.poll)]);
      }
    }
    seen += page.records.length;
    if (counts.length < TOGETHER) continue;
    await keep(page);
    last = null;
  }
  if (last !== null) await keep(last);
  flow.meter.count('stock_items_seen', seen, { connection: connection.id });
  context.log.info('Pulled stock.', { connection: connection.id, items: seen, levelsChanged: changed });
}

/** Single items asked for by their ids, each for itself. */
export function pullStockItem(flow: Flow): Handler {
  return {
    kind: KIND.pullStockItem,
    batch: 25,
    concurrency: 1,
    requestMs: 0,
    run: (jobs, context) =>
      each(jobs, async (job) => {
        const connection = connectionOf(flow, job.connection);
        const source = stockSource(connection);
        const record = await source.get(job.subject, context.signal);
        if (record !== null)
          await applyCounts(flow, countsOf(flow, connection, source, record), connection.id, context);
      }),
  };
}
