import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { orderId } from '../../src/domain/ids.ts';
import { wantPullOrders, wantPullStock } from '../../src/flows/wanted.ts';
import type { Worker } from '../../src/jobs/worker.ts';
import type { OrderDocument } from '../../src/store/documents.ts';
import { systemClock } from '../../src/system/clock.ts';
import { TEST_SCOPE, testMapping } from './order-text.ts';
import { openRig, type Rig } from './rig.ts';

const KITS = {
  KIT: [
    { sku: 'A', quantity: 1 },
    { sku: 'B', quantity: 1 },
  ],
};
let rig: Rig;
let worker: Worker;

beforeAll(async () => {
  rig = await openRig({ mapping: testMapping('m1', { kits: KITS }) });
  worker = await rig.worker();
});
afterAll(() => rig.close());

async function pull(stock: Readonly<Record<string, number>>): Promise<void> {
  for (const [level, quantity] of Object.entries(stock)) rig.stock.set(level, quantity);
  await worker.enqueue([wantPullStock(TEST_SCOPE.connection)]);
  await rig.quiet();
  await worker.enqueue([wantPullOrders(TEST_SCOPE.connection)]);
  await rig.quiet();
}

async function order(id: string): Promise<OrderDocument> {
  const [found] = await rig.store.orders.read([orderId(TEST_SCOPE.connection, id)]);
  if (found === undefined) throw new Error(`there is no order ${id}`);
  return found;
}

describe('a kit whose parts lie in different places', () => {
  it('waits in peace behind an older promise for one of them: nothing plans it again while nothing changes', async () => {
    rig.channel.tell({ id: '1', version: 1, lines: [{ sku: 'B', quantity: 10 }] });
    await pull({ 'A@east': 5, 'A@west': 0, 'B@east': 0, 'B@west': 5 });
    rig.channel.tell({
      id: '2',
      version: 2,
      lines: [
        { sku: 'KIT', quantity: 1 },
        { sku: 'A', quantity: 1 },
      ],
    });
    await pull({});
    const before = await order('2');
    expect(before.stage).toBe('waiting');
    // Longer than anything that was left behind for a killed worker waits.
    await systemClock.sleep(2_500);
    await rig.quiet();
    expect(await order('2')).toEqual(before);
  }, 20_000);

  it('is served when either part arrives beside the other', async () => {
    await pull({ 'B@west': 5, 'B@east': 11 });
    expect((await order('1')).stage).toBe('allocated');
    expect((await order('2')).stage).toBe('allocated');
    rig.channel.tell({ id: '3', version: 3, lines: [{ sku: 'KIT', quantity: 1 }] });
    await pull({ 'A@east': 2, 'A@west': 0, 'B@east': 11 });
    expect((await order('3')).stage).toBe('waiting');
    rig.channel.tell({ id: '4', version: 4, lines: [{ sku: 'KIT', quantity: 1 }] });
    await pull({ 'A@west': 1 });
    expect([(await order('3')).stage, (await order('4')).stage]).toEqual(['allocated', 'waiting']);
    await pull({ 'A@east': 3, 'B@east': 12 });
    expect((await order('4')).stage).toBe('allocated');
    expect(await rig.store.jobs.parked({ limit: 5 })).toEqual([]);
  }, 20_000);

  it('is served when the part arrives that was not the first to be missed', async () => {
    rig.channel.tell({ id: '5', version: 5, lines: [{ sku: 'KIT', quantity: 1 }] });
    await pull({ 'A@store': 1, 'B@west': 5, 'B@store': 0 });
    const { stage, plan } = await order('5');
    expect(stage).toBe('waiting');
    const [missed] = plan?.waiting ?? [];
    await pull(missed?.sku === 'A' ? { 'B@store': 1 } : { 'A@west': 2 });
    expect((await order('5')).stage).toBe('allocated');
  }, 20_000);
});
