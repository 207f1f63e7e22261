import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { flowHandlers } from '../../src/flows/handlers.ts';
import { runRound } from '../../src/flows/round.ts';
import { startWorker } from '../../src/jobs/worker.ts';
import { openEmbedded, type Embedded } from '../../src/store/embedded/index.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { systemClock, systemRandom } from '../../src/system/clock.ts';
import { silentLog } from '../../src/system/log.ts';
import { openCutProxy } from './cut-proxy.ts';
import { judge } from './rig-judge.ts';
import { Channel, TEST_SCOPE, testMapping } from './order-text.ts';
import { testFlow } from './rig.ts';

const KITS = {
  KIT: [
    { sku: 'A', quantity: 1 },
    { sku: 'B', quantity: 2 },
  ],
};
const mapping = testMapping('m1', { kits: KITS });
const settings = {
  masterKey: new Uint8Array(32).fill(7),
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  patienceMs: 150,
};

let folder: string;
let server: Embedded;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossdock-'));
  server = await openEmbedded({ file: join(folder, 'store.db') });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function addressOf(database: string): string {
  return server.uri.replace(/\/[^/]*\?/, `/${database}?`);
}

function socketOf(): string {
  return decodeURIComponent(/^mongodb:\/\/([^/]+)/.exec(server.uri)?.[1] ?? '');
}

/** A shop before and after a busy hour: orders, short stock and kits; then edits, a cancellation and a count that takes stock away. */
function stories(): { channel: Channel; stock: Map<string, number>; then: () => void } {
  const channel = new Channel();
  channel.pageSize = 4;
  const stock = new Map([
    ['A@east', 6],
    ['A@west', 3],
    ['B@east', 8],
    ['B@west', 8],
    ['C@east', 2],
  ]);
  for (let id = 1; id <= 6; id += 1)
    channel.tell({
      id: `${id}`,
      version: id,
      lines: [
        { sku: 'A', quantity: 1 },
        { sku: id % 2 === 0 ? 'KIT' : 'B', quantity: 1 },
      ],
    });
  for (let id = 7; id <= 9; id += 1) channel.tell({ id: `${id}`, version: id, lines: [{ sku: 'C', quantity: 1 }] });
  channel.tell({ id: '10', version: 10, lines: [{ sku: 'B', quantity: 1 }], gateway: 'unheard-of' });
  const then = (): void => {
    channel.tell(
      {
        id: '1',
        version: 21,
        lines: [
          { sku: 'A', quantity: 1, cancelled: 1 },
          { sku: 'B', quantity: 3 },
        ],
      },
      {
        id: '2',
        version: 22,
        lines: [
          { sku: 'A', quantity: 1 },
          { sku: 'KIT', quantity: 1 },
        ],
        cancelled: true,
      },
      {
        id: '11',
        version: 23,
        lines: [
          { sku: 'A', quantity: 2 },
          { sku: 'KIT', quantity: 1 },
        ],
      },
    );
    stock.set('A@east', 2).set('C@east', 3);
  };
  return { channel, stock, then };
}

async function oneLife(
  uri: string,
  channel: Channel,
  stock: ReadonlyMap<string, number>,
  cut?: Promise<void>,
): Promise<void> {
  let store: Store;
  try {
    store = await openStore({ ...settings, uri });
  } catch (thrown) {
    if (cut !== undefined) return;
    throw thrown;
  }
  const flow = testFlow(store, { channel, stock, mapping: () => mapping, policy: 'split' });
  const over = new AbortController();
  const ended = cut?.then(() => over.abort());
  let worker;
  try {
    await store.connections.register({
      id: TEST_SCOPE.connection,
      connector: 'test',
      company: 'acme',
      mapping: mapping.version,
    });
    worker = await startWorker({ ...settings, store, handlers: flowHandlers(flow), host: 'test', pid: 1 });
    await runRound(flow, worker.enqueue, over.signal);
  } catch (thrown) {
    if (cut === undefined) throw thrown;
    await ended;
  } finally {
    // Behind a road that has ended this gives nothing back: to the store the worker is one that was killed.
    const stopped = worker?.stop();
    await store.close();
    await stopped;
  }
}

/** What it looks like when the lease of everyone who was killed has run out. */
async function theLeaseIsOver(store: Store): Promise<void> {
  await store.collections.workers.updateMany({ state: 'alive' }, { $set: { until: new Date(0) } });
}

describe.each(['before', 'after'] as const)('a worker killed just %s a write', (mode) => {
  it.each([1, 2] as const)(
    'leaves nothing lost, doubled or oversold, whichever write of hour %i it was',
    async (hour) => {
      let cuts = 0;
      // Every fourth or seventh write, from another one on for each mode and hour.
      for (let at = mode === 'before' ? hour : hour + 1; ; at += hour === 1 ? 4 : 7) {
        const database = `${mode}${hour}_${at}`;
        const { channel, stock, then } = stories();
        const direct = addressOf(database);
        if (hour === 2) {
          await oneLife(direct, channel, stock);
          then();
        }
        const proxy = await openCutProxy(socketOf(), database, at, mode);
        await oneLife(proxy.uri, channel, stock, proxy.cut);
        const reached = proxy.writes() >= at;
        await proxy.close();
        const store = await openStore({ ...settings, uri: direct });
        await theLeaseIsOver(store);
        await oneLife(direct, channel, stock);
        expect({ at, broken: await judge(store, channel, KITS) }).toEqual({ at, broken: [] });
        await store.close();
        if (!reached) break;
        cuts += 1;
      }
      expect(cuts).toBeGreaterThan(6);
    },
    240_000,
  );
});
