import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { openClient } from './client.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';
import { openOrders } from './orders.ts';
import { paged } from './test-orders.ts';
import { all, connection } from './test-shop.ts';
import type { Answer, Asked, TestShop } from './test-shop.ts';
import { testShops } from './test-shops.ts';

const shop = testShops();
const source = (to: TestShop): ReturnType<typeof openOrders> =>
  openOrders(openClient(to.config, to.io), to.config, to.io);

const CONNECTIONS = ['lineItems', 'shippingLines', 'fulfillmentOrders', 'returns'];

const numbered = (id: number, updatedAt: string): Json =>
  paged('plain', { id: `gid://shopify/Order/${id}`, updatedAt });
const second = (count: number): string =>
  new Date(Date.parse('2026-11-05T10:00:00Z') + count * 1000).toISOString().replace('.000', '');

/** Orders 1…n, one a second, paged as Shopify does: by position in the list that the query selects. */
function listing(orders: readonly Json[]): Answer {
  return ({ name, variables }) => {
    if (name !== 'Orders') throw new Error(`unexpected ${name}`);
    const from = /updated_at:>='([^']+)'/.exec(String(variables['query']))?.[1] ?? '';
    const listed = orders
      .filter((order) => Date.parse(String(order['updatedAt'])) >= Date.parse(from))
      .sort((one, other) => Date.parse(String(one['updatedAt'])) - Date.parse(String(other['updatedAt'])));
    const start = typeof variables['after'] === 'string' ? Number(variables['after']) : 0;
    const end = start + Number(variables['first']);
    return { data: { orders: connection(listed.slice(start, end), end < listed.length ? String(end) : null) } };
  };
}

describe('pulling orders', () => {
  const orders = Array.from({ length: 7 }, (_, at) => numbered(at + 1, second(at)));

  it('starts at the cut-over, oldest change first, and looks back by the overlap the next time', async () => {
    const to = await shop(listing(orders), { ordersPerPage: 3 });
    const pages = await all(source(to).pull(null));
    expect(pages.map((page) => page.records.map((record) => Number(record.id.split('/').at(-1))))).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7],
    ]);
    expect(to.asked[0]?.variables['query']).toBe("updated_at:>='2026-11-01T00:00:00.000Z'");
    await all(source(to).pull(pages.at(-1)?.next ?? null));
    expect(to.asked.at(-1)?.variables['query']).toBe("updated_at:>='2026-11-05T09:55:06.000Z'");
  });

  it('loses nothing when it is stopped after any page and goes on from the saved cursor', async () => {
    const to = await shop(listing(orders), { ordersPerPage: 2 });
    const seen = new Set<string>();
    let cursor: string | null = null;
    for (let round = 0; round < 4; round += 1) {
      for await (const page of source(to).pull(cursor)) {
        for (const record of page.records) seen.add(record.id);
        cursor = page.next;
        break;
      }
    }
    expect(seen.size).toBe(7);
  });

  it('lists an order again that was changed while its list was walked', async () => {
    const moving = [...orders];
    const to = await shop(
      (asked) => {
        const answer = listing(moving)(asked);
        // After the first page, order 1 is changed: it goes to the end of the list.
        moving[0] = numbered(1, second(60));
        return answer;
      },
      { ordersPerPage: 3 },
    );
    const ids = (await all(source(to).pull(null))).flatMap((page) =>
      page.records.map((record) => [record.id, record.version] as const),
    );
    expect(ids.filter(([id]) => id === 'gid://shopify/Order/1').map(([, version]) => version)).toEqual([
      Date.parse(second(0)),
      Date.parse(second(60)),
    ]);
  });

  it('sees an order within the overlap that was listed late', async () => {
    const late = numbered(99, second(2));
    const listed = [...orders];
    const to = await shop((asked) => listing(listed)(asked));
    const first = await all(source(to).pull(null));
    listed.push(late);
    const next = await all(source(to).pull(first.at(-1)?.next ?? null));
    expect(next.flatMap((page) => page.records).map((record) => record.id)).toContain('gid://shopify/Order/99');
  });

  it('asks for half a page where Shopify finds a page too dear', async () => {
    const to = await shop((asked) =>
      Number(asked.variables['first']) > 10
        ? { errors: [{ message: 'Query cost is 1200', extensions: { code: 'MAX_COST_EXCEEDED' } }] }
        : listing(orders)(asked),
    );
    expect((await all(source(to).pull(null))).flatMap((page) => page.records)).toHaveLength(7);
    expect(to.asked.map((asked) => asked.variables['first'])).toEqual([33, 16, 8]);
  });

  it('gives a saved cursor that nobody can read back as a bug', async () => {
    const to = await shop(listing(orders));
    await expect(all(source(to).pull('{"at":1}'))).rejects.toMatchObject({ fault: 'bug', code: 'unreadable-cursor' });
  });
});

describe('an order’s nested connections', () => {
  /** Serves every connection one node at a time: the first inside the order, the rest by node(id). */
  function oneByOne(whole: Json): Answer {
    const owners = new Map<string, Json>();
    const cut = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(cut);
      if (!isObject(value)) return value;
      if (typeof value['id'] === 'string') owners.set(value['id'], value);
      const copy: Record<string, unknown> = {};
      for (const [key, each] of Object.entries(value)) {
        copy[key] = isObject(each) && Array.isArray(each['nodes']) ? slice(each['nodes'], 0) : cut(each);
      }
      return copy;
    };
    const slice = (nodes: readonly unknown[], at: number): Json =>
      connection(nodes.slice(at, at + 1).map(cut), at + 1 < nodes.length ? String(at + 1) : null);
    const first = cut(whole);
    return ({ name, variables }: Asked) => {
      if (name === 'OrdersById') return { data: { nodes: [first] } };
      const [, , field = ''] = name.split('_');
      const held = owners.get(String(variables['id']))?.[field];
      const nodes = isObject(held) && Array.isArray(held['nodes']) ? held['nodes'] : [];
      return { data: { node: { [field]: slice(nodes, Number(variables['after'])) } } };
    };
  }

  it.each([
    'split-locations-with-pickup',
    'partial-refund-with-restocking-fee',
    'gift-card-sold-and-used',
    'edited-added-and-removed',
  ])('are fetched to the last node, whatever the page size: %s', async (name) => {
    const whole = paged(name);
    const to = await shop(oneByOne(whole));
    const record = await source(to).get(String(whole['id']));
    expect(JSON.parse(record?.body ?? '')).toEqual(
      JSON.parse(readFileSync(new URL(`./fixtures/${name}.raw.json`, import.meta.url), 'utf8')),
    );
    expect(to.asked.length).toBeGreaterThan(1);
  });

  it('give the same text however they were paged', async () => {
    const whole = paged('split-locations-with-pickup');
    const bit = await source(await shop(oneByOne(whole))).get('x');
    const once = await source(await shop(() => ({ data: { nodes: [whole] } }))).get('x');
    expect(bit?.body).toBe(once?.body);
  });

  it('that come without page marks are refused: nothing is taken for complete in silence', async () => {
    const to = await shop(() => ({ data: { nodes: [{ ...paged('plain'), lineItems: { nodes: [] } }] } }));
    await expect(source(to).get('x')).rejects.toMatchObject({ fault: 'bug', code: 'unexpected-answer' });
  });

  it('are all asked for with page marks', () => {
    for (const field of CONNECTIONS) expect(paged('plain')[field]).toMatchObject({ pageInfo: { hasNextPage: false } });
  });
});

describe('reading by id and listing ids', () => {
  it('gives null for an order that Shopify does not have', async () => {
    const to = await shop(() => ({ data: { nodes: [null] } }));
    expect(await source(to).get('gid://shopify/Order/404')).toBeNull();
  });

  it('lists what changed in a half-open window by id and version', async () => {
    const listed = [1, 2, 3].map((id) => ({ id: `gid://shopify/Order/${id}`, updatedAt: second(id) }));
    const to = await shop(({ variables }) => ({
      data: { orders: variables['after'] === null ? connection(listed.slice(0, 2), 'c') : connection(listed.slice(2)) },
    }));
    const window = { from: Date.parse(second(1)), to: Date.parse(second(3)) };
    expect(await all(source(to).ids(window))).toEqual([
      { id: 'gid://shopify/Order/1', version: Date.parse(second(1)) },
      { id: 'gid://shopify/Order/2', version: Date.parse(second(2)) },
    ]);
    expect(to.asked[0]?.variables['query']).toBe(
      `updated_at:>='2026-11-05T10:00:01.000Z' updated_at:<'2026-11-05T10:00:03.000Z'`,
    );
  });
});
