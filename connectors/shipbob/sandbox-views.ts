import type { Instant } from '../../src/domain/time.ts';
import type { HeldOrder, HeldShipment, WarehouseState } from './sandbox-state.ts';

export type Plain = Record<string, unknown>;

export const iso = (at: Instant): string => new Date(at).toISOString();
const isoOrNull = (at: Instant | null): string | null => (at === null ? null : iso(at));

/** A shipment as ShipBob shows it (Orders.ShipmentViewModel). */
export function shipmentView(state: WarehouseState, shipment: HeldShipment): Plain {
  const order = state.orders.get(shipment.orderId);
  const asked: Plain = { ...order?.asked };
  const left = shipment.tracking !== null;
  return {
    id: shipment.id,
    order_id: shipment.orderId,
    reference_id: order?.reference ?? null,
    status: shipment.status,
    status_details:
      shipment.reason === null
        ? []
        : [{ id: 1, name: shipment.status, description: shipment.reason, inventory_id: null }],
    created_date: iso(shipment.createdAt),
    last_update_at: iso(shipment.updatedAt),
    last_tracking_update_at: isoOrNull(shipment.trackedAt),
    actual_fulfillment_date: isoOrNull(shipment.fulfilledAt),
    delivery_date: isoOrNull(shipment.deliveredAt),
    estimated_fulfillment_date: null,
    location: { id: shipment.center, name: `Center ${shipment.center}` },
    ship_option: asked['shipping_method'] ?? null,
    is_tracking_uploaded: false,
    require_signature: false,
    recipient: asked['recipient'],
    tracking: {
      carrier: left ? 'USPS' : null,
      carrier_service: left ? 'GroundAdvantage' : null,
      tracking_number: shipment.tracking,
      tracking_url: left ? `https://tracking.invalid/${shipment.tracking}` : null,
    },
    products: shipment.products.map(({ reference, name, quantity }, index) => ({
      id: shipment.orderId * 10 + index,
      reference_id: reference,
      sku: reference,
      name,
      inventory_items: [
        {
          id: state.inventoryId(reference, shipment.center),
          name,
          quantity,
          quantity_committed: shipment.status === 'Exception' || shipment.status === 'Cancelled' ? 0 : quantity,
          is_dangerous_goods: false,
          lot: null,
          expiration_date: null,
          serial_numbers: null,
        },
      ],
    })),
  };
}

/** An order as ShipBob shows it (Orders.OrderViewModel). */
export function orderView(state: WarehouseState, order: HeldOrder): Plain {
  const { asked } = order;
  return {
    id: order.id,
    created_date: iso(order.createdAt),
    purchase_date: asked['purchase_date'] ?? null,
    reference_id: order.reference,
    order_number: asked['order_number'] ?? order.reference,
    status: state.statusOf(order),
    type: asked['type'],
    channel: { id: order.channel, name: 'Crossdock' },
    shipping_method: asked['shipping_method'],
    recipient: asked['recipient'],
    products: order.products,
    tags: [],
    shipments: state.of(order).map((shipment) => shipmentView(state, shipment)),
  };
}
