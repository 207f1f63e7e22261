import { describe, expect, it } from '@jest/globals';
import { openClient } from './client.ts';
import type { Json } from './field.ts';
import { openOrders } from './orders.ts';
import { paged } from './test-orders.ts';
import { all, connection, type Answer, type Asked, type TestShop } from './test-shop.ts';
import { testShops } from './test-shops.ts';

const shop = testShops();
const source = (to: TestShop): ReturnType<typeof openOrders> =>
  openOrders(openClient(to.config, to.io), to.config, to.io);

const gid = (id: number): string => `gid://shopify/Order/${id}`;
const ORDERS = Array.from({ length: 9 }, (_, at) =>
  paged('plain', { id: gid(at + 1), updatedAt: `2026-11-05T10:00:0${at}Z` }),
);
const FAILED = { errors: [{ message: 'Something went wrong', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] };
const GONE = { data: { node: null } };

/** Orders of these numbers that have further lines. */
function more(from: number, to: number): Json[] {
  const lineItems = { nodes: [], pageInfo: { hasNextPage: true, endCursor: 'more' } };
  return ORDERS.slice(from - 1, to).map((order) => ({ ...order, lineItems }));
}

/** Shopify’s list of these orders, which answers so when it is asked for further lines. */
function unended(orders: readonly Json[], answer: ReturnType<Answer>): Answer {
  const list = listing(orders, () => false);
  return (asked) => (asked.name === 'More_Order_lineItems' ? answer : list(asked));
}

/** Shopify's list of nine orders; `fails` says of which part of it Shopify fails. */
function listing(orders: readonly Json[], fails: (asked: Asked, ids: readonly unknown[]) => boolean): Answer {
  return (asked) => {
    const start = Number(asked.variables['after'] ?? 0);
    const end = start + Number(asked.variables['first']);
    const nodes = orders.slice(start, end);
    if (
      fails(
        asked,
        nodes.map((node) => node['id']),
      )
    )
      return FAILED;
    return { data: { orders: connection(nodes, end < orders.length ? String(end) : null) } };
  };
}

describe('an order that Shopify cannot give whole', () => {
  it('is named to be asked for alone, and the orders around it are read', async () => {
    const to = await shop(
      listing(ORDERS, ({ name }, ids) => name === 'Orders' && ids.includes(gid(6))),
      { ordersPerPage: 4 },
    );
    const pages = await all(source(to).pull(null));
    expect(pages.flatMap((page) => page.records.map((record) => record.id))).toEqual([1, 2, 3, 4, 5, 7, 8, 9].map(gid));
    expect(pages.flatMap((page) => page.unread ?? [])).toEqual([gid(6)]);
    expect(to.asked.map(({ name, variables }) => `${name} ${String(variables['first'])}`)).toEqual([
      'Orders 4',
      'Orders 4',
      'Orders 2',
      'Orders 1',
      'Orders 2',
      'Orders 1',
      'OrderIds 1',
      'Orders 1',
      'Orders 2',
    ]);
  });

  it('keeps its place in the list where it is the last', async () => {
    const to = await shop(
      listing(ORDERS, ({ name }, ids) => name === 'Orders' && ids.includes(gid(9))),
      {
        ordersPerPage: 3,
      },
    );
    const pages = await all(source(to).pull(null));
    expect(pages.flatMap((page) => page.unread ?? [])).toEqual([gid(9)]);
    expect(JSON.parse(pages.at(-1)?.next ?? '')).toMatchObject({
      after: null,
      from: Date.parse('2026-11-05T09:55:08Z'),
    });
  });

  it('is none where Shopify fails at everything: the pull fails and keeps its place', async () => {
    const to = await shop(
      listing(ORDERS, (_asked, ids) => ids.includes(gid(4))),
      { ordersPerPage: 3 },
    );
    const seen: (readonly [number, string])[] = [];
    const run = async (): Promise<void> => {
      for await (const { records, next } of source(to).pull(null)) seen.push([records.length, next]);
    };
    await expect(run()).rejects.toMatchObject({ fault: 'transient', code: 'remote-failure' });
    expect(seen.map(([count]) => count)).toEqual([3]);
    expect(JSON.parse(seen.at(-1)?.[1] ?? '')).toMatchObject({ after: '3' });
  });

  it('is one whose further lines Shopify does not give any more', async () => {
    const to = await shop(unended([...ORDERS.slice(0, 1), ...more(2, 2), ...ORDERS.slice(2)], GONE));
    const [page] = await all(source(to).pull(null));
    expect(page?.records.map((record) => record.id)).toEqual([1, 3, 4, 5, 6, 7, 8, 9].map(gid));
    expect(page?.unread).toEqual([gid(2)]);
  });

  it('is none where not one of several can be had: the pull fails with what is at fault, and names no order', async () => {
    const to = await shop(unended(more(1, 3), GONE));
    await expect(all(source(to).pull(null))).rejects.toMatchObject({ fault: 'bug', code: 'unexpected-answer' });
  });

  it('is each at whose further lines Shopify fails, also where it stands alone in the list or among others like it', async () => {
    const unread = async (orders: readonly Json[], answer: ReturnType<Answer>): Promise<readonly string[]> => {
      const to = await shop(unended(orders, answer));
      return (await all(source(to).pull(null))).flatMap((page) => page.unread ?? []);
    };
    expect(await unread(more(1, 1), GONE)).toEqual([gid(1)]);
    expect(await unread(more(1, 2), FAILED)).toEqual([gid(1), gid(2)]);
  });
});
