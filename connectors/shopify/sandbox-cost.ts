import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** Types that Shopify does not charge for. */
const FREE: ReadonlySet<string> = new Set(['MoneyBag', 'MoneyV2', 'PageInfo']);
const COUNT = 10;
const MUTATION = 10;
const CONNECTION = 2;

interface Priced {
  /** Where its value stands in the answer. */
  readonly key: string;
  readonly own: number;
  /** A page: its entries count ⌊2·ln n⌋ times, at least once. */
  readonly page: { readonly fixed: number | null; readonly variable: string | null } | null;
  readonly inside: readonly Priced[];
  /** Of a type that may turn out to be several: only for these. */
  readonly only: string | null;
}

/** What a document costs: once as it could be at worst, once as it turned out. */
export interface Price {
  requested(variables: Readonly<Record<string, unknown>>): number;
  actual(data: unknown): number;
}

/**
 * Shopify's arithmetic. Published: scalar and enum 0, object 1, interface and union the dearest of what is selected, mutation 10,
 * connection by `first` or `last` (https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits). Read off the costs in
 * recorded answers: a connection is 2 and ⌊2·ln n⌋ times its entry, a list counts once, money and pageInfo nothing, a Count 10.
 * The actual cost is the same sum over what came back: null is 0, a page counts by its length and its dearest entry.
 */
export function priceOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Price {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const root = operation.operation === 'mutation' ? schema.getMutationType() : schema.getQueryType();
  const mutation = operation.operation === 'mutation';
  const fields = root ? priced(operation.selectionSet, root, null) : [];

  function priced(set: SelectionSetNode, type: GraphQLNamedType, only: string | null): Priced[] {
    return set.selections.flatMap((selection): Priced[] => {
      if (selection.kind === Kind.FIELD) return field(selection, type, only);
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      const condition = fragment?.typeCondition?.name.value;
      const target = condition === undefined ? type : schema.getType(condition);
      if (!fragment || !target) return [];
      return priced(fragment.selectionSet, target, isAbstractType(type) && isObjectType(target) ? target.name : only);
    });
  }

  function field(node: FieldNode, type: GraphQLNamedType, only: string | null): Priced[] {
    if (!('getFields' in type) || node.selectionSet === undefined) return [];
    const found = type.getFields()[node.name.value];
    if (!found || !('args' in found)) return [];
    const target = getNamedType(found.type);
    if (!isCompositeType(target) || FREE.has(target.name)) return [];
    const key = node.alias?.value ?? node.name.value;
    const inside = priced(node.selectionSet, target, null);
    if (target.name.endsWith('Connection')) return [{ key, own: CONNECTION, page: pageOf(node), inside, only }];
    // An edge is only the string that its entry hangs on; what a payload carries comes with the mutation, what that carries does not.
    const own = target.name.endsWith('Edge')
      ? 0
      : target.name === 'Count'
        ? COUNT
        : mutation && type === root
          ? MUTATION
          : type.name.endsWith('Payload')
            ? 0
            : 1;
    return [{ key, own, page: null, inside, only }];
  }

  return {
    requested: (variables) => total(fields, (each) => worst(each, variables)),
    // What was looked for and not found was still looked for.
    actual: (data) =>
      total(fields, (each) => Math.max(each.page === null ? each.own : 0, real(each, valueAt(data, each.key)))),
  };
}

function worst(field: Priced, variables: Readonly<Record<string, unknown>>): number {
  const inside = total(field.inside, (each) => worst(each, variables));
  if (field.page === null) return field.own + inside;
  const asked = field.page.variable === null ? field.page.fixed : variables[field.page.variable];
  return field.own + sizeStep(typeof asked === 'number' ? asked : 1) * inside;
}

function real(field: Priced, value: unknown): number {
  if (value === null || value === undefined) return 0;
  if (Array.isArray(value)) return field.own + dearest(field, value);
  if (field.page === null)
    return field.own + total(field.inside, (each) => real(each, valueAt(value, each.key)), typeNameOf(value));
  let cost = field.own;
  for (const list of field.inside) {
    const entries = valueAt(value, list.key);
    if (Array.isArray(entries) && entries.length > 0)
      cost += sizeStep(entries.length) * (list.own + dearest(list, entries));
  }
  return cost;
}

function dearest(field: Priced, entries: readonly unknown[]): number {
  let most = 0;
  for (const entry of entries)
    most = Math.max(
      most,
      total(field.inside, (each) => real(each, valueAt(entry, each.key)), typeNameOf(entry)),
    );
  return most;
}

/** How often an entry of a page of `n` is counted. */
export function sizeStep(n: number): number {
  return Math.max(1, Math.floor(2 * Math.log(n)));
}

/** What is asked of every type, and the dearest of what is asked of one. */
function total(fields: readonly Priced[], cost: (field: Priced) => number, only: string | null = null): number {
  let always = 0;
  const byType = new Map<string, number>();
  for (const field of fields) {
    if (field.only === null) always += cost(field);
    else if (only === null || only === field.only) byType.set(field.only, (byType.get(field.only) ?? 0) + cost(field));
  }
  return always + Math.max(0, ...byType.values());
}

function typeNameOf(value: unknown): string | null {
  const name = valueAt(value, '__typename');
  return typeof name === 'string' ? name : null;
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function pageOf(node: FieldNode): NonNullable<Priced['page']> {
  for (const argument of node.arguments ?? []) {
    if (argument.name.value !== 'first' && argument.name.value !== 'last') continue;
    if (argument.value.kind === Kind.VARIABLE) return { fixed: null, variable: argument.value.name.value };
    if (argument.value.kind === Kind.INT) return { fixed: Number(argument.value.value), variable: null };
  }
  return { fixed: null, variable: null };
}
