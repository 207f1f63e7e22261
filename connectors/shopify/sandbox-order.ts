import { minus, NOTHING, part, plus } from '../../src/connector/sandbox/business/amounts.ts';
import type { PostalAddress } from '../../src/connector/sandbox/business/people.ts';
import {
  currentQuantity,
  discountOf,
  receivedOf,
  refundedOf,
  type DiscountShare,
  type Sale,
  type TaxShare,
  type Tender,
} from '../../src/connector/sandbox/business/sale.ts';
import { childTail, dateTime, gid, orderTail } from './sandbox-ids.ts';
import { moneyWriter } from './sandbox-money.ts';
import { application, lineNode, taxLine } from './sandbox-order-lines.ts';
import { assignmentNodes, fulfillmentNodes, refundNodes, returnNodes } from './sandbox-order-parts.ts';
import { taxSummary, totals } from './sandbox-order-totals.ts';
import type { Plain, Writing } from './sandbox-writing.ts';

const GATEWAYS: Readonly<Record<string, string>> = {
  shopify_payments: 'Shopify Payments',
  paypal: 'PayPal',
  gift_card: 'Gift card',
  manual: 'Bank deposit',
  klarna: 'Klarna',
};

/** The order as Shopify's Admin GraphQL 2026-10 would show it now. */
export function orderNode(sale: Sale): Plain {
  const money = moneyWriter(sale.currency);
  const id = (type: string, number: number): string => gid(type, childTail(sale, number));
  const taxes = (shares: readonly TaxShare[], count = 1, of = 1): Plain[] =>
    shares.map((share) => taxLine(share.title, share.rate, share.micros, money(part(share.amount, count, of))));
  const applications = sale.promotions.map((promotion, index) => application(promotion, index, money));
  const allocations = (shares: readonly DiscountShare[]): Plain[] =>
    shares.map((share) => ({
      allocatedAmountSet: money(share.amount),
      discountApplication: applications[share.promotion],
    }));
  const lines = new Map(
    sale.lines.map((line) => [line.number, lineNode(line, sale, { money, taxes, allocations, id })]),
  );
  const charges = new Map(
    sale.shipping.map((charge): [number, Plain] => {
      const net = minus(charge.price, discountOf(charge));
      const back = plus(
        NOTHING,
        ...sale.refunds.flatMap((refund) =>
          refund.shipping.filter((each) => each.charge === charge.number).map((each) => each.amount),
        ),
      );
      return [
        charge.number,
        {
          __typename: 'ShippingLine',
          id: id('ShippingLine', charge.number),
          title: charge.title,
          code: charge.code,
          source: 'shopify',
          carrierIdentifier: charge.carrier,
          deliveryCategory: null,
          phone: null,
          custom: false,
          isRemoved: false,
          originalPriceSet: money(charge.price),
          discountedPriceSet: money(net),
          currentDiscountedPriceSet: money(minus(net, back)),
          discountAllocations: allocations(charge.discounts),
          taxLines: taxes(charge.taxes),
        },
      ];
    }),
  );
  const transaction = (tender: Tender, parents: ReadonlyMap<number, Plain>): Plain =>
    transactionNode(tender, parents, { money, id });
  const tenders = new Map<number, Plain>();
  for (const tender of sale.tenders) tenders.set(tender.number, transaction(tender, tenders));
  const writing: Writing = { sale, money, taxes, id, lines, charges, tenders, transaction };
  const returns = returnNodes(writing);
  const refunds = refundNodes(writing, returns);
  const backTenders = refunds.flatMap((refund) => refund['transactions'] as Plain[]);
  return {
    ...facts(sale, id),
    ...totals(sale, money),
    additionalFees: sale.fees.map((fee) => ({
      id: id('AdditionalFee', fee.number),
      name: fee.title,
      price: money(fee.amount),
      taxLines: [],
    })),
    taxLines: taxSummary(sale, money, (line) => line.quantity),
    currentTaxLines: taxSummary(sale, money, currentQuantity),
    transactions: [...tenders.values(), ...backTenders],
    refunds,
    fulfillments: fulfillmentNodes(writing),
    lineItems: [...lines.values()],
    discountApplications: applications,
    shippingLines: [...charges.values()],
    fulfillmentOrders: assignmentNodes(writing),
    returns,
    metafields: [
      {
        __typename: 'Metafield',
        id: id('Metafield', 1),
        namespace: 'harbour',
        key: 'campaign',
        type: 'single_line_text_field',
        value: `autumn-${sale.index % 4}`,
        createdAt: dateTime(sale.placedAt),
        updatedAt: dateTime(sale.placedAt),
      },
    ],
  };
}

function facts(sale: Sale, id: Writing['id']): Record<string, unknown> {
  const who = sale.person;
  const paid = sale.tenders.filter((tender) => tender.status === 'success');
  const needs = sale.lines.some((line) => line.fulfilledBy === 'us' || line.fulfilledBy === 'channel');
  const codes = sale.promotions.filter((promotion) => promotion.kind === 'code').map((promotion) => promotion.title);
  return {
    __typename: 'Order',
    id: gid('Order', orderTail(sale)),
    legacyResourceId: orderTail(sale),
    name: `#${sale.number}`,
    number: sale.number,
    createdAt: dateTime(sale.placedAt),
    processedAt: dateTime(sale.placedAt),
    updatedAt: dateTime(sale.updatedAt),
    cancelledAt: sale.cancelledAt === null ? null : dateTime(sale.cancelledAt),
    cancelReason: sale.cancelReason?.toUpperCase() ?? null,
    closed: sale.closedAt !== null,
    closedAt: sale.closedAt === null ? null : dateTime(sale.closedAt),
    test: false,
    confirmed: true,
    edited: sale.edited,
    currencyCode: sale.currency.shop,
    presentmentCurrencyCode: sale.currency.buyer,
    taxesIncluded: sale.taxIncluded,
    dutiesIncluded: false,
    taxExempt: false,
    estimatedTaxes: false,
    requiresShipping: needs,
    fullyPaid: sale.story !== 'pending',
    unpaid: paid.length === 0,
    displayFinancialStatus: financialStatus(sale),
    displayFulfillmentStatus: fulfillmentStatus(sale),
    returnStatus:
      sale.returns.length === 0
        ? 'NO_RETURN'
        : sale.returns.some((each) => each.status === 'open')
          ? 'IN_PROGRESS'
          : 'RETURNED',
    sourceName: sale.story === 'pickup' ? 'pos' : 'web',
    sourceIdentifier: null,
    poNumber: null,
    note: sale.note,
    tags: [...sale.tags].toSorted(),
    email: who?.email ?? null,
    phone: null,
    clientIp: sale.ip,
    customerLocale: sale.taxIncluded ? 'de' : 'en',
    confirmationNumber: `HB${sale.number.toString(36).toUpperCase()}`,
    discountCode: codes[0] ?? null,
    discountCodes: codes,
    paymentGatewayNames: [...new Set(sale.tenders.map((tender) => tender.gateway))],
    customAttributes: Object.entries(sale.attributes).map(([key, value]) => ({ key, value })),
    customer: who && {
      __typename: 'Customer',
      id: gid('Customer', who.number),
      displayName: `${who.first} ${who.last}`,
      firstName: who.first,
      lastName: who.last,
      defaultEmailAddress: { emailAddress: who.email },
    },
    shippingAddress: sale.shippingAddress && addressNode(sale.shippingAddress, id('MailingAddress', 1)),
    billingAddress: sale.billingAddress && addressNode(sale.billingAddress, id('MailingAddress', 2)),
    billingAddressMatchesShippingAddress: sale.billingAddress === sale.shippingAddress,
    retailLocation: null,
    risk: {
      recommendation:
        sale.risk === 'high'
          ? 'CANCEL'
          : sale.risk === 'medium'
            ? 'INVESTIGATE'
            : sale.risk === 'low'
              ? 'ACCEPT'
              : 'NONE',
      assessments: sale.risk === 'none' ? [] : [{ riskLevel: sale.risk.toUpperCase() }],
    },
    subtotalLineItemsQuantity: sum(sale.lines, (line) => (line.kind === 'tip' ? 0 : line.quantity)),
    currentSubtotalLineItemsQuantity: sum(sale.lines, (line) => (line.kind === 'tip' ? 0 : currentQuantity(line))),
  };
}

function transactionNode(
  tender: Tender,
  parents: ReadonlyMap<number, Plain>,
  { money, id }: Pick<Writing, 'money' | 'id'>,
): Plain {
  return {
    __typename: 'OrderTransaction',
    id: id('OrderTransaction', tender.number),
    kind: tender.kind.toUpperCase(),
    status: tender.status.toUpperCase(),
    gateway: tender.gateway,
    formattedGateway: GATEWAYS[tender.gateway] ?? tender.gateway,
    manualPaymentGateway: tender.gateway === 'manual',
    test: false,
    createdAt: dateTime(tender.at),
    processedAt: dateTime(tender.at),
    errorCode: tender.status === 'failure' ? 'CARD_DECLINED' : null,
    paymentId: `pay_${id('P', tender.number).slice(-9)}`,
    accountNumber: tender.gateway === 'shopify_payments' ? '•••• •••• •••• 4242' : null,
    authorizationExpiresAt: tender.kind === 'authorization' ? dateTime(tender.at + 7 * 86_400_000) : null,
    amountSet: money(tender.amount),
    amountRoundingSet: null,
    parentTransaction: (tender.parent === null ? undefined : parents.get(tender.parent)) ?? null,
  };
}

function addressNode(address: PostalAddress, id: string): Plain {
  return {
    __typename: 'MailingAddress',
    id,
    name: `${address.first} ${address.last}`,
    firstName: address.first,
    lastName: address.last,
    company: address.company,
    address1: address.street,
    address2: address.extra,
    city: address.city,
    province: address.regionName,
    provinceCode: address.region,
    zip: address.postcode,
    country: address.countryName,
    countryCodeV2: address.country,
    phone: address.phone,
  };
}

function financialStatus(sale: Sale): string {
  const received = receivedOf(sale).shop;
  const refunded = refundedOf(sale).shop;
  if (sale.tenders.some((tender) => tender.kind === 'void')) return 'VOIDED';
  if (received === 0) return sale.tenders.some((tender) => tender.status === 'pending') ? 'PENDING' : 'AUTHORIZED';
  if (refunded >= received) return 'REFUNDED';
  return refunded > 0 ? 'PARTIALLY_REFUNDED' : 'PAID';
}

function fulfillmentStatus(sale: Sale): string {
  const open = sale.assigned.filter((work) => work.lines.some((line) => line.remaining > 0));
  if (open.some((work) => work.status === 'on-hold')) return 'ON_HOLD';
  if (open.some((work) => work.status === 'scheduled')) return 'SCHEDULED';
  if (open.length === 0) return sale.parcels.length > 0 || sale.assigned.length === 0 ? 'FULFILLED' : 'UNFULFILLED';
  return sale.parcels.length > 0 ? 'PARTIALLY_FULFILLED' : 'UNFULFILLED';
}

function sum<T>(of: readonly T[], amount: (each: T) => number): number {
  let total = 0;
  for (const each of of) total += amount(each);
  return total;
}
