import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Hint, WebhookSource } from '../../src/connector/contract.ts';
import { nothing, subscription, subscriptions } from './answers.ts';
import { listSubscriptions, subscribe, unsubscribe } from './calls.ts';
import type { ShipBobClient } from './client.ts';
import { itemsOf } from './pages.ts';

/** Every topic of the API's list that says something of a shipment. */
export const TOPICS: readonly string[] = [
  'order.shipped',
  'order.shipment.delivered',
  'order.shipment.exception',
  'order.shipment.on_hold',
  'order.shipment.cancelled',
];

const payload = z.object({
  id: z.int().positive().optional(),
  order_id: z.int().positive().optional(),
  shipment_id: z.int().positive().optional(),
  shipments: z.array(z.object({ id: z.int().positive() })).optional(),
});

/**
 * ShipBob's webhooks: each only a hint that a shipment changed (https://developer.shipbob.com/webhooks). The signature is that of
 * Standard Webhooks, over `id.timestamp.body`. The age of a delivery is not judged: ShipBob repeats one for days, and an old
 * hint costs one reading.
 */
export function openWebhooks(client: ShipBobClient, secret: string): WebhookSource {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  return {
    verify: async (headers, bytes) => {
      const delivery = headers['webhook-id'] ?? '';
      const timestamp = headers['webhook-timestamp'] ?? '';
      if (delivery === '' || !/^\d{1,12}$/.test(timestamp)) return null;
      const expected = createHmac('sha256', key).update(`${delivery}.${timestamp}.`).update(bytes).digest();
      const given = (headers['webhook-signature'] ?? '').split(' ').filter((each) => each.startsWith('v1,'));
      // Several while a secret is being exchanged: one that fits is enough.
      if (!given.some((each) => same(each.slice(3), expected))) return null;
      const topic = headers['x-webhook-topic'] ?? '';
      const kind = TOPICS.includes(topic) ? 'shipment' : 'other';
      return { delivery, topic, kind, id: shipmentOf(topic, bytes) } satisfies Hint;
    },
    subscribe: (address, signal) => subscribeTo(client, address, secret, signal),
  };
}

/** ShipBob's own examples leave the padding of the base64 out. */
function same(given: string, expected: Buffer): boolean {
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(given)) return false;
  return timingSafeEqual(Buffer.from(given, 'base64'), expected);
}

/** Payloads are not specified; in what is known a shipment carries its order's id, and an order its shipments. */
function shipmentOf(topic: string, bytes: Uint8Array): string | null {
  if (!topic.startsWith('order.')) return null;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
  const parsed = payload.safeParse(json);
  if (!parsed.success) return null;
  const { id, order_id, shipment_id, shipments } = parsed.data;
  const found =
    shipment_id ??
    (order_id === undefined ? undefined : id) ??
    (shipments?.length === 1 ? shipments[0]?.id : undefined);
  return found === undefined ? null : String(found);
}

/** One subscription with all our topics at `address`; others there are replaced, those at other addresses left alone. */
async function subscribeTo(
  client: ShipBobClient,
  address: string,
  secret: string,
  signal?: AbortSignal,
): Promise<void> {
  const here: { readonly id: string; readonly right: boolean }[] = [];
  for await (const { id, url, topics, enabled } of itemsOf(client, listSubscriptions, subscriptions, signal)) {
    const right =
      enabled !== false && TOPICS.length === topics.length && TOPICS.every((topic) => topics.includes(topic));
    if (url === address) here.push({ id, right });
  }
  const kept = here.find(({ right }) => right);
  for (const { id } of here) if (id !== kept?.id) await client.ask(unsubscribe(id), nothing, signal);
  if (kept === undefined) await client.ask(subscribe(address, TOPICS, secret), subscription, signal);
}
