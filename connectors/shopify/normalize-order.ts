import type { Mapping } from '../../src/connector/mapping/mapping.ts';
import type { Observed } from '../../src/connector/contract.ts';
import type { ConnectionScope } from '../../src/connector/io.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { orderId } from '../../src/domain/ids.ts';
import type { Address, Amount, Order, OrderLine, Personal, ShippingLine, Totals } from '../../src/domain/order.ts';
import { businessDate } from '../../src/domain/time.ts';
import type { BusinessDate, Instant } from '../../src/domain/time.ts';
import { Field, isObject } from './field.ts';
import { assignmentsOf, holdsOf, pickupOf, riskOf, servicedLines, shippedUnits } from './normalize-assignments.ts';
import { lineIds, orderLine, shippingLine } from './normalize-lines.ts';
import type { OrderScope } from './normalize-lines.ts';
import { amountAt, amountOrNothing, Discounts, minus, NOTHING, plus, taxesAt } from './normalize-money.ts';
import type { Currencies } from './normalize-money.ts';
import { instantAt, instantOrNull, paymentsAndRefunds, returnedUnits, returnsOf } from './normalize-payments.ts';

/**
 * A Shopify order record as a canonical order. Pure: the same record and mapping always give the same order, whether the record came
 * by page, by id or by bulk export.
 * @throws SyncError `data` naming the field that cannot be read.
 */
export function normalizeOrder(record: Observed, map: Mapping, connection: ConnectionScope): Order {
  const order = new Field(parsed(record));
  const currencies: Currencies = { shop: order.text('currencyCode'), buyer: order.text('presentmentCurrencyCode') };
  const cancelledAt = instantOrNull(order, 'cancelledAt');
  const placedAt = instantAt(order, 'processedAt', 'createdAt');
  const tips = amountOrNothing(order, 'totalTipReceivedSet', currencies);
  const discounts = new Discounts(currencies);
  const scope: OrderScope = {
    lineId: lineIds(connection.id),
    map,
    currencies,
    discounts,
    cancelled: cancelledAt !== null,
    tipped: tips.shop !== 0,
    shipped: shippedUnits(order),
    returned: returnedUnits(order),
    servicedBy: servicedLines(order, map),
  };
  const lines = order.nodes('lineItems').map((line) => orderLine(line, scope));
  const shipping = order.nodes('shippingLines').map((line, position) => shippingLine(line, scope, position));
  const { payments, refunds, awaited } = paymentsAndRefunds(order, scope);
  const risk = riskOf(order);
  const externalId = order.text('id');
  const shippingAddress = order.childOrNull('shippingAddress');
  return {
    id: orderId(connection.id, externalId),
    connection: connection.id,
    company: connection.company,
    externalId,
    number: order.text('name'),
    placedAt,
    updatedAt: instantAt(order, 'updatedAt'),
    cancelledAt,
    closedAt: instantOrNull(order, 'closedAt'),
    businessDate: dayOf(placedAt, connection.zone),
    test: order.flag('test'),
    currency: currencies,
    taxIncluded: order.flag('taxesIncluded'),
    lines,
    shipping,
    fees: order.list('additionalFees').map((fee) => ({
      title: fee.text('name'),
      amount: amountAt(fee, 'price', currencies),
      taxes: taxesAt(fee, currencies),
    })),
    discounts: discounts.found,
    payments,
    refunds,
    returns: returnsOf(order, scope.lineId),
    assignments: assignmentsOf(order, scope.lineId, map),
    holds: holdsOf(order, risk, scope.cancelled),
    risk,
    totals: totalsOf(order, currencies, tips, awaited, lines, shipping),
    destination: {
      country: shippingAddress?.textOrNull('countryCodeV2') ?? null,
      region: shippingAddress?.textOrNull('provinceCode') ?? null,
    },
    tags: order.texts('tags'),
    attributes: attributesOf(order),
    personal: personalOf(order, shippingAddress),
  };
}

function parsed(record: Observed): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(record.body);
  } catch (cause) {
    throw new SyncError('data', `The stored record ${record.id} is not JSON`, {
      code: 'unreadable-record',
      field: '',
      remedy: 'Pull this order again by its id.',
      remoteId: record.id,
      cause,
    });
  }
  if (isObject(value)) return value;
  throw new SyncError('data', `The stored record ${record.id} is not an object`, {
    code: 'unreadable-record',
    field: '',
    remedy: 'Pull this order again by its id.',
    remoteId: record.id,
  });
}

/** Local midnights fall on whole quarters of an hour of UTC in every zone, so one look-up serves a quarter of an hour. */
const QUARTER = 15 * 60 * 1000;
const days = new Map<string, Map<number, BusinessDate>>();

function dayOf(instant: Instant, zone: string): BusinessDate {
  let known = days.get(zone);
  if (known === undefined) {
    known = new Map();
    days.set(zone, known);
  }
  const quarter = Math.floor(instant / QUARTER);
  let day = known.get(quarter);
  if (day === undefined) {
    day = businessDate(instant, zone);
    if (known.size > 20_000) known.clear();
    known.set(quarter, day);
  }
  return day;
}

/**
 * The channel's own totals, as placed plus what edits added: Shopify takes neither removed nor refunded units off these sets, just
 * as it keeps them in a line's `quantity` and taxes (seen in recorded edits and refunds). It states no total of lines before
 * discounts: that is its subtotal plus the line discounts.
 */
function totalsOf(
  order: Field,
  currencies: Currencies,
  tips: Amount,
  awaited: Amount,
  lines: readonly OrderLine[],
  shipping: readonly ShippingLine[],
): Totals {
  const subtotal = amountAt(order, 'subtotalPriceSet', currencies);
  const rounding = order.childOrNull('totalCashRoundingAdjustment');
  const charged = shipping.filter((line) => !line.removed);
  const offLines = allocated(lines);
  const offShipping = allocated(charged);
  return {
    lines: plus(subtotal, offLines),
    discounts: withShippingDiscounts(amountOrNothing(order, 'totalDiscountsSet', currencies), offLines, offShipping),
    shipping: afterDiscounts(amountOrNothing(order, 'totalShippingPriceSet', currencies), charged, offShipping),
    tax: amountOrNothing(order, 'totalTaxSet', currencies),
    duties: amountOrNothing(order, 'originalTotalDutiesSet', currencies),
    tips,
    fees: amountOrNothing(order, 'originalTotalAdditionalFeesSet', currencies),
    total: amountAt(order, 'totalPriceSet', currencies),
    rounding: rounding === null ? NOTHING : amountAt(rounding, 'paymentSet', currencies),
    refunded: plus(amountOrNothing(order, 'totalRefundedSet', currencies), awaited),
  };
}

/**
 * Shopify does not say whether its shipping total is before or after shipping discounts, and no recorded order has one. What equals
 * the lines before discounts is taken as before; the canonical total is after.
 */
function afterDiscounts(stated: Amount, charged: readonly ShippingLine[], off: Amount): Amount {
  let gross = NOTHING;
  for (const line of charged) gross = plus(gross, line.gross);
  return stated.shop === gross.shop && stated.buyer === gross.buyer ? minus(stated, off) : stated;
}

/** Nor does it say whether the discount total holds shipping discounts: what equals the line discounts alone does not. */
function withShippingDiscounts(stated: Amount, offLines: Amount, offShipping: Amount): Amount {
  return stated.shop === offLines.shop && stated.buyer === offLines.buyer ? plus(stated, offShipping) : stated;
}

function allocated(lines: readonly { readonly discounts: OrderLine['discounts'] }[]): Amount {
  let sum = NOTHING;
  for (const line of lines) for (const allocation of line.discounts) sum = plus(sum, allocation.amount);
  return sum;
}

/** What is said of the order beside the model. Nothing that a buyer typed: that is personal. */
function attributesOf(order: Field): Readonly<Record<string, string>> {
  const attributes: Record<string, string> = {};
  for (const key of [
    'sourceName',
    'displayFinancialStatus',
    'displayFulfillmentStatus',
    'returnStatus',
    'cancelReason',
    'poNumber',
  ]) {
    const value = order.textOrNull(key);
    if (value !== null && value !== '') attributes[key] = value;
  }
  return attributes;
}

/** The buyer, and everything a buyer typed: order attributes by their key, line properties by `<line id>/<key>`; and metafields. */
function personalOf(order: Field, shippingAddress: Field | null): Personal {
  const billingAddress = order.childOrNull('billingAddress');
  const attributes: Record<string, string> = {};
  collect(order, '', attributes);
  for (const line of order.nodes('lineItems')) collect(line, `${line.text('id')}/`, attributes);
  // What a merchant keeps in a metafield (a gift note, an engraving) may name a person as well.
  for (let at = 0; order.value[`metafield${at}`] !== undefined; at += 1) {
    const metafield = order.childOrNull(`metafield${at}`);
    if (metafield !== null)
      attributes[`metafield.${metafield.text('namespace')}.${metafield.text('key')}`] = metafield.text('value');
  }
  return {
    name: shippingAddress?.textOrNull('name') ?? billingAddress?.textOrNull('name') ?? null,
    email: order.textOrNull('email'),
    phone: order.textOrNull('phone'),
    customer: order.childOrNull('customer')?.text('id') ?? null,
    shippingAddress: shippingAddress === null ? null : addressOf(shippingAddress),
    billingAddress: billingAddress === null ? null : addressOf(billingAddress),
    note: order.textOrNull('note'),
    attributes,
    ip: order.textOrNull('clientIp'),
    pickup: pickupOf(order),
  };
}

function collect(field: Field, prefix: string, into: Record<string, string>): void {
  for (const attribute of field.list('customAttributes')) {
    into[prefix + attribute.text('key')] = attribute.textOrNull('value') ?? '';
  }
}

function addressOf(address: Field): Address {
  const lines = [address.textOrNull('address1'), address.textOrNull('address2')];
  return {
    name: address.textOrNull('name'),
    company: address.textOrNull('company'),
    lines: lines.flatMap((line) => (line === null || line === '' ? [] : [line])),
    city: address.textOrNull('city'),
    region: address.textOrNull('provinceCode') ?? address.textOrNull('province'),
    postcode: address.textOrNull('zip'),
    country: address.textOrNull('countryCodeV2'),
    phone: address.textOrNull('phone'),
  };
}
