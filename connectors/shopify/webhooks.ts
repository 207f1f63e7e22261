import { createHmac } from 'node:crypto';
import type { Hint, WebhookSource } from '../../src/connector/contract.ts';
import type { ShopifyClient } from './client.ts';
import type { ShopifyConfig } from './config.ts';
import { rootPages } from './connections.ts';
import { SUBSCRIBE, SUBSCRIPTIONS, UNSUBSCRIBE } from './documents.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';
import { refuseUserErrors } from './user-errors.ts';

/** What an order webhook needs to carry to be a hint: no address, no name, no amount. */
const ORDER_FIELDS = ['id', 'admin_graphql_api_id', 'order_id', 'updated_at'];
const STOCK_FIELDS = ['inventory_item_id', 'location_id', 'updated_at'];

interface Topic {
  readonly enum: string;
  readonly kind: Hint['kind'];
  /** What of the payload to be sent; absent = Shopify's choice, for payloads that are hints already. */
  readonly fields?: readonly string[];
}

/** Every topic that is understood, by the name in `X-Shopify-Topic`, with its name in the API. */
const TOPICS: Readonly<Record<string, Topic>> = {
  'orders/create': { enum: 'ORDERS_CREATE', kind: 'order', fields: ORDER_FIELDS },
  'orders/updated': { enum: 'ORDERS_UPDATED', kind: 'order', fields: ORDER_FIELDS },
  'orders/edited': { enum: 'ORDERS_EDITED', kind: 'order' },
  'orders/cancelled': { enum: 'ORDERS_CANCELLED', kind: 'order', fields: ORDER_FIELDS },
  'refunds/create': { enum: 'REFUNDS_CREATE', kind: 'order', fields: ORDER_FIELDS },
  'fulfillment_orders/moved': { enum: 'FULFILLMENT_ORDERS_MOVED', kind: 'order' },
  'fulfillment_orders/placed_on_hold': { enum: 'FULFILLMENT_ORDERS_PLACED_ON_HOLD', kind: 'order' },
  'fulfillment_orders/hold_released': { enum: 'FULFILLMENT_ORDERS_HOLD_RELEASED', kind: 'order' },
  'fulfillment_orders/order_routing_complete': { enum: 'FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE', kind: 'order' },
  'inventory_levels/update': { enum: 'INVENTORY_LEVELS_UPDATE', kind: 'stock', fields: STOCK_FIELDS },
};

/** The API's names of the topics that `subscribe` asks for. */
export const SUBSCRIBED: readonly string[] = Object.values(TOPICS).map((topic) => topic.enum);

/** Shopify's webhooks: each only a hint that a record changed (https://shopify.dev/docs/apps/build/webhooks). */
export function openWebhooks(client: ShopifyClient, config: ShopifyConfig): WebhookSource {
  return {
    verify: async (headers, bytes) => {
      const signature = headers['x-shopify-hmac-sha256'];
      if (signature === undefined || headers['x-shopify-shop-domain'] !== config.shop) return null;
      // Over the bytes as they came: the library's own validator takes text, and decoding is not reversible for every body.
      const expected = createHmac('sha256', config.webhookSecret).update(bytes).digest('base64');
      return client.sameText(expected, signature) ? hint(headers, bytes) : null;
    },
    subscribe: (address, signal) => subscribe(client, address, signal),
  };
}

function hint(headers: Readonly<Record<string, string | undefined>>, bytes: Uint8Array): Hint {
  const topic = headers['x-shopify-topic'] ?? '';
  const kind = TOPICS[topic]?.kind ?? 'other';
  const id = idOf(topic, kind, payloadOf(bytes));
  const event = headers['x-shopify-event-id'];
  const webhook = headers['x-shopify-webhook-id'] ?? '';
  // One event at Shopify (a checkout) causes hints of several topics and items, all with its id; repeated ones share all three.
  const delivery = event === undefined ? webhook : `${event}/${topic}/${id ?? ''}`;
  return { delivery, topic, kind, id };
}

/** A genuine webhook that is not JSON still says that something happened. */
function payloadOf(bytes: Uint8Array): Json {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function idOf(topic: string, kind: Hint['kind'], payload: Json): string | null {
  if (kind === 'stock') return gid('InventoryItem', payload['inventory_item_id']);
  if (kind !== 'order') return null;
  if (topic === 'orders/edited') {
    const edit = payload['order_edit'];
    return gid('Order', isObject(edit) ? edit['order_id'] : payload['order_id']);
  }
  if (topic.startsWith('orders/')) {
    const id = payload['admin_graphql_api_id'];
    return typeof id === 'string' ? id : gid('Order', payload['id']);
  }
  const nested = payload['fulfillment_order'];
  return gid('Order', payload['order_id'] ?? (isObject(nested) ? nested['order_id'] : undefined));
}

function gid(type: string, value: unknown): string | null {
  if (typeof value === 'string' && value.startsWith('gid://')) return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return `gid://shopify/${type}/${value}`;
  return typeof value === 'string' && /^\d+$/.test(value) ? `gid://shopify/${type}/${value}` : null;
}

/**
 * One subscription per topic at `address`; what this app has there of other topics, or twice, is removed. Subscriptions at other
 * addresses are left alone: they may belong to another installation of the same app.
 */
async function subscribe(client: ShopifyClient, address: string, signal?: AbortSignal): Promise<void> {
  const missing = new Map(Object.values(TOPICS).map((topic) => [topic.enum, topic]));
  for await (const page of rootPages(client, SUBSCRIPTIONS, 'webhookSubscriptions', { first: 90 }, signal)) {
    for (const { id, topic, uri } of page) {
      if (uri !== address) continue;
      if (typeof topic === 'string' && missing.delete(topic)) continue;
      const data = await client.query(UNSUBSCRIBE, { id }, signal);
      refuseUserErrors(data['webhookSubscriptionDelete'], UNSUBSCRIBE);
    }
  }
  for (const topic of missing.values()) {
    const webhookSubscription = {
      uri: address,
      format: 'JSON',
      ...(topic.fields === undefined ? {} : { includeFields: topic.fields }),
    };
    const data = await client.query(SUBSCRIBE, { topic: topic.enum, webhookSubscription }, signal);
    refuseUserErrors(data['webhookSubscriptionCreate'], SUBSCRIBE);
  }
}
