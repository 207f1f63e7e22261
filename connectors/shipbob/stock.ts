import { z } from 'zod';
import type { Cursor, Observed, Page, StockSource } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import type { Mapping } from '../../src/connector/mapping/mapping.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { StockCount } from '../../src/domain/stock.ts';
import type { Instant } from '../../src/domain/time.ts';
import { level, levels } from './answers.ts';
import { getLevel, listLevels } from './calls.ts';
import type { ShipBobClient } from './client.ts';
import type { ShipBobConfig } from './config.ts';

const place = z.strictObject({ next: z.string().nullable() });
const stored = z.object({
  sku: z.string().nullish(),
  locations: z.array(z.object({ location_id: z.int(), on_hand_quantity: z.int() })).nullish(),
});

/**
 * What ShipBob says is in stock, one record per inventory item with its quantity at every fulfillment center. ShipBob states
 * no time of a level, so a record's version is the instant before it was asked for, and every pull walks all items.
 */
export function openStock(client: ShipBobClient, config: ShipBobConfig, io: Io): StockSource {
  async function* walk(from: string | null, signal?: AbortSignal): AsyncIterable<Page> {
    let next = from;
    do {
      const asked = io.clock.now();
      const { value } = await client.ask(listLevels(config.itemsPerPage, next), levels, signal);
      const records = (value?.items ?? []).map((item) => observed(item, asked));
      next = value?.next ?? null;
      // Only the query is kept: the address in it is the remote's word.
      if (next !== null) next = new URL(next, 'https://next.invalid').search;
      yield { records, next: JSON.stringify({ next }) };
    } while (next !== null);
  }

  return {
    pull: (since, signal) => walk(since === null ? null : readPlace(since), signal),
    async get(id, signal) {
      const asked = io.clock.now();
      const { value } = await client.ask(getLevel(id), level, signal);
      return value === null ? null : observed(value, asked);
    },
    async *ids(window, signal) {
      for await (const { records } of walk(null, signal)) {
        for (const { id, version } of records) if (version >= window.from && version < window.to) yield { id, version };
      }
    },
    normalize,
  };
}

function readPlace(cursor: Cursor): string | null {
  const parsed = place.safeParse(JSON.parse(cursor));
  return parsed.success ? parsed.data.next : null;
}

function observed(item: z.output<typeof level>, asOf: Instant): Observed {
  return { id: String(item.inventory_id), version: asOf, body: JSON.stringify(item) };
}

/**
 * Counts by our SKU and location. `on_hand_quantity` is gross: everything on the shelves, of which `fulfillable` has the orders
 * that ShipBob knows taken off (https://developer.shipbob.com/guides). A center that is not mapped is not ours and left out, and so
 * is an item that stands for a kit or a pack.
 */
function normalize(record: Observed, map: Mapping): readonly StockCount[] {
  const parsed = stored.safeParse(JSON.parse(record.body));
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
    throw new SyncError('data', `ShipBob sent no value of the documented type at ${field} of the item ${record.id}`, {
      code: 'unreadable-field',
      field,
      remoteId: record.id,
      remedy: 'Open the inventory item in ShipBob and compare. If it looks right there, report the field and the id.',
    });
  }
  const { sku, locations } = parsed.data;
  if (sku === null || sku === undefined || sku === '') return [];
  const { components } = map.listing(sku);
  const [component] = components;
  if (component === undefined || components.length > 1 || component.quantity !== 1) return [];
  return (locations ?? []).flatMap((each) => {
    const location = map.code('locations', String(each.location_id));
    if (location === null) return [];
    const counted = { quantity: each.on_hand_quantity, basis: 'gross', asOf: record.version } as const;
    return [{ sku: component.sku, location, ...counted }];
  });
}
