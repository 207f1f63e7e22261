import {
  getNamedType,
  isAbstractType,
  isListType,
  getNullableType,
  isObjectType,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql';
import type { Sale } from '../../src/connector/sandbox/business/sale.ts';
import type { Clock } from '../../src/domain/ports.ts';
import { isObject } from './field.ts';
import { createFulfillment, moveFulfillmentOrder } from './sandbox-fulfilling.ts';
import { dateTime, gid, orderTailOfChild, readGid } from './sandbox-ids.ts';
import { bulkNode, runBulk } from './sandbox-bulk.ts';
import { orderNode } from './sandbox-order.ts';
import { byId, pageOf, refused, unwrap, wrap, type Order, type PageArgs } from './sandbox-pages.ts';
import { idempotencyKey, setQuantities } from './sandbox-publishing.ts';
import { sandboxSchema } from './sandbox-schema.ts';
import { searchOf } from './sandbox-search.ts';
import type { ShopState } from './sandbox-state.ts';
import { itemByTail, itemNodes, locationNodes } from './sandbox-stock.ts';
import { addSubscription, changeSubscription, dropSubscription, subscriptionNode } from './sandbox-subscriptions.ts';
import type { Plain } from './sandbox-writing.ts';

/** What a request is answered from. */
export interface Answering {
  readonly state: ShopState;
  readonly clock: Clock;
  readonly scopes: ReadonlySet<string>;
  /** A bulk export: pages have no size, all of each is taken. */
  readonly whole: boolean;
}

type Resolver = GraphQLFieldResolver<Plain | undefined, Answering, Record<string, unknown>>;

/** The schema with the stand-in's resolvers: what is not named here is read off the plain object that carries it. */
export function resolvingSchema(): GraphQLSchema {
  const schema = sandboxSchema();
  for (const type of Object.values(schema.getTypeMap())) {
    if (isAbstractType(type)) type.resolveType = (value: Plain) => String(value['__typename']);
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const named = ROOTS[`${type.name}.${field.name}`];
      if (named) field.resolve = named;
      else if (getNamedType(field.type).name.endsWith('Connection')) field.resolve = ownPage(field.name);
      else if (isListType(getNullableType(field.type)) && field.args.some((argument) => argument.name === 'first'))
        field.resolve = cutList(field.name);
    }
  }
  return schema;
}

/** A page of an array that the object carries whole. */
function ownPage(name: string): Resolver {
  return (source, args, { whole }) => pageOf(listOf(source, name), args as PageArgs, byId, (entry) => entry, whole);
}

function cutList(name: string): Resolver {
  return (source, args) => {
    const first = args['first'];
    const list = listOf(source, name);
    return typeof first === 'number' ? list.slice(0, first) : list;
  };
}

function listOf(source: Plain | undefined, name: string): readonly Plain[] {
  const list: unknown = source?.[name];
  return Array.isArray(list) ? list.filter(isObject) : [];
}

const ORDERS_BY: Readonly<Record<string, Order<Sale>>> = {
  UPDATED_AT: orderBy((sale) => sale.updatedAt),
  CREATED_AT: orderBy((sale) => sale.placedAt),
  PROCESSED_AT: orderBy((sale) => sale.placedAt),
  ID: orderBy((sale) => sale.number),
  ORDER_NUMBER: orderBy((sale) => sale.number),
};

/** No list is walked further than this (https://shopify.dev/docs/api/usage/limits). */
const DEEPEST = 25_000;

/** A cursor says the value and the number it stands behind, so it holds its place when entries move. */
function orderBy(value: (sale: Sale) => number): Order<Sale> & { readonly value: (sale: Sale) => number } {
  return {
    value,
    cursorOf: (sale) => wrap(JSON.stringify({ last_id: sale.number, last_value: value(sale) })),
    behind(entries, cursor) {
      const [id, last] = readCursor(cursor);
      const at = entries.findIndex((sale) => value(sale) > last || (value(sale) === last && sale.number > id));
      return at < 0 ? entries.length : at;
    },
  };
}

function readCursor(cursor: string): readonly [id: number, value: number] {
  try {
    const read: unknown = JSON.parse(unwrap(cursor));
    if (typeof read === 'object' && read !== null && 'last_id' in read && 'last_value' in read)
      return [Number(read.last_id), Number(read.last_value)];
  } catch {
    // Falls through: what is no JSON is no cursor either.
  }
  throw refused(`Invalid cursor for current pagination sort: ${cursor}`);
}

const orders: Resolver = (_source, args, { state, clock, whole }) => {
  const sort = String(args['sortKey'] ?? 'PROCESSED_AT');
  const order = ORDERS_BY[sort] ?? orderBy((sale) => sale.placedAt);
  const wanted = searchOf(args['query'] as string | null | undefined);
  let found = state.listed(clock.now()).filter(wanted);
  if (sort !== 'UPDATED_AT')
    found = found.toSorted(
      (one, other) =>
        (sort === 'ID' || sort === 'ORDER_NUMBER' ? 0 : one.placedAt - other.placedAt) || one.number - other.number,
    );
  const page = args as PageArgs;
  if (page.after && order.behind(found, page.after) >= DEEPEST)
    throw refused(`Pagination is limited to ${DEEPEST} objects; narrow the query instead`);
  return pageOf(found, page, order, orderNode, whole);
};

/** Anything by its id, wherever it stands inside an order. */
function nodeOf(state: ShopState, id: string): Plain | null {
  const read = readGid(id);
  if (!read) {
    const level = /^gid:\/\/shopify\/InventoryLevel\/\d+\?inventory_item_id=(\d+)$/.exec(id);
    return level
      ? (listOf(itemByTail(state, level[1] ?? '') ?? undefined, 'inventoryLevels').find((each) => each['id'] === id) ??
          null)
      : null;
  }
  const { type, tail } = read;
  if (type === 'Order') return shown(state.sale(tail));
  if (type === 'InventoryItem') return itemByTail(state, tail);
  if (type === 'Location') return locationNodes(state).find((each) => each['id'] === id) ?? null;
  if (type === 'BulkOperation') return bulkNode(state, Number(tail));
  if (type === 'WebhookSubscription') return subscriptionNode(state, Number(tail));
  const list = INSIDE[type];
  const order = list === undefined ? null : shown(state.sale(orderTailOfChild(tail)));
  return order && list !== undefined ? (listOf(order, list).find((each) => each['id'] === id) ?? null) : null;
}

const INSIDE: Readonly<Record<string, string>> = {
  LineItem: 'lineItems',
  FulfillmentOrder: 'fulfillmentOrders',
  Fulfillment: 'fulfillments',
  Refund: 'refunds',
  Return: 'returns',
  OrderTransaction: 'transactions',
};

function shown(sale: Sale | null): Plain | null {
  return sale && orderNode(sale);
}

function only(type: string): Resolver {
  return (_source, args, { state }) => {
    const id = String(args['id']);
    if (readGid(id)?.type !== type && !id.startsWith(`gid://shopify/${type}/`))
      throw refused(`Invalid id: ${id}`, 'argumentLiteralsIncompatible');
    return nodeOf(state, id);
  };
}

const ROOTS: Readonly<Record<string, Resolver>> = {
  'QueryRoot.orders': orders,
  'QueryRoot.ordersCount': (_source, args, { state, clock }) => ({
    count: state.listed(clock.now()).filter(searchOf(args['query'] as string | null | undefined)).length,
    precision: 'EXACT',
  }),
  'QueryRoot.order': only('Order'),
  'QueryRoot.refund': only('Refund'),
  'QueryRoot.return': only('Return'),
  'QueryRoot.fulfillment': only('Fulfillment'),
  'QueryRoot.fulfillmentOrder': only('FulfillmentOrder'),
  'QueryRoot.inventoryItem': only('InventoryItem'),
  'QueryRoot.inventoryLevel': only('InventoryLevel'),
  'QueryRoot.bulkOperation': only('BulkOperation'),
  'QueryRoot.location': (_source, args, { state }) =>
    args['id'] ? nodeOf(state, String(args['id'])) : (locationNodes(state)[0] ?? null),
  'QueryRoot.node': (_source, args, { state }) => nodeOf(state, String(args['id'])),
  'QueryRoot.nodes': (_source, args, { state }) => {
    const ids = args['ids'] as readonly string[];
    if (ids.length > 250)
      throw refused(
        `The input array size of ${ids.length} is greater than the maximum allowed of 250.`,
        'MAX_INPUT_SIZE_EXCEEDED',
      );
    return ids.map((id) => nodeOf(state, id));
  },
  'QueryRoot.inventoryItems': (_source, args, { state, whole }) =>
    pageOf(itemsFound(state, args['query']), args as PageArgs, byId, (item) => item, whole),
  'QueryRoot.locations': (_source, args, { state, whole }) =>
    pageOf(locationNodes(state), args as PageArgs, byId, (location) => location, whole),
  'QueryRoot.webhookSubscriptions': (_source, args, { state }) => {
    const topics = args['topics'] as readonly string[] | undefined;
    const found = state.subscriptions.filter(
      (each) => (!topics || topics.includes(each.topic)) && (!args['uri'] || args['uri'] === each.uri),
    );
    return pageOf(
      found.map((each) => subscriptionNode(state, each.number) ?? {}),
      args as PageArgs,
      byId,
      (each) => each,
    );
  },
  'QueryRoot.bulkOperations': (_source, args, { state }) =>
    pageOf(
      state.runs.map((run) => bulkNode(state, run.number) ?? {}),
      args as PageArgs,
      byId,
      (each) => each,
    ),
  'QueryRoot.shop': (_source, _args, { state: { shop } }) => ({
    __typename: 'Shop',
    id: gid('Shop', 60_000_000 + shop.firstNumber),
    name: shop.name,
    email: `owner@${shop.domain}`,
    myshopifyDomain: `${shop.id}.myshopify.com`,
    currencyCode: shop.currency,
    ianaTimezone: shop.zone,
    taxesIncluded: shop.taxIncluded,
    plan: { publicDisplayName: 'Plus', partnerDevelopment: false, shopifyPlus: true },
    enabledPresentmentCurrencies: [...new Set(shop.destinations.map((each) => each.currency))],
  }),
  'QueryRoot.currentAppInstallation': (_source, _args, { scopes }) => ({
    __typename: 'AppInstallation',
    id: gid('AppInstallation', 1),
    accessScopes: [...scopes].map((handle) => ({ handle, description: handle.replaceAll('_', ' ') })),
  }),
  'Order.metafield': (source, args) =>
    listOf(source, 'metafields').find(
      (each) => each['key'] === args['key'] && (!args['namespace'] || each['namespace'] === args['namespace']),
    ) ?? null,
  'LineItem.discountedTotalSet': (source) => source?.['discountedTotalSet'],
  'InventoryItem.inventoryLevel': (source, args) =>
    listOf(source, 'inventoryLevels').find((each) => (each['location'] as Plain)['id'] === args['locationId']) ?? null,
  'InventoryLevel.quantities': (source, args) => {
    const names = args['names'] as readonly string[];
    return names.flatMap((name) => listOf(source, 'quantities').find((each) => each['name'] === name) ?? []);
  },
  'Mutation.fulfillmentCreate': (_source, args, { state, clock }) =>
    createFulfillment(state, secondOf(clock), args['fulfillment'] as Plain),
  'Mutation.fulfillmentOrderMove': (_source, args, { state, clock }) =>
    moveFulfillmentOrder(state, secondOf(clock), args),
  'Mutation.inventorySetQuantities': (_source, args, { state, clock }, { fieldNodes, variableValues }) =>
    setQuantities(state, secondOf(clock), args['input'] as Plain, idempotencyKey(fieldNodes[0], variableValues)),
  'Mutation.bulkOperationRunQuery': (_source, args, answering) =>
    runBulk(answering.state, answering.clock, String(args['query']), args['groupObjects'] === true),
  'Mutation.bulkOperationCancel': (_source, args, { state, clock }) => {
    const number = Number(readGid(String(args['id']))?.tail);
    state.runs = state.runs.map((run) =>
      run.number === number && run.status !== 'COMPLETED'
        ? { ...run, status: 'CANCELED', completedAt: clock.now() }
        : run,
    );
    return { bulkOperation: bulkNode(state, number), userErrors: [] };
  },
  'Mutation.webhookSubscriptionCreate': (_source, args, { state, clock }) =>
    addSubscription(state, clock.now(), String(args['topic']), args['webhookSubscription'] as Plain),
  'Mutation.webhookSubscriptionUpdate': (_source, args, { state }) =>
    changeSubscription(state, String(args['id']), args['webhookSubscription'] as Plain),
  'Mutation.webhookSubscriptionDelete': (_source, args, { state }) => dropSubscription(state, String(args['id'])),
};

/** Whole seconds, as the shop keeps its times. */
function secondOf(clock: Clock): number {
  return Math.floor(clock.now() / 1_000) * 1_000;
}

function itemsFound(state: ShopState, query: unknown): readonly Plain[] {
  const items = itemNodes(state);
  if (typeof query !== 'string' || query.trim() === '') return items;
  const since = /^updated_at:(>=|>)'?"?([^'"]+)'?"?$/.exec(query.trim());
  if (since) return items.filter((item) => String(item['updatedAt']) >= dateTime(Date.parse(since[2] ?? '')));
  const skus = query
    .trim()
    .split(' OR ')
    .map((term) => /^sku:'?"?([^'"]+)'?"?$/.exec(term)?.[1]);
  if (skus.every((sku) => sku !== undefined)) return items.filter((item) => skus.includes(String(item['sku'])));
  throw refused(`the stand-in cannot search items for "${query}"`);
}
