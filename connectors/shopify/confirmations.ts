import type { Sent, ShipmentSink } from '../../src/connector/contract.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { Confirmation } from '../../src/domain/fulfillment.ts';
import type { ExternalId } from '../../src/domain/ids.ts';
import type { ShopifyClient } from './client.ts';
import { unexpected } from './connections.ts';
import { FULFILL } from './documents.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';
import { isOpen, readFulfilling, type Fulfilling, type Left } from './fulfilling.ts';
import { refuseUserErrors } from './user-errors.ts';

/**
 * A fulfillment that was made is in its order at once, since the order is read by its id and not searched; what is waited
 * for is a request whose reply was lost and that is still on its way.
 */
const SETTLE_MS = 15_000;

/**
 * Tells a shop what left, one fulfillment per parcel. Shopify takes no key for it, so a fulfillment is known by its
 * tracking numbers, lines and location, and by not being another parcel's; it is looked for before any is made.
 */
export function openConfirmations(client: ShopifyClient): ShipmentSink {
  return {
    uniqueness: { by: 'find', settleMs: SETTLE_MS },

    async send(item, _key, signal) {
      const books = await readFulfilling(client, item.order, signal);
      const same = toldOf(item, books);
      // Also where a person told it by hand: twice the same parcel is what nobody wants.
      if (same !== undefined) return { ...standing(same.id, untoldOf(item, same)), state: 'done' };
      const { fulfillment, short } = fulfillmentOf(item, books);
      const data = await client.query(FULFILL, { fulfillment }, signal);
      const payload = refuseUserErrors(data['fulfillmentCreate'], FULFILL);
      const made = payload['fulfillment'];
      if (!isObject(made) || typeof made['id'] !== 'string') throw unexpected(FULFILL);
      return { ...standing(made['id'], short), state: 'done' };
    },

    async find(_key, item, signal) {
      const same = toldOf(item, await readFulfilling(client, item.order, signal));
      return same === undefined ? 'absent' : standing(same.id, untoldOf(item, same));
    },
  };
}

/**
 * As what the shop was told of this parcel, if it was. Of several that could be it any one serves, since what is known as
 * another parcel is left out; one with all of its units comes first.
 */
function toldOf(item: Confirmation, { left }: Fulfilling): Left | undefined {
  const same = left.filter((one) => !(item.told ?? []).includes(one.id) && isSame(one, item));
  return same.find((one) => untoldOf(item, one) === 0) ?? same[0];
}

/**
 * Whether what left is this parcel: from the same place, by the same numbers, the same units of the same lines. By its
 * numbers a parcel is also known where the shop was told of a part of it, because the rest was cancelled there.
 */
function isSame(left: Left, item: Confirmation): boolean {
  const numbers = new Set(item.tracking.map(({ number }) => number));
  const told = new Set(left.tracking);
  if (told.size !== numbers.size || left.tracking.some((number) => !numbers.has(number))) return false;
  const lines = unitsOf(item);
  if (left.location !== item.location) return false;
  if (numbers.size > 0) return [...left.lines].every(([line, quantity]) => quantity <= (lines.get(line) ?? 0));
  return left.lines.size === lines.size && [...lines].every(([line, quantity]) => left.lines.get(line) === quantity);
}

/** What of the parcel the shop was not told of, by what it was told. */
function untoldOf(item: Confirmation, left: Left): number {
  const told = [...left.lines.values()].reduce((sum, quantity) => sum + quantity, 0);
  return item.lines.reduce((sum, { quantity }) => sum + quantity, 0) - told;
}

function standing(id: ExternalId, untold: number): { readonly id: ExternalId } & Pick<Sent, 'short'> {
  return untold === 0 ? { id } : { id, short: { units: untold, why: 'Shopify wants them shipped no more' } };
}

function unitsOf({ lines }: Confirmation): Map<ExternalId, number> {
  const units = new Map<ExternalId, number>();
  for (const { line, quantity } of lines) units.set(line, (units.get(line) ?? 0) + quantity);
  return units;
}

/**
 * The request: the parcel's units, taken from the work that stands at its location. Units that nobody wants shipped any
 * more are left out, so that the buyer still gets the number of the parcel that the others are in.
 * @returns with how many units were left out
 * @throws SyncError `data` where none of them is wanted, or some stand elsewhere or are held
 */
function fulfillmentOf(
  item: Confirmation,
  { cancelled, work }: Fulfilling,
): { readonly fulfillment: Json; readonly short: number } {
  const here = work.filter((each) => isOpen(each) && each.location === item.location);
  const chosen = new Map<ExternalId, { id: ExternalId; quantity: number }[]>();
  const missing: { readonly line: ExternalId; readonly units: number }[] = [];
  for (const [line, wanted] of unitsOf(item)) {
    let left = wanted;
    for (const each of here) {
      for (const { id, remaining } of each.lines.filter((candidate) => candidate.line === line)) {
        const quantity = Math.min(left, remaining);
        if (quantity === 0) continue;
        chosen.set(each.id, [...(chosen.get(each.id) ?? []), { id, quantity }]);
        left -= quantity;
      }
    }
    if (left > 0) missing.push({ line, units: left });
  }
  for (const { line, units } of missing) {
    const error = notThere(item, line, units, cancelled, work);
    // Without a number, what was told in part could not be known again.
    if (
      chosen.size === 0 ||
      item.tracking.length === 0 ||
      error.code === 'not-assigned' ||
      error.code === 'fulfillment-held'
    )
      throw error;
  }
  const { carrier } = item;
  // Parcels that are told together can share a number: that of a freight shipment.
  const tracking = [...new Map(item.tracking.map((each) => [each.number, each])).values()];
  const urls = tracking.flatMap(({ url }) => url ?? []);
  const fulfillment: Json = {
    lineItemsByFulfillmentOrder: [...chosen].map(([fulfillmentOrderId, fulfillmentOrderLineItems]) => ({
      fulfillmentOrderId,
      fulfillmentOrderLineItems,
    })),
    notifyCustomer: item.notify,
    ...(tracking.length === 0
      ? {}
      : {
          trackingInfo: {
            ...(carrier === null ? {} : { company: carrier }),
            numbers: tracking.map(({ number }) => number),
            // By position: an address for some numbers only would stand with the wrong ones.
            ...(urls.length === tracking.length ? { urls } : {}),
          },
        }),
  };
  return { fulfillment, short: missing.reduce((sum, { units }) => sum + units, 0) };
}

function notThere(
  item: Confirmation,
  line: ExternalId,
  units: number,
  cancelled: boolean,
  work: Fulfilling['work'],
): SyncError {
  const elsewhere = work.some(
    (each) =>
      isOpen(each) &&
      each.location !== item.location &&
      each.lines.some((one) => one.line === line && one.remaining > 0),
  );
  const held = work.some(
    (each) =>
      !isOpen(each) && each.lines.some((one) => one.line === line && one.remaining > 0) && each.status !== 'CLOSED',
  );
  const why = cancelled
    ? 'the order was cancelled'
    : elsewhere
      ? 'they stand at another location'
      : held
        ? 'their fulfillment order is held, scheduled or ended'
        : 'they are fulfilled already, or are to be shipped no more';
  return new SyncError('data', `Shopify cannot be told of ${units} units of ${line} from ${item.location}: ${why}`, {
    code: cancelled ? 'order-cancelled' : elsewhere ? 'not-assigned' : held ? 'fulfillment-held' : 'nothing-left',
    field: 'lines',
    remoteId: item.order,
    remedy: elsewhere
      ? 'Move these units to the location in Shopify (order → location → change), then replay this.'
      : held
        ? 'Release the hold in Shopify, then replay this.'
        : 'The goods have left. Look at the order in Shopify and tell it there what is missing by hand; then settle this: crossdock effects settle.',
  });
}
