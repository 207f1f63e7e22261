import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { InventorySink } from '../../src/connector/contract.ts';
import type { Mapping } from '../../src/connector/mapping/mapping.ts';
import { NO_EFFECTS, type Flow } from '../../src/flows/flow.ts';
import { publishStock } from '../../src/flows/publish-stock.ts';
import { pullOrders } from '../../src/flows/pull-orders.ts';
import { wantPublishStock, wantPullOrders } from '../../src/flows/wanted.ts';
import type { Handler, Result } from '../../src/jobs/handler.ts';
import type { ClaimedJob, Wanted } from '../../src/store/job-records.ts';
import { systemClock } from '../../src/system/clock.ts';
import { silentLog } from '../../src/system/log.ts';
import { TEST_SCOPE, testMapping } from './order-text.ts';
import { openRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

function claimed({ key: _id, kind, lane, connection, subject, prio }: Wanted): ClaimedJob {
  return { _id, kind, lane, connection, subject, prio, wanted: 0, mark: '', token: 't', attempts: 0, at: new Date(0) };
}

function run(handler: Handler, wanted: Wanted): Promise<readonly Result[]> {
  return handler.run([claimed(wanted)], {
    signal: new AbortController().signal,
    log: silentLog,
    enqueue: async () => undefined,
    alive: () => true,
  });
}

it('a higher number is told as soon as the orders are here that the channel had when it was read, though stock has just changed', async () => {
  let shown = 2;
  let reads = 0;
  const inventory: InventorySink = {
    async levels() {
      reads += 1;
      return [{ listing: 'a', item: 'i1', location: 'l1', available: shown }];
    },
    async *all() {},
    async publish(publications) {
      for (const { wanted } of publications) shown = wanted;
      return publications.map(() => 'done' as const);
    },
  };
  const mapping: Mapping = {
    ...testMapping('m1'),
    remote: (table, ours) => (table === 'locations' && ours === 'east' ? 'l1' : null),
  };
  const [standing] = rig.flow.connections.values();
  if (standing === undefined) throw new Error('there is no channel');
  const channel = {
    ...standing,
    mapping,
    effects: { ...NO_EFFECTS, publish: 'on' },
    capabilities: { ...standing.capabilities, inventory },
  } as const;
  const flow: Flow = {
    ...rig.flow,
    connections: new Map([[TEST_SCOPE.connection, channel]]),
    stockFrom: new Map([['east', 'depot']]),
  };
  const at = Date.now();
  const level = { sku: 'a', location: 'east', onHand: 5, countedAt: new Date(at), cause: 'test' };
  await rig.store.levels.open([level], at);

  const [first] = await run(publishStock(flow), wantPublishStock(TEST_SCOPE.connection));
  expect([shown, first !== undefined && 'again' in first]).toEqual([2, true]);
  await systemClock.sleep(5);
  await run(pullOrders(flow), wantPullOrders(TEST_SCOPE.connection));
  await systemClock.sleep(5);
  const [second] = await run(publishStock(flow), wantPublishStock(TEST_SCOPE.connection));
  expect([shown, second !== undefined && 'done' in second, reads]).toEqual([5, true, 1]);
});
