import { afterEach, describe, expect, it } from '@jest/globals';
import { reopenForMapping } from '../../src/flows/remap.ts';
import { runRound } from '../../src/flows/round.ts';
import { settleOrders } from '../../src/flows/settle-orders.ts';
import { wantDrainStock, wantNormalizeOrder, wantReleaseShortfall } from '../../src/flows/wanted.ts';
import { orderId } from '../../src/domain/ids.ts';
import { judge } from './rig-judge.ts';
import { TEST_SCOPE, testMapping } from './order-text.ts';
import { openRig, type Rig } from './rig.ts';

let rig: Rig;
afterEach(() => rig.close());

const id = (externalId: string): string => orderId(TEST_SCOPE.connection, externalId);

async function round(): Promise<void> {
  const worker = await rig.worker();
  await runRound(rig.flow, worker.enqueue, new AbortController().signal);
}

describe('a mapping that has changed', () => {
  it('does not set a booking gate and an unreadable record on each other for ever', async () => {
    rig = await openRig();
    rig.channel.tell({ id: '1', version: 1, lines: [{ sku: 'A', quantity: 1 }], gateway: 'unheard-of' });
    await round();
    await rig.store.vault.erase(id('1'));
    rig.remap(testMapping('m2'));
    const connection = rig.flow.connections.get(TEST_SCOPE.connection);
    if (connection === undefined) throw new Error('no connection');
    expect(await reopenForMapping(rig.flow, connection)).toBe(1);
    await rig.quiet();
    expect((await rig.store.jobs.parked({ limit: 10 })).map((job) => job.kind)).toEqual(['account-order']);
  });

  it('frees an order that waits for its payment method, and leaves its goods where they are', async () => {
    rig = await openRig();
    rig.stock.set('A@east', 5);
    rig.channel.tell({ id: '1', version: 1, lines: [{ sku: 'A', quantity: 2 }], gateway: 'unheard-of' });
    await round();
    const [before] = await rig.store.orders.read([id('1')]);
    rig.remap(testMapping('m2', { payments: { 'unheard-of': 'card' } }));
    const connection = rig.flow.connections.get(TEST_SCOPE.connection);
    if (connection === undefined) throw new Error('no connection');
    await reopenForMapping(rig.flow, connection);
    await rig.quiet();
    const [after] = await rig.store.orders.read([id('1')]);
    expect(await rig.store.jobs.parked({ limit: 10 })).toEqual([]);
    expect(after?.problems).toEqual([]);
    expect(after?.order.payments[0]?.method).toBe('card');
    expect(after?.plan).toEqual(before?.plan);
    expect(await judge(rig.store, rig.channel)).toEqual([]);
  });
});

describe('one record that cannot be read', () => {
  it('parks alone: the nineteen that were taken in with it go on', async () => {
    rig = await openRig();
    rig.channel.pageSize = 20;
    for (let number = 1; number <= 20; number += 1)
      rig.channel.tell({ id: `${number}`, version: number, lines: [{ sku: 'A', quantity: 1 }], broken: number === 7 });
    rig.stock.set('A@east', 100);
    await round();
    expect((await rig.store.jobs.parked({ limit: 30 })).map((job) => job.subject)).toEqual([id('7')]);
    expect(await judge(rig.store, rig.channel)).toEqual([]);
  });

  it('whose bytes were damaged holds none of its neighbours back', async () => {
    rig = await openRig();
    rig.channel.pageSize = 20;
    for (let number = 1; number <= 20; number += 1)
      rig.channel.tell({ id: `${number}`, version: number, lines: [{ sku: 'A', quantity: 1 }] });
    const worker = await rig.worker();
    await runRound(rig.flow, worker.enqueue, new AbortController().signal);
    const damaged = `${id('3')}#1`;
    const raw = await rig.store.collections.raws.findOne({ _id: damaged });
    const bytes = Buffer.from(raw?.body.value() ?? []);
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    await rig.store.collections.raws.updateOne({ _id: damaged }, { $set: { body: bytes as never } });
    rig.remap(testMapping('m2'));
    await worker.enqueue(
      [...rig.channel.orders.keys()].map((each) => wantNormalizeOrder(TEST_SCOPE.connection, id(each))),
    );
    await rig.quiet();
    const orders = await rig.store.orders.read([...rig.channel.orders.keys()].map(id));
    expect(orders.filter((order) => order.mapping === 'm2')).toHaveLength(19);
  });
});

describe('stock that comes', () => {
  it('reaches a young order behind five hundred older ones that cannot use it', async () => {
    rig = await openRig();
    rig.channel.pageSize = 600;
    for (let number = 1; number <= 520; number += 1)
      rig.channel.tell({ id: `${number}`, version: number, lines: [{ sku: 'A', quantity: 5 }] });
    rig.channel.tell({ id: '900', version: 900, lines: [{ sku: 'A', quantity: 1 }] });
    await round();
    rig.stock.set('A@east', 3);
    const worker = await rig.worker();
    await runRound(rig.flow, worker.enqueue, new AbortController().signal);
    const [young] = await rig.store.orders.read([id('900')]);
    expect(young?.stage).toBe('allocated');
  }, 60_000);
});

describe('a count that takes away what was reserved', () => {
  it('asks the next newest promise when the newest cannot be planned again', async () => {
    rig = await openRig();
    rig.stock.set('A@east', 4);
    rig.channel.tell(
      { id: '1', version: 1, lines: [{ sku: 'A', quantity: 2 }] },
      { id: '2', version: 2, lines: [{ sku: 'A', quantity: 2 }] },
    );
    await round();
    // The newest keeps its units whatever is planned: its revision says that it is history.
    await rig.store.collections.orders.updateOne({ _id: id('2') }, { $set: { stage: 'history' } });
    await rig.store.collections.levels.updateOne({ _id: 'A@east' }, { $set: { onHand: 2, free: -2 } });
    const worker = await rig.worker();
    await worker.enqueue([wantReleaseShortfall('A@east')]);
    await rig.quiet();
    const [level] = await rig.store.levels.read(['A@east']);
    expect(level?.free).toBe(0);
    expect(level?.reserved.map((entry) => entry.order)).toEqual([id('2')]);
  });
});

describe('a plan that was set while the order was edited', () => {
  it('is superseded by the edit, whichever was announced first', async () => {
    rig = await openRig();
    rig.channel.tell({ id: '1', version: 1, lines: [{ sku: 'A', quantity: 3 }] });
    await round();
    rig.stock.set('A@east', 3);
    await rig.flow.store.levels.open(
      [{ sku: 'A', location: 'east', onHand: 3, countedAt: new Date(), cause: 'test' }],
      Date.now(),
    );
    // Drained by one worker while the channel cancels.
    rig.channel.tell({ id: '1', version: 2, lines: [{ sku: 'A', quantity: 3 }], cancelled: true });
    const worker = await rig.worker();
    await Promise.all([
      settleOrders(rig.flow, [id('1')], { inTurn: true, ownJob: false, cause: 'test', enqueue: worker.enqueue }),
      runRound(rig.flow, worker.enqueue, new AbortController().signal),
    ]);
    await worker.enqueue([wantDrainStock('A')]);
    await rig.quiet();
    expect(await judge(rig.store, rig.channel)).toEqual([]);
    const [level] = await rig.store.levels.read(['A@east']);
    expect(level?.reserved).toEqual([]);
  });
});
