import { z } from 'zod';
import type { Clock } from '../../src/domain/ports.ts';
import type { Instant } from '../../src/domain/time.ts';
import type { StandInAnswer, StandInRequest } from '../../src/connector/sandbox/stand-in.ts';
import { cancelOrder, createOrder, json, listOrders } from './sandbox-orders.ts';
import type { WarehouseState } from './sandbox-state.ts';
import { iso, orderView, shipmentView, type Plain } from './sandbox-views.ts';

export interface Serving {
  readonly state: WarehouseState;
  readonly clock: Clock;
  readonly token: string;
  readonly channel: number;
  readonly centers: ReadonlySet<number>;
  scopes: readonly string[];
  readonly callsPerMinute: number;
  /** When each call of the last minute came. */
  calls: Instant[];
}

const PREFIX = '/2026-01';

/** ShipBob's answer to one request. @throws for what this stand-in does not know, so that a test learns of it. */
export function answer(request: StandInRequest, serving: Serving): StandInAnswer {
  if (request.headers['authorization'] !== `Bearer ${serving.token}`) return json({ message: 'Unauthorized' }, 401);
  const now = serving.clock.now();
  serving.calls = serving.calls.filter((at) => at > now - 60_000);
  const left = serving.callsPerMinute - serving.calls.length;
  const [oldest] = serving.calls;
  if (left <= 0 && oldest !== undefined) {
    const seconds = Math.max(1, Math.ceil((oldest + 60_000 - now) / 1000));
    return {
      ...json({ statusCode: 429, message: 'Rate limit is exceeded.' }, 429),
      headers: { 'x-retry-after': String(seconds), 'x-remaining-calls': '0' },
    };
  }
  serving.calls.push(now);
  const answered = route(request, serving);
  return { ...answered, headers: { ...answered.headers, 'x-remaining-calls': String(left - 1) } };
}

function route(request: StandInRequest, serving: Serving): StandInAnswer {
  const { state, clock } = serving;
  const { url, method } = request;
  if (!url.pathname.startsWith(`${PREFIX}/`)) return json({ message: 'Resource not found' }, 404);
  const path = url.pathname.slice(PREFIX.length);
  const header = request.headers['shipbob_channel_id'];
  const channel = header === undefined ? null : Number(header);
  if (channel !== null && channel !== serving.channel) return json({ message: 'No access to this channel' }, 403);
  const [, ofOrder, ofShipment, ofItem, ofWebhook] =
    /^(?:\/order\/(\d+)(?::cancel)?|\/shipment\/(\d+)|\/inventory-level\/(\d+)\/locations|\/webhook\/([^/]+))$/.exec(
      path,
    ) ?? [];
  const order = state.orders.get(Number(ofOrder));
  const shipment = state.shipments.get(Number(ofShipment));

  switch (`${method} ${path.replace(ofWebhook ?? /\d+/, '{id}')}`) {
    case 'GET /channel':
      return json({
        items: [{ id: serving.channel, name: 'Crossdock', application_name: 'PAT', scopes: serving.scopes }],
        next: null,
        prev: null,
      });
    case 'GET /location':
      return json(
        [...serving.centers].map((id) => ({
          id,
          name: `Center ${id}`,
          is_active: true,
          is_receiving_enabled: true,
          is_shipping_enabled: true,
          access_granted: true,
        })),
      );
    case 'POST /order':
      if (channel === null) return json({ shipbob_channel_id: ['The header is required'] }, 400);
      return createOrder(request, state, { channel, centers: serving.centers, clock });
    case 'GET /order':
      return listOrders(url, state, channel);
    case 'GET /order/{id}':
      return order ? json(orderView(state, order)) : json(null, 404);
    case 'POST /order/{id}:cancel':
      return order ? cancelOrder(order, state, clock) : json(null, 404);
    case 'GET /shipment/{id}':
      return shipment ? json(shipmentView(state, shipment)) : json(null, 404);
    case 'GET /inventory-level/locations':
      return levels(url, state);
    case 'GET /inventory-level/{id}/locations': {
      const item = items(state).find((each) => each['inventory_id'] === Number(ofItem));
      return item ? json(item) : json(null, 404);
    }
    case 'GET /webhook':
      return json({
        items: state.subscriptions.map(({ secret: _, at, ...shown }) => ({
          ...shown,
          enabled: true,
          created_at: iso(at),
        })),
        next: null,
        prev: null,
      });
    case 'POST /webhook':
      return subscribe(request, state, clock.now());
    case 'DELETE /webhook/{id}':
      state.subscriptions = state.subscriptions.filter((each) => each.id !== ofWebhook);
      return { status: 204 };
  }
  throw new RangeError(`this stand-in does not know ${method} ${path}`);
}

/** Inventory items with their quantity at each center. */
export function items(state: WarehouseState): Plain[] {
  const found = new Map<number, { inventory_id: number; sku: string; name: string; locations: Plain[] }>();
  for (const [key, { inventory, onHand, committed }] of state.shelves) {
    const at = key.lastIndexOf('@');
    const sku = key.slice(0, at);
    const item = found.get(inventory) ?? { inventory_id: inventory, sku, name: sku, locations: [] };
    item.locations.push({
      location_id: Number(key.slice(at + 1)),
      name: `Center ${key.slice(at + 1)}`,
      on_hand_quantity: onHand,
      committed_quantity: committed,
      fulfillable_quantity: Math.max(0, onHand - committed),
      awaiting_quantity: 0,
      internal_transfer_quantity: 0,
    });
    found.set(inventory, item);
  }
  return [...found.values()];
}

function levels(url: URL, state: WarehouseState): StandInAnswer {
  const size = z.coerce
    .number()
    .int()
    .min(1)
    .max(250)
    .parse(url.searchParams.get('PageSize') ?? '50');
  const from = Number(url.searchParams.get('Cursor') ?? '0');
  const all = items(state);
  const next =
    from + size < all.length
      ? `https://api.shipbob.com${PREFIX}/inventory-level/locations?PageSize=${size}&Cursor=${from + size}`
      : null;
  return json({ items: all.slice(from, from + size), first: null, last: null, next, prev: null });
}

const wantedTopics = z.enum([
  'order.shipped',
  'order.shipment.delivered',
  'order.shipment.exception',
  'order.shipment.on_hold',
  'order.shipment.cancelled',
  'return.created',
  'return.updated',
  'return.completed',
  'billing.charge.created',
  'billing.refund.created',
  'billing.credit.created',
]);
const subscribing = z.strictObject({
  // Loopback is what a sandbox has; the real ShipBob insists on https.
  url: z.string().regex(/^(https:|http:\/\/(127\.0\.0\.1|localhost)[:/])/),
  topics: z.array(wantedTopics).min(1),
  secret: z.string().nullish(),
  description: z.string().nullish(),
});

function subscribe(request: StandInRequest, state: WarehouseState, at: Instant): StandInAnswer {
  const parsed = subscribing.safeParse(JSON.parse(request.text()));
  if (!parsed.success) return json({ $type: 'refused', status_code: 422 }, 422);
  const { url, topics, secret } = parsed.data;
  const made = { id: `sub-${state.count()}`, url, topics, secret: secret ?? 'whsec_c3RhbmQtaW4=', at };
  state.subscriptions.push(made);
  const { at: _, ...shown } = made;
  return json({ ...shown, created_at: iso(at) });
}
