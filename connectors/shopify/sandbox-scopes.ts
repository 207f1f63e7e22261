import { getNamedType, Kind, TypeInfo, visit, visitWithTypeInfo, type DocumentNode, type GraphQLSchema } from 'graphql';

/** What an app needs to be granted to see a type, one of each list. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  Order: ['read_orders', 'write_orders', 'read_marketplace_orders'],
  OrderConnection: ['read_orders', 'write_orders', 'read_marketplace_orders'],
  FulfillmentOrderConnection: [
    'read_merchant_managed_fulfillment_orders',
    'read_assigned_fulfillment_orders',
    'read_third_party_fulfillment_orders',
  ],
  FulfillmentOrder: [
    'read_merchant_managed_fulfillment_orders',
    'read_assigned_fulfillment_orders',
    'read_third_party_fulfillment_orders',
  ],
  ReturnConnection: ['read_returns', 'write_returns'],
  FulfillmentCreatePayload: ['write_merchant_managed_fulfillment_orders', 'write_third_party_fulfillment_orders'],
  FulfillmentOrderMovePayload: ['write_merchant_managed_fulfillment_orders', 'write_third_party_fulfillment_orders'],
  InventorySetQuantitiesPayload: ['write_inventory'],
  Customer: ['read_customers', 'write_customers'],
  InventoryItem: ['read_inventory', 'write_inventory'],
  InventoryItemConnection: ['read_inventory', 'write_inventory'],
  LocationConnection: ['read_locations', 'read_inventory', 'write_locations'],
};

export const ALL_SCOPES: readonly string[] = [
  'read_orders',
  'read_all_orders',
  'read_customers',
  'read_inventory',
  'read_locations',
  'read_products',
  'read_returns',
  'read_merchant_managed_fulfillment_orders',
  'read_third_party_fulfillment_orders',
  'read_assigned_fulfillment_orders',
  'write_merchant_managed_fulfillment_orders',
  'write_third_party_fulfillment_orders',
  'write_inventory',
];

export interface Need {
  readonly field: string;
  readonly path: readonly string[];
  readonly anyOf: readonly string[];
}

/** Everything that a document asks for and that needs a scope. */
export function needsOf(schema: GraphQLSchema, document: DocumentNode): Need[] {
  const needs: Need[] = [];
  const types = new TypeInfo(schema);
  const path: string[] = [];
  visit(
    document,
    visitWithTypeInfo(types, {
      enter(node) {
        if (node.kind !== Kind.FIELD) return;
        path.push(node.alias?.value ?? node.name.value);
        const type = types.getType();
        const anyOf = type ? NEEDED[getNamedType(type).name] : undefined;
        if (anyOf) needs.push({ field: node.name.value, path: [...path], anyOf });
      },
      leave(node) {
        if (node.kind === Kind.FIELD) path.pop();
      },
    }),
  );
  return needs;
}
