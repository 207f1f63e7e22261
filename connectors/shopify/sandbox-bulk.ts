import {
  getNamedType,
  Kind,
  parse,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import type { Clock } from '../../src/domain/ports.ts';
import { dateTime, gid } from './sandbox-ids.ts';
import { sandboxSchema } from './sandbox-schema.ts';
import type { BulkRun, ShopState } from './sandbox-state.ts';
import type { Plain } from './sandbox-writing.ts';

/** Five at a time per shop from 2026-01 on; at most five connections, nested two deep (Shopify's bulk operations guide). */
const AT_A_TIME = 5;
const CONNECTIONS = 5;
const DEPTH = 2;

let bare: GraphQLSchema | null = null;

/** Takes a bulk query in, or says why Shopify would not. It is run later, when it is asked for. */
export function runBulk(state: ShopState, clock: Clock, query: string, grouped: boolean): Plain {
  if (state.runs.filter((run) => run.status === 'CREATED' || run.status === 'RUNNING').length >= AT_A_TIME) {
    return failed(
      'LIMIT_REACHED',
      null,
      `A bulk query operation for this app and shop is already in progress: ${AT_A_TIME} at a time.`,
    );
  }
  const problem = problemOf(query);
  if (problem !== null) return failed('INVALID', ['query'], problem);
  const number = state.count();
  state.runs.push({
    number,
    query,
    grouped,
    at: clock.now(),
    status: 'CREATED',
    completedAt: null,
    objects: 0,
    roots: 0,
    bytes: 0,
  });
  return { bulkOperation: bulkNode(state, number), userErrors: [] };
}

function failed(code: string, field: readonly string[] | null, message: string): Plain {
  return { bulkOperation: null, userErrors: [{ __typename: 'BulkOperationUserError', code, field, message }] };
}

function problemOf(query: string): string | null {
  const schema = (bare ??= sandboxSchema());
  let document: DocumentNode;
  try {
    document = parse(query);
  } catch (cause) {
    return `Invalid bulk query: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
  const first = validate(schema, document)[0];
  if (first) return `Invalid bulk query: ${first.message}`;
  let connections = 0;
  let depth = 0;
  let deepest = 0;
  let lists = 0;
  let insideList = false;
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: {
        enter() {
          const type = types.getType();
          if (!type) return;
          const name = getNamedType(type).name;
          if (name.endsWith('Connection')) {
            connections += 1;
            deepest = Math.max(deepest, ++depth);
            if (lists > 0) insideList = true;
          } else if (String(type).startsWith('[') && !name.endsWith('Edge')) lists += 1;
        },
        leave() {
          const type = types.getType();
          if (!type) return;
          const name = getNamedType(type).name;
          if (name.endsWith('Connection')) depth -= 1;
          else if (String(type).startsWith('[') && !name.endsWith('Edge')) lists -= 1;
        },
      },
    }),
  );
  if (connections === 0) return 'Bulk queries must contain at least one connection.';
  if (connections > CONNECTIONS) return `Bulk queries cannot contain more than ${CONNECTIONS} connections.`;
  // The root connection is level 0.
  if (deepest - 1 > DEPTH) return `Bulk queries cannot contain connections with a nesting depth greater than ${DEPTH}.`;
  if (insideList) return 'Queries that contain a connection field within a list field are not supported.';
  const named = document.definitions.some(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION && definition.operation !== 'query',
  );
  return named ? 'Bulk queries must be queries.' : null;
}

/** A bulk operation as Shopify shows it, or null. */
export function bulkNode(state: ShopState, number: number): Plain | null {
  const run = state.runs.find((each) => each.number === number);
  if (!run) return null;
  const done = run.status === 'COMPLETED';
  return {
    __typename: 'BulkOperation',
    id: gid('BulkOperation', number),
    status: run.status,
    type: 'QUERY',
    errorCode: null,
    query: run.query,
    createdAt: dateTime(run.at),
    completedAt: run.completedAt === null ? null : dateTime(run.completedAt),
    objectCount: String(run.objects),
    rootObjectCount: String(run.roots),
    fileSize: done ? String(run.bytes) : null,
    // An export of nothing has no file.
    url: done && run.objects > 0 ? `${state.origin}/bulk/${number}.jsonl` : null,
    partialDataUrl: null,
  };
}

/** A step on the way of each run: created → running → completed, one step per look at any of them. */
export function advance(
  state: ShopState,
  clock: Clock,
  execute: (run: BulkRun) => { readonly objects: number; readonly roots: number; readonly bytes: number },
): void {
  state.runs = state.runs.map((run): BulkRun => {
    if (run.status === 'CREATED') return { ...run, status: 'RUNNING' };
    if (run.status === 'RUNNING') return { ...run, status: 'COMPLETED', completedAt: clock.now(), ...execute(run) };
    return run;
  });
}

/**
 * The lines of a result: one per object of a connection, children after their parent with `__parentId`, connections left out of
 * the objects themselves. Not grouped, Shopify gives children anywhere: here all after all parents.
 */
export function jsonLines(
  data: unknown,
  grouped: boolean,
): { readonly lines: readonly string[]; readonly roots: number } {
  const lines: string[] = [];
  const later: string[] = [];
  let roots = 0;
  const write = (node: Plain, parent: string | null): void => {
    const own: Record<string, unknown> = {};
    const children: Plain[] = [];
    for (const [key, value] of Object.entries(node)) {
      const nodes = connectionNodes(value);
      if (nodes === null) own[key] = value;
      else children.push(...nodes);
    }
    if (parent !== null) own['__parentId'] = parent;
    else roots += 1;
    (grouped || parent === null ? lines : later).push(JSON.stringify(own));
    const id = node['id'];
    for (const child of children) write(child, typeof id === 'string' ? id : null);
  };
  if (typeof data === 'object' && data !== null) {
    for (const value of Object.values(data)) for (const node of connectionNodes(value) ?? []) write(node, null);
  }
  return { lines: [...lines, ...later], roots };
}

function connectionNodes(value: unknown): readonly Plain[] | null {
  if (typeof value !== 'object' || value === null) return null;
  if ('edges' in value && Array.isArray(value.edges))
    return value.edges.map((edge: { readonly node: Plain }) => edge.node);
  return 'nodes' in value && Array.isArray(value.nodes) ? value.nodes : null;
}
