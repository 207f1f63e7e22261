import type { GraphQLError } from 'graphql';
import {
  execute,
  Kind,
  parse,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { StandInAnswer, StandInRequest } from '../../src/connector/sandbox/stand-in.ts';
import type { Clock } from '../../src/domain/ports.ts';
import type { Bucket } from './sandbox-bucket.ts';
import { advance, jsonLines } from './sandbox-bulk.ts';
import { priceOf, type Price } from './sandbox-cost.ts';
import { resolvingSchema, type Answering } from './sandbox-resolvers.ts';
import { needsOf, type Need } from './sandbox-scopes.ts';
import type { BulkRun, ShopState } from './sandbox-state.ts';

export const SANDBOX_API_VERSION = '2026-10';
/** The most that one document may cost, whatever the bucket holds. */
const DEAREST = 1_000;
const DOCS = 'https://shopify.dev/api/usage/limits';

export interface Serving {
  readonly state: ShopState;
  readonly clock: Clock;
  readonly bucket: Bucket;
  readonly token: string;
  readonly scopes: Set<string>;
}

interface Prepared {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode | null;
  readonly price: Price | null;
  readonly needs: readonly Need[];
  readonly problems: readonly GraphQLError[];
}

let schema: GraphQLSchema | null = null;

/** The one schema that every stand-in of this process answers with. */
export function answeringSchema(): GraphQLSchema {
  return (schema ??= resolvingSchema());
}

/** Documents are few and come again: each is parsed, validated and priced once. */
const prepared = new Map<string, Prepared>();

function prepare(text: string): Prepared {
  let found = prepared.get(text);
  if (found) return found;
  const document = parse(text);
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION) ?? null;
  const problems = validate(answeringSchema(), document);
  const sound = problems.length === 0 && operation !== null;
  found = {
    document,
    operation,
    problems,
    price: sound ? priceOf(answeringSchema(), document, operation) : null,
    needs: sound ? needsOf(answeringSchema(), document) : [],
  };
  if (prepared.size > 500) prepared.clear();
  prepared.set(text, found);
  return found;
}

/** What the shop answers to a request; refuses what Shopify refuses, in its words where they are known. */
export async function answer(request: StandInRequest, serving: Serving): Promise<StandInAnswer> {
  const path = request.url.pathname;
  const file = /^\/bulk\/(\d+)\.jsonl$/.exec(path);
  if (file && request.method === 'GET') return bulkFile(Number(file[1]), serving);
  if (path !== `/admin/api/${SANDBOX_API_VERSION}/graphql.json`) return json({ errors: 'Not Found' }, 404);
  if (request.method !== 'POST') return json({ errors: 'Method Not Allowed' }, 405);
  if (request.headers['x-shopify-access-token'] !== serving.token) {
    return json({ errors: '[API] Invalid API key or access token (unrecognized login or wrong password)' }, 401);
  }
  const asked = readBody(request);
  if (asked === null) return json({ errors: { query: 'Required parameter missing or invalid' } }, 400);
  return graphql(asked, serving);
}

interface Asked {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

function readBody(request: StandInRequest): Asked | null {
  try {
    const body: unknown = JSON.parse(request.text());
    if (typeof body !== 'object' || body === null || !('query' in body) || typeof body.query !== 'string') return null;
    const variables =
      'variables' in body && typeof body.variables === 'object' && body.variables !== null ? { ...body.variables } : {};
    return { query: body.query, variables };
  } catch {
    return null;
  }
}

async function graphql({ query, variables }: Asked, serving: Serving): Promise<StandInAnswer> {
  let found: Prepared;
  try {
    found = prepare(query);
  } catch (cause) {
    return json({
      errors: [{ message: cause instanceof Error ? cause.message : String(cause), extensions: { code: 'parseError' } }],
    });
  }
  if (found.price === null || found.operation === null)
    return json({
      errors: found.problems.map((problem) => ({ ...problem.toJSON(), extensions: { code: 'undefinedField' } })),
    });
  const requested = found.price.requested(variables);
  if (requested > DEAREST) {
    return json({
      errors: [
        {
          message: `Query cost is ${requested}, which exceeds the single query max cost limit (${DEAREST}).\n\nSee ${DOCS} for more information on how the cost of a query is calculated.`,
          extensions: { code: 'MAX_COST_EXCEEDED', cost: requested, maxCost: DEAREST, documentation: DOCS },
        },
      ],
    });
  }
  const missing = found.needs.find((need) => !need.anyOf.some((scope) => serving.scopes.has(scope)));
  if (missing)
    return json({
      data: null,
      errors: [denied(missing)],
      extensions: {
        cost: { requestedQueryCost: requested, actualQueryCost: 0, throttleStatus: serving.bucket.status() },
      },
    });
  if (!serving.bucket.draw(requested)) return throttled(requested, serving);
  advanceRuns(found, serving);
  const result = await run(found.document, variables, serving, false);
  const actual = Math.min(requested, found.price.actual(result.data));
  serving.bucket.giveBack(requested - actual);
  return json({
    ...result,
    extensions: {
      cost: { requestedQueryCost: requested, actualQueryCost: actual, throttleStatus: serving.bucket.status() },
    },
  });
}

/** The vendor's own refusal, inside status 200. */
export function throttled(requested: number, { bucket }: Pick<Serving, 'bucket'>): StandInAnswer {
  return json({
    errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED', documentation: DOCS } }],
    extensions: { cost: { requestedQueryCost: requested, actualQueryCost: null, throttleStatus: bucket.status() } },
  });
}

function denied({ field, path, anyOf }: Need) {
  const requiredAccess = `\`${anyOf[0] ?? ''}\` access scope.`;
  return {
    message: `Access denied for ${field} field. Required access: ${requiredAccess}`,
    path,
    extensions: { code: 'ACCESS_DENIED', documentation: 'https://shopify.dev/api/usage/access-scopes', requiredAccess },
  };
}

async function run(
  document: DocumentNode,
  variables: Asked['variables'],
  { state, clock, scopes }: Serving,
  whole: boolean,
): Promise<ExecutionResult> {
  const contextValue: Answering = { state, clock, scopes: new Set(scopes), whole };
  return execute({ schema: answeringSchema(), document, variableValues: variables, contextValue });
}

/** A bulk operation goes on when somebody looks at it. */
function advanceRuns({ operation }: Prepared, serving: Serving): void {
  const looks = operation?.selectionSet.selections.some(
    (selection) =>
      selection.kind === Kind.FIELD &&
      selection.name.value.startsWith('bulkOperation') &&
      !selection.name.value.endsWith('Query'),
  );
  if (looks) advance(serving.state, serving.clock, (bulk) => files(bulk, serving));
}

/** Results are made when the run completes and stay as they were, whatever the shop does since. */
const results = new WeakMap<ShopState, Map<number, string>>();

function files(bulk: BulkRun, serving: Serving): { objects: number; roots: number; bytes: number } {
  const contextValue: Answering = { state: serving.state, clock: serving.clock, scopes: serving.scopes, whole: true };
  const result = execute({ schema: answeringSchema(), document: parse(bulk.query), contextValue });
  if ('then' in result) throw new Error('a resolver of the stand-in became asynchronous');
  const { lines, roots } = jsonLines(result.data, bulk.grouped);
  const text = lines.map((line) => `${line}\n`).join('');
  let kept = results.get(serving.state);
  if (!kept) results.set(serving.state, (kept = new Map<number, string>()));
  kept.set(bulk.number, text);
  return { objects: lines.length, roots, bytes: Buffer.byteLength(text) };
}

function bulkFile(number: number, { state }: Serving): StandInAnswer {
  const text = results.get(state)?.get(number);
  if (text === undefined)
    return {
      status: 404,
      headers: { 'content-type': 'application/xml' },
      body: '<Error><Code>NoSuchKey</Code></Error>',
    };
  return { status: 200, headers: { 'content-type': 'application/jsonl' }, body: text };
}

function json(value: unknown, status = 200): StandInAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'x-shopify-api-version': SANDBOX_API_VERSION },
    body: JSON.stringify(value),
  };
}
