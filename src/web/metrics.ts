import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { Gauges } from '../queries/gauges.ts';

/** A count since the start of this process. */
export interface Count {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly total: number;
}

export interface MetricsPorts {
  counts(): readonly Count[];
  gauges(): Promise<Gauges>;
}

/** The metrics page in Prometheus' text format. */
export interface Metrics {
  readonly contentType: string;
  /** Ends without the store's figures, and with `crossdock_store_up 0`, when the store does not answer. */
  render(): Promise<string>;
}

/** Counts and gauges by name and label; no label value names a person, an order or a secret. */
export function openMetrics(ports: MetricsPorts): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new Gauge({ name: `crossdock_${name}`, help, labelNames, registers: [registry] });
  const storeUp = gauge('store_up', 'Whether the store answered this scrape.');
  const jobs = gauge('jobs', 'Jobs by kind and state.', ['kind', 'state']);
  const late = gauge('jobs_late_seconds', 'How long the job that waits longest past its time has done so.');
  const parked = gauge('parked', 'Jobs set aside for a person, by cause.', ['code']);
  const doubtful = gauge('requests_doubtful', 'Requests to remotes whose outcome is unknown, or that were refused.', [
    'state',
  ]);
  const tokens = gauge('budget_tokens', 'What was left of a rate limit when it was drawn from last.', ['budget']);
  const slots = gauge('budget_slots', 'Calls under way of a limited number.', ['budget']);
  const paused = gauge('connection_paused', 'Whether a connection waits for an admin.', ['connection']);
  const lastPull = gauge('connection_last_pull_seconds', 'How long ago the last complete pull of orders ended.', [
    'connection',
  ]);
  const apiDays = gauge('api_days_left', 'Days until a remote removes the API that a connection speaks.', [
    'connection',
  ]);
  const workers = gauge('workers', 'Workers whose lease is alive.');
  const unread = gauge('inbox_unread', 'Webhooks kept and not yet turned into jobs.');
  const roundTrips = new Counter({
    name: 'crossdock_store_round_trips_total',
    help: 'Commands sent to the store.',
    registers: [registry],
  });
  const all = [jobs, late, parked, doubtful, tokens, slots, paused, lastPull, apiDays, workers, unread];
  const counters = new Map<string, { counter: Counter; labels: string }>();

  function counterFor(name: string, labels: readonly string[]): Counter {
    const known = counters.get(name);
    if (known?.labels === labels.join()) return known.counter;
    // A count that is told apart by more than before needs a new counter: its labels are fixed.
    if (known !== undefined) registry.removeSingleMetric(`crossdock_${name}_total`);
    const counter = new Counter({
      name: `crossdock_${name}_total`,
      help: `${name.replaceAll('_', ' ')}, since this process started.`,
      labelNames: [...labels],
      registers: [registry],
    });
    counters.set(name, { counter, labels: labels.join() });
    return counter;
  }

  function count(): void {
    const labels = new Map<string, Set<string>>();
    const counts = ports.counts();
    for (const one of counts) {
      const known = labels.get(one.name) ?? new Set<string>();
      for (const label of Object.keys(one.labels)) known.add(label);
      labels.set(one.name, known);
    }
    for (const { counter } of counters.values()) counter.reset();
    for (const { name, labels: own, total } of counts)
      counterFor(name, [...(labels.get(name) ?? [])].sort()).inc({ ...own }, total);
  }

  function show(now: Gauges): void {
    for (const { kind, state, count: n } of now.jobs) jobs.set({ kind, state }, n);
    late.set(now.lateSeconds);
    for (const { code, count: n } of now.parked) parked.set({ code }, n);
    for (const { state, count: n } of now.doubtful) doubtful.set({ state }, n);
    for (const { budget, tokens: left, slots: held } of now.budgets) {
      tokens.set({ budget }, left);
      slots.set({ budget }, held);
    }
    for (const { connection, paused: waits, lastPullSeconds } of now.connections) {
      paused.set({ connection }, waits ? 1 : 0);
      if (lastPullSeconds !== null) lastPull.set({ connection }, lastPullSeconds);
    }
    for (const { connection, daysLeft } of now.apis) apiDays.set({ connection }, daysLeft);
    workers.set(now.workers);
    unread.set(now.unread);
    roundTrips.reset();
    roundTrips.inc(now.roundTrips);
  }

  return {
    contentType: registry.contentType,
    async render() {
      count();
      const now = await ports.gauges().catch(() => null);
      // Two pages at once: nothing may come between clearing and setting.
      for (const one of all) one.reset();
      storeUp.set(now === null ? 0 : 1);
      if (now !== null) show(now);
      return registry.metrics();
    },
  };
}
