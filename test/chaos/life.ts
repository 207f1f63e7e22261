import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { Chance } from '../../src/connector/sandbox/business/chance.ts';
import type { Remotes } from '../flows/remotes.ts';

/** The business goes on: orders, changes and cancellations at the shops, parcels and counts at the warehouses. */
export interface Life {
  /** Orders that were placed since it began. */
  placed(): number;
  /** No more orders, changes and counts; what stands at the warehouses still leaves. */
  calm(): void;
  stop(): Promise<void>;
}

const SHOP_MS = 2_000;
const WAREHOUSE_MS = 700;
const COUNT_MS = 5_000;
const COUNTS = 10;
/** Below this a shelf gets goods; far above it, it is counted a little wrong before and right now. */
const LOW = 12;
const HIGH = 60;

const ticked = z.object({ placed: z.array(z.string()) });
const shelves = z.looseObject({
  stock: z.array(z.object({ sku: z.string(), center: z.int(), onHand: z.int() })),
});

export const shopsOf = ({ ids }: Pick<Remotes, 'ids'>): string[] => ids.filter((id) => id.startsWith('harbour'));
export const warehousesOf = ({ ids }: Pick<Remotes, 'ids'>): string[] => ids.filter((id) => id.startsWith('shipbob'));

/** @param ordersPerSecond over all shops, on average */
export function startLife(
  remotes: Pick<Remotes, 'ids' | 'ask' | 'tell'>,
  { seed, ordersPerSecond }: { readonly seed: string; readonly ordersPerSecond: number },
): Life {
  const chance = new Chance(seed, 2);
  const stop = new AbortController();
  let calm = false;
  let placed = 0;
  const shops = shopsOf(remotes);
  const warehouses = warehousesOf(remotes);

  async function every(ms: number, does: () => Promise<void>): Promise<void> {
    while (!stop.signal.aborted) {
      await does();
      await wait(ms, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  }

  async function sell(): Promise<void> {
    if (calm) return;
    const most = Math.round(((2 * SHOP_MS) / 1_000) * (ordersPerSecond / shops.length));
    for (const shop of shops) {
      const orders = chance.whole(0, most);
      const told = await remotes.tell(shop, 'do/tick', { orders, changes: chance.whole(0, 2), counts: 0 });
      placed += ticked.parse(told).placed.length;
    }
  }

  async function ship(): Promise<void> {
    for (const warehouse of warehouses) await remotes.tell(warehouse, 'do/tick', { steps: 1 });
  }

  /** What is there is what was counted: the warehouse's own shelf is set, as somebody who counts does. */
  async function count(): Promise<void> {
    if (calm) return;
    for (const warehouse of warehouses) {
      const { stock } = shelves.parse(await remotes.ask(warehouse, 'books'));
      for (let counted = 0; counted < COUNTS; counted += 1) {
        const { sku, center, onHand } = chance.pick(stock);
        const by = onHand < LOW ? chance.whole(10, 50) : onHand > HIGH ? chance.whole(-5, 3) : 0;
        if (by !== 0) await remotes.tell(warehouse, 'do/stock', { sku, center, onHand: onHand + by });
      }
    }
  }

  const going = [every(SHOP_MS, sell), every(WAREHOUSE_MS, ship), every(COUNT_MS, count)];
  return {
    placed: () => placed,
    calm() {
      calm = true;
    },
    async stop() {
      stop.abort();
      await Promise.all(going);
    },
  };
}
