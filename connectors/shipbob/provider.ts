import type { FulfillmentProvider, Recalled } from '../../src/connector/contract.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { ExternalId, Key, LocationId } from '../../src/domain/ids.ts';
import { cancelled, order, orders, wholeOrders, type OrderAnswer } from './answers.ts';
import { cancelOrder, createOrder, findOrders, getOrder } from './calls.ts';
import type { Reply, ShipBobClient } from './client.ts';
import type { ShipBobConfig } from './config.ts';

/**
 * No limit is documented for how long a reference stays taken ("unique within your account": https://developer.shipbob.com/guides/orders).
 * Ten years is longer than any effect is sent again.
 */
const REMEMBERED_MS = 10 * 365 * 86_400_000;
/** Fewer than a page holds, so that each has room for one order (50 where nothing is said: OpenAPI 2026-01, `Limit`). */
const MOST_REFERENCES = 25;

/**
 * ShipBob as the one who ships. The second order of a reference in a channel is refused with 422
 * (https://developer.shipbob.com/guides/build-orders-integration), so our key is its reference and a refusal is answered
 * by looking up the first.
 */
export function openProvider(client: ShipBobClient, config: ShipBobConfig): FulfillmentProvider {
  /** The oldest order under this reference; null = none is listed. */
  async function findByKey(key: Key, signal?: AbortSignal): Promise<OrderAnswer | null> {
    const { value } = await client.ask(findOrders([key]), orders, signal);
    const same = (value ?? []).filter((each) => each.reference_id === key);
    return same.toSorted((one, other) => one.id - other.id)[0] ?? null;
  }

  /** Ours of the center that its first shipment is shipped from. */
  function locationOf({ shipments }: OrderAnswer): LocationId | null {
    const center = shipments?.find(({ location }) => location?.id != null)?.location?.id;
    return Object.entries(config.centers).find(([, id]) => id === center)?.[0] ?? null;
  }

  async function read(id: ExternalId, signal?: AbortSignal): Promise<OrderAnswer> {
    const { value } = await client.ask(getOrder(id), order, signal);
    if (value === null) throw new TypeError('an accepted answer has a value');
    return value;
  }

  return {
    uniqueness: { by: 'native', forMs: REMEMBERED_MS },

    async send(item, key, signal) {
      const reply = await client.ask(createOrder(item, key, config.centers), order, signal);
      if (reply.value !== null) return sent(reply.value);
      // Also where the refusal does not say why: what we hold already is not sent again under any name.
      const first = reply.status === 422 ? await findByKey(key, signal) : null;
      if (first !== null) return sent(first);
      throw refused(reply);
    },

    async find(key, _item, signal) {
      const found = await findByKey(key, signal);
      return found === null ? 'absent' : String(found.id);
    },

    async recall(keys, signal) {
      const recalled = new Map<Key, Recalled>();
      for (let from = 0; from < keys.length; from += MOST_REFERENCES) {
        const wanted = keys.slice(from, from + MOST_REFERENCES);
        const { value } = await client.ask(findOrders(wanted), wholeOrders, signal);
        // The oldest of a reference is the one that a look-up finds.
        for (const each of (value ?? []).toSorted((one, other) => one.id - other.id)) {
          const key = each.reference_id;
          if (typeof key !== 'string' || !wanted.includes(key) || recalled.has(key)) continue;
          const lines = each.products.flatMap(({ id, reference_id, sku, quantity }) =>
            quantity > 0
              ? [{ sku: nameOf(reference_id) ?? nameOf(sku) ?? `product ${id ?? 'without id'}`, quantity }]
              : [],
          );
          const state = each.status === 'Cancelled' ? 'stopped' : sent(each).state;
          recalled.set(key, { key, id: String(each.id), location: locationOf(each), lines, state });
        }
      }
      return [...recalled.values()];
    },

    async outcome(id) {
      const { status, shipments } = await read(id);
      if (status === 'ImportReview') return { state: 'pending' };
      if (status !== 'Cancelled') return { state: 'done' };
      const told = (shipments ?? []).flatMap((shipment) => shipment.status_details ?? []);
      const reasons = [
        ...new Set(told.map((each) => each.description ?? each.name ?? '').filter((text) => text !== '')),
      ];
      const named = reasons.length === 0 ? ['The order was cancelled at ShipBob.'] : reasons;
      return { state: 'rejected', reasons: named.map((reason) => ({ line: null, reason })) };
    },

    async cancel(id, signal) {
      const { value } = await client.ask(cancelOrder(id), cancelled, signal);
      if (value?.status === 'Success') return 'cancelled';
      // A second request for what is cancelled already is refused like one that comes too late; the order itself tells them apart.
      // Where only some shipments could be stopped it was too late for the order, and each shipment says what became of it.
      return (await read(id, signal)).status === 'Cancelled' ? 'cancelled' : 'too late';
    },
  };
}

function nameOf(text: string | null | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

function sent({ id, status }: OrderAnswer): { readonly id: ExternalId; readonly state: 'done' | 'pending' } {
  return { id: String(id), state: status === 'ImportReview' ? 'pending' : 'done' };
}

function refused({ status, refused: fields, ofReference }: Reply<unknown>): SyncError {
  if (status === 422 && ofReference) {
    // The reference is taken by an order that is not listed yet: looked up again, never sent under another reference.
    return new SyncError('unknown', 'ShipBob has an order of this reference already, but does not list it', {
      code: 'taken-reference',
      field: 'reference_id',
      remedy:
        'Nothing to do: it is looked up again. If it stays, search the reference in ShipBob: it may stand in another channel.',
    });
  }
  const named = fields.length === 0 ? '' : ` and names ${fields.join(', ')}`;
  return new SyncError('data', `ShipBob refuses this fulfillment request (status ${status})${named}`, {
    code: 'refused-request',
    ...(fields[0] === undefined ? {} : { field: fields[0] }),
    remedy: 'Correct what is named in the order or in the settings of this connection, then replay it.',
  });
}
