import { z } from 'zod';
import type { Observed } from '../../src/connector/contract.ts';
import type { Mapping } from '../../src/connector/mapping/mapping.ts';
import type { Parcel, Shipment } from '../../src/domain/fulfillment.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { ConnectionId } from '../../src/domain/ids.ts';
import { parseInstant, type Instant } from '../../src/domain/time.ts';

const text = z.string().nullish();
const product = z.object({
  reference_id: text,
  sku: text,
  inventory_items: z.array(z.object({ id: z.int(), quantity: z.int().min(0) })).nullish(),
});
const shipment = z.object({
  id: z.int().positive(),
  reference_id: text,
  status: z.string(),
  status_details: z.array(z.object({ name: text, description: text })).nullish(),
  actual_fulfillment_date: text,
  delivery_date: text,
  products: z.array(product).nullish(),
  tracking: z
    .object({ carrier: text, tracking_number: text, tracking_url: text, pro_number: text, bol: text })
    .partial()
    .nullish(),
});
type Told = z.output<typeof shipment>;

/**
 * What each status means to us (https://developer.shipbob.com/status-reference). A printed label has not left the building:
 * such a shipment shows its tracking, but is `shipped` only when it is completed.
 */
const STATUS: Readonly<Record<string, Shipment['status']>> = {
  None: 'processing',
  Processing: 'processing',
  LabeledCreated: 'processing',
  Completed: 'shipped',
  OnHold: 'on-hold',
  ImportReview: 'on-hold',
  Exception: 'exception',
  CleanSweeped: 'exception',
  Cancelled: 'cancelled',
};

/**
 * A shipment as a canonical one. It has one parcel, because ShipBob gives a shipment one tracking number and splits an order
 * into several shipments otherwise; what has not left yet shows what is to be in it.
 * @throws SyncError `data` naming the field that cannot be read.
 */
export function normalizeShipment(record: Observed, map: Mapping, connection: ConnectionId): Shipment {
  const told = read(record);
  const status = STATUS[told.status];
  if (status === undefined) throw unreadable(record, 'status', 'known status');
  const shippedAt = instant(record, told.actual_fulfillment_date, 'actual_fulfillment_date');
  const delivered = status === 'shipped' && instant(record, told.delivery_date, 'delivery_date') !== null;
  const waits = status === 'on-hold' || status === 'exception' || status === 'cancelled';
  return {
    connection,
    externalId: String(told.id),
    request: filled(told.reference_id),
    status: delivered ? 'delivered' : status,
    reason: waits ? reasonOf(told) : null,
    shippedAt: status === 'shipped' ? shippedAt : null,
    parcels: parcelsOf(told, map, record, status === 'shipped' && filled(told.reference_id) !== null),
  };
}

function read(record: Observed): Told {
  let json: unknown = null;
  try {
    json = JSON.parse(record.body);
  } catch {
    // The schema says the rest.
  }
  const parsed = shipment.safeParse(json);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  throw unreadable(record, field, 'value of the documented type');
}

/** Their own words for the cause; what they echo of an address stands elsewhere and is not taken over. */
function reasonOf(told: Told): string {
  const named = (told.status_details ?? []).map((each) => each.description ?? each.name ?? '');
  const reasons = [...new Set(named.filter((each) => each !== ''))];
  return reasons.length === 0 ? told.status : reasons.join('; ');
}

/** @param gone whether it has left for somebody: then it has to say with what, or nobody would hear of it */
function parcelsOf(told: Told, map: Mapping, record: Observed, gone: boolean): readonly Parcel[] {
  const lines = new Map<string, number>();
  const products = told.products ?? [];
  // A product without any is nothing that is stocked: a leaflet. A shipment of nothing else is not to be believed.
  if (gone && products.every(({ inventory_items }) => (inventory_items ?? []).length === 0))
    throw unreadable(record, 'products', 'quantity of what left');
  for (const [index, each] of products.entries()) {
    const sku = filled(each.reference_id) ?? filled(each.sku);
    if (sku === null) throw unreadable(record, `products.${index}.reference_id`, 'reference');
    const items = each.inventory_items ?? [];
    // One thing can come from several lots; several things are a bundle, whose count is nowhere stated.
    if (new Set(items.map((item) => item.id)).size > 1) {
      throw new SyncError(
        'data',
        `The product ${sku} is a bundle at ShipBob, so a shipment does not say how many of it left`,
        {
          code: 'bundle-at-provider',
          field: `products.${index}.inventory_items`,
          remoteId: record.id,
          remedy:
            'List the kit with its components in the channel’s mapping, so that ShipBob is asked for the components.',
        },
      );
    }
    const quantity = items.reduce((sum, item) => sum + item.quantity, 0);
    if (quantity > 0) lines.set(sku, (lines.get(sku) ?? 0) + quantity);
  }
  if (lines.size === 0) return [];
  const { tracking } = told;
  const carrier = filled(tracking?.carrier);
  return [
    {
      // A carrier that is not mapped goes by ShipBob's own name: its tracking is worth telling all the same.
      carrier: carrier === null ? null : (map.code('carriers', carrier) ?? carrier),
      // Freight has the carrier's PRO number, or the bill of lading, in place of a tracking number.
      tracking: filled(tracking?.tracking_number) ?? filled(tracking?.pro_number) ?? filled(tracking?.bol),
      url: filled(tracking?.tracking_url),
      lines: [...lines].map(([sku, quantity]) => ({ sku, quantity })),
    },
  ];
}

function filled(value: string | null | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}

function instant(record: Observed, value: string | null | undefined, field: string): Instant | null {
  if (value === null || value === undefined) return null;
  try {
    return parseInstant(value, field);
  } catch {
    throw unreadable(record, field, 'instant with its zone');
  }
}

function unreadable(record: Observed, field: string, expected: string): SyncError {
  return new SyncError('data', `ShipBob sent no ${expected} at ${field} of the shipment ${record.id}`, {
    code: 'unreadable-field',
    field,
    remoteId: record.id,
    remedy: 'Open the shipment in ShipBob and compare. If it looks right there, report the field and the shipment id.',
  });
}
