import type { Observed, ShipmentSource } from '../connector/contract.ts';
import { asSyncError, SyncError } from '../domain/errors.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import type { RunDocument } from '../store/documents.ts';
import { ordersFirst } from './after-restore.ts';
import { each } from './each.ts';
import { connectionOf, type Flow, type FlowConnection } from './flow.ts';
import { takeInShipments } from './shipment-intake.ts';
import { KIND } from './wanted.ts';

const TOGETHER = 250;
const KEEP_RUNS_MS = 30 * 86_400_000;

/** pull: shipments from the cursor on → raw observations stored → their orders to be looked at → cursor saved, never before. */
export function pullShipments(flow: Flow): Handler {
  return ordersFirst(flow, {
    kind: KIND.pullShipments,
    batch: 1,
    concurrency: 2,
    requestMs: 0,
    run: (jobs, context) => each(jobs, (job) => pull(flow, connectionOf(flow, job.connection), context)),
  });
}

async function pull(flow: Flow, connection: FlowConnection, context: RunContext): Promise<void> {
  const source = shipmentSource(connection);
  const name = `${connection.id}/shipments`;
  const startedAt = flow.clock.now();
  const run: RunDocument = {
    _id: `${connection.id}|${KIND.pullShipments}|${startedAt}`,
    connection: connection.id,
    verb: KIND.pullShipments,
    startedAt: new Date(startedAt),
    endedAt: null,
    pages: 0,
    seen: 0,
    stored: 0,
    unchanged: 0,
    error: null,
    expires: new Date(startedAt + KEEP_RUNS_MS),
  };
  let cursor = await flow.store.connections.cursor(name);
  let foreign = 0;
  let records: Observed[] = [];
  let next: string | null = null;

  async function keep(): Promise<void> {
    if (next === null) return;
    const taken = await takeInShipments(flow, connection, source, 'list', records);
    await context.enqueue(taken.enqueue);
    cursor = await flow.store.connections.saveCursor(name, cursor, next, flow.clock.now());
    run.seen += records.length;
    run.stored += taken.ours;
    foreign += taken.foreign;
    records = [];
    next = null;
    if (cursor !== null) return;
    throw new SyncError('transient', `Another worker is pulling the shipments of ${connection.id} too.`, {
      code: 'cursor-moved',
      remedy: 'Nothing to do: the pull goes on from where the other one is.',
    });
  }

  try {
    for await (const page of source.pull(cursor?.cursor ?? null, context.signal)) {
      run.pages += 1;
      records.push(...page.records);
      ({ next } = page);
      if (records.length >= TOGETHER) await keep();
    }
  } catch (thrown) {
    run.error = asSyncError(thrown).message;
    throw thrown;
  } finally {
    await keep();
    run.endedAt = new Date(flow.clock.now());
    await flow.store.connections.saveRun(run);
    context.log.info('Pulled shipments.', {
      connection: connection.id,
      run: run._id,
      pages: run.pages,
      seen: run.seen,
      ours: run.stored,
      notOurs: foreign,
    });
  }
}

/**
 * Single shipments asked for by their ids, each for itself: after a hint, or because one could not be read among others. One
 * that was cancelled comes with all of its request, and waits with its job until each of them can be read.
 */
export function pullShipment(flow: Flow): Handler {
  return ordersFirst(flow, {
    kind: KIND.pullShipment,
    batch: 25,
    concurrency: 1,
    requestMs: 0,
    run: (jobs, context) =>
      each(jobs, async (job) => {
        const connection = connectionOf(flow, job.connection);
        const source = shipmentSource(connection);
        const record = await source.get(job.subject, context.signal);
        if (record === null) return { enqueue: [] };
        const { status } = source.normalize(record, connection.mapping);
        // Alone it would end its request, and what the others hold would be asked of somebody else too.
        const asked = status === 'cancelled' ? await source.siblings?.(job.subject, context.signal) : undefined;
        // Its request may not be had where it was itself: what was cancelled is told all the same.
        const siblings = asked === undefined || asked.length === 0 ? [record] : asked;
        return takeInShipments(flow, connection, source, 'id', siblings, true);
      }),
  });
}

export function shipmentSource(connection: FlowConnection): ShipmentSource {
  if (connection.capabilities.shipments !== undefined) return connection.capabilities.shipments;
  throw new SyncError('data', `The connection ${connection.id} is no source of shipments.`, {
    code: 'capability',
    remedy: `Take the schedule for shipments out of the configuration of ${connection.id}.`,
  });
}
