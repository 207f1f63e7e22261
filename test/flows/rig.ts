import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StockSource } from '../../src/connector/contract.ts';
import type { Mapping } from '../../src/connector/mapping/mapping.ts';
import type { StockCount } from '../../src/domain/stock.ts';
import { NO_EFFECTS, type Flow, type FlowConnection } from '../../src/flows/flow.ts';
import { flowHandlers } from '../../src/flows/handlers.ts';
import { startWorker, type Worker } from '../../src/jobs/worker.ts';
import { openEmbedded } from '../../src/store/embedded/index.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { systemClock, systemRandom } from '../../src/system/clock.ts';
import { silentLog } from '../../src/system/log.ts';
import { openTally } from '../../src/system/meter.ts';
import { Channel, TEST_SCOPE, testMapping } from './order-text.ts';

/** A store, one channel in memory that also counts stock, and as many workers as a test wants. */
export interface Rig {
  readonly store: Store;
  readonly flow: Flow;
  readonly channel: Channel;
  /** What the stock source says, by SKU and location. */
  readonly stock: Map<string, number>;
  worker(): Promise<Worker>;
  /** A flow on another store connection, as another process would have it. */
  another(): Promise<Flow>;
  remap(mapping: Mapping): void;
  /** Resolves when no job is ready or under way. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

export const LOCATIONS = ['east', 'west', 'store'] as const;

export async function openRig(
  options: { policy?: 'ship-complete' | 'split' | 'partial'; mapping?: Mapping } = {},
): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'crossdock-'));
  const server = await openEmbedded({ file: join(folder, 'store.db') });
  const stores: Store[] = [];
  const workers: Worker[] = [];
  const open = async (): Promise<Store> => {
    const store = await openStore({
      uri: server.uri,
      masterKey: new Uint8Array(32).fill(7),
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
    });
    stores.push(store);
    return store;
  };
  const channel = new Channel();
  const stock = new Map<string, number>();
  let mapping = options.mapping ?? testMapping('m1');
  const flowOn = (on: Store): Flow =>
    testFlow(on, { channel, stock, mapping: () => mapping, policy: options.policy ?? 'split' });
  const store = await open();
  const flow = flowOn(store);
  await store.connections.register({
    id: TEST_SCOPE.connection,
    connector: 'test',
    company: TEST_SCOPE.company,
    mapping: mapping.version,
  });
  let pids = 0;
  return {
    store,
    flow,
    channel,
    stock,
    async worker() {
      const own = workers.length === 0 ? flow : flowOn(await open());
      const worker = await startWorker({
        store: own.store,
        handlers: flowHandlers(own),
        clock: systemClock,
        random: systemRandom,
        log: silentLog,
        host: 'test',
        pid: (pids += 1),
      });
      workers.push(worker);
      return worker;
    },
    another: async () => flowOn(await open()),
    remap(next) {
      mapping = next;
    },
    async quiet() {
      while (await store.jobs.open(new Date(Date.now() + 20_000), [])) await systemClock.sleep(20);
    },
    async close() {
      for (const worker of workers) await worker.stop();
      for (const each of stores) await each.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The flow of one worker over a store, with the one test connection. */
export function testFlow(
  store: Store,
  given: {
    channel: Channel;
    stock: ReadonlyMap<string, number>;
    mapping: () => Mapping;
    policy: 'ship-complete' | 'split' | 'partial';
  },
): Flow {
  const connection: FlowConnection = {
    id: TEST_SCOPE.connection,
    company: TEST_SCOPE.company,
    zone: TEST_SCOPE.zone,
    cutOver: 0,
    get mapping() {
      return given.mapping();
    },
    effects: NO_EFFECTS,
    books: null,
    accounts: null,
    buffer: 0,
    capabilities: { orders: given.channel, stock: countsOf(given.stock), check: async () => undefined },
  };
  return {
    store,
    clock: store.clock,
    random: systemRandom,
    log: silentLog,
    meter: openTally(),
    connections: new Map([[TEST_SCOPE.connection, connection]]),
    sourcing: {
      locations: LOCATIONS.map((id, index) => ({ id, enabled: true, priority: index, countries: null })),
      policy: given.policy,
      maxLocations: 3,
    },
    assigned: 'ours to choose',
    stockFrom: new Map(),
    shipsBy: new Map(),
    publicUrl: null,
    personalMs: 86_400_000,
  };
}

function countsOf(stock: ReadonlyMap<string, number>): StockSource {
  return {
    async *pull() {
      yield { records: [{ id: 'all', version: 1, body: JSON.stringify([...stock]) }], next: '1' };
    },
    async get() {
      return null;
    },
    async *ids() {},
    normalize(record): readonly StockCount[] {
      const entries: [string, number][] = JSON.parse(record.body);
      return entries.map(([place, quantity]) => {
        const [sku = '', location = ''] = place.split('@');
        return { sku, location, quantity, basis: 'gross', asOf: Date.now() };
      });
    },
  };
}
