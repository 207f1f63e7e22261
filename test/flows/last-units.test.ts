import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Chance } from '../../src/connector/sandbox/business/chance.ts';
import { orderId } from '../../src/domain/ids.ts';
import { wantPullOrder, wantPullStock } from '../../src/flows/wanted.ts';
import type { Worker } from '../../src/jobs/worker.ts';
import { levelId } from '../../src/store/level-records.ts';
import { TEST_SCOPE, testMapping, type ToldOrder } from './order-text.ts';
import { openRig, type Rig } from './rig.ts';

const BUYERS = 20;
const WAVES = 5;
const SALES_PER_WAVE = 10;
const SEED = 'last-five';

/** One thing of which there are five, and the twenty who want it: three ways of wanting it, two of them kits that share it. */
interface LastUnits {
  readonly component: string;
  readonly buyers: readonly ToldOrder[];
}

const kits: Record<string, { sku: string; quantity: number }[]> = {};
const sales: readonly LastUnits[] = Array.from({ length: WAVES * SALES_PER_WAVE }, (_, sale) => {
  const component = `C${sale}`;
  kits[`LEFT${sale}`] = [
    { sku: component, quantity: 1 },
    { sku: `L${sale}`, quantity: 2 },
  ];
  kits[`RIGHT${sale}`] = [
    { sku: `R${sale}`, quantity: 1 },
    { sku: component, quantity: 1 },
  ];
  const wants = [component, `LEFT${sale}`, `RIGHT${sale}`];
  const buyers = Array.from({ length: BUYERS }, (_, buyer): ToldOrder => {
    const number = sale * BUYERS + buyer + 1;
    return { id: `${number}`, version: number, lines: [{ sku: wants[(buyer + sale) % 3] ?? component, quantity: 1 }] };
  });
  return { component, buyers };
});

let rig: Rig;
let workers: Worker[];
const chance = new Chance(SEED, 0);

beforeAll(async () => {
  rig = await openRig({ mapping: testMapping('m1', { kits }) });
  workers = [await rig.worker(), await rig.worker(), await rig.worker()];
});
afterAll(() => rig.close());

async function count(quantity: number, of: readonly LastUnits[]): Promise<void> {
  for (const { component } of of) rig.stock.set(`${component}@east`, quantity);
  await workers[0]?.enqueue([wantPullStock(TEST_SCOPE.connection)]);
  await rig.quiet();
}

/** All buyers at once, each told to one of the three workers, in an order that the seed draws. */
async function buy(of: readonly LastUnits[]): Promise<void> {
  const left = of.flatMap(({ buyers }) => [...buyers]);
  rig.channel.tell(...left);
  const told: Promise<void>[] = [];
  while (left.length > 0) {
    const some = Array.from({ length: chance.whole(1, 6) }, () =>
      left.splice(chance.whole(0, Math.max(0, left.length - 1)), 1),
    ).flat();
    told.push(chance.pick(workers).enqueue(some.map(({ id }) => wantPullOrder(TEST_SCOPE.connection, id))));
  }
  await Promise.all(told);
  await rig.quiet();
}

/** Who has one and who waits, by number, oldest promise first; and that the level says the same. */
async function standing({
  component,
  buyers,
}: LastUnits): Promise<{ have: number[]; wait: number[]; free: number; held: number[] }> {
  const orders = await rig.store.orders.read(buyers.map(({ id }) => orderId(TEST_SCOPE.connection, id)));
  const [level] = await rig.store.levels.read([levelId(component, 'east')]);
  const numbers = (stage: string): number[] =>
    orders
      .filter((order) => order.stage === stage)
      .map((order) => Number(order.externalId))
      .sort((a, b) => a - b);
  const byOrder = new Map(orders.map((order) => [order._id, Number(order.externalId)]));
  const held = (level?.reserved ?? []).flatMap(({ order, quantity }) =>
    Array.from({ length: quantity }, () => byOrder.get(order) ?? 0),
  );
  return {
    have: numbers('allocated'),
    wait: numbers('waiting'),
    free: level?.free ?? Number.NaN,
    held: held.sort((a, b) => a - b),
  };
}

/** The least that was ever free by the movements of a level, while it was only sold from. */
async function leastFree(component: string): Promise<number> {
  let free = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const entry of await rig.store.levels.movements(levelId(component, 'east'))) {
    free += entry.free;
    least = Math.min(least, free);
  }
  return least;
}

describe(`${BUYERS} buyers for the last 5 units, ${WAVES * SALES_PER_WAVE} times, with three workers ("${SEED}")`, () => {
  it('leave 5 with one and 15 waiting; 3 that arrive go to the 3 oldest promises; 2 that a count takes away are taken from the 2 newest', async () => {
    for (let wave = 0; wave < WAVES; wave += 1) {
      const of = sales.slice(wave * SALES_PER_WAVE, (wave + 1) * SALES_PER_WAVE);
      for (const { component } of of) {
        rig.stock.set(`L${component.slice(1)}@east`, 100).set(`R${component.slice(1)}@east`, 100);
      }
      await count(5, of);
      await buy(of);
      const sold = new Map<string, { have: number[]; wait: number[] }>();
      for (const sale of of) {
        const { have, wait, free, held } = await standing(sale);
        expect({ sale: sale.component, have: have.length, wait: wait.length, free }).toEqual({
          sale: sale.component,
          have: 5,
          wait: 15,
          free: 0,
        });
        expect(held).toEqual(have);
        expect(await leastFree(sale.component)).toBe(0);
        sold.set(sale.component, { have, wait });
      }

      await count(8, of);
      for (const sale of of) {
        const before = sold.get(sale.component) ?? { have: [], wait: [] };
        const { have, wait, free, held } = await standing(sale);
        expect(have).toEqual([...before.have, ...before.wait.slice(0, 3)].sort((a, b) => a - b));
        expect(wait).toEqual(before.wait.slice(3));
        expect({ free, held }).toEqual({ free: 0, held: have });
        sold.set(sale.component, { have, wait });
      }

      await count(6, of);
      for (const sale of of) {
        const before = sold.get(sale.component) ?? { have: [], wait: [] };
        const { have, wait, free, held } = await standing(sale);
        expect(have).toEqual(before.have.slice(0, 6));
        expect(wait).toEqual([...before.wait, ...before.have.slice(6)].sort((a, b) => a - b));
        expect({ free, held }).toEqual({ free: 0, held: have });
      }
    }
    // What a released kit held of its other component went back with it.
    const left = await rig.store.collections.levels.find({ free: { $ne: 0 } }).toArray();
    for (const { _id, onHand, free, reserved } of left) {
      expect({ _id, free }).toEqual({ _id, free: onHand - reserved.reduce((sum, entry) => sum + entry.quantity, 0) });
    }
    expect(await rig.store.jobs.parked({ limit: 10 })).toEqual([]);
    // Every write carries its writer: all three took part.
    const writers = await rig.store.collections.orders.find({}).project<{ by: string }>({ by: 1 }).toArray();
    expect(new Set(writers.map(({ by }) => by.split('.')[0])).size).toBe(3);
  }, 110_000);
});
