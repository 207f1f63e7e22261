import type { Mapping } from '../../src/connector/mapping/mapping.ts';
import type { Assignment, Hold, Order } from '../../src/domain/order.ts';
import type { Field } from './field.ts';
import type { LineIds } from './normalize-lines.ts';
import { count, instantOrNull } from './normalize-payments.ts';

const STATUSES: Readonly<Record<string, Assignment['status']>> = {
  OPEN: 'open',
  IN_PROGRESS: 'in-progress',
  SCHEDULED: 'scheduled',
  ON_HOLD: 'on-hold',
  CLOSED: 'closed',
  CANCELLED: 'cancelled',
  INCOMPLETE: 'incomplete',
};

/** A pickup point is a carrier's shop: we ship to it. What was handed over at the till (`RETAIL`) needs no one. */
const METHODS: Readonly<Record<string, Assignment['method']>> = {
  SHIPPING: 'shipping',
  PICKUP_POINT: 'shipping',
  PICK_UP: 'pickup',
  LOCAL: 'local',
  NONE: 'none',
  RETAIL: 'none',
};

export function assignmentsOf(order: Field, lineId: LineIds, map: Mapping): Assignment[] {
  return order.nodes('fulfillmentOrders').map((each) => {
    const status = STATUSES[each.text('status')];
    if (status === undefined) throw each.unreadable('status', 'known status of a fulfillment order');
    const remoteLocation = each.child('assignedLocation').childOrNull('location')?.text('id') ?? null;
    return {
      externalId: each.text('id'),
      status,
      location: remoteLocation === null ? null : map.code('locations', remoteLocation),
      remoteLocation,
      method: methodOf(each),
      lines: each.nodes('lineItems').map((line) => ({
        line: lineId(line.child('lineItem').text('id')),
        quantity: line.count('totalQuantity'),
        remaining: line.count('remainingQuantity'),
      })),
    };
  });
}

function methodOf(fulfillmentOrder: Field): Assignment['method'] {
  const delivery = fulfillmentOrder.childOrNull('deliveryMethod');
  if (delivery === null) return 'shipping';
  const method = METHODS[delivery.text('methodType')];
  if (method === undefined) throw delivery.unreadable('methodType', 'known delivery method');
  return method;
}

/** Where the buyer collects: the named pickup point, or the store of a store pickup. */
export function pickupOf(order: Field): string | null {
  for (const each of order.nodes('fulfillmentOrders')) {
    const delivery = each.childOrNull('deliveryMethod');
    const method = delivery?.text('methodType');
    if (method === 'PICKUP_POINT') return delivery?.textOrNull('presentedName') ?? null;
    if (method === 'PICK_UP') return each.child('assignedLocation').text('name');
  }
  return null;
}

/**
 * Lines that a fulfillment service ships from a location that none of ours is mapped to. Shopify's own network is the channel's;
 * a line of which any unit stands at a location of ours is ours.
 */
export function servicedLines(order: Field, map: Mapping): Map<string, 'channel' | 'elsewhere'> {
  const services = new Map<string, 'channel' | 'elsewhere'>();
  const ours = new Set<string>();
  for (const each of order.nodes('fulfillmentOrders')) {
    const status = each.text('status');
    if (status === 'CANCELLED') continue;
    const location = each.child('assignedLocation').childOrNull('location');
    const service = location === null || !location.flag('isFulfillmentService') ? null : location;
    const foreign = service !== null && map.code('locations', service.text('id')) === null;
    const name = service?.childOrNull('fulfillmentService')?.textOrNull('handle') ?? '';
    for (const line of each.nodes('lineItems')) {
      const item = line.child('lineItem').text('id');
      if (!foreign) ours.add(item);
      else services.set(item, name.startsWith('shopify') ? 'channel' : 'elsewhere');
    }
  }
  for (const item of ours) services.delete(item);
  return services;
}

/** Fulfillments in these states moved nothing. */
const VOID_FULFILLMENTS: ReadonlySet<string> = new Set(['CANCELLED', 'ERROR', 'FAILURE']);

/** Units that left, by Shopify's line id; null where the record has fulfillments but not what they hold (a bulk line). */
export function shippedUnits(order: Field): Map<string, number> | null {
  const units = new Map<string, number>();
  for (const fulfillment of order.list('fulfillments')) {
    const lines = fulfillment.childOrNull('fulfillmentLineItems');
    if (lines === null) return null;
    if (VOID_FULFILLMENTS.has(fulfillment.text('status'))) continue;
    for (const line of lines.list('nodes')) {
      count(units, line.child('lineItem').text('id'), line.countOrNull('quantity') ?? 0);
    }
  }
  return units;
}

const LEVELS: readonly Order['risk']['level'][] = ['none', 'low', 'medium', 'high'];

/** The highest of the order's assessments; pending while one is still being made and none says high. */
export function riskOf(order: Field): Order['risk'] {
  const risk = order.childOrNull('risk');
  if (risk === null) return { level: 'none', recommendation: null };
  let highest = 0;
  let pending = false;
  for (const assessment of risk.list('assessments')) {
    const level = assessment.text('riskLevel').toLowerCase();
    const at = LEVELS.findIndex((known) => known === level);
    if (level === 'pending') pending = true;
    else if (at < 0) throw assessment.unreadable('riskLevel', 'known risk level');
    else highest = Math.max(highest, at);
  }
  const recommendation = risk.textOrNull('recommendation')?.toLowerCase() ?? null;
  const level = pending && highest < 3 ? 'pending' : (LEVELS[highest] ?? 'none');
  return { level, recommendation };
}

/**
 * Where nobody has paid and nobody is bound to: an order can stay open with its payment voided or its authorization expired
 * (https://shopify.dev/docs/api/admin-graphql/latest/enums/OrderDisplayFinancialStatus).
 */
const UNPAID: Readonly<Record<string, string>> = {
  PENDING: 'The payment is pending',
  EXPIRED: 'The authorization of the payment has expired',
  VOIDED: 'The payment was voided',
};

/** Why the order waits, by what Shopify says of it. A cancelled order waits for nothing. */
export function holdsOf(order: Field, risk: Order['risk'], cancelled: boolean): Hold[] {
  if (cancelled) return [];
  const holds: Hold[] = [];
  if (risk.level === 'high' || risk.recommendation === 'cancel') {
    holds.push({ kind: 'risk', reason: 'Shopify rates the risk of fraud as high', until: null });
  } else if (risk.level === 'pending') {
    holds.push({ kind: 'risk', reason: 'Shopify has not finished its fraud check', until: null });
  }
  const unpaid = UNPAID[order.textOrNull('displayFinancialStatus') ?? ''];
  if (unpaid !== undefined) holds.push({ kind: 'unpaid', reason: unpaid, until: null });
  for (const each of order.nodes('fulfillmentOrders')) {
    const status = each.text('status');
    if (status === 'ON_HOLD') {
      const reasons = each
        .list('fulfillmentHolds')
        .map((hold) => hold.textOrNull('displayReason') ?? hold.text('reason'));
      holds.push({
        kind: 'channel',
        reason: `On hold in Shopify: ${reasons.join(', ') || 'no reason given'}`,
        until: null,
      });
    } else if (status === 'SCHEDULED') {
      holds.push({
        kind: 'scheduled',
        reason: 'Scheduled in Shopify for a later day',
        until: instantOrNull(each, 'fulfillAt'),
      });
    }
  }
  return holds;
}
