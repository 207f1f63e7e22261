import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TEST_SCOPE, testMapping } from '../../test/flows/order-text.ts';
import { openRig, type Rig } from '../../test/flows/rig.ts';
import { orderId } from '../domain/ids.ts';
import { levelDifferences } from '../queries/level-differences.ts';
import { levelStory } from '../queries/level-story.ts';
import { rebuildLevel } from './rebuild-level.ts';
import { wantPullOrders, wantPullStock } from './wanted.ts';

const LEVEL = 'A@east';
const ORDER = orderId(TEST_SCOPE.connection, '1');

let rig: Rig;

/** Five counted, two of them reserved for an order and one for another, after more changes than a tail holds. */
beforeEach(async () => {
  rig = await openRig({ mapping: testMapping('m1') });
  const worker = await rig.worker();
  for (let counted = 25; counted >= 5; counted -= 1) {
    rig.stock.set(LEVEL, counted);
    if (counted === 15) {
      rig.channel.tell({ id: '1', version: 1, lines: [{ sku: 'A', quantity: 2 }] });
      rig.channel.tell({ id: '2', version: 2, lines: [{ sku: 'A', quantity: 1 }] });
    }
    await worker.enqueue([wantPullStock(TEST_SCOPE.connection)]);
    await rig.quiet();
    if (counted !== 15) continue;
    await worker.enqueue([wantPullOrders(TEST_SCOPE.connection)]);
    await rig.quiet();
  }
  await worker.stop();
});
afterEach(() => rig.close());

async function standing(): Promise<object> {
  const [level] = await rig.store.levels.read([LEVEL]);
  const { onHand, free, reserved } = level ?? {};
  return { onHand, free, reserved: reserved?.map(({ order, quantity }) => [order, quantity]) };
}

describe('a level that is not what its movements add up to', () => {
  it('is told with every total and order line in which it differs, and put right by a movement that adds nothing', async () => {
    const before = await standing();
    expect(before).toMatchObject({ onHand: 5, free: 2 });
    expect(await levelDifferences(rig.store, {})).toEqual({ compared: 1, different: [] });
    expect(await rebuildLevel(rig.flow, LEVEL, 'test')).toBe(false);

    const [level] = await rig.store.levels.read([LEVEL]);
    const line = level?.reserved.find(({ order }) => order === ORDER);
    await rig.store.collections.levels.updateOne({ _id: LEVEL }, { $set: { onHand: 9, free: 9, reserved: [] } });
    const other = level?.reserved.find(({ order }) => order !== ORDER);
    const reserved = [
      { what: 'reserved', of: `${ORDER}/${line?.line ?? ''}`, kept: 0, rebuilt: 2 },
      { what: 'reserved', of: `${other?.order ?? ''}/${other?.line ?? ''}`, kept: 0, rebuilt: 1 },
    ];
    const differences = [
      { what: 'on hand', of: 'level', kept: 9, rebuilt: 5 },
      { what: 'free', of: 'level', kept: 9, rebuilt: 2 },
      ...reserved.toSorted((a, b) => (a.of < b.of ? -1 : 1)),
    ];
    expect(await levelDifferences(rig.store, { sku: 'A' })).toEqual({
      compared: 1,
      different: [{ level: LEVEL, rebuildable: true, differences }],
    });

    expect(await rebuildLevel(rig.flow, LEVEL, 'test')).toBe(true);
    expect(await standing()).toEqual(before);
    expect(await levelDifferences(rig.store, { location: 'east' })).toEqual({ compared: 1, different: [] });
    const story = await levelStory(rig.store, LEVEL, 1);
    expect(story?.movements).toMatchObject([
      { kind: 'rebuilt', onHand: { change: 0, after: 5 }, free: { change: 0, after: 2 }, cause: 'test' },
    ]);
    const jobs = await rig.store.collections.jobs.find({}).toArray();
    expect(jobs.map(({ _id }) => _id).sort()).toEqual(['drain-stock:A', `release-shortfall:${LEVEL}`]);
  });

  it('is left alone where a movement is missing', async () => {
    const tail = (await rig.store.collections.levels.findOne({ _id: LEVEL }))?.tail ?? [];
    await rig.store.collections.levels.updateOne({ _id: LEVEL }, { $set: { tail: tail.slice(1) } });
    const v = tail[0]?.v ?? 0;
    expect((await levelDifferences(rig.store, {})).different).toEqual([
      {
        level: LEVEL,
        rebuildable: false,
        differences: [{ what: 'movement', of: `version ${v}`, kept: null, rebuilt: null }],
      },
    ]);
    const before = await standing();
    await expect(rebuildLevel(rig.flow, LEVEL, 'test')).rejects.toMatchObject({
      fault: 'data',
      code: 'movements-broken',
    });
    expect(await standing()).toEqual(before);
  });
});

describe('the story of a level', () => {
  it('says who holds what of it, and what each change left, newest first, to the first', async () => {
    const story = await levelStory(rig.store, LEVEL, 1_000);
    expect(story).toMatchObject({ sku: 'A', location: 'east', onHand: 5, reserved: 3, free: 2, older: 0 });
    expect(story?.reservations.map(({ number, units, stage }) => [number, units, stage]).sort()).toEqual([
      ['#1', 2, 'allocated'],
      ['#2', 1, 'allocated'],
    ]);
    const movements = story?.movements ?? [];
    expect(movements.map(({ v }) => v)).toEqual(movements.map((_, index) => movements.length - index));
    expect(movements[0]).toMatchObject({
      kind: 'counted',
      onHand: { change: -1, after: 5 },
      free: { change: -1, after: 2 },
      orders: [],
    });
    expect(movements.at(-1)).toMatchObject({ v: 1, kind: 'counted', onHand: { change: 25, after: 25 } });
    const set = movements.filter(({ orders }) => orders.length > 0).flatMap(({ orders }) => orders);
    expect(set.map(({ number, units }) => [number, units]).sort()).toEqual([
      ['#1', 2],
      ['#2', 1],
    ]);
  });

  it('gives as many changes as are asked for, and says how many there are besides', async () => {
    const all = await levelStory(rig.store, LEVEL, 1_000);
    const some = await levelStory(rig.store, LEVEL, 20);
    expect(some?.movements).toEqual(all?.movements.slice(0, 20));
    expect(some?.older).toBe((all?.movements.length ?? 0) - 20);
    expect(await levelStory(rig.store, 'A@moon', 20)).toBeNull();
  });
});
