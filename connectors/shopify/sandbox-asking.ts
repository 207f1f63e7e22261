import { setTimeout as wait } from 'node:timers/promises';
import type { Observed } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import { openHttp, type OpenHttp } from '../../src/connector/transport/http.ts';
import type { Clock, Log } from '../../src/domain/ports.ts';
import { openClient, type ShopifyClient } from './client.ts';
import { shopifyConfig } from './config.ts';
import { isObject } from './field.ts';
import shopify from './index.ts';
import { startStandIn, type ShopifyStandIn, type StandInConfig } from './sandbox.ts';

export const TODAY = Date.parse('2026-11-20T12:00:00Z');
export const SEED = 'harbour';

/** Moves only when told, so that buckets and late listings are exact; waits are real. */
let now = TODAY;
export const clock: Clock = { now: () => now, sleep: (ms, signal) => wait(ms, undefined, { signal }) };
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };

/** What a test has opened; `closeAll` ends it. */
export const opened: { close(): unknown }[] = [];

export async function closeAll(): Promise<void> {
  for (const each of opened.splice(0)) await each.close();
}

/** The tests' clock goes on by so much. */
export function goOn(ms: number): void {
  now += ms;
}

/** A shop of the sandbox business, small enough for a test. */
export async function shop(
  config: Partial<StandInConfig> = {},
  more: { readonly snapshot?: string } = {},
): Promise<ShopifyStandIn> {
  const standIn = await startStandIn({
    config: { connection: 'harbour-us', orders: 120, ...config },
    seed: SEED,
    today: TODAY,
    clock,
    ...more,
  });
  opened.push(standIn);
  return standIn;
}

/** What came back, as far as the tests look at it. */
export interface Answered {
  readonly status: number;
  readonly body: {
    readonly data?: Readonly<Record<string, Listed | undefined>> | null;
    readonly errors?:
      readonly { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }[] | string;
    readonly extensions?: {
      readonly cost: {
        readonly requestedQueryCost: number;
        readonly actualQueryCost: number;
        readonly throttleStatus: { readonly currentlyAvailable: number };
      };
    };
  };
}
export interface Listed {
  readonly id?: string;
  readonly status?: string;
  readonly url?: string | null;
  readonly nodes?: readonly { readonly id: string; readonly updatedAt: string }[];
  readonly pageInfo?: { readonly hasNextPage: boolean; readonly endCursor: string };
  readonly bulkOperation?: { readonly id: string } | null;
  readonly userErrors?: readonly { readonly message: string; readonly code?: string }[];
}

/** One GraphQL request over real HTTP; gives up after a second. */
export async function ask(
  standIn: ShopifyStandIn,
  query: string,
  variables: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const answer = await fetch(`${standIn.url}/admin/api/2026-10/graphql.json`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-shopify-access-token': standIn.credentials.accessToken,
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(1_000),
  });
  return { status: answer.status, body: (await answer.json()) as Answered['body'] };
}

/** The light list of orders. */
export const LIST =
  'query List($first: Int!, $after: String, $query: String) { orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) { nodes { id updatedAt } pageInfo { hasNextPage endCursor } } }';

/** Every order of a listing by update time, page by page. */
export async function listAll(
  standIn: ShopifyStandIn,
  query: string | null = null,
  first = 50,
): Promise<readonly { id: string; updatedAt: string }[]> {
  const nodes: { id: string; updatedAt: string }[] = [];
  let after: string | null = null;
  do {
    const { body } = await ask(standIn, LIST, { first, after, query });
    const page: Listed | undefined = body.data?.['orders'];
    nodes.push(...(page?.nodes ?? []));
    after = page?.pageInfo?.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  return nodes;
}

/** The code of the first error, if any. */
export function codeOf({ body }: Answered): unknown {
  const first: unknown = Array.isArray(body.errors) ? body.errors[0] : undefined;
  const extensions = isObject(first) ? first['extensions'] : undefined;
  return isObject(extensions) ? extensions['code'] : undefined;
}

/** The connector itself on the stand-in, over the real transport. */
export function connect(standIn: ShopifyStandIn): {
  readonly capabilities: ReturnType<typeof shopify.open>;
  readonly client: ShopifyClient;
  readonly http: OpenHttp;
} {
  const http = openHttp({ timeoutMs: 5_000, maxBytes: 20_000_000, userAgent: 'test', log: silent, clock });
  opened.push(http);
  const config = shopifyConfig.parse({
    shop: 'harbour-us.myshopify.com',
    baseUrl: standIn.url,
    plan: 'plus',
    cutOver: '2026-01-01T00:00:00Z',
    readAllOrders: true,
    writes: true,
    ...standIn.credentials,
  });
  const io: Io = {
    connection: { id: 'harbour-us', company: 'harbour-inc', zone: 'America/New_York' },
    http,
    clock,
    log: silent,
    random: { next: () => 0.5, bytes: (length) => new Uint8Array(length) },
    budget: () => ({
      take: async () => undefined,
      observe: () => undefined,
      refuse: () => undefined,
      slot: (call) => call(),
    }),
  };
  return { capabilities: shopify.open(config, io), client: openClient(config, io), http };
}

/** All that the connector pulls. */
export async function pulled(standIn: ShopifyStandIn): Promise<readonly Observed[]> {
  const records: Observed[] = [];
  for await (const page of connect(standIn).capabilities.orders?.pull(null) ?? []) records.push(...page.records);
  return records;
}
