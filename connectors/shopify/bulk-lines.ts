import { Kind, parse } from 'graphql';
import type { FragmentDefinitionNode, SelectionSetNode } from 'graphql';
import { SyncError } from '../../src/domain/errors.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';

/** The connections of the order record by the type of what they hold; a shipping line's id may be absent. */
const HOLDERS: Readonly<Record<string, { readonly of: string; readonly field: string }>> = {
  LineItem: { of: 'Order', field: 'lineItems' },
  ShippingLine: { of: 'Order', field: 'shippingLines' },
  FulfillmentOrder: { of: 'Order', field: 'fulfillmentOrders' },
  FulfillmentOrderLineItem: { of: 'FulfillmentOrder', field: 'lineItems' },
};

/**
 * The orders of a grouped bulk file, put together from its lines: a line with `__parentId` belongs to that record, which stands
 * above it. Only one order is held at a time. A record has its fields in the order of the query and every connection of it as
 * `{ nodes: [...] }`, empty ones too, so that it reads like one that came by page.
 * @throws SyncError `transient` for a line that is not JSON (a file cut short), `bug` for one whose parent is not the order above.
 */
export async function* bulkRecords(lines: AsyncIterable<string>, query: string): AsyncIterable<Json> {
  const shape = shapeOf(query);
  let order: Group | null = null;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const record = parsed(line);
    const parent = record['__parentId'];
    if (parent === undefined) {
      if (order !== null) yield shaped(order, shape, 'Order');
      order = { record, children: new Map(), members: new Map() };
      order.members.set(String(record['id']), order);
      continue;
    }
    const holder = typeof parent === 'string' ? order?.members.get(parent) : undefined;
    if (order === null || holder === undefined) throw misplaced(typeOf(record));
    const child: Group = { record, children: new Map(), members: order.members };
    const id = record['id'];
    if (typeof id === 'string') order.members.set(id, child);
    const held = HOLDERS[typeOf(record)];
    if (held === undefined) throw misplaced(typeOf(record));
    const siblings = holder.children.get(held.field);
    if (siblings === undefined) holder.children.set(held.field, [child]);
    else siblings.push(child);
  }
  if (order !== null) yield shaped(order, shape, 'Order');
}

interface Group {
  readonly record: Json;
  readonly children: Map<string, Group[]>;
  /** Every record of this order by its id. */
  readonly members: Map<string, Group>;
}

function parsed(line: string): Json {
  try {
    const value: unknown = JSON.parse(line);
    if (isObject(value)) return value;
  } catch {
    // Told below, without quoting the line: it holds personal data.
  }
  throw cutShort();
}

/** A bulk file that ends before its end: within a line, or with fewer orders than there are to be. */
export function cutShort(): SyncError {
  return new SyncError('transient', 'Shopify’s bulk file was cut short', {
    code: 'malformed-answer',
    remedy: 'Nothing to do at first: the file is fetched again. If it goes on, pull a shorter window.',
  });
}

function typeOf(record: Json): string {
  const id = record['id'];
  return typeof id === 'string' ? (/^gid:\/\/shopify\/(\w+)\//.exec(id)?.[1] ?? '') : 'ShippingLine';
}

function misplaced(type: string): SyncError {
  return new SyncError(
    'bug',
    `A ${type || 'nameless'} line of Shopify’s bulk file does not belong to the order above it`,
    {
      code: 'unexpected-answer',
      remedy: 'This is a fault in Crossdock. Report it with the API version; until then pull by pages instead.',
    },
  );
}

/** The fields of a type in the order of the query, and which of them are connections. */
interface Shape {
  readonly fields: readonly string[];
  readonly connections: ReadonlyMap<string, Shape>;
}

function shapeOf(query: string): Shape {
  const document = parse(query, { noLocation: true });
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  }
  for (const each of document.definitions) {
    if (each.kind === Kind.OPERATION_DEFINITION) {
      const orders = read(each.selectionSet, fragments).connections.get('orders');
      if (orders !== undefined) return orders;
    }
  }
  return { fields: [], connections: new Map() };
}

function read(set: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): Shape {
  const fields: string[] = [];
  const connections = new Map<string, Shape>();
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const name = (selection.alias ?? selection.name).value;
      fields.push(name);
      const node = nodeOf(selection.selectionSet);
      if (node !== null) connections.set(name, read(node, fragments));
    } else {
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? fragments.get(selection.name.value)?.selectionSet
          : selection.selectionSet;
      if (inner === undefined) continue;
      const shape = read(inner, fragments);
      fields.push(...shape.fields);
      for (const [name, nested] of shape.connections) connections.set(name, nested);
    }
  }
  return { fields, connections };
}

/** The selection of `edges { node { … } }`, or null for what is no connection. */
function nodeOf(set: SelectionSetNode | undefined): SelectionSetNode | null {
  for (const edges of set?.selections ?? []) {
    if (edges.kind !== Kind.FIELD || edges.name.value !== 'edges') continue;
    for (const node of edges.selectionSet?.selections ?? []) {
      if (node.kind === Kind.FIELD && node.name.value === 'node') return node.selectionSet ?? null;
    }
  }
  return null;
}

function shaped(group: Group, shape: Shape, type: string): Json {
  const whole: Record<string, unknown> = {};
  for (const field of shape.fields) {
    const connection = shape.connections.get(field);
    if (connection === undefined) whole[field] = group.record[field];
    else whole[field] = { nodes: (group.children.get(field) ?? []).map((each) => shaped(each, connection, type)) };
  }
  return whole;
}
