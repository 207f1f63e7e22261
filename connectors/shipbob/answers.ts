import { z } from 'zod';

/** What is read of ShipBob's answers (OpenAPI 2026-01). A record is kept whole: only what decides about it is named here. */
const record = z.record(z.string(), z.unknown());
const id = z.int().positive();

export const ORDER_STATUSES = [
  'Processing',
  'Exception',
  'PartiallyFulfilled',
  'Fulfilled',
  'Cancelled',
  'ImportReview',
] as const;

const detail = z.object({ name: z.string().nullish(), description: z.string().nullish() });

export const order = z.object({
  id,
  reference_id: z.string().nullish(),
  status: z.enum(ORDER_STATUSES),
  shipments: z
    .array(z.object({ status_details: z.array(detail).nullish(), location: z.object({ id: id.nullish() }).nullish() }))
    .nullish(),
});
export type OrderAnswer = z.output<typeof order>;
export const orders = z.array(order);

/**
 * Orders with what is in them: of what was put in there by hand no reference need be known. Without products one does not
 * say what it ships, which is not the same as nothing.
 */
export const wholeOrders = z.array(
  order.extend({
    products: z.array(
      z.object({
        id: z.int().nullish(),
        reference_id: z.string().nullish(),
        sku: z.string().nullish(),
        quantity: z.int(),
      }),
    ),
  }),
);

/** An order of which the shipments are the records. */
export const orderShipments = z.object({ id, shipments: z.array(record).nullish() });
export const shipmentsOfOrders = z.array(orderShipments);
export const shipmentRecord = record;
export const shipmentOfOrder = z.object({ order_id: id });

export const cancelled = z.object({ status: z.enum(['Success', 'Failure', 'PartialSuccess']) });

export const level = z.object({ inventory_id: id }).loose();
export const levels = z.object({ items: z.array(level).nullish(), next: z.string().nullish() });

export const channels = z.object({
  items: z.array(z.object({ id, scopes: z.array(z.string()).nullish() })).nullish(),
  next: z.string().nullish(),
});
export const locations = z.array(
  z.object({ id, is_active: z.boolean(), is_shipping_enabled: z.boolean(), access_granted: z.boolean() }),
);

const topics = z.array(z.string());
export const subscription = z.object({ id: z.string() });
export const subscriptions = z.object({
  items: z.array(z.object({ id: z.string(), url: z.string(), topics, enabled: z.boolean().nullish() })).nullish(),
  next: z.string().nullish(),
});

/** An answer without a body. */
export const nothing = z.null();

/** What ShipBob says of a request that it refuses: fields with messages. */
export const refusal = z.record(z.string(), z.unknown());
