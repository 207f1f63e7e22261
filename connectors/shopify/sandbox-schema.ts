import { buildSchema, type GraphQLSchema } from 'graphql';

/** Types that come in pages. */
const PAGED = [
  'Order',
  'LineItem',
  'ShippingLine',
  'DiscountApplication',
  'FulfillmentOrder',
  'FulfillmentOrderLineItem',
  'Fulfillment',
  'FulfillmentLineItem',
  'RefundLineItem',
  'RefundShippingLine',
  'OrderAdjustment',
  'OrderTransaction',
  'Return',
  'ReturnLineItemType',
  'Refund',
  'Metafield',
  'InventoryItem',
  'InventoryLevel',
  'Location',
  'WebhookSubscription',
  'BulkOperation',
] as const;

const PAGE_ARGS = 'first: Int, after: String, last: Int, before: String, reverse: Boolean = false';

/**
 * The part of Admin GraphQL 2026-10 that the stand-in answers, in our own words. Names, nullability, arguments and
 * defaults are Shopify's: the specs suite checks each against the official introspection. A field that stands here
 * always has a value that the type allows; what the stand-in does not know is left out, so asking for it is refused as
 * Shopify refuses an unknown field.
 */
const TYPES = `
schema { query: QueryRoot mutation: Mutation }
scalar DateTime
scalar Decimal
scalar URL
scalar UnsignedInt64
scalar JSON

enum CurrencyCode { USD EUR CAD GBP CHF DKK SEK JPY }
enum CountryCode { US CA IE DE NL FR AT BE IT ES GB CH }
enum OrderSortKeys { CREATED_AT ID ORDER_NUMBER PROCESSED_AT UPDATED_AT }
enum LocationSortKeys { ID NAME RELEVANCE }
enum OrderCancelReason { CUSTOMER DECLINED FRAUD INVENTORY OTHER STAFF }
enum OrderDisplayFinancialStatus { AUTHORIZED EXPIRED PAID PARTIALLY_PAID PARTIALLY_REFUNDED PENDING REFUNDED VOIDED }
enum OrderDisplayFulfillmentStatus { FULFILLED IN_PROGRESS ON_HOLD OPEN PARTIALLY_FULFILLED PENDING_FULFILLMENT REQUEST_DECLINED RESTOCKED SCHEDULED UNFULFILLED FULFILLMENT_NOT_REQUIRED }
enum OrderReturnStatus { INSPECTION_COMPLETE IN_PROGRESS NO_RETURN RETURNED RETURN_FAILED RETURN_REQUESTED }
enum OrderRiskRecommendationResult { ACCEPT CANCEL INVESTIGATE NONE }
enum RiskAssessmentResult { HIGH LOW MEDIUM NONE PENDING }
enum OrderTransactionKind { AUTHORIZATION CAPTURE CHANGE EMV_AUTHORIZATION REFUND SALE SUGGESTED_REFUND VOID }
enum OrderTransactionStatus { AWAITING_RESPONSE ERROR FAILURE PENDING SUCCESS UNKNOWN }
enum OrderTransactionErrorCode { CARD_DECLINED GENERIC_ERROR }
enum DiscountApplicationAllocationMethod { ACROSS EACH ONE }
enum DiscountApplicationTargetSelection { ALL ENTITLED EXPLICIT }
enum DiscountApplicationTargetType { LINE_ITEM SHIPPING_LINE }
enum FulfillmentOrderStatus { CANCELLED CLOSED INCOMPLETE IN_PROGRESS ON_HOLD OPEN SCHEDULED }
enum FulfillmentOrderRequestStatus { ACCEPTED CANCELLATION_ACCEPTED CANCELLATION_REJECTED CANCELLATION_REQUESTED CLOSED REJECTED SUBMITTED UNSUBMITTED }
enum FulfillmentHoldReason { AWAITING_PAYMENT AWAITING_RETURN_ITEMS HIGH_RISK_OF_FRAUD INCORRECT_ADDRESS INVENTORY_OUT_OF_STOCK OTHER UNKNOWN_DELIVERY_DATE }
enum FulfillmentServiceType { GIFT_CARD MANUAL THIRD_PARTY }
enum FulfillmentStatus { CANCELLED ERROR FAILURE OPEN PENDING SUCCESS }
enum DeliveryMethodType { LOCAL NONE PICKUP_POINT PICK_UP RETAIL SHIPPING }
enum RefundLineItemRestockType { CANCEL LEGACY_RESTOCK NO_RESTOCK RETURN }
enum OrderAdjustmentDiscrepancyReason { CUSTOMER DAMAGE FULL_RETURN_BALANCING_ADJUSTMENT PENDING_REFUND_DISCREPANCY REFUND_DISCREPANCY RESTOCK }
enum ReturnStatus { CANCELED CLOSED DECLINED OPEN REQUESTED }
enum BulkOperationStatus { CANCELED CANCELING COMPLETED CREATED EXPIRED FAILED RUNNING }
enum BulkOperationErrorCode { ACCESS_DENIED INTERNAL_SERVER_ERROR TIMEOUT }
enum BulkOperationType { MUTATION QUERY }
enum BulkOperationUserErrorCode { INVALID LIMIT_REACHED OPERATION_IN_PROGRESS }
enum BulkOperationsSortKeys { COMPLETED_AT CREATED_AT }
enum WebhookSubscriptionFormat { JSON XML }
enum WebhookSubscriptionSortKeys { CREATED_AT ID }
enum CountPrecision { AT_LEAST EXACT }
enum WebhookSubscriptionTopic {
  ORDERS_CREATE ORDERS_UPDATED ORDERS_EDITED ORDERS_CANCELLED ORDERS_PAID ORDERS_FULFILLED ORDERS_PARTIALLY_FULFILLED ORDERS_DELETE
  ORDERS_RISK_ASSESSMENT_CHANGED ORDER_TRANSACTIONS_CREATE REFUNDS_CREATE RETURNS_REQUEST RETURNS_APPROVE RETURNS_CLOSE RETURNS_UPDATE
  RETURNS_CANCEL RETURNS_DECLINE RETURNS_PROCESS RETURNS_REOPEN FULFILLMENTS_CREATE FULFILLMENTS_UPDATE
  FULFILLMENT_ORDERS_CANCELLED FULFILLMENT_ORDERS_MOVED FULFILLMENT_ORDERS_SPLIT FULFILLMENT_ORDERS_MERGED FULFILLMENT_ORDERS_RESCHEDULED
  FULFILLMENT_ORDERS_PLACED_ON_HOLD FULFILLMENT_ORDERS_HOLD_RELEASED FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE
  FULFILLMENT_ORDERS_SCHEDULED_FULFILLMENT_ORDER_READY FULFILLMENT_HOLDS_ADDED FULFILLMENT_HOLDS_RELEASED
  INVENTORY_LEVELS_UPDATE INVENTORY_LEVELS_CONNECT INVENTORY_LEVELS_DISCONNECT INVENTORY_ITEMS_CREATE INVENTORY_ITEMS_UPDATE INVENTORY_ITEMS_DELETE
  LOCATIONS_CREATE LOCATIONS_UPDATE LOCATIONS_ACTIVATE LOCATIONS_DEACTIVATE LOCATIONS_DELETE
  PRODUCTS_UPDATE APP_UNINSTALLED APP_SCOPES_UPDATE BULK_OPERATIONS_FINISH SHOP_UPDATE DISPUTES_CREATE DISPUTES_UPDATE TENDER_TRANSACTIONS_CREATE
}

interface Node { id: ID! }
interface DisplayableError { field: [String!] message: String! }

type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
type MoneyV2 { amount: Decimal! currencyCode: CurrencyCode! }
type MoneyBag { shopMoney: MoneyV2! presentmentMoney: MoneyV2! }
type Attribute { key: String! value: String }
type Count { count: Int! precision: CountPrecision! }
type TaxLine { title: String! rate: Float ratePercentage: Float source: String channelLiable: Boolean priceSet: MoneyBag! }
type AdditionalFee implements Node { id: ID! name: String! price: MoneyBag! taxLines: [TaxLine!]! }
type Duty implements Node { id: ID! harmonizedSystemCode: String countryCodeOfOrigin: CountryCode price: MoneyBag! taxLines: [TaxLine!]! }
type CashRoundingAdjustment { paymentSet: MoneyBag! refundSet: MoneyBag! }

union PricingValue = MoneyV2 | PricingPercentageValue
type PricingPercentageValue { percentage: Float! }
interface DiscountApplication { allocationMethod: DiscountApplicationAllocationMethod! index: Int! targetSelection: DiscountApplicationTargetSelection! targetType: DiscountApplicationTargetType! value: PricingValue! }
type DiscountCodeApplication implements DiscountApplication { code: String! allocationMethod: DiscountApplicationAllocationMethod! index: Int! targetSelection: DiscountApplicationTargetSelection! targetType: DiscountApplicationTargetType! value: PricingValue! }
type AutomaticDiscountApplication implements DiscountApplication { title: String! allocationMethod: DiscountApplicationAllocationMethod! index: Int! targetSelection: DiscountApplicationTargetSelection! targetType: DiscountApplicationTargetType! value: PricingValue! }
type ManualDiscountApplication implements DiscountApplication { title: String! description: String allocationMethod: DiscountApplicationAllocationMethod! index: Int! targetSelection: DiscountApplicationTargetSelection! targetType: DiscountApplicationTargetType! value: PricingValue! }
type ScriptDiscountApplication implements DiscountApplication { title: String! allocationMethod: DiscountApplicationAllocationMethod! index: Int! targetSelection: DiscountApplicationTargetSelection! targetType: DiscountApplicationTargetType! value: PricingValue! }
type DiscountAllocation { allocatedAmountSet: MoneyBag! discountApplication: DiscountApplication! }

type MailingAddress implements Node {
  id: ID! name: String firstName: String lastName: String company: String address1: String address2: String city: String
  province: String provinceCode: String zip: String country: String countryCodeV2: CountryCode phone: String
}
type Customer implements Node { id: ID! displayName: String! firstName: String lastName: String defaultEmailAddress: CustomerEmailAddress }
type CustomerEmailAddress { emailAddress: String! }
type Metafield implements Node { id: ID! namespace: String! key: String! type: String! value: String! createdAt: DateTime! updatedAt: DateTime! }
type OrderRiskSummary { recommendation: OrderRiskRecommendationResult! assessments: [OrderRiskAssessment!]! }
type OrderRiskAssessment { riskLevel: RiskAssessmentResult! }

type Product implements Node { id: ID! title: String! }
type ProductVariant implements Node { id: ID! title: String! sku: String product: Product! }

type LineItem implements Node {
  id: ID! title: String! variantTitle: String name: String! sku: String vendor: String quantity: Int! currentQuantity: Int!
  unfulfilledQuantity: Int! nonFulfillableQuantity: Int! refundableQuantity: Int! requiresShipping: Boolean! isGiftCard: Boolean! taxable: Boolean! restockable: Boolean!
  product: Product variant: ProductVariant customAttributes: [Attribute!]!
  originalUnitPriceSet: MoneyBag! originalTotalSet: MoneyBag! discountedTotalSet(withCodeDiscounts: Boolean = false): MoneyBag! totalDiscountSet: MoneyBag!
  discountAllocations: [DiscountAllocation!]! taxLines(first: Int): [TaxLine!]! duties: [Duty!]!
}
type ShippingLine {
  id: ID title: String! code: String source: String carrierIdentifier: String deliveryCategory: String phone: String custom: Boolean! isRemoved: Boolean!
  originalPriceSet: MoneyBag! discountedPriceSet: MoneyBag! currentDiscountedPriceSet: MoneyBag! discountAllocations: [DiscountAllocation!]! taxLines: [TaxLine!]!
}
type OrderTransaction implements Node {
  id: ID! kind: OrderTransactionKind! status: OrderTransactionStatus! gateway: String formattedGateway: String manualPaymentGateway: Boolean! test: Boolean!
  createdAt: DateTime! processedAt: DateTime errorCode: OrderTransactionErrorCode paymentId: String accountNumber: String authorizationExpiresAt: DateTime
  amountSet: MoneyBag! amountRoundingSet: MoneyBag parentTransaction: OrderTransaction
}
type FulfillmentService { id: ID! handle: String! serviceName: String! type: FulfillmentServiceType! inventoryManagement: Boolean! trackingSupport: Boolean! requiresShippingMethod: Boolean! }
type LocationAddress { address1: String address2: String city: String country: String countryCode: String province: String provinceCode: String zip: String phone: String }
type Location implements Node {
  id: ID! name: String! isActive: Boolean! isFulfillmentService: Boolean! fulfillsOnlineOrders: Boolean! shipsInventory: Boolean! address: LocationAddress!
  createdAt: DateTime! updatedAt: DateTime! fulfillmentService: FulfillmentService
}
type FulfillmentOrderAssignedLocation { name: String! address1: String address2: String city: String province: String zip: String countryCode: CountryCode! phone: String location: Location }
type DeliveryMethod implements Node { id: ID! methodType: DeliveryMethodType! presentedName: String serviceCode: String minDeliveryDateTime: DateTime maxDeliveryDateTime: DateTime }
type FulfillmentHold implements Node { id: ID! reason: FulfillmentHoldReason! displayReason: String! reasonNotes: String handle: String }
type FulfillmentOrder implements Node {
  id: ID! orderId: ID! orderName: String! status: FulfillmentOrderStatus! requestStatus: FulfillmentOrderRequestStatus! createdAt: DateTime! updatedAt: DateTime! fulfillAt: DateTime fulfillBy: DateTime
  assignedLocation: FulfillmentOrderAssignedLocation! deliveryMethod: DeliveryMethod fulfillmentHolds: [FulfillmentHold!]! lineItems(PAGE): FulfillmentOrderLineItemConnection!
}
type FulfillmentOrderLineItem implements Node { id: ID! totalQuantity: Int! remainingQuantity: Int! sku: String productTitle: String! requiresShipping: Boolean! inventoryItemId: ID lineItem: LineItem! }
type FulfillmentTrackingInfo { company: String number: String url: URL }
type Fulfillment implements Node {
  id: ID! name: String! status: FulfillmentStatus! createdAt: DateTime! updatedAt: DateTime! totalQuantity: Int! requiresShipping: Boolean!
  location: Location trackingInfo(first: Int): [FulfillmentTrackingInfo!]! fulfillmentLineItems(PAGE): FulfillmentLineItemConnection!
}
type FulfillmentLineItem implements Node { id: ID! quantity: Int lineItem: LineItem! }
type Refund implements Node {
  id: ID! createdAt: DateTime processedAt: DateTime! updatedAt: DateTime! note: String totalRefundedSet: MoneyBag! duties: [RefundDuty!] return: Return
  refundLineItems(PAGE): RefundLineItemConnection! refundShippingLines(PAGE): RefundShippingLineConnection!
  orderAdjustments(PAGE): OrderAdjustmentConnection! transactions(PAGE): OrderTransactionConnection!
}
type RefundLineItem { id: ID quantity: Int! restockType: RefundLineItemRestockType! restocked: Boolean! location: Location lineItem: LineItem! priceSet: MoneyBag! subtotalSet: MoneyBag! totalTaxSet: MoneyBag! }
type RefundShippingLine implements Node { id: ID! shippingLine: ShippingLine! subtotalAmountSet: MoneyBag! taxAmountSet: MoneyBag! }
type RefundDuty { amountSet: MoneyBag! originalDuty: Duty }
type OrderAdjustment implements Node { id: ID! reason: OrderAdjustmentDiscrepancyReason amountSet: MoneyBag! taxAmountSet: MoneyBag! }
type ReturnReasonDefinition implements Node { id: ID! handle: String! name: String! deleted: Boolean! }
interface ReturnLineItemType implements Node { id: ID! quantity: Int! processedQuantity: Int! unprocessedQuantity: Int! refundedQuantity: Int! refundableQuantity: Int! returnReasonDefinition: ReturnReasonDefinition returnReasonNote: String! customerNote: String }
type ReturnLineItem implements Node & ReturnLineItemType {
  id: ID! quantity: Int! processedQuantity: Int! unprocessedQuantity: Int! refundedQuantity: Int! refundableQuantity: Int! returnReasonDefinition: ReturnReasonDefinition returnReasonNote: String! customerNote: String
  fulfillmentLineItem: FulfillmentLineItem!
}
type Return implements Node { id: ID! name: String! status: ReturnStatus! createdAt: DateTime! closedAt: DateTime totalQuantity: Int! returnLineItems(PAGE): ReturnLineItemTypeConnection! }

type Order implements Node {
  id: ID! legacyResourceId: UnsignedInt64! name: String! number: Int! createdAt: DateTime! processedAt: DateTime! updatedAt: DateTime! cancelledAt: DateTime cancelReason: OrderCancelReason
  closed: Boolean! closedAt: DateTime test: Boolean! confirmed: Boolean! edited: Boolean! currencyCode: CurrencyCode! presentmentCurrencyCode: CurrencyCode! taxesIncluded: Boolean! dutiesIncluded: Boolean!
  taxExempt: Boolean! estimatedTaxes: Boolean! requiresShipping: Boolean! fullyPaid: Boolean! unpaid: Boolean!
  displayFinancialStatus: OrderDisplayFinancialStatus displayFulfillmentStatus: OrderDisplayFulfillmentStatus! returnStatus: OrderReturnStatus!
  sourceName: String sourceIdentifier: String poNumber: String note: String tags: [String!]! email: String phone: String clientIp: String customerLocale: String
  confirmationNumber: String discountCode: String discountCodes: [String!]! paymentGatewayNames: [String!]! customAttributes: [Attribute!]!
  customer: Customer shippingAddress: MailingAddress billingAddress: MailingAddress billingAddressMatchesShippingAddress: Boolean! retailLocation: Location
  subtotalPriceSet: MoneyBag totalDiscountsSet: MoneyBag totalShippingPriceSet: MoneyBag! totalTaxSet: MoneyBag totalPriceSet: MoneyBag! totalTipReceivedSet: MoneyBag!
  originalTotalPriceSet: MoneyBag! originalTotalDutiesSet: MoneyBag originalTotalAdditionalFeesSet: MoneyBag
  currentSubtotalPriceSet: MoneyBag! currentTotalDiscountsSet: MoneyBag! currentShippingPriceSet: MoneyBag! currentTotalTaxSet: MoneyBag! currentTotalDutiesSet: MoneyBag currentTotalAdditionalFeesSet: MoneyBag currentTotalPriceSet: MoneyBag!
  totalReceivedSet: MoneyBag! totalRefundedSet: MoneyBag! totalRefundedShippingSet: MoneyBag! netPaymentSet: MoneyBag! totalOutstandingSet: MoneyBag! totalCapturableSet: MoneyBag!
  totalCashRoundingAdjustment: CashRoundingAdjustment! additionalFees: [AdditionalFee!]! taxLines: [TaxLine!]! currentTaxLines: [TaxLine!]! risk: OrderRiskSummary!
  currentSubtotalLineItemsQuantity: Int! subtotalLineItemsQuantity: Int!
  metafield(namespace: String, key: String!): Metafield metafields(first: Int, after: String, last: Int, before: String, reverse: Boolean = false, namespace: String, keys: [String!]): MetafieldConnection!
  transactions(first: Int, capturable: Boolean, manuallyResolvable: Boolean): [OrderTransaction!]! refunds(first: Int): [Refund!]!
  fulfillments(first: Int, query: String): [Fulfillment!]! lineItems(PAGE): LineItemConnection! discountApplications(PAGE): DiscountApplicationConnection!
  shippingLines(PAGE, includeRemovals: Boolean = false): ShippingLineConnection!
  fulfillmentOrders(PAGE, displayable: Boolean = false, query: String): FulfillmentOrderConnection! returns(PAGE, query: String): ReturnConnection!
}

type InventoryQuantity implements Node { id: ID! name: String! quantity: Int! updatedAt: DateTime }
type InventoryLevel implements Node { id: ID! isActive: Boolean! createdAt: DateTime! updatedAt: DateTime! location: Location! item: InventoryItem! quantities(names: [String!]!): [InventoryQuantity!]! }
type InventoryItem implements Node {
  id: ID! sku: String tracked: Boolean! requiresShipping: Boolean! createdAt: DateTime! updatedAt: DateTime! harmonizedSystemCode: String countryCodeOfOrigin: CountryCode unitCost: MoneyV2
  inventoryLevels(PAGE, query: String, includeInactive: Boolean = false): InventoryLevelConnection! inventoryLevel(locationId: ID!, includeInactive: Boolean = false): InventoryLevel
}

type ShopPlan { publicDisplayName: String! partnerDevelopment: Boolean! shopifyPlus: Boolean! }
type Shop implements Node { id: ID! name: String! email: String! myshopifyDomain: String! currencyCode: CurrencyCode! ianaTimezone: String! taxesIncluded: Boolean! plan: ShopPlan! enabledPresentmentCurrencies: [CurrencyCode!]! }
type AccessScope { handle: String! description: String! }
type AppInstallation implements Node { id: ID! accessScopes: [AccessScope!]! }

type BulkOperation implements Node {
  id: ID! status: BulkOperationStatus! type: BulkOperationType! errorCode: BulkOperationErrorCode query: String! createdAt: DateTime! completedAt: DateTime
  objectCount: UnsignedInt64! rootObjectCount: UnsignedInt64! fileSize: UnsignedInt64 url: URL partialDataUrl: URL
}
type BulkOperationUserError implements DisplayableError { code: BulkOperationUserErrorCode field: [String!] message: String! }
type BulkOperationRunQueryPayload { bulkOperation: BulkOperation userErrors: [BulkOperationUserError!]! }
type UserError implements DisplayableError { field: [String!] message: String! }
type BulkOperationCancelPayload { bulkOperation: BulkOperation userErrors: [UserError!]! }
type WebhookSubscription implements Node { id: ID! topic: WebhookSubscriptionTopic! uri: String! format: WebhookSubscriptionFormat! includeFields: [String!]! filter: String name: String createdAt: DateTime! updatedAt: DateTime! }
input WebhookSubscriptionInput { uri: String format: WebhookSubscriptionFormat filter: String includeFields: [String!] metafieldNamespaces: [String!] name: String }
type WebhookSubscriptionCreatePayload { webhookSubscription: WebhookSubscription userErrors: [UserError!]! }
type WebhookSubscriptionUpdatePayload { webhookSubscription: WebhookSubscription userErrors: [UserError!]! }
type WebhookSubscriptionDeletePayload { deletedWebhookSubscriptionId: ID userErrors: [UserError!]! }

type QueryRoot {
  shop: Shop! currentAppInstallation: AppInstallation! node(id: ID!): Node nodes(ids: [ID!]!): [Node]!
  order(id: ID!): Order orders(PAGE, query: String, sortKey: OrderSortKeys = PROCESSED_AT): OrderConnection! ordersCount(query: String, limit: Int = 10000): Count
  location(id: ID): Location locations(PAGE, query: String, sortKey: LocationSortKeys = NAME, includeInactive: Boolean = false, includeLegacy: Boolean = false): LocationConnection!
  inventoryItem(id: ID!): InventoryItem inventoryItems(PAGE, query: String): InventoryItemConnection! inventoryLevel(id: ID!): InventoryLevel
  refund(id: ID!): Refund return(id: ID!): Return fulfillmentOrder(id: ID!): FulfillmentOrder fulfillment(id: ID!): Fulfillment
  bulkOperation(id: ID!): BulkOperation bulkOperations(PAGE, query: String, sortKey: BulkOperationsSortKeys = CREATED_AT): BulkOperationConnection!
  webhookSubscriptions(PAGE, query: String, uri: String, format: WebhookSubscriptionFormat, topics: [WebhookSubscriptionTopic!], sortKey: WebhookSubscriptionSortKeys = CREATED_AT): WebhookSubscriptionConnection!
}
directive @idempotent(key: String!) on FIELD
input FulfillmentOrderLineItemInput { id: ID! quantity: Int! }
input FulfillmentOrderLineItemsInput { fulfillmentOrderId: ID! fulfillmentOrderLineItems: [FulfillmentOrderLineItemInput!] }
input FulfillmentTrackingInput { company: String number: String numbers: [String!] url: URL urls: [URL!] }
input FulfillmentInput { lineItemsByFulfillmentOrder: [FulfillmentOrderLineItemsInput!]! notifyCustomer: Boolean = false trackingInfo: FulfillmentTrackingInput }
type FulfillmentCreatePayload { fulfillment: Fulfillment userErrors: [UserError!]! }
enum FulfillmentOrderMoveFulfillmentOrderMoveUserErrorCode { CANNOT_MOVE_FULFILLMENT_ORDER_WITH_REPORTED_PROGRESS }
type FulfillmentOrderMoveFulfillmentOrderMoveUserError implements DisplayableError { code: FulfillmentOrderMoveFulfillmentOrderMoveUserErrorCode field: [String!] message: String! }
type FulfillmentOrderMovePayload { movedFulfillmentOrder: FulfillmentOrder originalFulfillmentOrder: FulfillmentOrder remainingFulfillmentOrder: FulfillmentOrder userErrors: [FulfillmentOrderMoveFulfillmentOrderMoveUserError!]! }
input InventoryQuantityInput { changeFromQuantity: Int inventoryItemId: ID! locationId: ID! quantity: Int! }
input InventorySetQuantitiesInput { name: String! quantities: [InventoryQuantityInput!]! reason: String! referenceDocumentUri: String }
enum InventorySetQuantitiesUserErrorCode { CHANGE_FROM_QUANTITY_STALE COMPARE_QUANTITY_REQUIRED COMPARE_QUANTITY_STALE IDEMPOTENCY_CONCURRENT_REQUEST IDEMPOTENCY_KEY_PARAMETER_MISMATCH IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED INVALID_INVENTORY_ITEM INVALID_LOCATION INVALID_NAME INVALID_QUANTITY_NEGATIVE INVALID_QUANTITY_TOO_HIGH INVALID_QUANTITY_TOO_LOW INVALID_REASON INVALID_REFERENCE_DOCUMENT NON_MUTABLE_INVENTORY_ITEM NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR }
type InventorySetQuantitiesUserError implements DisplayableError { code: InventorySetQuantitiesUserErrorCode field: [String!] message: String! }
type InventoryAdjustmentGroup implements Node { id: ID! }
type InventorySetQuantitiesPayload { inventoryAdjustmentGroup: InventoryAdjustmentGroup userErrors: [InventorySetQuantitiesUserError!]! }
type Mutation {
  fulfillmentCreate(fulfillment: FulfillmentInput!, message: String): FulfillmentCreatePayload
  fulfillmentOrderMove(fulfillmentOrderLineItems: [FulfillmentOrderLineItemInput!], id: ID!, newLocationId: ID!): FulfillmentOrderMovePayload
  inventorySetQuantities(input: InventorySetQuantitiesInput!): InventorySetQuantitiesPayload
  bulkOperationRunQuery(query: String!, groupObjects: Boolean! = false): BulkOperationRunQueryPayload
  bulkOperationCancel(id: ID!): BulkOperationCancelPayload
  webhookSubscriptionCreate(topic: WebhookSubscriptionTopic!, webhookSubscription: WebhookSubscriptionInput!): WebhookSubscriptionCreatePayload
  webhookSubscriptionUpdate(id: ID!, webhookSubscription: WebhookSubscriptionInput!): WebhookSubscriptionUpdatePayload
  webhookSubscriptionDelete(id: ID!): WebhookSubscriptionDeletePayload
}
`;

/** The definition language of the stand-in's schema, connections written out. */
export const SANDBOX_SDL = [
  TYPES.replaceAll('PAGE', PAGE_ARGS),
  ...PAGED.map(
    (type) =>
      `type ${type}Connection { edges: [${type}Edge!]! nodes: [${type}!]! pageInfo: PageInfo! }\ntype ${type}Edge { cursor: String! node: ${type}! }`,
  ),
].join('\n');

/** The schema, without resolvers. */
export function sandboxSchema(): GraphQLSchema {
  return buildSchema(SANDBOX_SDL);
}
