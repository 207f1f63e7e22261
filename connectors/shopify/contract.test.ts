import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { Capabilities, Observed } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import type { Order } from '../../src/domain/order.ts';
import { checkTotals } from '../../src/domain/order-totals.ts';
import { clock, openRig } from '../../test/contract/rig.ts';
import { contractSuite } from '../../test/contract/suite.ts';
import type { Remote, SourceSubject, WebhookSubject } from '../../test/contract/suite.ts';
import connector from './index.ts';
import { isObject } from './field.ts';
import { startStandIn } from './sandbox.ts';
import type { ShopifyStandIn } from './sandbox.ts';
import { all, FIXTURE_MAPPING, SECRET, TOKEN } from './test-shop.ts';

const TODAY = Date.parse('2026-11-20T12:00:00Z');
const WINDOW = { from: Date.parse('2026-10-01T00:00:00Z'), to: TODAY + 120_000 };

/** The US shop of the sandbox business. */
interface Shop extends Remote {
  readonly shop: ShopifyStandIn;
}

async function start(): Promise<Shop> {
  const config = { connection: 'harbour-us', orders: 120, accessToken: TOKEN, webhookSecret: SECRET };
  const shop = await startStandIn({ config, seed: 'contract', today: TODAY, clock });
  return {
    shop,
    url: shop.url,
    fail: (fault) => shop.control.fail(fault),
    clearFaults: () => shop.control.clearFaults(),
    requests: () => shop.control.requests(),
    problems: () => shop.control.problems(),
    close: () => shop.close(),
  };
}

function open(baseUrl: string, io: Io): Required<Pick<Capabilities, 'orders' | 'stock' | 'webhooks' | 'check'>> {
  const settings = {
    shop: 'harbour-us.myshopify.com',
    plan: 'plus',
    cutOver: '2026-10-01T00:00:00Z',
    ordersPerPage: 12,
  };
  const config = connector.config.parse({ ...settings, baseUrl, accessToken: TOKEN, webhookSecret: SECRET });
  const { orders, stock, webhooks, check } = connector.open(config, io);
  if (orders === undefined || stock === undefined || webhooks === undefined) throw new Error('a capability is missing');
  return { orders, stock, webhooks, check };
}

const orders: SourceSubject<Order, Shop> = {
  name: 'orders',
  start,
  open: (remote, io) => open(remote.url, io).orders,
  held: ({ shop }) => shop.books().orders.map(({ id, version }) => ({ id, version })),
  touch: async ({ shop }) => {
    const id = shop.books().orders[0]?.id ?? '';
    await shop.tell('change', { order: id, kind: 'touch', at: new Date(TODAY + 60_000).toISOString() });
    return { id, version: shop.books().orders.find((order) => order.id === id)?.version ?? 0 };
  },
  window: WINDOW,
  unknownId: 'gid://shopify/Order/1',
  secrets: [TOKEN, SECRET],
  normalized: {
    mapping: FIXTURE_MAPPING,
    fixtures: fileURLToPath(new URL('./fixtures', import.meta.url)),
    observe: (raw) => {
      const text = (key: string): string => (isObject(raw) && typeof raw[key] === 'string' ? raw[key] : '');
      return { id: text('id'), version: Date.parse(text('updatedAt')), body: JSON.stringify(raw) };
    },
    differences: checkTotals,
  },
};

const webhooks: WebhookSubject = {
  name: 'webhooks',
  open: (io) => open('http://127.0.0.1:9', io).webhooks,
  signed: () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ id: 5, admin_graphql_api_id: 'gid://shopify/Order/5' }));
    const headers = {
      'x-shopify-topic': 'orders/updated',
      'x-shopify-shop-domain': 'harbour-us.myshopify.com',
      'x-shopify-webhook-id': 'w-1',
      'x-shopify-event-id': 'e-1',
      'x-shopify-hmac-sha256': createHmac('sha256', SECRET).update(bytes).digest('base64'),
    };
    return { headers, bytes };
  },
  signature: 'x-shopify-hmac-sha256',
  secrets: [SECRET],
};

contractSuite({ name: 'shopify', sources: [orders], webhooks });

describe('a whole shop of the sandbox business', () => {
  async function withShop(
    run: (
      shop: ShopifyStandIn,
      opened: Required<Pick<Capabilities, 'orders' | 'stock' | 'webhooks' | 'check'>>,
    ) => Promise<void>,
  ): Promise<void> {
    const remote = await start();
    const rig = openRig([TOKEN, SECRET]);
    try {
      await run(remote.shop, open(remote.url, rig.io));
      expect(remote.problems()).toEqual([]);
    } finally {
      rig.close();
      await remote.close();
    }
  }
  const byId = (records: readonly Observed[]): Map<string, Observed> =>
    new Map(records.map((record) => [record.id, record]));

  it('passes the check of address, token and scopes', () => withShop((_shop, { check }) => check()));

  it('counts each line as the shop’s own books do, and adds up to the cent but where the shop is wrong on purpose', () =>
    withShop(async (shop, { orders: source }) => {
      const pulled = byId((await all(source.pull(null))).flatMap((page) => page.records));
      for (const truth of shop.books().orders) {
        const record = pulled.get(truth.id);
        if (record === undefined) throw new Error(`${truth.id} was not pulled`);
        const order = source.normalize(record, FIXTURE_MAPPING);
        const told = truth.lines.map((line) => [line.id, line.ordered, line.cancelled, line.shipped, line.returned]);
        const found = order.lines.map((line) => [
          line.externalId,
          line.ordered,
          line.cancelled,
          line.shipped,
          line.returned,
        ]);
        expect({ order: truth.story, lines: found }).toEqual({ order: truth.story, lines: told });
        const wrong = checkTotals(order).filter((difference) => difference.kind === 'unexplained');
        const by = wrong.map((difference) => [difference.piece, difference.currency, difference.by]);
        const misstated = [
          ['total', 'shop', -300],
          ['total', 'buyer', -300],
        ];
        expect({ order: truth.story, by }).toEqual({
          order: truth.story,
          by: truth.story === 'misstated' ? misstated : [],
        });
      }
    }));

  it('gives by bulk operation the same orders as by pages', () =>
    withShop(async (_shop, { orders: source }) => {
      const pulled = byId((await all(source.pull(null))).flatMap((page) => page.records));
      if (source.backfill === undefined) throw new Error('Shopify has a backfill');
      const exported = byId((await all(source.backfill(WINDOW, null))).flatMap((page) => page.records));
      expect([...exported.keys()].toSorted()).toEqual([...pulled.keys()].toSorted());
      for (const [id, record] of exported) {
        const other = pulled.get(id);
        if (other === undefined) throw new Error(`${id} was not pulled`);
        expect(source.normalize(record, FIXTURE_MAPPING)).toEqual(source.normalize(other, FIXTURE_MAPPING));
      }
    }));

  it('counts the stock of every item at every mapped location as the shop’s books do', () =>
    withShop(async (shop, { stock }) => {
      const records = (await all(stock.pull(null))).flatMap((page) => page.records);
      const counted = records.flatMap((record) => stock.normalize(record, FIXTURE_MAPPING));
      const found = counted.map((count) => `${count.sku}@${count.location}=${count.quantity}`).toSorted();
      const told = shop
        .books()
        .stock.map((level) => `${level.sku}@${level.place}=${level.onHand}`)
        .toSorted();
      expect(found).toEqual(told);
    }));
});
