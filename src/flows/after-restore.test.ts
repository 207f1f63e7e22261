import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TEST_SCOPE } from '../../test/flows/order-text.ts';
import { openRig, type Rig } from '../../test/flows/rig.ts';
import { runContext, runOne } from '../../test/flows/run-one.ts';
import type { Handler, Result } from '../jobs/handler.ts';
import { ordersFirst } from './after-restore.ts';
import type { Flow } from './flow.ts';
import { wantPullOrders, wantPullShipments } from './wanted.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

const SHOP = TEST_SCOPE.connection;
const AT = new Date('2026-11-20T12:00:00Z');
/** The flow of a store that was brought back so long ago; null = never. */
function restored(agoMs: number | null): Flow {
  const at = agoMs === null ? null : rig.store.clock.now() - agoMs;
  return { ...rig.flow, store: { ...rig.store, effects: { ...rig.store.effects, restoredAt: async () => at } } };
}

/** What jobs it asked for while it waited. */
let wanted: string[] = [];

async function run(flow: Flow): Promise<'pulled' | 'waits'> {
  wanted = [];
  const handler: Handler = {
    kind: 'pull-shipments',
    batch: 1,
    concurrency: 1,
    requestMs: 0,
    run: async (jobs) => jobs.map((one): Result => ({ job: one, done: true })),
  };
  const context = runContext({ enqueue: async (more) => void wanted.push(...more.map(({ key }) => key)) });
  const result = await runOne(ordersFirst(flow, handler), wantPullShipments('depot'), context);
  return 'done' in result ? 'pulled' : 'waits';
}

async function pullOrders(): Promise<void> {
  const worker = await rig.worker();
  await worker.enqueue([wantPullOrders(SHOP)]);
  await rig.quiet();
  await worker.stop();
}

describe('shipments after a restore', () => {
  it('wait until the orders that came since the backup were pulled, since one whose order is not here is not kept', async () => {
    rig.channel.tell({ id: '1', version: 1, lines: [{ sku: 'A', quantity: 1 }] });
    await pullOrders();
    const flow = restored(0);
    expect([await run(flow), wanted]).toEqual(['waits', [`pull-orders:${SHOP}`]]);
    await rig.flow.clock.sleep(5);
    await pullOrders();
    expect(await run(flow)).toBe('pulled');
  });

  it('wait for no channel that is paused, and for none longer than an hour', async () => {
    expect(await run(restored(0))).toBe('waits');
    expect(await run(restored(3_600_000))).toBe('pulled');
    const cause = {
      fault: 'config',
      code: 'x',
      message: 'x',
      remedy: 'x',
      field: null,
      needs: [],
      remoteId: null,
      at: AT,
    };
    await rig.store.connections.register({ id: SHOP, connector: 'test', company: 'acme', mapping: 'm1' });
    await rig.store.connections.pause(SHOP, { ...cause, fault: 'config' });
    expect(await run(restored(0))).toBe('pulled');
  });

  it('wait for nothing in a store that was never brought back', async () => {
    expect(await run(restored(null))).toBe('pulled');
  });
});
