import { afterAll, describe, expect, it } from '@jest/globals';
import type { OrderDocument } from '../../src/store/documents.ts';
import { startProduct } from './children.ts';
import { judge } from './shop-judge.ts';
import { openShops, type Shops } from './shops.ts';

const KLARNA = ['#5014', '#5061', '#5121'];
let shops: Shops | null = null;

afterAll(() => shops?.close());

interface Held {
  readonly orders: ReadonlyMap<string, OrderDocument>;
  /** Levels and movements, as text. */
  readonly stock: string;
  readonly faults: readonly string[];
  readonly parked: readonly string[];
}

async function held(open: Shops): Promise<Held> {
  const { store, close } = await open.openStore();
  const orders = await store.collections.orders.find({}).sort({ _id: 1 }).toArray();
  const levels = await store.collections.levels.find({}).sort({ _id: 1 }).toArray();
  const verdict = await judge(store, open.books());
  await close();
  return { orders: new Map(orders.map((order) => [order.number, order])), stock: JSON.stringify(levels), ...verdict };
}

async function round(open: Shops): Promise<void> {
  const child = startProduct('--once', '--config', open.config);
  const code = await child.ended;
  // What it said is shown only when it failed.
  expect({ code, said: code === 0 ? '' : `${child.lines.join('\n')}${child.log()}` }).toEqual({ code: 0, said: '' });
}

describe('a payment method that is not mapped', () => {
  it('parks its orders for finance alone; mapped and started again they drain by themselves, and nothing else changes', async () => {
    shops = await openShops({ seed: 'drains' });
    await round(shops);
    const before = await held(shops);
    expect(before.faults).toEqual([]);
    expect(before.parked).toEqual(['#1018 totals-differ', ...KLARNA.map((number) => `${number} unmapped-payment`)]);
    for (const number of KLARNA) {
      const order = before.orders.get(number);
      expect(order?.problems).toEqual([
        {
          code: 'unmapped-payment',
          message: 'The payment method "klarna" is not mapped.',
          remedy: 'Map "klarna" in the connection\'s mapping, under "payments". The order then goes on by itself.',
          field: 'payments.gateway',
          needs: ['payments/klarna'],
        },
      ]);
      // Only its booking waits: its goods are planned like everybody's.
      expect(order?.plan?.applied).toBe(true);
      expect(['allocated', 'waiting', 'nothing to ship']).toContain(order?.stage);
    }

    shops.editMapping('harbour-eu', 'payments:\n', 'payments:\n  klarna: pay-later\n');
    await round(shops);
    const after = await held(shops);
    expect(after.faults).toEqual([]);
    expect(after.parked).toEqual(['#1018 totals-differ']);
    expect(after.stock).toBe(before.stock);
    for (const [number, order] of after.orders) {
      const was = before.orders.get(number);
      if (KLARNA.includes(number)) {
        expect(order.problems).toEqual([]);
        expect(order.order.payments.filter(({ gateway }) => gateway === 'klarna').map(({ method }) => method)).toEqual([
          'pay-later',
        ]);
        expect({ stage: order.stage, plan: order.plan, version: order.version, raw: order.raw }).toEqual({
          stage: was?.stage,
          plan: was?.plan,
          version: was?.version,
          raw: was?.raw,
        });
        expect(order.trail.slice(was?.trail.length).map(({ step }) => step)).toEqual(['revised']);
      } else expect(order).toEqual(was);
    }
  }, 60_000);
});
