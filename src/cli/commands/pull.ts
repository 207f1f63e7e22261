import type { App } from '../../app.ts';
import { SyncError } from '../../domain/errors.ts';
import { orderId } from '../../domain/ids.ts';
import { dayWindow, parseInstant, type Instant } from '../../domain/time.ts';
import type { FlowConnection } from '../../flows/flow.ts';
import { wantPullNow } from '../../flows/pull-now.ts';
import { REMOTE_KINDS, wantBackfillOrders, wantCheckConnection } from '../../flows/wanted.ts';
import { workIsOpen } from '../../queries/connections.ts';
import { PRIORITY, type Wanted } from '../../store/job-records.ts';
import { commandAudit } from '../audit.ts';
import type { Call, Command } from '../command.ts';
import { EXIT, UsageError, type ExitCode } from '../exit-code.ts';
import { followJobs, type Followed } from '../follow-jobs.ts';
import { withRemotes, withStore } from '../with-store.ts';

const WAIT_MS = 300_000;
const QUIET_MS = 60_000;
const SOON_MS = 2_000;

export const pull: Command = {
  name: 'pull',
  about: 'pull from one connection now: what is new, one order by its id, or everything since an instant',
  operands: ['<connection>'],
  options: {
    since: { value: 'ISO', about: 'orders changed since this instant or day, by the cheapest way that the remote has' },
    id: { value: 'REMOTE-ID', about: "one order, by the channel's own id" },
  },
  examples: [
    'crossdock pull harbour-us',
    'crossdock pull harbour-us --since 2026-11-01',
    'crossdock pull harbour-eu --id gid://shopify/Order/1001',
  ],
  async run(call) {
    if (call.text('since') !== undefined && call.text('id') !== undefined)
      throw new UsageError('crossdock pull: expected --since or --id, found both');
    const elsewhere = await withStore(call, async (app) => {
      const wanted = wantedBy(call, app);
      if ((await app.store.workers.alive(app.store.clock.now())).length === 0) return null;
      const now = app.flow.clock.now();
      await noted(call, app);
      await app.store.jobs.enqueue(wanted, now);
      await app.store.jobs.hasten(REMOTE_KINDS, now);
      call.screen.note('A running worker does it.');
      return tell(
        call,
        app,
        await followJobs(
          app.store,
          app.flow.clock,
          wanted.map(({ key }) => key),
          WAIT_MS,
        ),
      );
    });
    return elsewhere ?? withRemotes(call, (app) => pullHere(call, app));
  },
};

/** No worker runs: this process is one for as long as it takes. */
async function pullHere(call: Call, app: App): Promise<ExitCode> {
  const { store, flow } = app;
  const wanted = wantedBy(call, app);
  await noted(call, app);
  const worker = await app.startWorker();
  try {
    // A connection that was paused long ago may be mended.
    await worker.enqueue([wantCheckConnection(connectionOf(call, app).id)]);
    await followJobs(store, flow.clock, [wantCheckConnection(connectionOf(call, app).id).key], SOON_MS);
    await store.jobs.hasten(REMOTE_KINDS, flow.clock.now());
    await worker.enqueue(wanted);
    const followed = await followJobs(
      store,
      flow.clock,
      wanted.map(({ key }) => key),
      WAIT_MS,
    );
    const until = flow.clock.now() + QUIET_MS;
    while (flow.clock.now() < until) {
      const paused = (await store.connections.paused()).map(({ _id }) => _id);
      const open = await workIsOpen(store, new Date(flow.clock.now() + SOON_MS), {
        paused,
        away: [...flow.connections.keys()],
        kinds: REMOTE_KINDS,
      });
      if (!open) break;
      await flow.clock.sleep(100);
    }
    return await tell(call, app, followed, {
      pulled: app.tally.total('orders_pulled'),
      unchanged: app.tally.total('orders_unchanged'),
      stockItems: app.tally.total('stock_items_seen'),
    });
  } finally {
    await worker.stop();
  }
}

/** Who asked for it is kept first. */
async function noted(call: Call, app: App): Promise<void> {
  await commandAudit(app)('A pull was asked for.', {
    connection: connectionOf(call, app).id,
    externalId: call.text('id'),
    since: call.text('since'),
  });
}

function connectionOf(call: Call, app: App): FlowConnection {
  const [id = ''] = call.operands;
  const connection = app.flow.connections.get(id);
  if (connection !== undefined) return connection;
  throw new UsageError(`There is no connection ${id}: expected one of ${[...app.flow.connections.keys()].join(', ')}`);
}

function wantedBy(call: Call, app: App): Wanted[] {
  const connection = connectionOf(call, app);
  const { id, zone, capabilities } = connection;
  const remoteId = call.text('id');
  const since = call.text('since');
  if ((remoteId !== undefined || since !== undefined) && capabilities.orders === undefined)
    throw new UsageError(`${id} is no source of orders`);
  if (since !== undefined) {
    // One that can be read by span is asked for it; where it cannot, the job parks and says so.
    return [{ ...wantBackfillOrders(id, instantOf(since, zone), app.flow.clock.now()), prio: PRIORITY.operator }];
  }
  const wanted = wantPullNow(connection, remoteId ?? null);
  if (wanted.length === 0) throw new UsageError(`${id} is no source of orders, stock or shipments`);
  return wanted;
}

function instantOf(text: string, zone: string): Instant {
  try {
    return /^\d{4}-\d\d-\d\d$/.test(text) ? dayWindow(text, zone).from : parseInstant(text, '--since');
  } catch {
    throw new UsageError(
      `--since is "${text}": expected a day or an instant with its zone, for example 2026-11-01 or 2026-11-01T08:00:00Z`,
    );
  }
}

interface Came {
  readonly pulled: number;
  readonly unchanged: number;
  readonly stockItems: number;
}

async function tell(call: Call, app: App, jobs: readonly Followed[], came: Came | null = null): Promise<ExitCode> {
  if (jobs.every(({ state }) => state === 'done')) await refuseAbsent(call, app);
  call.answer({ jobs, ...came }, () => [
    ...jobs.flatMap(({ key, state, cause }) => [
      state === 'late' ? `${key}: not done yet; it goes on by itself.` : `${key}: ${state}`,
      ...(cause === null || state === 'done' ? [] : [`  ${cause.message}`, `  → ${cause.remedy}`]),
    ]),
    ...(came === null
      ? []
      : [`${came.pulled} orders pulled, ${came.unchanged} unchanged, ${came.stockItems} stock items.`]),
  ]);
  if (jobs.some(({ state }) => state === 'paused' || state === 'failing' || state === 'late')) return EXIT.away;
  return jobs.some(({ state }) => state === 'parked') ? EXIT.refused : EXIT.ok;
}

/** @throws SyncError `data` where one order was asked for that the channel does not have, and never had */
async function refuseAbsent(call: Call, app: App): Promise<void> {
  const remoteId = call.text('id');
  if (remoteId === undefined) return;
  const { id } = connectionOf(call, app);
  if ((await app.store.raws.history(orderId(id, remoteId))).length > 0) return;
  throw new SyncError('data', `${id} has no order of the id ${remoteId}.`, {
    code: 'no-such-order',
    remedy: "Name the id that the channel itself gives it, not the buyer's number. For what is new: leave --id out.",
  });
}
