import { minus, NOTHING, plus } from '../../src/connector/sandbox/business/amounts.ts';
import type { Assigned, MoneyBack } from '../../src/connector/sandbox/business/sale.ts';
import { dateTime, gid, locationTail, orderTail } from './sandbox-ids.ts';
import { dutyNode, locationNode, type Plain, type Writing } from './sandbox-writing.ts';

const STATUS: Readonly<Record<Assigned['status'], string>> = {
  open: 'OPEN',
  'in-progress': 'IN_PROGRESS',
  scheduled: 'SCHEDULED',
  'on-hold': 'ON_HOLD',
  closed: 'CLOSED',
  cancelled: 'CANCELLED',
};

/** What the shop has asked its locations to send. */
export function assignmentNodes({ sale, lines, id }: Writing): Plain[] {
  return sale.assigned.map((work) => {
    const location = locationNode(locationTail(work.place, work.by));
    const address = location['address'] as Plain;
    return {
      __typename: 'FulfillmentOrder',
      id: id('FulfillmentOrder', work.number),
      orderId: gid('Order', orderTail(sale)),
      orderName: `#${sale.number}`,
      status: STATUS[work.status],
      requestStatus: work.by === 'channel' ? 'ACCEPTED' : 'UNSUBMITTED',
      createdAt: dateTime(sale.placedAt),
      updatedAt: dateTime(sale.updatedAt),
      fulfillAt: dateTime(work.fulfillAt ?? sale.placedAt),
      fulfillBy: null,
      assignedLocation: {
        name: location['name'],
        address1: address['address1'],
        address2: null,
        city: address['city'],
        province: address['province'],
        zip: address['zip'],
        countryCode: address['countryCode'],
        phone: null,
        location,
      },
      deliveryMethod: {
        __typename: 'DeliveryMethod',
        id: id('DeliveryMethod', work.number),
        methodType: work.method === 'pickup' ? 'PICK_UP' : 'SHIPPING',
        presentedName: sale.shipping[0]?.title ?? null,
        serviceCode: sale.shipping[0]?.code ?? null,
        minDeliveryDateTime: null,
        maxDeliveryDateTime: null,
      },
      fulfillmentHolds:
        work.heldFor === null
          ? []
          : [
              {
                __typename: 'FulfillmentHold',
                id: id('FulfillmentHold', work.number),
                reason: work.heldFor,
                displayReason: 'Incorrect address',
                reasonNotes: 'House number is missing',
                handle: null,
              },
            ],
      lineItems: work.lines.map(({ line, total, remaining }) => ({
        __typename: 'FulfillmentOrderLineItem',
        id: id('FulfillmentOrderLineItem', work.number * 100 + line),
        totalQuantity: total,
        remainingQuantity: remaining,
        sku: lines.get(line)?.['sku'] ?? null,
        productTitle: lines.get(line)?.['title'],
        requiresShipping: true,
        inventoryItemId: null,
        lineItem: lines.get(line),
      })),
    };
  });
}

/** What has left. */
export function fulfillmentNodes({ sale, lines, id }: Writing): Plain[] {
  return sale.parcels.map((parcel) => ({
    __typename: 'Fulfillment',
    id: id('Fulfillment', parcel.number),
    name: `#${sale.number}.${parcel.number}`,
    status: 'SUCCESS',
    createdAt: dateTime(parcel.at),
    updatedAt: dateTime(parcel.at),
    totalQuantity: parcel.lines.reduce((total, line) => total + line.quantity, 0),
    requiresShipping: true,
    location: locationNode(locationTail(parcel.place)),
    // Several numbers of one parcel stand side by side in the business's book.
    trackingInfo: parcel.tracking
      .split(' ')
      .filter((number) => number !== '')
      .map((number) => ({ company: parcel.carrier, number, url: null })),
    fulfillmentLineItems: parcel.lines.map(({ line, quantity }) =>
      shippedLine(id, parcel.number, line, quantity, lines),
    ),
  }));
}

function shippedLine(
  id: Writing['id'],
  parcel: number,
  line: number,
  quantity: number,
  lines: Writing['lines'],
): Plain {
  return {
    __typename: 'FulfillmentLineItem',
    id: id('FulfillmentLineItem', parcel * 100 + line),
    quantity,
    lineItem: lines.get(line),
  };
}

/** Money that went back, and what was taken off the order with it. */
export function refundNodes(writing: Writing, returns: readonly Plain[]): Plain[] {
  return writing.sale.refunds.map((refund) => refundNode(refund, writing, returns));
}

function refundNode(
  refund: MoneyBack,
  { sale, money, id, lines, charges, tenders, transaction }: Writing,
  returns: readonly Plain[],
): Plain {
  const at = dateTime(refund.at);
  const number = (index: number): number => refund.number * 100 + index;
  return {
    __typename: 'Refund',
    id: id('Refund', refund.number),
    createdAt: at,
    processedAt: at,
    updatedAt: at,
    note: refund.note,
    totalRefundedSet: money(plus(NOTHING, ...refund.tenders.map((tender) => tender.amount))),
    duties: refund.duties.flatMap(({ line, amount }) => {
      const sold = sale.lines.find((each) => each.number === line);
      return sold ? [{ amountSet: money(amount), originalDuty: dutyNode(sold, sale, money) }] : [];
    }),
    return: refund.returned === null ? null : (returns[refund.returned - 1] ?? null),
    refundLineItems: refund.lines.map((line) => {
      const sold = sale.lines.find((each) => each.number === line.line);
      return {
        __typename: 'RefundLineItem',
        id: id('RefundLineItem', number(line.line)),
        quantity: line.quantity,
        restockType: { return: 'RETURN', cancel: 'CANCEL', 'no-restock': 'NO_RESTOCK' }[line.restock],
        restocked: line.restock !== 'no-restock',
        location: line.restock === 'no-restock' || line.place === null ? null : locationNode(locationTail(line.place)),
        lineItem: lines.get(line.line),
        priceSet: money(sold?.unit ?? NOTHING),
        subtotalSet: money(line.subtotal),
        totalTaxSet: money(line.tax),
      };
    }),
    refundShippingLines: refund.shipping.map(({ charge, amount, tax }) => ({
      __typename: 'RefundShippingLine',
      id: id('RefundShippingLine', number(charge)),
      shippingLine: charges.get(charge),
      subtotalAmountSet: money(amount),
      taxAmountSet: money(tax),
    })),
    // Shopify writes what is given beyond the lines as a negative balance of the order, and what is kept as a positive one.
    orderAdjustments: refund.adjustments.map((each) => ({
      __typename: 'OrderAdjustment',
      id: id('OrderAdjustment', number(each.number)),
      reason: each.reason,
      amountSet: money(minus(NOTHING, each.amount)),
      taxAmountSet: money(NOTHING),
    })),
    transactions: refund.tenders.map((tender) => transaction(tender, tenders)),
  };
}

/** What buyers asked to send back. */
export function returnNodes({ sale, lines, id }: Writing): Plain[] {
  return sale.returns.map((back) => {
    const done = back.status === 'closed';
    return {
      __typename: 'Return',
      id: id('Return', back.number),
      name: `#${sale.number}-R${back.number}`,
      status: done ? 'CLOSED' : 'OPEN',
      createdAt: dateTime(back.at),
      closedAt: done ? dateTime(sale.updatedAt) : null,
      totalQuantity: back.lines.reduce((total, line) => total + line.quantity, 0),
      returnLineItems: back.lines.map(({ line, quantity, reason }) => {
        const parcel = sale.parcels.find((each) => each.lines.some((sent) => sent.line === line));
        return {
          __typename: 'ReturnLineItem',
          id: id('ReturnLineItem', back.number * 100 + line),
          quantity,
          processedQuantity: done ? quantity : 0,
          unprocessedQuantity: done ? 0 : quantity,
          refundedQuantity: done ? quantity : 0,
          refundableQuantity: done ? 0 : quantity,
          returnReasonNote: '',
          customerNote: null,
          returnReasonDefinition: {
            __typename: 'ReturnReasonDefinition',
            id: gid('ReturnReasonDefinition', 17),
            handle: reason.toLowerCase().replaceAll('_', '-'),
            name: reason,
            deleted: false,
          },
          fulfillmentLineItem: shippedLine(id, parcel?.number ?? 1, line, quantity, lines),
        };
      }),
    };
  });
}
