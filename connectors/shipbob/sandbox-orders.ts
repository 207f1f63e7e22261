import { z } from 'zod';
import type { Clock } from '../../src/domain/ports.ts';
import type { StandInAnswer, StandInRequest } from '../../src/connector/sandbox/stand-in.ts';
import type { HeldOrder, WarehouseState } from './sandbox-state.ts';
import { orderView } from './sandbox-views.ts';

const filled = z.string().min(1);
const optional = z.string().nullish();
/** What the API insists on: the OpenAPI's required fields, and the lengths of its reference pages. */
const created = z.object({
  reference_id: filled.max(300),
  order_number: z.string().max(400).nullish(),
  type: z.enum(['DTC', 'DropShip', 'B2B']),
  shipping_method: filled,
  purchase_date: z.iso.datetime().nullish(),
  location_id: z.int().nullish(),
  recipient: z.object({
    name: filled,
    email: z.email().nullish(),
    phone_number: optional,
    address: z.object({
      address1: filled,
      address2: optional,
      company_name: optional,
      city: filled,
      state: optional,
      zip_code: optional,
      country: filled,
    }),
  }),
  products: z.array(z.object({ reference_id: filled, name: filled, quantity: z.int().min(1) })).min(1),
});

/** Takes an order, or refuses it as ShipBob does: 400 for what is malformed, 422 for a reference that is taken. */
export function createOrder(
  request: StandInRequest,
  state: WarehouseState,
  as: { readonly channel: number; readonly centers: ReadonlySet<number>; readonly clock: Clock },
): StandInAnswer {
  const asked: unknown = JSON.parse(request.text());
  const parsed = created.safeParse(asked);
  if (!parsed.success || typeof asked !== 'object' || asked === null) {
    const fields = Object.fromEntries(
      (parsed.error?.issues ?? []).map((issue) => [issue.path.join('.'), [issue.message]]),
    );
    return json(fields, 400);
  }
  const { reference_id: reference, location_id: wanted, products } = parsed.data;
  const [any] = as.centers;
  const center = wanted ?? any;
  if (center === undefined || !as.centers.has(center))
    return json({ location_id: ['The location is not available for this account'] }, 422);
  if (state.references.has(`${as.channel}/${reference}`))
    return json({ ReferenceId: ['An order with this reference id exists already'] }, 422);
  const order = state.create(
    {
      channel: as.channel,
      reference,
      products: products.map((each) => ({
        reference_id: each.reference_id,
        sku: each.reference_id,
        quantity: each.quantity,
      })),
      asked: { ...asked },
      createdAt: as.clock.now(),
    },
    center,
    products.map((each) => ({ reference: each.reference_id, name: each.name, quantity: each.quantity })),
  );
  return json(orderView(state, order), 201);
}

const KNOWN = new Set([
  'Page',
  'Limit',
  'IDs',
  'ReferenceIds',
  'SortOrder',
  'LastUpdateStartDate',
  'LastTrackingUpdateStartDate',
]);

/** All filters together, as the API's page says. @throws RangeError for a question that this stand-in does not know. */
export function listOrders(url: URL, state: WarehouseState, channel: number | null): StandInAnswer {
  for (const name of url.searchParams.keys())
    if (!KNOWN.has(name)) throw new RangeError(`this stand-in lists no orders by ${name}`);
  const since = (name: string): number => {
    const text = url.searchParams.get(name);
    return text === null ? Number.NEGATIVE_INFINITY : Date.parse(z.iso.datetime().parse(text));
  };
  const updated = since('LastUpdateStartDate');
  const tracked = since('LastTrackingUpdateStartDate');
  const references = url.searchParams.get('ReferenceIds')?.split(',');
  const page = z.coerce
    .number()
    .int()
    .min(1)
    .parse(url.searchParams.get('Page') ?? '1');
  const limit = Math.min(
    250,
    z.coerce
      .number()
      .int()
      .min(1)
      .parse(url.searchParams.get('Limit') ?? '50'),
  );
  const wanted = (order: HeldOrder): boolean => {
    if (channel !== null && order.channel !== channel) return false;
    if (references && !references.includes(order.reference)) return false;
    const shipments = state.of(order);
    if (!shipments.some((each) => each.updatedAt > updated)) return false;
    return tracked === Number.NEGATIVE_INFINITY || shipments.some((each) => (each.trackedAt ?? 0) > tracked);
  };
  const found = [...state.orders.values()].filter(wanted);
  if (url.searchParams.get('SortOrder') !== 'Oldest') found.reverse();
  const shown = found.slice((page - 1) * limit, page * limit);
  const more = found.length > page * limit;
  const answer = json(shown.map((order) => orderView(state, order)));
  return more ? { ...answer, headers: { 'next-page': `/2026-01/order?Page=${page + 1}` } } : answer;
}

/** Stops what can still be stopped; 422 where nothing can. */
export function cancelOrder(order: HeldOrder, state: WarehouseState, clock: Clock): StandInAnswer {
  const shipments = state.of(order);
  const results = shipments.map((shipment) => ({
    action: 'Cancel',
    shipment_id: shipment.id,
    is_success: state.cancel(shipment, clock.now()),
    reason: null,
  }));
  const stopped = results.filter((each) => each.is_success).length;
  if (stopped === 0) return json({ Order: ['The order is not in a state in which it can be cancelled'] }, 422);
  const status = stopped === results.length ? 'Success' : 'PartialSuccess';
  return json({ order_id: order.id, status, canceled_shipment_results: results, order: orderView(state, order) });
}

export function json(value: unknown, status = 200): StandInAnswer {
  return { status, body: JSON.stringify(value) };
}
