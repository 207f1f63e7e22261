import { setTimeout as wait } from 'node:timers/promises';
import { openStandIn } from '../../src/connector/sandbox/stand-in.ts';
import type { StandIn, StandInAnswer, StandInRequest } from '../../src/connector/sandbox/stand-in.ts';
import type { Budget, Io } from '../../src/connector/io.ts';
import { mappingOf } from '../../src/connector/mapping/parse.ts';
import { openHttp } from '../../src/connector/transport/http.ts';
import type { OpenHttp } from '../../src/connector/transport/http.ts';
import type { Clock, Log, LogFields } from '../../src/domain/ports.ts';
import { shopifyConfig } from './config.ts';
import type { ShopifyConfig } from './config.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';

/** The mapping that the fixtures of this folder are normalized with. */
export const FIXTURE_MAPPING = mappingOf({
  payments: { shopify_payments: 'card', paypal: 'paypal', gift_card: 'gift-card', cash: 'cash', manual: 'bank' },
  locations: {
    'gid://shopify/Location/9001': 'newark',
    'gid://shopify/Location/9002': 'reno',
    'gid://shopify/Location/9003': 'rotterdam',
    'gid://shopify/Location/9004': 'berlin-store',
  },
  listings: { 'KIT-A': { kit: { 'SKU-1': 2, 'SKU-2': 1 } } },
});

/** The connection that the shared contract suite opens, so that it checks the same canonical files. */
export const FIXTURE_SCOPE = { id: 'contract', company: 'acme', zone: 'Europe/Berlin' } as const;

export const TOKEN = 'token-that-must-stay-in';
export const SECRET = 'secret-that-must-stay-in';

/** One GraphQL request as a test's shop sees it. */
export interface Asked {
  readonly name: string;
  readonly query: string;
  readonly variables: Json;
  readonly request: StandInRequest;
}

export interface BudgetLog {
  readonly taken: number[];
  readonly observed: { available: number; perSecond: number; capacity: number }[];
  readonly refused: number[];
}

/** A shop on loopback whose answers a test writes by operation name, and a connection to it over the real transport. */
export interface TestShop {
  readonly server: StandIn;
  readonly asked: Asked[];
  readonly config: ShopifyConfig;
  readonly io: Io;
  readonly budget: BudgetLog;
  /** Every line logged, as JSON text. */
  readonly logged: string[];
  readonly slept: number[];
  close(): Promise<void>;
}

/** What a shop answers: a GraphQL body (`data`, `errors`, `extensions`), or a whole HTTP answer. */
export type Answer = (asked: Asked) => Json | StandInAnswer;

const NOW = Date.parse('2026-11-10T12:00:00Z');

/** For what really waits: sockets and the stand-in. The connector itself gets a clock that stands still and never waits. */
const real: Clock = { now: () => NOW, sleep: (ms, signal) => wait(ms, undefined, { signal }) };

export async function openTestShop(
  answer: Answer,
  settings: Partial<Record<keyof ShopifyConfig, unknown>> = {},
): Promise<TestShop> {
  const asked: Asked[] = [];
  const slept: number[] = [];
  const clock: Clock = { now: () => NOW, sleep: async (ms) => void slept.push(ms) };
  const server = await openStandIn({
    name: 'test shop',
    clock: real,
    answer: (request) => reply(answer, request, asked),
    throttled: () =>
      json({ errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }], extensions: cost(60, 10) }),
  });
  const logged: string[] = [];
  const log = logInto(logged, {});
  const http: OpenHttp = openHttp({ timeoutMs: 2_000, maxBytes: 10_000_000, userAgent: 'test', log, clock: real });
  const budget: BudgetLog = { taken: [], observed: [], refused: [] };
  const recorder: Budget = {
    take: async (points) => void budget.taken.push(points),
    observe: (state) =>
      void budget.observed.push({ available: state.available, perSecond: state.perSecond, capacity: state.capacity }),
    refuse: (until) => void budget.refused.push(until),
    slot: (call) => call(),
  };
  const config = shopifyConfig.parse({
    shop: 'harbour-us.myshopify.com',
    accessToken: TOKEN,
    webhookSecret: SECRET,
    baseUrl: server.url,
    cutOver: '2026-11-01T00:00:00Z',
    ...settings,
  });
  const io: Io = {
    connection: FIXTURE_SCOPE,
    http,
    clock,
    random: { next: () => 0.5, bytes: (length) => new Uint8Array(length) },
    log,
    budget: () => recorder,
  };
  return {
    server,
    asked,
    config,
    io,
    budget,
    logged,
    slept,
    close: async () => {
      http.close();
      await server.close();
    },
  };
}

/** `extensions` with the cost bucket of a standard shop. */
export function cost(requested: number, available = 2000): Json {
  return {
    cost: {
      requestedQueryCost: requested,
      actualQueryCost: requested,
      throttleStatus: { maximumAvailable: 2000, currentlyAvailable: available, restoreRate: 100 },
    },
  };
}

export function connection(nodes: readonly unknown[], endCursor: string | null = null): Json {
  return { nodes, pageInfo: { hasNextPage: endCursor !== null, endCursor } };
}

function json(body: unknown): StandInAnswer {
  return { body: JSON.stringify(body) };
}

function reply(answer: Answer, request: StandInRequest, asked: Asked[]): StandInAnswer {
  const given: unknown = request.method === 'POST' ? JSON.parse(request.text()) : {};
  const body = isObject(given) ? given : {};
  const query = typeof body['query'] === 'string' ? body['query'] : '';
  const variables = isObject(body['variables']) ? body['variables'] : {};
  const name = /^\s*(?:query|mutation)\s+(\w+)/.exec(query)?.[1] ?? request.path;
  const one: Asked = { name, query, variables, request };
  asked.push(one);
  const answered = answer(one);
  if ('data' in answered || 'errors' in answered) return json({ extensions: cost(10), ...answered });
  return answered;
}

function logInto(lines: string[], fixed: LogFields): Log {
  const write = (message: string, fields?: LogFields): void =>
    void lines.push(JSON.stringify({ message, ...fixed, ...fields }));
  return {
    debug: write,
    info: write,
    warn: write,
    error: write,
    with: (fields) => logInto(lines, { ...fixed, ...fields }),
  };
}

/** Everything that a source of pages gives. */
export async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) found.push(page);
  return found;
}
