/**
 * What is asked of an order and its parts. Page sizes of nested connections stand at the top of a cost step: a connection's
 * requested cost grows with ⌊2·ln(first)⌋ (see cost.ts), so 12 cost what 8 cost. What does not fit a nested page is fetched
 * by the documents of NESTED.
 */

export const MONEY = `
fragment Money on MoneyBag { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }`;

export const TAX = `
fragment Tax on TaxLine { title rate source channelLiable priceSet { ...Money } }`;

export const ALLOCATION = `
fragment Allocation on DiscountAllocation {
  allocatedAmountSet { ...Money }
  discountApplication {
    __typename index
    ... on DiscountCodeApplication { code }
    ... on AutomaticDiscountApplication { title }
    ... on ManualDiscountApplication { title }
    ... on ScriptDiscountApplication { title }
  }
}`;

export const ADDRESS = `
fragment Address on MailingAddress { name company address1 address2 city provinceCode province zip countryCodeV2 phone }`;

export const TRANSACTION = `
fragment Transaction on OrderTransaction {
  id kind status gateway manualPaymentGateway processedAt createdAt test errorCode
  amountSet { ...Money } amountRoundingSet { ...Money }
  parentTransaction { id }
}`;

export const LINE = `
fragment Line on LineItem {
  id title variantTitle sku quantity currentQuantity unfulfilledQuantity
  requiresShipping isGiftCard taxable
  variant { id }
  product { id }
  originalUnitPriceSet { ...Money }
  discountAllocations { ...Allocation }
  taxLines { ...Tax }
  duties { id harmonizedSystemCode countryCodeOfOrigin price { ...Money } taxLines { ...Tax } }
  customAttributes { key value }
}`;

export const SHIPPING_LINE = `
fragment ShippingRecord on ShippingLine {
  id title code carrierIdentifier isRemoved
  originalPriceSet { ...Money }
  discountAllocations { ...Allocation }
  taxLines { ...Tax }
}`;

export const REFUND_LINE = `
fragment RefundLine on RefundLineItem {
  id quantity restockType location { id } lineItem { id } subtotalSet { ...Money } totalTaxSet { ...Money }
}`;

export const REFUND_SHIPPING = `
fragment RefundShipping on RefundShippingLine {
  id shippingLine { id } subtotalAmountSet { ...Money } taxAmountSet { ...Money }
}`;

export const ADJUSTMENT = `
fragment Adjustment on OrderAdjustment { id reason amountSet { ...Money } taxAmountSet { ...Money } }`;

export const RETURN_LINE = `
fragment ReturnLine on ReturnLineItemType {
  id quantity processedQuantity
  returnReasonDefinition { handle }
  ... on ReturnLineItem { fulfillmentLineItem { lineItem { id } } }
}`;

export const RETURN = `
fragment ReturnRecord on Return {
  id name status
  returnLineItems(first: 12) { nodes { ...ReturnLine } pageInfo { hasNextPage endCursor } }
}`;

export const FULFILLMENT_LINE = `
fragment ShippedLine on FulfillmentLineItem { id quantity lineItem { id } }`;

export const ASSIGNED_LINE = `
fragment AssignedLine on FulfillmentOrderLineItem { id totalQuantity remainingQuantity lineItem { id } }`;

export const ASSIGNMENT_FIELDS = `id status requestStatus fulfillAt
  assignedLocation { name location { id isFulfillmentService fulfillmentService { handle } } }
  deliveryMethod { methodType presentedName }
  fulfillmentHolds { id reason displayReason }`;

export const ASSIGNMENT = `
fragment AssignmentRecord on FulfillmentOrder {
  ${ASSIGNMENT_FIELDS}
  lineItems(first: 12) { nodes { ...AssignedLine } pageInfo { hasNextPage endCursor } }
}`;

/** What an order carries beside its connections; the bulk export and the page query ask for the same, in the same order. */
export const ORDER_FIELDS = `id name createdAt processedAt updatedAt cancelledAt cancelReason closedAt test confirmed edited
  currencyCode presentmentCurrencyCode taxesIncluded dutiesIncluded
  displayFinancialStatus displayFulfillmentStatus returnStatus sourceName poNumber note tags email phone clientIp
  customAttributes { key value }
  customer { id }
  shippingAddress { ...Address }
  billingAddress { ...Address }
  subtotalPriceSet { ...Money } totalDiscountsSet { ...Money } totalShippingPriceSet { ...Money } totalTaxSet { ...Money }
  originalTotalDutiesSet { ...Money } originalTotalAdditionalFeesSet { ...Money } totalTipReceivedSet { ...Money }
  totalPriceSet { ...Money } currentTotalPriceSet { ...Money } totalRefundedSet { ...Money }
  totalCashRoundingAdjustment { paymentSet { ...Money } refundSet { ...Money } }
  additionalFees { id name price { ...Money } taxLines { ...Tax } }
  risk { recommendation assessments { riskLevel } }
  transactions { ...Transaction }`;

export const ORDER = (metafields: string): string => `
fragment OrderRecord on Order {
  ${ORDER_FIELDS}
  ${metafields}
  lineItems(first: 12) { nodes { ...Line } pageInfo { hasNextPage endCursor } }
  shippingLines(first: 4, includeRemovals: true) { nodes { ...ShippingRecord } pageInfo { hasNextPage endCursor } }
  fulfillmentOrders(first: 2) { nodes { ...AssignmentRecord } pageInfo { hasNextPage endCursor } }
  fulfillments {
    id status createdAt
    fulfillmentLineItems(first: 12) { nodes { ...ShippedLine } pageInfo { hasNextPage endCursor } }
  }
  refunds {
    id createdAt processedAt totalRefundedSet { ...Money } return { id }
    duties { amountSet { ...Money } originalDuty { id } }
    refundLineItems(first: 12) { nodes { ...RefundLine } pageInfo { hasNextPage endCursor } }
    refundShippingLines(first: 2) { nodes { ...RefundShipping } pageInfo { hasNextPage endCursor } }
    orderAdjustments(first: 4) { nodes { ...Adjustment } pageInfo { hasNextPage endCursor } }
    transactions(first: 4) { nodes { ...Transaction } pageInfo { hasNextPage endCursor } }
  }
  returns(first: 2) { nodes { ...ReturnRecord } pageInfo { hasNextPage endCursor } }
}`;

export const ORDER_FRAGMENTS = [
  MONEY,
  TAX,
  ALLOCATION,
  ADDRESS,
  TRANSACTION,
  LINE,
  SHIPPING_LINE,
  REFUND_LINE,
  REFUND_SHIPPING,
  ADJUSTMENT,
  RETURN_LINE,
  RETURN,
  FULFILLMENT_LINE,
  ASSIGNED_LINE,
  ASSIGNMENT,
].join('');
