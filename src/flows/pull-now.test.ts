import { describe, expect, it } from '@jest/globals';
import { Channel } from '../../test/flows/order-text.ts';
import type { Capabilities, ShipmentSource, StockSource } from '../connector/contract.ts';
import { PRIORITY } from '../store/job-records.ts';
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
    [
      'asks a shop for what it has that is new',
      { orders: new Channel(), stock, check },
      null,
      ['pull-stock:x', 'pull-orders:x'],
    ],
    [
      'asks a 3PL for what it counts and ships',
      { stock, shipments, check },
      null,
      ['pull-stock:x', 'pull-shipments:x'],
    ],
    [
      'asks a shop for one order by its id, and for nothing else',
      { orders: new Channel(), stock, check },
      '7',
      ['pull-order:x:7'],
    ],
    ['asks whoever has no orders for none', { stock, check }, '7', []],
    ['asks an ERP for nothing', { check }, null, []],
  ])('%s', (_rule, capabilities, externalId, keys) => {
    expect(wantPullNow({ id: 'x', capabilities }, externalId).map(({ key }) => key)).toEqual(keys);
  });

  it.each<[string, string | null, number]>([
    ['everything that is new', null, 3],
    ['one order', '7', 1],
  ])('goes ahead of everything scheduled where it asks for %s', (_what, externalId, jobs) => {
    const wanted = wantPullNow(
      { id: 'x', capabilities: { orders: new Channel(), stock, shipments, check } },
      externalId,
    );
    expect(wanted.map(({ prio }) => prio)).toEqual(Array.from({ length: jobs }, () => PRIORITY.operator));
  });
});
