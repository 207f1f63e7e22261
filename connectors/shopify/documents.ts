import {
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
  ASSIGNMENT_FIELDS,
  ASSIGNMENT,
  ORDER_FIELDS,
  ORDER,
  ORDER_FRAGMENTS,
} from './order-fragments.ts';

/** Every GraphQL document that this connector sends, against Admin GraphQL 2026-10. No deprecated field is asked for. */

/** A document with the name by which its cost is learned and its calls are logged. */
export interface Document {
  readonly name: string;
  readonly text: string;
  /** `write` where it may change something at Shopify. */
  readonly kind: 'read' | 'write';
}

/** One nested connection that may need further pages: which type carries it, and how its page is asked for. */
export interface NestedConnection {
  readonly type: string;
  readonly field: string;
  readonly document: Document;
}

function nested(
  type: string,
  field: string,
  fragment: string,
  fragments: readonly string[],
  args = '',
): NestedConnection {
  const name = `More_${type}_${field}`;
  const text = `query ${name}($id: ID!, $after: String!) {
  node(id: $id) { ... on ${type} { ${field}(first: 54, after: $after${args}) { nodes { ...${fragment} } pageInfo { hasNextPage endCursor } } } }
}${fragments.join('')}`;
  return { type, field, document: { name, text, kind: 'read' } };
}

/** Every connection inside an order record, in the order in which their further pages are fetched (parents first). */
export const NESTED: readonly NestedConnection[] = [
  nested('Order', 'lineItems', 'Line', [LINE, ALLOCATION, TAX, MONEY]),
  nested(
    'Order',
    'shippingLines',
    'ShippingRecord',
    [SHIPPING_LINE, ALLOCATION, TAX, MONEY],
    ', includeRemovals: true',
  ),
  nested('Order', 'fulfillmentOrders', 'AssignmentRecord', [ASSIGNMENT, ASSIGNED_LINE]),
  nested('Order', 'returns', 'ReturnRecord', [RETURN, RETURN_LINE]),
  nested('FulfillmentOrder', 'lineItems', 'AssignedLine', [ASSIGNED_LINE]),
  nested('Return', 'returnLineItems', 'ReturnLine', [RETURN_LINE]),
  nested('Fulfillment', 'fulfillmentLineItems', 'ShippedLine', [FULFILLMENT_LINE]),
  nested('Refund', 'refundLineItems', 'RefundLine', [REFUND_LINE, MONEY]),
  nested('Refund', 'refundShippingLines', 'RefundShipping', [REFUND_SHIPPING, MONEY]),
  nested('Refund', 'orderAdjustments', 'Adjustment', [ADJUSTMENT, MONEY]),
  nested('Refund', 'transactions', 'Transaction', [TRANSACTION, MONEY]),
];

/** `namespace.key` pairs as aliased fields `metafield0` …: a fixed cost of one point each, and only what was asked for. */
function metafieldSelection(keys: readonly string[]): string {
  return keys
    .map((key, at) => {
      const dot = key.lastIndexOf('.');
      const args = `namespace: ${JSON.stringify(key.slice(0, dot))}, key: ${JSON.stringify(key.slice(dot + 1))}`;
      return `metafield${at}: metafield(${args}) { namespace key type value }`;
    })
    .join(' ');
}

/** The documents that read orders, with the order metafields that a connection is configured to read. */
export interface OrderDocuments {
  readonly page: Document;
  readonly byIds: Document;
  readonly ids: Document;
  /** What `bulkOperationRunQuery` runs; `%QUERY%` stands for the search text, which cannot be a variable there. */
  readonly bulk: string;
}

/** @param metafields `namespace.key` of each order metafield to read along; at most 20 are sensible. */
export function orderDocuments(metafields: readonly string[]): OrderDocuments {
  const selection = metafieldSelection(metafields);
  const record = ORDER(selection) + ORDER_FRAGMENTS;
  return {
    page: {
      name: 'Orders',
      kind: 'read',
      text: `query Orders($first: Int!, $after: String, $query: String!) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { ...OrderRecord } pageInfo { hasNextPage endCursor }
  }
}${record}`,
    },
    byIds: {
      name: 'OrdersById',
      kind: 'read',
      text: `query OrdersById($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { ...OrderRecord } } }${record}`,
    },
    ids: {
      name: 'OrderIds',
      kind: 'read',
      text: `query OrderIds($first: Int!, $after: String, $query: String!) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { id updatedAt } pageInfo { hasNextPage endCursor }
  }
}`,
    },
    bulk: bulkQuery(selection),
  };
}

/**
 * The bulk export: five connections, two levels, none inside a list (Shopify's limits), so refunds come only as ids
 * and returns only as a status; orders that have either are read again by id.
 */
function bulkQuery(selection: string): string {
  return `{
  orders(query: "%QUERY%") { edges { node {
    ${ORDER_FIELDS}
    ${selection}
    lineItems { edges { node { ...Line } } }
    shippingLines(includeRemovals: true) { edges { node { ...ShippingRecord } } }
    fulfillmentOrders { edges { node { ${ASSIGNMENT_FIELDS} lineItems { edges { node { ...AssignedLine } } } } } }
    fulfillments { id status createdAt }
    refunds { id }
  } } }
}${[MONEY, TAX, ALLOCATION, ADDRESS, TRANSACTION, LINE, SHIPPING_LINE, ASSIGNED_LINE].join('')}`;
}

export const BULK_RUN: Document = {
  name: 'BulkRun',
  kind: 'write',
  text: `mutation BulkRun($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) { bulkOperation { id status } userErrors { code field message } }
}`,
};

export const BULK_STATE: Document = {
  name: 'BulkState',
  kind: 'read',
  text: `query BulkState($id: ID!) { bulkOperation(id: $id) { id status errorCode rootObjectCount url } }`,
};

const STOCK_ITEM = `
fragment StockItem on InventoryItem {
  id sku tracked updatedAt
  inventoryLevels(first: 12) { nodes { ...StockLevel } pageInfo { hasNextPage endCursor } }
}`;

const STOCK_LEVEL = `
fragment StockLevel on InventoryLevel {
  id updatedAt location { id name }
  quantities(names: ["on_hand", "available", "committed"]) { name quantity updatedAt }
}`;

export const STOCK_PAGE: Document = {
  name: 'Stock',
  kind: 'read',
  text: `query Stock($first: Int!, $after: String, $query: String) {
  inventoryItems(first: $first, after: $after, query: $query) { nodes { ...StockItem } pageInfo { hasNextPage endCursor } }
}${STOCK_ITEM}${STOCK_LEVEL}`,
};

export const STOCK_ONE: Document = {
  name: 'StockOne',
  kind: 'read',
  text: `query StockOne($id: ID!) { inventoryItem(id: $id) { ...StockItem } }${STOCK_ITEM}${STOCK_LEVEL}`,
};

export const STOCK_MORE: NestedConnection = nested('InventoryItem', 'inventoryLevels', 'StockLevel', [STOCK_LEVEL]);

export const CHECK: Document = {
  name: 'Check',
  kind: 'read',
  text: `query Check { shop { myshopifyDomain currencyCode ianaTimezone } currentAppInstallation { accessScopes { handle } } }`,
};

export const LOCATIONS: Document = {
  name: 'Locations',
  kind: 'read',
  text: `query Locations($first: Int!, $after: String) {
  locations(first: $first, after: $after) { nodes { id name isActive isFulfillmentService } pageInfo { hasNextPage endCursor } }
}`,
};

export const SUBSCRIPTIONS: Document = {
  name: 'Subscriptions',
  kind: 'read',
  text: `query Subscriptions($first: Int!, $after: String) {
  webhookSubscriptions(first: $first, after: $after) { nodes { id topic uri } pageInfo { hasNextPage endCursor } }
}`,
};

export const SUBSCRIBE: Document = {
  name: 'Subscribe',
  kind: 'write',
  text: `mutation Subscribe($topic: WebhookSubscriptionTopic!, $webhookSubscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $webhookSubscription) {
    webhookSubscription { id } userErrors { field message }
  }
}`,
};

export const UNSUBSCRIBE: Document = {
  name: 'Unsubscribe',
  kind: 'write',
  text: `mutation Unsubscribe($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } } }`,
};

/** What stands in one order's fulfillment: asked of which location, and what has left. Read by its id, so it is never late. */
export const FULFILLING: Document = {
  name: 'Fulfilling',
  kind: 'read',
  text: `query Fulfilling($id: ID!) {
  order(id: $id) {
    id cancelledAt
    fulfillmentOrders(first: 4) {
      nodes {
        id status assignedLocation { location { id } }
        lineItems(first: 12) { nodes { ...AssignedLine sku } pageInfo { hasNextPage endCursor } }
      }
      pageInfo { hasNextPage endCursor }
    }
    fulfillments {
      id status location { id } trackingInfo { number }
      fulfillmentLineItems(first: 12) { nodes { ...ShippedLine } pageInfo { hasNextPage endCursor } }
    }
  }
}${ASSIGNED_LINE}${FULFILLMENT_LINE}`,
};

export const FULFILL: Document = {
  name: 'Fulfill',
  kind: 'write',
  text: `mutation Fulfill($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id } userErrors { field message } }
}`,
};

export const MOVE: Document = {
  name: 'Move',
  kind: 'write',
  text: `mutation Move($id: ID!, $newLocationId: ID!, $lines: [FulfillmentOrderLineItemInput!]) {
  fulfillmentOrderMove(id: $id, newLocationId: $newLocationId, fulfillmentOrderLineItems: $lines) {
    movedFulfillmentOrder { id } userErrors { code field message }
  }
}`,
};

/** With the key Shopify gives its first answer again to a repeated request (required for inventory from 2026-04). */
export const PUBLISH: Document = {
  name: 'Publish',
  kind: 'write',
  text: `mutation Publish($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id } userErrors { code field message }
  }
}`,
};
