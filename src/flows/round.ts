import type { ConnectionId } from '../domain/ids.ts';
import type { Wanted } from '../store/job-records.ts';
import type { Flow, FlowConnection } from './flow.ts';
import {
  wantCheckConnection,
  wantPostDue,
  wantPublishStock,
  wantPullOrders,
  wantPullShipments,
  wantPullStock,
  wantReconcileDue,
  wantSweepOrders,
} from './wanted.ts';

/** A job that is due later than this is no part of the round: a hold, a long back-off. */
const HORIZON_MS = 20_000;
const LOOK_MS = 25;
/** That a connection was paused while a step goes on is known after this at the latest. */
const PAUSED_MS = 500;

interface Step {
  readonly name: string;
  readonly wanted: readonly Wanted[];
}

/**
 * One full round over all connections: stock, then orders with what follows from them, shipments, what is left to sell, the
 * books, and the comparison of what the channels say they have.
 */
export async function runRound(
  flow: Flow,
  enqueue: (wanted: readonly Wanted[]) => Promise<void>,
  signal: AbortSignal,
  onStep: (step: string) => void = () => undefined,
): Promise<void> {
  for (const { name, wanted } of stepsOf([...flow.connections.values()])) {
    if (wanted.length === 0) continue;
    onStep(name);
    await enqueue(wanted);
    await quiet(flow, signal);
  }
  const channels = channelsOf([...flow.connections.values()]);
  // Twice where the first finds something: what was missing is pulled, and then shown to be there.
  for (const step of ['sweep', 'sweep again']) {
    onStep(step);
    await enqueue(channels.map(({ id }) => wantSweepOrders(id)));
    await quiet(flow, signal);
    const days = await flow.store.connections.completeness();
    if (days.every((day) => day.missing.length + day.stale.length + day.extra.length === 0)) return;
  }
}

function stepsOf(connections: readonly FlowConnection[]): Step[] {
  const channels = channelsOf(connections);
  const told = channels.filter(
    ({ capabilities, effects }) => capabilities.confirmations !== undefined && effects.confirm === 'on',
  );
  const booked = channels.filter(({ books }) => books !== null);
  const ledgers = [...new Set(booked.flatMap(({ books }) => books?.ledger ?? []))];
  const ablesOf = (capability: keyof FlowConnection['capabilities']): FlowConnection[] =>
    connections.filter(({ capabilities }) => capabilities[capability] !== undefined);
  return [
    { name: 'connections', wanted: connections.map(({ id }) => wantCheckConnection(id)) },
    // Stock first, so that orders find it; the other way round they would wait, and be served when it comes.
    { name: 'stock', wanted: ablesOf('stock').map(({ id }) => wantPullStock(id)) },
    { name: 'orders', wanted: channels.map(({ id }) => wantPullOrders(id)) },
    { name: 'shipments', wanted: ablesOf('shipments').map(({ id }) => wantPullShipments(id)) },
    // What the channels say of what they were told is part of the round.
    { name: 'confirmed', wanted: told.map(({ id }) => wantPullOrders(id)) },
    {
      name: 'publish',
      wanted: ablesOf('inventory')
        .filter(({ effects }) => effects.publish !== 'off')
        .map(({ id }) => wantPublishStock(id, true)),
    },
    { name: 'books', wanted: booked.map(({ id }) => wantPostDue(id)) },
    { name: 'reconcile', wanted: ledgers.map(wantReconcileDue) },
  ];
}

function channelsOf(connections: readonly FlowConnection[]): FlowConnection[] {
  return connections.filter(({ capabilities }) => capabilities.orders !== undefined);
}

/** Resolves when nothing is under way and nothing will be soon. A paused connection's jobs are not waited for. */
async function quiet(flow: Flow, signal: AbortSignal): Promise<void> {
  let paused: readonly ConnectionId[] = [];
  let askedAt = -Infinity;
  for (let silent = 0; silent < 2;) {
    signal.throwIfAborted();
    const now = flow.clock.now();
    const horizon = new Date(now + HORIZON_MS);
    let open = await flow.store.jobs.open(horizon, []);
    // Only what may make the answer another is asked for: which connections are paused, and that seldom where none was.
    if (open && (paused.length > 0 || now - askedAt > PAUSED_MS)) {
      paused = (await flow.store.connections.paused()).map((connection) => connection._id);
      askedAt = now;
      if (paused.length > 0) open = await flow.store.jobs.open(horizon, paused);
    }
    // Asked twice: a sharded store answers from several places, not at one moment.
    silent = open ? 0 : silent + 1;
    await flow.clock.sleep(LOOK_MS, signal);
  }
}
