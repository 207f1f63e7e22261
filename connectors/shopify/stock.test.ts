import { describe, expect, it } from '@jest/globals';
import { openClient } from './client.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';
import { openStock } from './stock.ts';
import { all, connection, FIXTURE_MAPPING } from './test-shop.ts';
import type { TestShop } from './test-shop.ts';
import { testShops } from './test-shops.ts';

const shop = testShops();
const source = (to: TestShop): ReturnType<typeof openStock> =>
  openStock(openClient(to.config, to.io), to.config, to.io);

function level(location: number, onHand: number, available: number, updatedAt = '2026-11-05T10:00:00Z'): Json {
  const quantity = (name: string, units: number): Json => ({ name, quantity: units, updatedAt });
  return {
    id: `gid://shopify/InventoryLevel/${location}?inventory_item_id=1`,
    updatedAt: '2026-11-05T09:00:00Z',
    location: { id: `gid://shopify/Location/${location}`, name: `Location ${location}` },
    quantities: [
      quantity('on_hand', onHand),
      quantity('available', available),
      quantity('committed', onHand - available),
    ],
  };
}
function item(id: number, levels: readonly Json[], change: Json = {}): Json {
  const inventoryLevels = connection(levels);
  return {
    id: `gid://shopify/InventoryItem/${id}`,
    sku: `SKU-${id}`,
    tracked: true,
    updatedAt: '2026-11-01T00:00:00Z',
    inventoryLevels,
    ...change,
  };
}

describe('a Shopify shop’s stock', () => {
  it('is what is on hand, gross, at each mapped location, as of the last change of that quantity', async () => {
    const to = await shop(() => ({
      data: {
        inventoryItem: item(7, [level(9001, 12, 9), level(9002, -1, -1, '2026-11-06T00:00:00Z'), level(9555, 3, 3)]),
      },
    }));
    const record = await source(to).get('gid://shopify/InventoryItem/7');
    if (record === null) throw new Error('expected a record');
    expect(record.version).toBe(Date.parse('2026-11-06T00:00:00Z'));
    expect(source(to).normalize(record, FIXTURE_MAPPING)).toEqual([
      { sku: 'SKU-7', location: 'newark', quantity: 12, basis: 'gross', asOf: Date.parse('2026-11-05T10:00:00Z') },
      { sku: 'SKU-7', location: 'reno', quantity: -1, basis: 'gross', asOf: Date.parse('2026-11-06T00:00:00Z') },
    ]);
  });

  it.each([
    ['an item that is not tracked', { tracked: false }],
    ['an item without a SKU', { sku: null }],
    ['a kit, whose components are counted themselves', { sku: 'KIT-A' }],
  ])('counts nothing for %s', async (_case, change) => {
    const to = await shop(() => ({ data: { inventoryItem: item(7, [level(9001, 12, 9)], change) } }));
    const record = await source(to).get('x');
    expect(record && source(to).normalize(record, FIXTURE_MAPPING)).toEqual([]);
  });

  it('walks all items, goes on where it was stopped, and starts a new walk after the last page', async () => {
    const items = [1, 2, 3].map((id) => item(id, [level(9001, id, id)]));
    const to = await shop(
      ({ variables }) => {
        const start = Number(variables['after'] ?? 0);
        return {
          data: {
            inventoryItems: connection(
              items.slice(start, start + 1),
              start + 1 < items.length ? String(start + 1) : null,
            ),
          },
        };
      },
      { itemsPerPage: 1 },
    );
    const [first] = await all(source(to).pull(null));
    const rest = await all(source(to).pull(first?.next ?? null));
    expect(rest.flatMap((page) => page.records.map((record) => record.id))).toEqual([
      'gid://shopify/InventoryItem/2',
      'gid://shopify/InventoryItem/3',
    ]);
    const again = await all(source(to).pull(rest.at(-1)?.next ?? null));
    expect(again).toHaveLength(3);
  });

  it('begins another list above the last item before Shopify lists no further', async () => {
    const items = [11, 12, 13, 14].map((id) => item(id, []));
    const to = await shop(
      ({ variables }) => {
        const above = Number(/^id:>(\d+)$/.exec(String(variables['query']))?.[1] ?? 0);
        const listed = items.filter((each) => Number(String(each['id']).split('/').at(-1)) > above);
        const start = Number(variables['after'] ?? 0);
        const end = start + 1;
        return {
          data: { inventoryItems: connection(listed.slice(start, end), end < listed.length ? String(end) : null) },
        };
      },
      { itemsPerPage: 1 },
    );
    const late = JSON.stringify({ above: null, after: '1', listed: 23_999, highest: 11 });
    const pages = await all(source(to).pull(late));
    expect(pages.flatMap((page) => page.records.map((record) => record.id))).toEqual(
      [12, 13, 14].map((id) => `gid://shopify/InventoryItem/${id}`),
    );
    expect(to.asked.map(({ variables }) => [variables['query'], variables['after']])).toEqual([
      [null, '1'],
      ['id:>12', null],
      ['id:>12', '1'],
    ]);
    expect(JSON.parse(pages.at(-1)?.next ?? '')).toMatchObject({ above: null, after: null, listed: 0 });
  });

  it('goes on in one list where items do not come by their numbers, so that none is passed over', async () => {
    const to = await shop(
      ({ variables }) => ({
        data: {
          inventoryItems: connection(
            [item(variables['after'] === 'c' ? 3 : 7, [])],
            variables['after'] === 'c' ? 'd' : null,
          ),
        },
      }),
      { itemsPerPage: 1 },
    );
    await all(source(to).pull(JSON.stringify({ above: null, after: 'c', listed: 23_999, highest: 11 })));
    expect(to.asked.map(({ variables }) => [variables['query'], variables['after']])).toEqual([
      [null, 'c'],
      [null, 'd'],
    ]);
  });

  it('starts from the front where a place was saved that does not say how high its list has come', async () => {
    const to = await shop(() => ({ data: { inventoryItems: connection([item(7, [])]) } }));
    await all(source(to).pull(JSON.stringify({ after: 'c' })));
    expect(to.asked.map(({ variables }) => [variables['query'], variables['after']])).toEqual([[null, null]]);
  });

  it('fetches an item’s further locations', async () => {
    const to = await shop(({ name }) =>
      name === 'StockOne'
        ? { data: { inventoryItem: { ...item(7, []), inventoryLevels: connection([level(9001, 1, 1)], 'next') } } }
        : { data: { node: { inventoryLevels: connection([level(9002, 2, 2)]) } } },
    );
    const record = await source(to).get('x');
    const counts = record === null ? [] : source(to).normalize(record, FIXTURE_MAPPING);
    expect(counts.map((count) => [count.location, count.quantity])).toEqual([
      ['newark', 1],
      ['reno', 2],
    ]);
  });

  it('gives null for an item that Shopify does not have', async () => {
    const to = await shop(() => ({ data: { inventoryItem: null } }));
    expect(await source(to).get('gid://shopify/InventoryItem/404')).toBeNull();
  });

  it('refuses a level without on_hand by its field', async () => {
    const { quantities: _left, ...bare } = level(9001, 1, 1);
    const to = await shop(() => ({ data: { inventoryItem: item(7, [{ ...bare, quantities: [] }]) } }));
    const record = await source(to).get('x');
    const normalize = (): unknown => (record === null ? null : source(to).normalize(record, FIXTURE_MAPPING));
    expect(normalize).toThrow(expect.objectContaining({ fault: 'data', field: 'inventoryLevels.nodes[0].quantities' }));
    expect(isObject(JSON.parse(record?.body ?? ''))).toBe(true);
  });
});
