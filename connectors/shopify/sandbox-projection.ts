import {
  getArgumentValues,
  getNamedType,
  isAbstractType,
  isListType,
  getNullableType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { byId, pageOf, type PageArgs } from './sandbox-pages.ts';
import type { Plain } from './sandbox-writing.ts';

type Reader = (source: Plain, into: Record<string, unknown>) => void;
type Show = (value: unknown) => unknown;

/**
 * Compiles what a document selects of the entries of one root page into a function over plain objects: the same answer as the
 * executor's (a test says so), a tenth of its time. Only for documents whose nested arguments are literals.
 * @param complete pages inside are given whole, as nodes alone: what a reader has who has fetched every further page.
 */
export function projectionOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  root: string,
  complete = false,
): (source: Plain) => unknown {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const query = schema.getQueryType();
  const found = operation?.selectionSet.selections.find(
    (selection): selection is FieldNode => selection.kind === Kind.FIELD && selection.name.value === root,
  );
  const field = query?.getFields()[root];
  const nodes = found?.selectionSet?.selections.find(
    (selection): selection is FieldNode => selection.kind === Kind.FIELD && selection.name.value === 'nodes',
  );
  if (!field || !nodes?.selectionSet) throw new RangeError(`the document does not list "${root}" by nodes`);
  const page = getNamedType(field.type);
  const entry = isObjectType(page) ? page.getFields()['nodes'] : undefined;
  if (!entry) throw new RangeError(`"${root}" is not a page`);
  return objectShow(nodes.selectionSet, getNamedType(entry.type));

  function objectShow(set: SelectionSetNode, type: GraphQLNamedType): Show {
    const readers = isAbstractType(type) ? null : readersOf(set, type);
    const byType = new Map<string, readonly Reader[]>();
    const typed = (name: string): readonly Reader[] => {
      let mine = byType.get(name);
      if (!mine) {
        const concrete = schema.getType(name);
        byType.set(name, (mine = concrete ? readersOf(set, concrete) : []));
      }
      return mine;
    };
    return (value) => {
      if (value === null || value === undefined) return null;
      const source = value as Plain;
      const into: Record<string, unknown> = {};
      for (const read of readers ?? typed(String(source['__typename']))) read(source, into);
      return into;
    };
  }

  /** In the order in which the executor answers: by first appearance, fragments where they are spread. */
  function readersOf(set: SelectionSetNode, type: GraphQLNamedType): Reader[] {
    const fields = new Map<string, FieldNode[]>();
    gather(set, type, fields);
    return [...fields].map(([key, same]) => readerOf(key, same, type));
  }

  function gather(set: SelectionSetNode, type: GraphQLNamedType, into: Map<string, FieldNode[]>): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        into.set(key, [...(into.get(key) ?? []), selection]);
        continue;
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      const condition = fragment?.typeCondition?.name.value;
      const target = condition === undefined ? type : schema.getType(condition);
      const applies =
        target === type || (isAbstractType(target) && isObjectType(type) && schema.isSubType(target, type));
      if (fragment && applies) gather(fragment.selectionSet, type, into);
    }
  }

  function readerOf(key: string, same: readonly FieldNode[], type: GraphQLNamedType): Reader {
    const [node] = same;
    const name = node?.name.value ?? '';
    if (name === '__typename') return (_source, into) => void (into[key] = type.name);
    const field = isObjectType(type) ? type.getFields()[name] : undefined;
    if (!node || !field) throw new RangeError(`${type.name} has no field "${name}"`);
    const args = getArgumentValues(field, node);
    const sets = same.flatMap((each) => each.selectionSet?.selections ?? []);
    const show: Show =
      sets.length > 0 ? showOf(field, { kind: Kind.SELECTION_SET, selections: sets }, args) : (value) => value ?? null;
    if (type.name === 'Order' && name === 'metafield') {
      return (source, into) => {
        const list = source['metafields'] as readonly Plain[];
        into[key] = show(
          list.find(
            (each) => each['key'] === args['key'] && (!args['namespace'] || each['namespace'] === args['namespace']),
          ),
        );
      };
    }
    return (source, into) => void (into[key] = show(source[name]));
  }

  function showOf(field: GraphQLField<unknown, unknown>, set: SelectionSetNode, args: PageArgs): Show {
    const type = getNamedType(field.type);
    if (type.name.endsWith('Connection')) {
      const nodes = set.selections.find(
        (selection): selection is FieldNode => selection.kind === Kind.FIELD && selection.name.value === 'nodes',
      );
      const entry = isObjectType(type) ? type.getFields()['nodes'] : undefined;
      if (complete && nodes?.selectionSet && entry) {
        const each = objectShow(nodes.selectionSet, getNamedType(entry.type));
        return (value) => ({ nodes: ((value ?? []) as readonly Plain[]).map(each) });
      }
      const show = objectShow(set, type);
      return (value) => show(pageOf((value ?? []) as readonly Plain[], args, byId, (each) => each));
    }
    const show = objectShow(set, type);
    if (!isListType(getNullableType(field.type))) return show;
    const first = args.first;
    return (value) => {
      if (value === null || value === undefined) return null;
      const list = value as readonly unknown[];
      return (typeof first === 'number' ? list.slice(0, first) : list).map(show);
    };
  }
}
