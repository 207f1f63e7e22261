import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { askedPart } from '../../test/flows/asked-part.ts';
import { LOCATIONS, openRig, type Rig } from '../../test/flows/rig.ts';
import { TEST_SCOPE, testMapping } from '../../test/flows/order-text.ts';
import { fulfillmentKey } from '../domain/fulfillment-key.ts';
import { orderId } from '../domain/ids.ts';
import { compareDay } from '../flows/sweep-orders.ts';
import { KIND, wantForFulfillment, wantPullOrders, wantPullStock } from '../flows/wanted.ts';
import { parkedCases } from './cases.ts';
import { lineOf } from './completeness.ts';
import { connectionStandings, workIsOpen } from './connections.ts';
import { readGauges } from './gauges.ts';
import { listOrders, orderTotals } from './order-summary.ts';
import { findOrders, orderTimeline } from './order-timeline.ts';
import type { HandsOn } from './order-waits.ts';
import { readiness } from './readiness.ts';

const FIRST = orderId(TEST_SCOPE.connection, '1');
const BAD_TOKEN = {
  fault: 'config' as const,
  code: 'bad-credentials',
  message: 'The token is not accepted.',
  remedy: 'Put the token right.',
  field: null,
  needs: [],
  remoteId: null,
  at: new Date(1),
};
const HANDS: HandsOn = { shipsBy: new Map(), push: () => 'off' };
let rig: Rig;

beforeAll(async () => {
  rig = await openRig({ mapping: testMapping('m1') });
  for (const location of LOCATIONS) rig.stock.set(`A@${location}`, 5);
  rig.channel.tell(
    { id: '1', version: 1, lines: [{ sku: 'A', quantity: 2 }], name: 'Erika Mustermann' },
    { id: '2', version: 2, lines: [{ sku: 'A', quantity: 99, price: 1 }] },
    { id: '4', version: 4, lines: [{ sku: 'A', quantity: 1 }], gateway: 'klarna' },
    { id: '5', version: 5, lines: [{ sku: 'A', quantity: 1 }], gateway: 'klarna' },
    { id: '6', version: 6, lines: [{ sku: 'A', quantity: 1 }], broken: true },
  );
  const worker = await rig.worker();
  await worker.enqueue([wantPullStock(TEST_SCOPE.connection)]);
  await rig.quiet();
  await worker.enqueue([wantPullOrders(TEST_SCOPE.connection)]);
  await rig.quiet();
  rig.channel.tell({ id: '1', version: 7, lines: [{ sku: 'A', quantity: 1 }], name: 'Erika Mustermann' });
  await worker.enqueue([wantPullOrders(TEST_SCOPE.connection)]);
  await rig.quiet();
  await worker.stop();
}, 30_000);
afterAll(() => rig.close());

describe('parkedCases', () => {
  it('puts what one mapping entry would mend into one case, for finance, and the unreadable into another', async () => {
    const cases = await parkedCases(rig.store);
    expect(cases.map(({ code, who, count, needs }) => ({ code, who, count, needs }))).toEqual([
      { code: 'unmapped-payment', who: 'finance', count: 2, needs: ['payments/klarna'] },
      { code: 'broken', who: 'operations', count: 1, needs: [] },
    ]);
    expect(cases[0]?.keys.toSorted()).toEqual(
      ['4', '5'].map((id) => `account-order:${orderId(TEST_SCOPE.connection, id)}`).sort(),
    );
  });

  it('tells since when the work of the oldest is under way, which no attempt in between starts anew', async () => {
    const [before] = await parkedCases(rig.store);
    const key = before?.keys[0] ?? '';
    const parkedAt = async (): Promise<number> => (await rig.store.jobs.get(key))?.cause?.at.getTime() ?? 0;
    const first = await parkedAt();
    const worker = await rig.worker();
    await rig.store.jobs.replay({ keys: before?.keys ?? [] }, Date.now());
    worker.wake();
    await rig.quiet();
    await worker.stop();
    expect(await parkedAt()).toBeGreaterThan(first);
    const [after] = await parkedCases(rig.store);
    expect([after?.count, after?.oldest]).toEqual([2, before?.oldest]);
  });

  it('shows the cases of one connection alone', async () => {
    expect(await parkedCases(rig.store, { connection: 'another' })).toEqual([]);
  });
});

describe('orderTotals', () => {
  it('counts every order by its stage and adds up to the cent', async () => {
    expect(await orderTotals(rig.store)).toEqual({
      orders: 4,
      stages: [
        { stage: 'allocated', orders: 3 },
        { stage: 'waiting', orders: 1 },
      ],
      currencies: [{ currency: 'USD', orders: 4, total: '30.99', refunded: '0.00' }],
    });
  });
});

describe('listOrders', () => {
  it('lists the newest change first, within its limit', async () => {
    const rows = await listOrders(rig.store, { limit: 2 });
    expect(rows.map(({ number, stage, total, problems }) => ({ number, stage, total, problems }))).toEqual([
      { number: '#1', stage: 'allocated', total: '10.00', problems: [] },
      { number: '#5', stage: 'allocated', total: '10.00', problems: ['unmapped-payment'] },
    ]);
  });

  it('finds those that wait, with what they wait for', async () => {
    expect(
      (await listOrders(rig.store, { limit: 9, stage: 'waiting' })).map(({ number, waiting }) => [number, waiting]),
    ).toEqual([['#2', ['A']]]);
  });
});

describe('findOrders', () => {
  it.each(['#1', '1', FIRST])('finds an order by %s', async (text) => {
    expect((await findOrders(rig.store, text)).map(({ id }) => id)).toEqual([FIRST]);
  });

  it('finds nothing under a name that no order has', async () => {
    expect(await findOrders(rig.store, '#999')).toEqual([]);
  });
});

describe('orderTimeline', () => {
  it('tells every step in order of time, with what caused it', async () => {
    const timeline = await orderTimeline(rig.store, FIRST, { handsOn: HANDS });
    expect(timeline?.steps.map(({ step }) => step)).toEqual([
      'placed',
      'observed',
      'captured',
      'allocated',
      'reserved',
      'observed',
      'revised',
      'allocated',
      'released',
    ]);
    expect(timeline?.steps.find(({ step }) => step === 'released')?.text).toBe(
      '−1 × A at east (movement 3)'.replace('3', String(await lastMovement())),
    );
    expect(
      timeline?.revisions.map(({ revision, difference }) => [
        revision,
        difference?.startsWith('line 1: ordered 2 → 1'),
      ]),
    ).toEqual([
      [1, undefined],
      [2, true],
    ]);
    expect(timeline?.plan?.why.map(({ location, verdict }) => `${location} ${verdict}`)).toEqual([
      'east chosen',
      'west passed over',
      'store passed over',
    ]);
  });

  it('names no person unless it is asked to', async () => {
    expect(JSON.stringify(await orderTimeline(rig.store, FIRST, { handsOn: HANDS }))).not.toContain('Mustermann');
    expect(JSON.stringify(await orderTimeline(rig.store, FIRST, { handsOn: HANDS, personal: true }))).toContain(
      'Mustermann',
    );
  });

  it('shows the parked job of an order with its remedy', async () => {
    const timeline = await orderTimeline(rig.store, orderId(TEST_SCOPE.connection, '4'), { handsOn: HANDS });
    expect(timeline?.jobs.map(({ kind, state, cause }) => [kind, state, cause?.code])).toEqual([
      ['account-order', 'parked', 'unmapped-payment'],
    ]);
  });

  it('shows the work on its requests to providers, with why it does not go on, and nobody else’s', async () => {
    const mine = wantForFulfillment(KIND.pushFulfillment, 'depot', fulfillmentKey(FIRST, 1));
    const [before] = await rig.store.orders.readForAllocation([FIRST]);
    if (before === undefined) throw new Error('the order is not there');
    await rig.store.orders.change([{ before, set: { fulfillments: [askedPart(1)] }, trail: [] }]);
    const others = wantForFulfillment(KIND.pushFulfillment, 'depot', fulfillmentKey(orderId('shop', '2'), 1));
    await rig.store.jobs.enqueue([mine, others], rig.store.clock.now());
    await rig.store.connections.register({ id: 'depot', connector: 'test', company: 'acme', mapping: 'm1' });
    await rig.store.connections.pause('depot', BAD_TOKEN);
    const timeline = await orderTimeline(rig.store, FIRST, { handsOn: HANDS });
    expect(timeline?.jobs.map(({ _id }) => _id)).toEqual([mine.key]);
    expect(timeline?.waits).toContainEqual({
      code: 'paused',
      message: 'depot is paused, and the request to ship waits for it: The token is not accepted.',
      remedy: 'Put the token right.',
    });
    await rig.store.collections.jobs.deleteMany({ _id: { $in: [mine.key, others.key] } });
    await rig.store.collections.connections.deleteOne({ _id: 'depot' });
  });

  it('is null for an order that there is not', async () => {
    expect(await orderTimeline(rig.store, 'ord_nothing', { handsOn: HANDS })).toBeNull();
  });

  async function lastMovement(): Promise<number | undefined> {
    return (await rig.store.levels.movements('A@east')).findLast(({ lines }) =>
      lines.some(({ order }) => order === FIRST),
    )?.v;
  }
});

describe('lineOf', () => {
  it('counts as parked, not missing, what is here as it came and cannot be read', async () => {
    const day = {
      _id: 'shop|2025-06-15',
      connection: 'shop',
      date: '2025-06-15',
      theirs: 3,
      ours: 1,
      missing: ['6', '99'],
      stale: [],
      extra: [],
      parked: ['8'],
      at: new Date(5),
    };
    expect(await lineOf(rig.store, day)).toEqual({
      connection: 'shop',
      date: '2025-06-15',
      theirs: 3,
      ours: 1,
      missing: ['99'],
      stale: [],
      extra: [],
      parked: ['8', '6'],
      at: 5,
    });
  });

  it('leaves out what has come since at the version that the channel listed or a later one, and no older', async () => {
    const day = {
      _id: 'shop|2025-06-15',
      connection: 'shop',
      date: '2025-06-15',
      theirs: 5,
      ours: 1,
      missing: ['1', '2', '99'],
      stale: ['4', '5'],
      listed: [
        { id: '1', version: 7 },
        { id: '2', version: 3 },
        { id: '99', version: 9 },
        { id: '4', version: 4 },
        { id: '5', version: 6 },
      ],
      extra: [],
      parked: [],
      at: new Date(5),
    };
    const { missing, stale } = await lineOf(rig.store, day);
    expect([missing, stale]).toEqual([['2', '99'], ['5']]);
    const { listed: _listed, ...before } = day;
    const unknown = await lineOf(rig.store, before);
    expect([unknown.missing, unknown.stale]).toEqual([['99'], ['4', '5']]);
  });

  it('knows of a day that is compared at which version the channel lists what is missing or stale', async () => {
    const [channel] = rig.flow.connections.values();
    if (channel === undefined) throw new Error('there is no channel');
    rig.channel.tell(
      { id: '1', version: 9, lines: [{ sku: 'A', quantity: 1 }] },
      { id: '8', version: 8, lines: [{ sku: 'A', quantity: 1 }] },
    );
    const day = await compareDay(rig.flow, channel, '1970-01-01', new AbortController().signal);
    expect([day.missing, day.stale, day.listed]).toEqual([
      ['8'],
      ['1'],
      [
        { id: '8', version: 8 },
        { id: '1', version: 9 },
      ],
    ]);
  });
});

describe('connections', () => {
  const kinds = ['pull-orders'];

  it('a pull that fails makes its connection away, and its cause is told; a pause goes before it', async () => {
    const { store, flow } = rig;
    const cause = {
      fault: 'transient' as const,
      code: 'away',
      message: 'no answer',
      remedy: 'wait',
      field: null,
      needs: [],
      remoteId: null,
      at: new Date(1),
    };
    await store.jobs.enqueue([wantPullOrders('shop')], flow.clock.now());
    await store.collections.jobs.updateOne({ _id: 'pull-orders:shop' }, { $set: { attempts: 1, last: cause } });
    expect((await connectionStandings(store, kinds)).map(({ id, state, cause: why }) => [id, state, why])).toEqual([
      ['shop', 'away', 'no answer'],
    ]);
    await store.connections.pause('shop', { ...cause, message: 'bad token' });
    expect((await connectionStandings(store, kinds)).map(({ state, cause: why }) => [state, why])).toEqual([
      ['paused', 'bad token'],
    ]);
    await store.connections.resume('shop');
    await store.collections.jobs.deleteOne({ _id: 'pull-orders:shop' });
    expect((await connectionStandings(store, kinds)).map(({ state }) => state)).toEqual(['ok']);
  });

  it('work is open while a job is due, but not for a remote that is away or a connection that is paused', async () => {
    const { store, flow } = rig;
    const soon = new Date(flow.clock.now() + 60_000);
    const nobody = { paused: [], away: [], kinds };
    expect(await workIsOpen(store, soon, nobody)).toBe(false);
    await store.jobs.enqueue([wantPullOrders('shop')], flow.clock.now());
    expect(await workIsOpen(store, soon, nobody)).toBe(true);
    expect(await workIsOpen(store, soon, { ...nobody, away: ['shop'] })).toBe(false);
    expect(await workIsOpen(store, soon, { ...nobody, away: ['shop'], kinds: ['pull-stock'] })).toBe(true);
    expect(await workIsOpen(store, soon, { ...nobody, paused: ['shop'] })).toBe(false);
    await store.collections.jobs.deleteOne({ _id: 'pull-orders:shop' });
  });
});

describe('readiness and gauges', () => {
  it('is not ready while no lease of this process is alive, and ready while one is', async () => {
    const { store } = rig;
    expect((await readiness(store, { host: 'here', pid: 1 })).ready).toBe(false);
    await store.workers.join({ epoch: 'e', host: 'here', pid: 1 }, store.clock.now(), store.clock.now() + 60_000);
    expect(await readiness(store, { host: 'here', pid: 1 })).toEqual({ ready: true, problems: [] });
    expect((await readiness(store, { host: 'here', pid: 2 })).ready).toBe(false);
    await store.workers.gone('e');
  });

  it('counts what is parked by its cause', async () => {
    const { parked, unread, workers } = await readGauges(rig.store);
    expect([parked.toSorted((a, b) => b.count - a.count), unread, workers]).toEqual([
      [
        { code: 'unmapped-payment', count: 2 },
        { code: 'broken', count: 1 },
      ],
      0,
      0,
    ]);
  });
});
