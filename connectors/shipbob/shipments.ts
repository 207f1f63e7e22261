import { z } from 'zod';
import type { Cursor, Observed, Page, ShipmentSource } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { parseInstant, type Instant } from '../../src/domain/time.ts';
import { orderShipments, shipmentOfOrder, shipmentRecord, shipmentsOfOrders } from './answers.ts';
import { getOrder, getShipment, listOrders, type ChangedBy } from './calls.ts';
import type { ShipBobClient } from './client.ts';
import type { ShipBobConfig } from './config.ts';
import { normalizeShipment } from './normalize-shipment.ts';

/** A place in the walk: `page` of the orders changed since `since`, by one clock and then by the other. */
const place = z.strictObject({
  since: z.int(),
  by: z.enum(['updated', 'tracked']),
  page: z.int().min(1),
  /** When this walk began, by the slower of the two clocks; null = at its first page. */
  began: z.int().nullable(),
});
type Place = z.output<typeof place>;

interface Listed {
  readonly records: readonly Observed[];
  readonly more: boolean;
  readonly at: Instant;
}

/**
 * Shipments of the configured channel, one record each, at their latest state. ShipBob lists orders by the time of their last
 * update and, as another question, by that of the last scan of the carrier; both are walked, so that neither change is missed.
 */
export function openShipments(client: ShipBobClient, config: ShipBobConfig, io: Io): ShipmentSource {
  const overlapMs = config.overlapMinutes * 60_000;

  async function list(by: ChangedBy, since: Instant, page: number, signal?: AbortSignal): Promise<Listed> {
    const asked = io.clock.now();
    const call = listOrders(by, Math.max(0, since), page, config.ordersPerPage);
    const { value, more, at } = await client.ask(call, shipmentsOfOrders, signal);
    const listed = value ?? [];
    const records = listed.flatMap((order) => (order.shipments ?? []).map(observed));
    // A wrong clock on either side then only makes the next walk look back further.
    return { records, more: more || listed.length >= config.ordersPerPage, at: Math.min(asked, at ?? asked) };
  }

  async function* pull(since: Cursor | null, signal?: AbortSignal): AsyncIterable<Page> {
    let at: Place = since === null ? start(parseInstant(config.cutOver, 'cutOver')) : readPlace(since);
    for (let ended = false; !ended;) {
      const { records, more, at: asked } = await list(at.by, at.since - overlapMs, at.page, signal);
      const began = at.began ?? asked;
      ended = !more && at.by === 'tracked';
      // Not the newest change seen: what changes on pages that were read already would lie before it.
      if (ended) at = start(Math.max(at.since, began));
      else at = more ? { ...at, page: at.page + 1, began } : { ...at, by: 'tracked', page: 1, began };
      yield { records, next: JSON.stringify(at) };
    }
  }

  return {
    pull,
    async get(id, signal) {
      const { value } = await client.ask(getShipment(id), shipmentRecord, signal);
      return value === null ? null : observed(value);
    },
    async siblings(id, signal) {
      const { value: asked } = await client.ask(getShipment(id), shipmentOfOrder, signal);
      if (asked === null) return [];
      const { value: order } = await client.ask(getOrder(String(asked.order_id)), orderShipments, signal);
      return (order?.shipments ?? []).map(observed);
    },
    async *ids(window, signal) {
      const seen = new Map<string, number>();
      for (const by of ['updated', 'tracked'] as const) {
        for (let page = 1, more = true; more; page++) {
          // No upper end: an order that changes during the walk would leave the list, and others move forward past us.
          const listed = await list(by, window.from - 1, page, signal);
          ({ more } = listed);
          for (const { id, version } of listed.records) seen.set(id, Math.max(version, seen.get(id) ?? 0));
        }
      }
      for (const [id, version] of seen) if (version >= window.from && version < window.to) yield { id, version };
    },
    normalize: (record, map) => normalizeShipment(record, map, io.connection.id),
  };
}

function start(since: Instant): Place {
  return { since, by: 'updated', page: 1, began: null };
}

/** @throws SyncError `bug` for a cursor that is none of ours. */
function readPlace(cursor: Cursor): Place {
  try {
    return place.parse(JSON.parse(cursor));
  } catch (cause) {
    throw new SyncError('bug', 'The saved place in ShipBob’s shipments cannot be read', {
      code: 'bad-cursor',
      remedy: 'Pull this connection’s shipments again from an instant of your choice, and report this.',
      cause,
    });
  }
}

/**
 * A shipment as ShipBob gave it. Its version is the newest of its instants, since neither clock of it counts every change;
 * one that cannot be read is for `normalize` to refuse, or it would keep all the others of its page back.
 * @throws SyncError `bug` for one without an id or any instant.
 */
export function observed(shipment: Readonly<Record<string, unknown>>): Observed {
  const { id } = shipment;
  let version = 0;
  for (const field of ['created_date', 'last_update_at', 'last_tracking_update_at', 'delivery_date']) {
    const text = shipment[field];
    if (typeof text === 'string') version = Math.max(version, instantOr(text, field, 0));
  }
  if (typeof id === 'number' && Number.isSafeInteger(id) && version > 0)
    return { id: String(id), version, body: JSON.stringify(shipment) };
  throw new SyncError('bug', 'ShipBob listed a shipment without id or time', {
    code: 'unexpected-answer',
    field: 'shipments',
    remedy: 'Compare the answer with the API reference of this version and report the difference.',
  });
}

function instantOr(text: string, field: string, otherwise: Instant): Instant {
  try {
    return parseInstant(text, field);
  } catch {
    return otherwise;
  }
}
