import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openClient } from './client.ts';
import { connection, openTestShop, SECRET } from './test-shop.ts';
import type { Answer, TestShop } from './test-shop.ts';
import { openWebhooks, SUBSCRIBED } from './webhooks.ts';

const open: TestShop[] = [];
async function shop(answer: Answer = () => ({ data: {} })): Promise<TestShop> {
  const opened = await openTestShop(answer);
  open.push(opened);
  return opened;
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
const source = (to: TestShop): ReturnType<typeof openWebhooks> => openWebhooks(openClient(to.config, to.io), to.config);

function delivery(
  topic: string,
  payload: unknown,
  change: Record<string, string> = {},
): { headers: Record<string, string>; bytes: Uint8Array } {
  const bytes = new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload));
  const headers = {
    'x-shopify-topic': topic,
    'x-shopify-shop-domain': 'harbour-us.myshopify.com',
    'x-shopify-api-version': '2026-10',
    'x-shopify-webhook-id': 'w-1',
    'x-shopify-event-id': 'e-1',
    'x-shopify-hmac-sha256': createHmac('sha256', SECRET).update(bytes).digest('base64'),
    ...change,
  };
  return { headers, bytes };
}

describe('a webhook', () => {
  it.each([
    ['orders/create', { id: 5, admin_graphql_api_id: 'gid://shopify/Order/5' }, 'order', 'gid://shopify/Order/5'],
    ['orders/updated', { id: 5 }, 'order', 'gid://shopify/Order/5'],
    ['orders/edited', { order_edit: { id: 1, order_id: 5 } }, 'order', 'gid://shopify/Order/5'],
    ['refunds/create', { id: 9, order_id: 5 }, 'order', 'gid://shopify/Order/5'],
    ['fulfillment_orders/moved', { fulfillment_order: { id: 'gid://shopify/FulfillmentOrder/3' } }, 'order', null],
    ['inventory_levels/update', { inventory_item_id: 8, location_id: 1 }, 'stock', 'gid://shopify/InventoryItem/8'],
    ['customers/redact', { customer: { id: 1 } }, 'other', null],
    ['app/uninstalled', {}, 'other', null],
  ] as const)('%s is a hint', async (topic, payload, kind, id) => {
    const { headers, bytes } = delivery(topic, payload);
    expect(await source(await shop()).verify(headers, bytes)).toEqual({
      delivery: `e-1/${topic}/${id ?? ''}`,
      topic,
      kind,
      id,
    });
  });

  it('is refused for one byte more, another secret, no signature or another shop', async () => {
    const webhooks = source(await shop());
    const { headers, bytes } = delivery('orders/create', { id: 5 });
    expect(await webhooks.verify(headers, bytes)).not.toBeNull();
    expect(await webhooks.verify(headers, new Uint8Array([...bytes, 0x20]))).toBeNull();
    const forged = createHmac('sha256', 'guess').update(bytes).digest('base64');
    expect(await webhooks.verify({ ...headers, 'x-shopify-hmac-sha256': forged }, bytes)).toBeNull();
    expect(await webhooks.verify({ ...headers, 'x-shopify-hmac-sha256': undefined }, bytes)).toBeNull();
    expect(await webhooks.verify({ ...headers, 'x-shopify-shop-domain': 'other.myshopify.com' }, bytes)).toBeNull();
  });

  it('is verified over its bytes, also where they are no valid text', async () => {
    const bytes = new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]);
    const { headers } = delivery('orders/create', '{}');
    const signed = { ...headers, 'x-shopify-hmac-sha256': createHmac('sha256', SECRET).update(bytes).digest('base64') };
    expect(await source(await shop()).verify(signed, bytes)).toMatchObject({ kind: 'order', id: null });
    // Decoded, both bodies are the same text; the signature is not.
    expect(await source(await shop()).verify(signed, new Uint8Array([0x7b, 0xfe, 0xff, 0x7d]))).toBeNull();
  });

  it('has the same delivery when it is repeated, another for another record of the same event', async () => {
    const webhooks = source(await shop());
    const hint = async (item: number, id: string): Promise<string | undefined> => {
      const { headers, bytes } = delivery(
        'inventory_levels/update',
        { inventory_item_id: item },
        { 'x-shopify-webhook-id': id },
      );
      return (await webhooks.verify(headers, bytes))?.delivery;
    };
    expect(await hint(1, 'w-1')).toBe(await hint(1, 'w-2'));
    expect(await hint(1, 'w-1')).not.toBe(await hint(2, 'w-1'));
  });
});

describe('subscribing', () => {
  const address = 'https://hooks.example.com/shopify/harbour-us';

  it('creates what is missing, removes what is there twice, and leaves other addresses alone', async () => {
    const there = [
      { id: 's-1', topic: 'ORDERS_CREATE', uri: address },
      { id: 's-2', topic: 'ORDERS_CREATE', uri: address },
      { id: 's-3', topic: 'CHECKOUTS_CREATE', uri: address },
      { id: 's-4', topic: 'ORDERS_UPDATED', uri: 'https://staging.example.com/' },
    ];
    const to = await shop(({ name }) => {
      if (name === 'Subscriptions') return { data: { webhookSubscriptions: connection(there) } };
      return { data: { webhookSubscriptionCreate: { userErrors: [] }, webhookSubscriptionDelete: { userErrors: [] } } };
    });
    await source(to).subscribe?.(address);
    const removed = to.asked.filter((asked) => asked.name === 'Unsubscribe').map((asked) => asked.variables['id']);
    const made = to.asked.filter((asked) => asked.name === 'Subscribe').map((asked) => asked.variables['topic']);
    expect(removed).toEqual(['s-2', 's-3']);
    expect(made).toEqual(SUBSCRIBED.filter((topic) => topic !== 'ORDERS_CREATE'));
    const input = to.asked.find((asked) => asked.variables['topic'] === 'ORDERS_UPDATED')?.variables[
      'webhookSubscription'
    ];
    expect(input).toEqual({
      uri: address,
      format: 'JSON',
      includeFields: ['id', 'admin_graphql_api_id', 'order_id', 'updated_at'],
    });
  });
});
