import { Kind, parse } from 'graphql';
import type { DocumentNode, FieldNode, FragmentDefinitionNode, SelectionSetNode, ValueNode } from 'graphql';

/**
 * Points that Shopify will reserve for a document before running it (`requestedQueryCost`).
 *
 * Published: scalar and enum 0, object 1, mutation 10, interface the most expensive of its selections, connection sized by
 * `first`/`last` (https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits). Not published, found in recorded
 * answers of 2025-01 and 2026-04 and checked against them in the specs suite: a connection costs 2 + ⌊2·ln n⌋ (at least 1) × its
 * node; a plain list counts once whatever its length; a Count
 * 10; money (MoneyBag, MoneyV2) and pageInfo nothing.
 * Used only as the first estimate of a document: from its first answer on, Shopify's own figure is used.
 */
export function queryCost(text: string, variables: Readonly<Record<string, unknown>> = {}): number {
  const document = parse(text, { noLocation: true });
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return operationCost(document, { fragments, variables });
}

interface Scope {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

function operationCost(document: DocumentNode, scope: Scope): number {
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    if (definition.operation === 'mutation') return 10 * definition.selectionSet.selections.length;
    return selectionCost(definition.selectionSet, scope);
  }
  return 0;
}

function selectionCost(set: SelectionSetNode, scope: Scope): number {
  let cost = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) cost += fieldCost(selection, scope);
    else if (selection.kind === Kind.INLINE_FRAGMENT) cost += selectionCost(selection.selectionSet, scope);
    else {
      const fragment = scope.fragments.get(selection.name.value);
      if (fragment !== undefined) cost += selectionCost(fragment.selectionSet, scope);
    }
  }
  return cost;
}

function fieldCost(field: FieldNode, scope: Scope): number {
  if (field.selectionSet === undefined || FREE.has(field.name.value) || isMoney(field.selectionSet)) return 0;
  if (isCount(field.selectionSet)) return COUNT;
  const entries = entriesOf(field.selectionSet);
  if (entries.length === 0) return 1 + selectionCost(field.selectionSet, scope);
  const times = sizeFactor(pageSize(field, scope));
  return entries.reduce((cost, entry) => cost + times * (1 + selectionCost(entry, scope)), CONNECTION);
}

/** What a connection's `nodes` and `edges { node }` select; a field without either is no connection. */
function entriesOf(set: SelectionSetNode): SelectionSetNode[] {
  return set.selections.flatMap((each) => {
    if (each.kind !== Kind.FIELD || each.selectionSet === undefined) return [];
    if (each.name.value === 'nodes') return [each.selectionSet];
    if (each.name.value !== 'edges') return [];
    const inner = each.selectionSet.selections.flatMap((node) =>
      node.kind === Kind.FIELD && node.name.value === 'node' && node.selectionSet !== undefined
        ? [node.selectionSet]
        : [],
    );
    return inner;
  });
}

const CONNECTION = 2;
/** Counting is dear: Shopify's `Count` objects are stated at 10. */
const COUNT = 10;

function isCount(set: SelectionSetNode): boolean {
  return set.selections.some((each) => each.kind === Kind.FIELD && each.name.value === 'precision');
}

const FREE: ReadonlySet<string> = new Set(['pageInfo']);

function isMoney(set: SelectionSetNode): boolean {
  return set.selections.every(
    (each) =>
      (each.kind === Kind.FRAGMENT_SPREAD && each.name.value === 'Money') ||
      (each.kind === Kind.FIELD &&
        ['shopMoney', 'presentmentMoney', 'amount', 'currencyCode'].includes(each.name.value)),
  );
}

/** How many times a connection of `first` entries counts its node. */
export function sizeFactor(first: number): number {
  return Math.max(1, Math.floor(2 * Math.log(first)));
}

function pageSize(field: FieldNode, scope: Scope): number {
  for (const argument of field.arguments ?? []) {
    if (argument.name.value === 'first' || argument.name.value === 'last') return numberOf(argument.value, scope);
  }
  return 1;
}

function numberOf(value: ValueNode, scope: Scope): number {
  if (value.kind === Kind.INT) return Number.parseInt(value.value, 10);
  if (value.kind === Kind.VARIABLE) {
    const given = scope.variables[value.name.value];
    if (typeof given === 'number') return given;
  }
  return 1;
}
