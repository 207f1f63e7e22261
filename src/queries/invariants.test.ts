import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { LOCATIONS, openRig, type Rig } from '../../test/flows/rig.ts';
import { TEST_SCOPE, testMapping } from '../../test/flows/order-text.ts';
import { orderId } from '../domain/ids.ts';
import { wantPullOrders, wantPullStock } from '../flows/wanted.ts';
import type { CompletenessLine } from './completeness.ts';
import type { Finding, InvariantResult } from './finding.ts';
import { checkInvariants } from './invariants.ts';

const FIRST = orderId(TEST_SCOPE.connection, '1');
const OTHER = orderId(TEST_SCOPE.connection, '2');
let rig: Rig;
/** Undoes what a test has broken. */
const mending: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  rig = await openRig({ mapping: testMapping('m1') });
  for (const location of LOCATIONS) rig.stock.set(`A@${location}`, 10).set(`B@${location}`, 10);
  rig.channel.tell(
    {
      id: '1',
      version: 1,
      lines: [
        { sku: 'A', quantity: 2 },
        { sku: 'B', quantity: 1 },
      ],
    },
    { id: '2', version: 2, lines: [{ sku: 'A', quantity: 3 }] },
    { id: '3', version: 3, lines: [{ sku: 'B', quantity: 99 }] },
    { id: '4', version: 4, lines: [{ sku: 'B', quantity: 1 }], gateway: 'unheard-of' },
    { id: '5', version: 5, lines: [{ sku: 'B', quantity: 1 }], broken: true },
  );
  const worker = await rig.worker();
  await worker.enqueue([wantPullStock(TEST_SCOPE.connection)]);
  await rig.quiet();
  await worker.enqueue([wantPullOrders(TEST_SCOPE.connection)]);
  await rig.quiet();
  rig.channel.tell({
    id: '1',
    version: 6,
    lines: [
      { sku: 'A', quantity: 1 },
      { sku: 'B', quantity: 1 },
    ],
  });
  await worker.enqueue([wantPullOrders(TEST_SCOPE.connection)]);
  await rig.quiet();
  await worker.stop();
}, 30_000);
afterEach(async () => {
  for (const mend of mending.splice(0).reverse()) await mend();
});
afterAll(() => rig.close());

function compared(line: Partial<CompletenessLine> = {}): CompletenessLine {
  return {
    connection: TEST_SCOPE.connection,
    date: '2025-06-15',
    theirs: 5,
    ours: 5,
    missing: [],
    stale: [],
    extra: [],
    parked: [],
    at: 0,
    ...line,
  };
}

async function check(line: Partial<CompletenessLine> = {}): Promise<InvariantResult[]> {
  return checkInvariants({
    store: rig.store,
    clock: rig.flow.clock,
    compared: [compared(line)],
    channels: [TEST_SCOPE.connection],
  });
}

async function findings(): Promise<readonly Finding[]> {
  return (await check()).flatMap((result) => result.findings);
}

/** Changes one document behind everyone's back, until the test is over. */
async function breakOne(
  name: 'orders' | 'levels' | 'raws' | 'jobs',
  id: string,
  set: Readonly<Record<string, unknown>>,
): Promise<void> {
  const collection = rig.store.collections.jobs.conn.collection<{ _id: string }>(name);
  const before = await collection.findOne({ _id: id });
  if (before === null) throw new Error(`there is no ${id} in ${name}`);
  await collection.updateOne({ _id: id }, { $set: set });
  mending.push(() => collection.replaceOne({ _id: id }, before));
}

async function takeAway(name: 'orders' | 'revisions' | 'raws' | 'jobs', id: string): Promise<void> {
  const collection = rig.store.collections.jobs.conn.collection<{ _id: string }>(name);
  const before = await collection.findOne({ _id: id });
  if (before === null) throw new Error(`there is no ${id} in ${name}`);
  await collection.deleteOne({ _id: id });
  mending.push(() => collection.insertOne(before));
}

describe('checkInvariants', () => {
  it('finds nothing wrong with orders, waiting, parked and revised, as workers leave them', async () => {
    const results = await check();
    expect(results.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'I1 holds',
      'I2 holds',
      'I3 holds',
      'I4 holds',
      'I5 holds',
      'I6 holds',
    ]);
    expect(results.find(({ id }) => id === 'I3')?.counted).toBe('6 units in 4 reservations on 6 levels, 4 plans');
    expect(results.find(({ id }) => id === 'I4')?.counted).toBe(
      '4 orders added up, 0 with rounding itemised, 1 held back for finance',
    );
  });

  it('I1: names what the channel has and we have not, and what we have at an older version', async () => {
    const [i1] = await check({ missing: ['77'], stale: ['78'] });
    expect(i1?.state).toBe('broken');
    expect(i1?.findings.map(({ says }) => says)).toEqual([
      '2025-06-15: order 77 is missing',
      '2025-06-15: order 78 is stale',
    ]);
  });

  it('I1: says that what is stale may be about to come while a worker has work', async () => {
    const at = rig.flow.clock.now();
    await rig.store.jobs.enqueue([wantPullStock(TEST_SCOPE.connection)], at);
    const key = wantPullStock(TEST_SCOPE.connection).key;
    mending.push(() => rig.store.collections.jobs.deleteOne({ _id: key }));
    const notes = async (): Promise<readonly string[] | undefined> => (await check({ stale: ['78'] }))[0]?.notes;
    // Nobody is there to do it.
    expect(await notes()).toEqual([]);
    const alive = { _id: 'w1', host: 'test', pid: 1, started: new Date(at), state: 'alive' as const };
    await rig.store.collections.workers.insertOne({ ...alive, until: new Date(at + 60_000) });
    mending.push(() => rig.store.collections.workers.deleteOne({ _id: 'w1' }));
    expect(await notes()).toEqual([
      '1 job waits or is under way: what is stale may be about to come. Ask again when they are done.',
    ]);
    expect((await check())[0]?.notes).toEqual([]);
  });

  it('I1: is not checked while a channel was not compared', async () => {
    const [i1] = await checkInvariants({
      store: rig.store,
      clock: rig.flow.clock,
      compared: [],
      channels: [TEST_SCOPE.connection],
    });
    expect(i1?.state).toBe('not checked');
  });

  it('I1: an observation that is neither applied nor waiting is lost', async () => {
    await breakOne('orders', FIRST, { version: 1 });
    expect(await findings()).toEqual([
      { invariant: 'I1', where: FIRST, says: 'was observed, but neither applied nor waiting to be' },
    ]);
  });

  it('I1: an observation whose parked job is gone is lost', async () => {
    await takeAway('jobs', `normalize-order:${orderId(TEST_SCOPE.connection, '5')}`);
    expect((await findings()).map(({ invariant, where }) => [invariant, where])).toEqual([
      ['I1', orderId(TEST_SCOPE.connection, '5')],
    ]);
  });

  it('I2: an order under an id that is not of its binding is named', async () => {
    await breakOne('orders', FIRST, { externalId: '1001' });
    expect(await findings()).toEqual([
      { invariant: 'I2', where: FIRST, says: '#1: is not the id that shop 1001 gives' },
    ]);
  });

  it('I3: free that is not on hand − reserved is named', async () => {
    await breakOne('levels', 'A@east', { free: 9 });
    expect((await findings()).filter(({ invariant }) => invariant === 'I3').map(({ says }) => says)).toEqual([
      '10 on hand − 4 reserved is not 9 free',
    ]);
  });

  it('I3: a promise beyond what is there is named, unless its release is on the way', async () => {
    await breakOne('levels', 'A@east', { onHand: 3, free: -1 });
    const says = '1 units are promised and not there, and nobody takes the promises back';
    expect((await findings()).filter(({ invariant }) => invariant === 'I3')).toEqual([
      { invariant: 'I3', where: 'A@east', says },
    ]);
    await rig.store.jobs.enqueue(
      [
        {
          key: 'release-shortfall:A@east',
          kind: 'release-shortfall',
          lane: 'x',
          connection: '',
          subject: 'A@east',
          prio: 1,
        },
      ],
      rig.flow.clock.now(),
    );
    mending.push(() => rig.store.collections.jobs.deleteOne({ _id: 'release-shortfall:A@east' }));
    expect((await findings()).filter(({ invariant }) => invariant === 'I3')).toEqual([]);
  });

  it('I3: units reserved without a plan, and planned without a reservation, are both named', async () => {
    await breakOne('orders', OTHER, { 'plan.lines': [] });
    expect((await findings()).map(({ says }) => says)).toEqual([`${OTHER}: 3 units of line 1 reserved, 0 planned`]);
    await breakOne('orders', FIRST, { 'plan.lines.0.quantity': 2 });
    expect((await findings()).map(({ says }) => says)).toContain(`${FIRST}: 1 units of line 1 reserved, 2 planned`);
  });

  it('I3: a plan that sets aside more than was ordered is named', async () => {
    await breakOne('orders', OTHER, { 'order.lines.0.ordered': 2 });
    expect((await findings()).filter(({ invariant }) => invariant === 'I3').map(({ says }) => says)).toEqual([
      '#2: 3 × A are planned for line 1, 2 were ordered',
    ]);
  });

  it('I3: a plan that was never applied needs somebody who goes on with it', async () => {
    await breakOne('orders', OTHER, { 'plan.applied': false });
    expect((await findings()).map(({ says }) => says)).toEqual([
      '#2: its plan was set and never applied, and nobody goes on with it',
    ]);
  });

  it('I4: a total that does not add up, and that nobody was told of, is named', async () => {
    await breakOne('orders', OTHER, { 'order.totals.total.shop': 2_999 });
    expect((await findings()).map(({ invariant, says }) => [invariant, says])).toEqual([
      ['I4', '#2: does not add up (total by 1 minor units), and nobody was told'],
    ]);
  });

  it('I4: an order that cannot be booked must be parked for finance', async () => {
    await takeAway('jobs', `account-order:${orderId(TEST_SCOPE.connection, '4')}`);
    expect((await findings()).map(({ says }) => says)).toEqual(['#4: cannot be booked, and is not parked for finance']);
  });

  it('I5: a missing movement, and movements that add up to something else, are named', async () => {
    const level = await rig.store.collections.levels.findOne({ _id: 'A@east' });
    await breakOne('levels', 'A@east', { tail: level?.tail.filter(({ v }) => v !== 2) });
    expect((await findings()).map(({ invariant, says }) => [invariant, says])).toEqual([
      ['I5', `of ${level?.v} movements number 2 is missing`],
    ]);
    await breakOne('levels', 'A@east', {
      tail: level?.tail.map((entry) => (entry.v === 2 ? { ...entry, free: entry.free - 1 } : entry)),
    });
    expect((await findings()).map(({ says }) => says)).toEqual([
      'its movements add up to 10 on hand and 5 free, it says 10 and 6',
    ]);
  });

  it('I5: a missing revision and a missing observation are named', async () => {
    await takeAway('revisions', `${FIRST}#1`);
    await takeAway('raws', `${FIRST}#1`);
    expect((await findings()).map(({ says }) => says)).toEqual([
      'of 2 raw observations 1 are there',
      `the superseded revision ${FIRST}#1 is missing`,
    ]);
  });

  it('I6: what is parked without a remedy is named', async () => {
    await breakOne('jobs', `account-order:${orderId(TEST_SCOPE.connection, '4')}`, { 'cause.remedy': '' });
    expect((await findings()).map(({ invariant, says }) => [invariant, says])).toEqual([
      ['I6', 'is parked without a cause or without a remedy'],
    ]);
  });

  it('I6: an order that was captured and that nobody plans is named', async () => {
    await breakOne('orders', orderId(TEST_SCOPE.connection, '3'), { stage: 'captured' });
    expect((await findings()).map(({ says }) => says)).toEqual(['#3: was captured, and nobody plans it']);
  });

  it('I6: what waits with no worker running is noted, not blamed', async () => {
    await breakOne('jobs', `account-order:${orderId(TEST_SCOPE.connection, '4')}`, {
      state: 'ready',
      due: new Date(0),
      cause: null,
    });
    const i6 = (await check()).find(({ id }) => id === 'I6');
    expect([i6?.state, i6?.notes]).toEqual(['holds', ['1 jobs wait for a worker: none is running.']]);
  });
});
