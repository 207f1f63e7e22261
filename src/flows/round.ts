import type { Wanted } from '../store/job-records.ts';
import type { Flow } from './flow.ts';
import { wantCheckConnection, wantPullOrders, wantPullStock, wantSweepOrders } from './wanted.ts';

/** A job that is due later than this is no part of the round: a hold, a long back-off. */
const HORIZON_MS = 20_000;
const LOOK_MS = 25;

/** One full round over all connections: stock, then orders, then the comparison of what the channels say they have. */
export async function runRound(
  flow: Flow,
  enqueue: (wanted: readonly Wanted[]) => Promise<void>,
  signal: AbortSignal,
  onStep: (step: string) => void = () => undefined,
): Promise<void> {
  const connections = [...flow.connections.values()];
  onStep('connections');
  await enqueue(connections.map(({ id }) => wantCheckConnection(id)));
  await quiet(flow, signal);
  // Stock first, so that orders find it; the other way round they would wait, and be served when it comes.
  onStep('stock');
  await enqueue(
    connections.filter(({ capabilities }) => capabilities.stock !== undefined).map(({ id }) => wantPullStock(id)),
  );
  await quiet(flow, signal);
  const channels = connections.filter(({ capabilities }) => capabilities.orders !== undefined);
  onStep('orders');
  await enqueue(channels.map(({ id }) => wantPullOrders(id)));
  await quiet(flow, signal);
  // Twice where the first finds something: what was missing is pulled, and then shown to be there.
  for (const step of ['sweep', 'sweep again']) {
    onStep(step);
    await enqueue(channels.map(({ id }) => wantSweepOrders(id)));
    await quiet(flow, signal);
    const days = await flow.store.connections.completeness();
    if (days.every((day) => day.missing.length + day.stale.length + day.extra.length === 0)) return;
  }
}

/** Resolves when nothing is under way and nothing will be soon. A paused connection's jobs are not waited for. */
async function quiet(flow: Flow, signal: AbortSignal): Promise<void> {
  for (let silent = 0; silent < 2;) {
    signal.throwIfAborted();
    const horizon = flow.clock.now() + HORIZON_MS;
    const paused = (await flow.store.connections.paused()).map((connection) => connection._id);
    const open = await flow.store.jobs.open(new Date(horizon), paused);
    // Asked twice: a sharded store answers from several places, not at one moment.
    silent = open ? 0 : silent + 1;
    await flow.clock.sleep(LOOK_MS, signal);
  }
}
