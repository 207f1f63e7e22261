import { parcelSent, workMoved } from '../../src/connector/sandbox/business/sending.ts';
import { productOf } from '../../src/connector/sandbox/business/catalogue.ts';
import type { Assigned, Sale } from '../../src/connector/sandbox/business/sale.ts';
import type { LocationId } from '../../src/domain/ids.ts';
import type { Instant } from '../../src/domain/time.ts';
import { isObject } from './field.ts';
import { dateTime, gid, locationTail, orderTail, orderTailOfChild, readGid } from './sandbox-ids.ts';
import { orderNode } from './sandbox-order.ts';
import type { ShopState } from './sandbox-state.ts';
import type { Plain } from './sandbox-writing.ts';

interface Line {
  readonly id: string;
  readonly quantity: number;
}

/** A user error in Shopify's form. */
function refusal(field: readonly string[], message: string, code?: string): Plain {
  return { field, message, ...(code === undefined ? {} : { code }) };
}

/** `fulfillmentCreate`: a parcel over fulfillment orders of one order at one location. */
export function createFulfillment(state: ShopState, at: Instant, input: Plain): Plain {
  const refused = (message: string, ...field: string[]): Plain => ({
    fulfillment: null,
    userErrors: [refusal(['fulfillment', ...field], message)],
  });
  const asked = list(input['lineItemsByFulfillmentOrder']);
  const chosen = asked.map((each) => ({
    work: workOf(state, String(each['fulfillmentOrderId'])),
    lines: linesOf(each),
  }));
  const [first] = chosen;
  if (first === undefined) return refused('Fulfillment orders can’t be blank.', 'lineItemsByFulfillmentOrder');
  const parts: { readonly work: Assigned; readonly lines: { line: number; quantity: number }[] }[] = [];
  for (const { work, lines } of chosen) {
    if (work === null || first.work === null) return refused('Fulfillment order does not exist.');
    if (work.sale !== first.work.sale) return refused('All fulfillment orders must belong to the same order.');
    if (work.assigned.place !== first.work.assigned.place || work.assigned.by !== first.work.assigned.by)
      return refused('All fulfillment orders must be assigned to the same location.');
    const { status } = work.assigned;
    if (status !== 'open' && status !== 'in-progress')
      return refused(`Fulfillment order ${gidOf(work)} has an unfulfillable status= ${status.replace('-', '_')}.`);
    const taken = take(work, lines);
    if (taken === null) return refused('Invalid fulfillment order line item quantity requested.');
    parts.push({ work: work.assigned, lines: taken });
  }
  if (first.work === null) return refused('Fulfillment order does not exist.');
  const { sale } = first.work;
  const { carrier, numbers } = trackingOf(input['trackingInfo']);
  const now = parcelSent(sale, at, parts, carrier, numbers.join(' '));
  state.put(now);
  leaveShelves(
    state,
    sale,
    first.work.assigned.place,
    parts.flatMap(({ lines }) => lines),
    at,
  );
  tell(state, now, 'fulfillments/create', at);
  tell(state, now, 'orders/updated', at);
  return { fulfillment: list(orderNode(now)['fulfillments']).at(-1) ?? null, userErrors: [] };
}

/** `fulfillmentOrderMove`: the lines given, or all that is left, become the work of another location. */
export function moveFulfillmentOrder(state: ShopState, at: Instant, args: Plain): Plain {
  const refused = (message: string): Plain => ({
    movedFulfillmentOrder: null,
    originalFulfillmentOrder: null,
    remainingFulfillmentOrder: null,
    userErrors: [refusal(['id'], message)],
  });
  const work = workOf(state, String(args['id']));
  const place = placeOf(state, String(args['newLocationId']));
  if (work === null) return refused('Fulfillment order does not exist.');
  if (place === null) return refused('Location not found.');
  const { sale, assigned } = work;
  if (assigned.status !== 'open' && assigned.status !== 'in-progress')
    return refused('The fulfillment order is not in an open state.');
  const given = args['fulfillmentOrderLineItems'];
  const lines = Array.isArray(given)
    ? take(work, list(given).map(lineOf))
    : assigned.lines.flatMap(({ line, remaining }) => (remaining > 0 ? [{ line, quantity: remaining }] : []));
  if (lines === null || lines.length === 0) return refused('Invalid fulfillment order line item quantity requested.');
  const unstocked = lines.some(({ line }) => {
    const sku = sale.lines.find((each) => each.number === line)?.sku;
    const product = sku ? productOf(sku) : null;
    return product?.kind === 'goods' && !product.channelFulfilled && state.onShelf(product.sku, place) === null;
  });
  if (unstocked) return refused('The new location doesn’t stock all of the items.');
  const now = workMoved(sale, at, assigned.number, place, lines);
  state.put(now);
  tell(state, now, 'orders/updated', at);
  const works = list(orderNode(now)['fulfillmentOrders']);
  const whole = now.assigned.find(({ number }) => number === assigned.number);
  return {
    movedFulfillmentOrder:
      works.at(now.assigned.length === sale.assigned.length ? now.assigned.indexOf(whole ?? assigned) : -1) ?? null,
    originalFulfillmentOrder: works.find((each) => each['id'] === gidOf(work)) ?? null,
    remainingFulfillmentOrder:
      now.assigned.length === sale.assigned.length ? null : (works.find((each) => each['id'] === gidOf(work)) ?? null),
    userErrors: [],
  };
}

interface FoundWork {
  readonly sale: Sale;
  readonly assigned: Assigned;
}

function workOf(state: ShopState, id: string): FoundWork | null {
  const tail = readGid(id)?.tail;
  if (tail === undefined) return null;
  const sale = state.sale(orderTailOfChild(tail));
  const number = Number(tail.slice(-4));
  const assigned = sale?.assigned.find((each) => each.number === number);
  return sale && assigned ? { sale, assigned } : null;
}

function gidOf({ sale, assigned }: FoundWork): string {
  return gid('FulfillmentOrder', `${orderTail(sale)}${String(assigned.number).padStart(4, '0')}`);
}

/** The lines of a fulfillment order by the order's own numbers; null where more is asked for than is left. */
function take({ assigned }: FoundWork, lines: readonly Line[]): { line: number; quantity: number }[] | null {
  const wanted =
    lines.length > 0
      ? lines.map(({ id, quantity }) => ({ line: Number(readGid(id)?.tail.slice(-4)) % 100, quantity }))
      : assigned.lines.map(({ line, remaining }) => ({ line, quantity: remaining }));
  const fits = wanted.every(({ line, quantity }) => {
    const there = assigned.lines.find((each) => each.line === line);
    return there !== undefined && quantity > 0 && quantity <= there.remaining;
  });
  return fits ? wanted : null;
}

/** What left is on no shelf any more; what the shop shows as available had it taken off when it was sold. */
function leaveShelves(
  state: ShopState,
  sale: Sale,
  place: LocationId | null,
  lines: readonly { line: number; quantity: number }[],
  at: Instant,
): void {
  for (const { line, quantity } of lines) {
    const sku = sale.lines.find((each) => each.number === line)?.sku;
    const shelf = sku && place !== null ? state.onShelf(sku, place) : null;
    if (shelf) state.putStock({ ...shelf, onHand: shelf.onHand - quantity, updatedAt: Math.max(shelf.updatedAt, at) });
  }
}

export function placeOf(state: ShopState, id: string): LocationId | null {
  const tail = Number(readGid(id)?.tail);
  return state.places().find((place) => locationTail(place) === tail) ?? null;
}

function trackingOf(info: unknown): { readonly carrier: string; readonly numbers: readonly string[] } {
  if (!isObject(info)) return { carrier: '', numbers: [] };
  const numbers = Array.isArray(info['numbers']) ? info['numbers'].map(String) : [];
  if (typeof info['number'] === 'string') numbers.unshift(info['number']);
  return { carrier: typeof info['company'] === 'string' ? info['company'] : '', numbers };
}

function linesOf(each: Plain): Line[] {
  return list(each['fulfillmentOrderLineItems']).map(lineOf);
}

function lineOf(each: Plain): Line {
  return { id: String(each['id']), quantity: Number(each['quantity']) };
}

function list(value: unknown): Plain[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function tell(state: ShopState, sale: Sale, topic: string, at: Instant): void {
  state.happened(topic, at, {
    id: Number(orderTail(sale)),
    order_id: Number(orderTail(sale)),
    admin_graphql_api_id: gid('Order', orderTail(sale)),
    name: `#${sale.number}`,
    updated_at: dateTime(sale.updatedAt),
  });
}
