import { describe, expect, it } from '@jest/globals';
import { Channel } from '../../test/flows/order-text.ts';
import type { Capabilities, ShipmentSource, StockSource } from '../connector/contract.ts';
import { wantPullNow } from './pull-now.ts';

const nothing: Omit<StockSource & ShipmentSource, 'normalize'> = {
  async *pull() {},
  get: async () => null,
  async *ids() {},
};
const stock: StockSource = { ...nothing, normalize: () => [] };
const shipments: ShipmentSource = {
  ...nothing,
  normalize: () => {
    throw new Error('nothing is read');
  },
};
const check = async (): Promise<void> => undefined;

describe('a pull by hand', () => {
  it.each<[string, Capabilities, string | null, string[]]>([
    ['what a shop has that is new', { orders: new Channel(), stock, check }, null, ['pull-stock:x', 'pull-orders:x']],
    ['what a 3PL counts and ships', { stock, shipments, check }, null, ['pull-stock:x', 'pull-shipments:x']],
    ['one order by its id', { orders: new Channel(), stock, check }, '7', ['pull-order:x:7']],
    ['no order of who has none', { stock, check }, '7', []],
    ['nothing of an ERP', { check }, null, []],
  ])('asks for %s, ahead of everything scheduled', (_what, capabilities, externalId, keys) => {
    const wanted = wantPullNow({ id: 'x', capabilities }, externalId);
    expect(wanted.map(({ key }) => key)).toEqual(keys);
    expect(new Set(wanted.map(({ prio }) => prio)).size).toBe(Math.min(1, keys.length));
  });
});
