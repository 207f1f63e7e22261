import { describe, expect, it } from '@jest/globals';
import { openClient } from './client.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';
import { openOrders } from './orders.ts';
import { paged } from './test-orders.ts';
import { all, cost, FIXTURE_MAPPING } from './test-shop.ts';
import type { Answer, TestShop } from './test-shop.ts';
import { testShops } from './test-shops.ts';

const shop = testShops();
const source = (to: TestShop): ReturnType<typeof openOrders> =>
  openOrders(openClient(to.config, to.io), to.config, to.io);

describe('backfilling orders by bulk operation', () => {
  const window = { from: Date.parse('2026-11-01T00:00:00Z'), to: Date.parse('2026-11-08T00:00:00Z') };

  /** A fixture as Shopify's grouped export writes it: children as lines of their own, nothing of a connection inside a list. */
  function exported(name: string, id: number): string[] {
    const {
      lineItems,
      shippingLines,
      fulfillmentOrders,
      returns: _returns,
      ...order
    } = paged(name, { id: `gid://shopify/Order/${id}` });
    const of = (held: unknown): Json[] =>
      isObject(held) && Array.isArray(held['nodes']) ? held['nodes'].filter(isObject) : [];
    const bare = (list: unknown, keep: readonly string[]): unknown[] =>
      Array.isArray(list)
        ? list.filter(isObject).map((each) => Object.fromEntries(keep.map((key) => [key, each[key]])))
        : [];
    const lines: Json[] = [
      {
        ...order,
        fulfillments: bare(order['fulfillments'], ['id', 'status', 'createdAt']),
        refunds: bare(order['refunds'], ['id']),
      },
    ];
    for (const child of [...of(lineItems), ...of(shippingLines)]) lines.push({ ...child, __parentId: order['id'] });
    for (const { lineItems: held, ...child } of of(fulfillmentOrders)) {
      lines.push({ ...child, __parentId: order['id'] });
      for (const grandchild of of(held)) lines.push({ ...grandchild, __parentId: child['id'] });
    }
    return lines.map((line) => JSON.stringify(line));
  }

  const names = ['plain', 'split-locations-with-pickup', 'pos-cash-rounding', 'yen-kit-no-address'];

  const ordersIn = (lines: readonly string[]): number => lines.filter((line) => !line.includes('"__parentId"')).length;

  function exporting(
    lines: readonly string[],
    states: readonly string[] = ['CREATED', 'RUNNING', 'COMPLETED'],
    full: readonly Json[] = [],
    orders = ordersIn(lines),
  ): (base: () => string) => Answer {
    let polls = 0;
    return (base) =>
      ({ name }) => {
        if (name === 'BulkRun')
          return {
            data: {
              bulkOperationRunQuery: {
                bulkOperation: { id: 'gid://shopify/BulkOperation/1', status: 'CREATED' },
                userErrors: [],
              },
            },
          };
        if (name === 'BulkState') {
          const status = states[Math.min(polls, states.length - 1)] ?? 'COMPLETED';
          polls += 1;
          const url = status === 'COMPLETED' && lines.length > 0 ? `${base()}/result.jsonl` : null;
          return {
            data: {
              bulkOperation: {
                id: 'gid://shopify/BulkOperation/1',
                status,
                errorCode: null,
                rootObjectCount: String(orders),
                url,
              },
            },
          };
        }
        if (name === 'OrdersById') return { data: { nodes: full } };
        return { headers: { 'content-type': 'application/jsonl' }, body: `${lines.join('\n')}\n` };
      };
  }

  async function exportShop(make: (base: () => string) => Answer): Promise<TestShop> {
    let url = '';
    const to = await shop(make(() => url));
    url = to.server.url;
    return to;
  }

  it('puts grouped lines together to the same orders as a pull', async () => {
    const to = await exportShop(exporting(names.flatMap((name, at) => exported(name, at + 1))));
    const records = (await all(source(to).backfill?.(window, null) ?? neverPages())).flatMap((page) => page.records);
    expect(records.map((record) => record.id)).toEqual([1, 2, 3, 4].map((id) => `gid://shopify/Order/${id}`));
    const orders = source(to);
    names.forEach((name, at) => {
      const { id, version, body } = records[at] ?? { id: '', version: 0, body: '{}' };
      const pulled = JSON.stringify(paged(name, { id: `gid://shopify/Order/${at + 1}` }));
      expect(orders.normalize({ id, version, body }, FIXTURE_MAPPING)).toEqual(
        orders.normalize({ id, version, body: pulled }, FIXTURE_MAPPING),
      );
    });
    expect(to.slept).toEqual([1000, 2000]);
    expect(to.asked.find((asked) => asked.name === 'BulkRun')?.variables['query']).toContain(
      `orders(query: "updated_at:>='2026-11-01T00:00:00.000Z' updated_at:<'2026-11-08T00:00:00.000Z'")`,
    );
  });

  it('sends no access token to the host of the result file', async () => {
    const to = await exportShop(exporting(exported('plain', 1)));
    await all(source(to).backfill?.(window, null) ?? neverPages());
    const download = to.asked.find((asked) => asked.request.method === 'GET');
    expect(download?.request.headers['x-shopify-access-token']).toBeUndefined();
  });

  it('reads an order with refunds by its id, since the export cannot hold them', async () => {
    const full = paged('full-refund-after-shipping', { id: 'gid://shopify/Order/2' });
    const to = await exportShop(
      exporting([...exported('plain', 1), ...exported('full-refund-after-shipping', 2)], ['COMPLETED'], [full]),
    );
    const records = (await all(source(to).backfill?.(window, null) ?? neverPages())).flatMap((page) => page.records);
    expect(to.asked.find((asked) => asked.name === 'OrdersById')?.variables['ids']).toEqual(['gid://shopify/Order/2']);
    const [, refunded] = records;
    if (refunded === undefined) throw new Error('expected two records');
    expect(source(to).normalize(refunded, FIXTURE_MAPPING).refunds[0]?.total).toEqual({ shop: 9380, buyer: 9380 });
  });

  it('names an order that Shopify fails at by its id, and reads the others', async () => {
    const ids = [2, 3].map((id) => `gid://shopify/Order/${id}`);
    const full = paged('full-refund-after-shipping', { id: ids[1] ?? '' });
    const answers = exporting(
      [1, 2, 3].flatMap((id) => exported(id === 1 ? 'plain' : 'full-refund-after-shipping', id)),
      ['COMPLETED'],
      [full],
    );
    const to = await exportShop((base) => {
      const answer = answers(base);
      return (asked) => {
        const wanted = asked.variables['ids'];
        return Array.isArray(wanted) && wanted.includes(ids[0])
          ? { errors: [{ message: 'Something went wrong', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] }
          : answer(asked);
      };
    });
    const pages = await all(source(to).backfill?.(window, null) ?? neverPages());
    expect(pages.flatMap((page) => page.records.map((record) => record.id))).toEqual(['gid://shopify/Order/1', ids[1]]);
    expect(pages.flatMap((page) => page.unread ?? [])).toEqual([ids[0]]);
  });

  it('names its operation before reading, and goes on in the same file after a stop', async () => {
    const lines = Array.from({ length: 250 }, (_, at) => exported('plain', at + 1)).flat();
    const to = await exportShop(exporting(lines, ['COMPLETED']));
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let round = 0; round < 4; round += 1) {
      for await (const page of source(to).backfill?.(window, cursor) ?? neverPages()) {
        seen.push(...page.records.map((record) => record.id));
        cursor = page.next;
        break;
      }
    }
    expect([seen.length, new Set(seen).size]).toEqual([250, 250]);
    expect(to.asked.filter((asked) => asked.name === 'BulkRun')).toHaveLength(1);
  });

  it('is started anew after it failed', async () => {
    const to = await exportShop(exporting([], ['FAILED']));
    let cursor: string | null = null;
    const run = async (): Promise<void> => {
      for await (const page of source(to).backfill?.(window, cursor) ?? neverPages()) cursor = page.next;
    };
    await expect(run()).rejects.toMatchObject({
      fault: 'transient',
      code: 'bulk-failed',
      remoteId: 'gid://shopify/BulkOperation/1',
    });
    await expect(run()).rejects.toMatchObject({ code: 'bulk-failed' });
    expect(to.asked.filter((asked) => asked.name === 'BulkRun')).toHaveLength(2);
  });

  it('ends without a page of records where nothing changed', async () => {
    const to = await exportShop(exporting([], ['COMPLETED']));
    expect((await all(source(to).backfill?.(window, null) ?? neverPages())).flatMap((page) => page.records)).toEqual(
      [],
    );
  });

  it('takes a file that was cut short for a failure, not for the end', async () => {
    const [first = '', ...rest] = exported('plain', 1);
    const to = await exportShop(exporting([first, rest[0]?.slice(0, 20) ?? ''], ['COMPLETED']));
    await expect(all(source(to).backfill?.(window, null) ?? neverPages())).rejects.toMatchObject({
      fault: 'transient',
      code: 'malformed-answer',
    });
  });

  it('takes a file with fewer orders than Shopify counted for cut short, and stores none of its last page', async () => {
    const lines = Array.from({ length: 101 }, (_, at) => exported('plain', at + 1)).flat();
    const to = await exportShop(exporting(lines, ['COMPLETED'], [], 102));
    const stored: number[] = [];
    const run = async (): Promise<void> => {
      for await (const page of source(to).backfill?.(window, null) ?? neverPages()) stored.push(page.records.length);
    };
    await expect(run()).rejects.toMatchObject({ fault: 'transient', code: 'malformed-answer' });
    expect(stored).toEqual([0, 100]);
  });

  async function expectStartedAnew(to: TestShop): Promise<void> {
    const cursors: string[] = [];
    const run = async (): Promise<void> => {
      const from = JSON.stringify({ operation: 'gid://shopify/BulkOperation/1', stored: 0 });
      for await (const page of source(to).backfill?.(window, from) ?? neverPages()) cursors.push(page.next);
    };
    await expect(run()).rejects.toMatchObject({ fault: 'transient', code: 'bulk-failed' });
    expect(cursors).toEqual([JSON.stringify({ operation: null, stored: 0 })]);
  }

  it('is started anew where its file is kept no longer, and takes orders without a file for no empty export', async () => {
    const to = await exportShop(exporting([], ['COMPLETED'], [], 3));
    await expectStartedAnew(to);
  });

  it.each([400, 403, 404, 410])('is started anew where the host of its file answers %s', async (status) => {
    const answers = exporting(exported('plain', 1), ['COMPLETED']);
    const to = await exportShop((base) => {
      const answer = answers(base);
      return (asked) => (asked.request.method === 'GET' ? { status, body: '<Error/>' } : answer(asked));
    });
    await expectStartedAnew(to);
  });

  it('refuses a child whose parent is not the order above it', async () => {
    const lines = [
      ...exported('plain', 1),
      JSON.stringify({ id: 'gid://shopify/LineItem/9', __parentId: 'gid://shopify/Order/77' }),
    ];
    const to = await exportShop(exporting(lines, ['COMPLETED']));
    await expect(all(source(to).backfill?.(window, null) ?? neverPages())).rejects.toMatchObject({ fault: 'bug' });
  });

  it.each([
    ['INVALID', 'data', 'user-errors', undefined],
    ['OPERATION_IN_PROGRESS', 'throttled', 'bulk-busy', Date.parse('2026-11-10T12:01:00Z')],
    ['LIMIT_REACHED', 'throttled', 'bulk-busy', Date.parse('2026-11-10T12:01:00Z')],
  ])('that Shopify does not start for %s is %s', async (code, fault, name, retryAt) => {
    const userErrors = [{ field: null, message: 'no', code }];
    const to = await shop(() => ({
      data: { bulkOperationRunQuery: { bulkOperation: null, userErrors } },
      extensions: cost(10),
    }));
    const run = all(source(to).backfill?.(window, null) ?? neverPages());
    await expect(run).rejects.toMatchObject({ fault, code: name, retryAt });
  });
});

async function* neverPages(): AsyncIterable<never> {
  throw new Error('this source has no backfill');
}
