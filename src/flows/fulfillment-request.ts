import type { Mapping } from '../connector/mapping/mapping.ts';
import { SyncError } from '../domain/errors.ts';
import type { FulfillmentRequest } from '../domain/fulfillment.ts';
import { fulfillmentKey } from '../domain/fulfillment-key.ts';
import type { Order, Personal } from '../domain/order.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { RequestableOrder } from '../store/order-records.ts';
import { connectionOf, type Flow, type FlowConnection } from './flow.ts';

/** The way of shipping of an order that names none. */
const STANDARD = 'standard';

/**
 * What a provider is asked, whole, to be frozen.
 * @throws SyncError `data` where the buyer's data has been erased, no address is there, or the way of shipping is not mapped
 */
export function requestOf(
  flow: Flow,
  order: RequestableOrder,
  part: FulfillmentPart,
  provider: FlowConnection,
  personal: Personal | null,
): FulfillmentRequest {
  const address = personal?.shippingAddress ?? personal?.billingAddress ?? null;
  if (personal === null || address === null) {
    throw new SyncError('data', `Order ${order.number} has no address to ship to.`, {
      code: personal === null ? 'erased' : 'no-address',
      field: 'personal.shippingAddress',
      remedy:
        personal === null
          ? 'What was erased cannot be sent. Ask the buyer, and ship it by hand.'
          : 'Give the order a shipping address at the channel. It is then read again and goes on by itself.',
    });
  }
  const titles = new Map(order.order.lines.map(({ id, title }) => [id, title]));
  return {
    key: fulfillmentKey(order._id, part.n),
    order: order._id,
    number: order.number,
    location: part.location,
    placedAt: order.order.placedAt,
    lines: part.lines.map(({ line, sku, quantity }) => ({ line, sku, title: titles.get(line) ?? sku, quantity })),
    recipient: {
      name: address.name ?? personal.name ?? '',
      email: personal.email,
      phone: address.phone ?? personal.phone,
      address,
    },
    method: methodOf(flow, order, provider),
  };
}

/** The provider's own name of the way that the buyer chose. */
function methodOf(flow: Flow, { connection, order }: RequestableOrder, provider: FlowConnection): string {
  const ours = chosenMethod(order, connectionOf(flow, connection).mapping);
  return provider.mapping.remote('methods', ours) ?? ours;
}

/**
 * Our way of shipping an order: what a field rule decided, else what the channel's mapping calls the one that the buyer
 * chose, by its code or by its title. @throws SyncError `data` where that is not mapped
 */
export function chosenMethod({ method, shipping }: Pick<Order, 'method' | 'shipping'>, mapping: Mapping): string {
  if (method !== undefined) return method;
  const chosen = shipping.find(({ removed }) => !removed);
  if (chosen === undefined) return STANDARD;
  const byCode = chosen.code === null ? null : mapping.code('methods', chosen.code);
  return byCode ?? mapping.require('methods', chosen.title, 'shipping.title');
}
