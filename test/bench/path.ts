import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import shopify from '../../connectors/shopify/index.ts';
import type { Observed, Page, StockSource } from '../../src/connector/contract.ts';
import { parseMapping } from '../../src/connector/mapping/parse.ts';
import { NO_EFFECTS, type Flow } from '../../src/flows/flow.ts';
import { flowHandlers } from '../../src/flows/handlers.ts';
import { runRound } from '../../src/flows/round.ts';
import { startWorker } from '../../src/jobs/worker.ts';
import { openEmbedded } from '../../src/store/embedded/index.ts';
import { openStore } from '../../src/store/open-store.ts';
import { linesOf } from './lines.ts';
import { systemClock, systemRandom } from '../../src/system/clock.ts';
import { silentLog } from '../../src/system/log.ts';
import { openTally } from '../../src/system/meter.ts';

/** Raw → allocated, in one worker process on the embedded store with a full sync: prints one JSON line. */
const [file = '', window = '1000'] = process.argv.slice(2);
const WINDOW = Number(window);
const root = join(import.meta.dirname, '../..');
const LOCATIONS = ['newark', 'reno', 'rotterdam', 'berlin-store'];

async function* recordsOf(path: string): AsyncIterable<Observed> {
  for await (const line of linesOf(path)) yield JSON.parse(line);
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

const folder = mkdtempSync(join(tmpdir(), 'crossdock-bench-'));
const server = await openEmbedded({ file: join(folder, 'store.db') });
const store = await openStore({
  uri: server.uri,
  masterKey: new Uint8Array(32).fill(7),
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
});

const mappingFile = join(root, 'mappings/sandbox-harbour-us.yaml');
const scope = { id: 'harbour-us', company: 'harbour-inc', zone: 'America/New_York' };
const config = shopify.config.parse({
  shop: 'harbour-us.myshopify.com',
  accessToken: 'not-used-here',
  webhookSecret: 'not-used-here',
  cutOver: '2020-01-01T00:00:00Z',
  baseUrl: 'http://127.0.0.1:9',
});
const real = shopify.open(config, {
  connection: scope,
  http: { send: () => Promise.reject(new Error('no traffic')), lines: () => recordsOf('') as never },
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  budget: () => ({
    take: async () => undefined,
    observe: () => undefined,
    refuse: () => undefined,
    slot: (call) => call(),
  }),
});
const skus = [...Array(280).keys()].map((index) => `SKU-${String(index + 1).padStart(3, '0')}`);
const stock: StockSource = {
  async *pull() {
    yield { records: [{ id: 'all', version: 1, body: '' }], next: '1' };
  },
  get: async () => null,
  async *ids() {},
  normalize: () =>
    skus.flatMap((sku) =>
      LOCATIONS.map((location) => ({ sku, location, quantity: 10_000_000, basis: 'gross' as const, asOf: Date.now() })),
    ),
};
const windows: { orders: number; ms: number; cpu: number; trips: number }[] = [];
const tally = openTally();
async function* pages(): AsyncIterable<Page> {
  let records: Observed[] = [];
  for await (const record of recordsOf(file)) {
    records.push(record);
    if (records.length < 250) continue;
    yield { records, next: String(record.version) };
    records = [];
    // A source is never far ahead of the work: like a remote that is read by a budget.
    while (tally.total('orders_pulled') - settled > 2_000) await systemClock.sleep(5);
  }
  if (records.length > 0) yield { records, next: String(records.at(-1)?.version) };
}
let settled = 0;
const flow: Flow = {
  store,
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  meter: tally,
  connections: new Map([
    [
      scope.id,
      {
        ...scope,
        cutOver: 0,
        mapping: parseMapping(readFileSync(mappingFile, 'utf8'), mappingFile),
        effects: NO_EFFECTS,
        books: null,
        accounts: null,
        buffer: 0,
        capabilities: {
          orders: {
            pull: pages,
            get: async () => null,
            ids: async function* () {},
            normalize: (record, map) => real.orders?.normalize(record, map) as never,
          },
          stock,
          check: async () => undefined,
        },
      },
    ],
  ]),
  sourcing: {
    locations: LOCATIONS.map((id, index) => ({ id, enabled: true, priority: index, countries: null })),
    policy: 'split',
    maxLocations: 3,
  },
  assigned: 'ours to choose',
  stockFrom: new Map(),
  shipsBy: new Map(),
  publicUrl: null,
  personalMs: 86_400_000,
};
let last = { at: performance.now(), cpu: cpuMs(), trips: 0, settled: 0 };
let started = last;
tally.onCount((name, amount) => {
  if (name !== 'orders_settled') return;
  settled += amount;
  if (settled - last.settled < WINDOW) return;
  const now = { at: performance.now(), cpu: cpuMs(), trips: store.roundTrips(), settled };
  const orders = now.settled - last.settled;
  windows.push({
    orders: settled,
    ms: (now.at - last.at) / orders,
    cpu: (now.cpu - last.cpu) / orders,
    trips: (now.trips - last.trips) / orders,
  });
  last = now;
});
await store.connections.register({ id: scope.id, connector: 'shopify', company: scope.company, mapping: 'bench' });
const worker = await startWorker({
  store,
  handlers: flowHandlers(flow),
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  host: 'bench',
  pid: process.pid,
});
await runRound(flow, worker.enqueue, new AbortController().signal, (step) => {
  if (step === 'orders')
    last = started = { at: performance.now(), cpu: cpuMs(), trips: store.roundTrips(), settled: 0 };
});
const end = last;
const parked = (await store.jobs.parked({ limit: 10_000 })).length;
const stages = await store.collections.orders
  .aggregate<{ _id: string; n: number }>([{ $group: { _id: '$stage', n: { $sum: 1 } } }])
  .toArray();
await worker.stop();
await store.close();
await server.close();
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1_024;
rmSync(folder, { recursive: true, force: true });
process.stdout.write(
  `${JSON.stringify({
    orders: end.settled,
    ordersPerSecond: Math.round((end.settled / (end.at - started.at)) * 1_000),
    cpuMsPerOrder: (end.cpu - started.cpu) / end.settled,
    tripsPerOrder: (end.trips - started.trips) / end.settled,
    rssMb: Math.round(peak),
    parked,
    stages: Object.fromEntries(stages.map(({ _id, n }) => [_id, n])),
    windows,
  })}\n`,
);
