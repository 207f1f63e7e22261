import { AsyncLocalStorage } from 'node:async_hooks';
import '@shopify/shopify-api/adapters/node';
import { ApiVersion, GraphqlQueryError, LogSeverity, shopifyApi } from '@shopify/shopify-api';
import { setAbstractFetchFunc } from '@shopify/shopify-api/runtime';
import { asSyncError, SyncError } from '../../src/domain/errors.ts';
import type { CallKind, Io } from '../../src/connector/io.ts';
import { API_VERSION } from './config.ts';
import type { ShopifyConfig } from './config.ts';
import { queryCost } from './cost.ts';
import type { Document } from './documents.ts';
import { graphqlFault, throttleState } from './faults.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';

/** One call on its way through Shopify's library: whose transport it uses, and the error it met there. */
interface Call {
  readonly io: Io;
  readonly origin: string;
  readonly kind: CallKind;
  readonly signal: AbortSignal | undefined;
  thrown: unknown;
  /** By which API version it was answered. */
  version: string;
}

/** The library has one fetch for the whole process; the call under way says which connection's transport it means. */
const calls = new AsyncLocalStorage<Call>();

setAbstractFetchFunc(async (input, init) => {
  const call = calls.getStore();
  if (call === undefined) {
    throw new SyncError('bug', 'Shopify’s library made a request outside of a connection', {
      remedy: 'This is a fault in Crossdock. Report it with the log lines of this run.',
    });
  }
  try {
    return await send(
      call,
      typeof input === 'string' || input instanceof URL ? new URL(input) : new URL(input.url),
      init,
    );
  } catch (thrown) {
    // The library flattens whatever its fetch throws into a message; the call keeps the original.
    call.thrown = thrown;
    throw thrown;
  }
});

async function send(call: Call, url: URL, init: RequestInit | undefined): Promise<Response> {
  const headers = Object.fromEntries(new Headers(init?.headers));
  const answer = await call.io.http.send({
    method: 'POST',
    url: call.origin + url.pathname + url.search,
    headers,
    ...(typeof init?.body === 'string' ? { body: init.body } : {}),
    kind: call.kind,
    accept: [404, 423],
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
  if (answer.status === 404) throw noSuchEndpoint(url.host);
  if (answer.status === 423) throw locked(url.host);
  call.version = answer.headers['x-shopify-api-version'] ?? API_VERSION;
  // A copy: Response wants bytes of its own, and the transport's may be a view into a pool.
  return new Response(new Uint8Array(answer.body), { status: answer.status, headers: answer.headers });
}

/** What a connection asks Shopify with. */
export interface ShopifyClient {
  /**
   * Runs one document and gives its `data`. Waits for the cost budget first and reports the bucket's state after.
   * @throws SyncError: what the transport threw, unchanged; or by the GraphQL error's code (see faults.ts).
   */
  query(document: Document, variables: Json, signal?: AbortSignal): Promise<Json>;
  /** Compares two texts in a time that does not depend on where they differ. */
  sameText(one: string, other: string): boolean;
}

/** Opens the client of one connection. Several with different transports live side by side. */
export function openClient(config: ShopifyConfig, io: Io): ShopifyClient {
  const api = shopifyApi({
    apiSecretKey: config.webhookSecret,
    apiVersion: ApiVersion.October26,
    isCustomStoreApp: true,
    adminApiAccessToken: config.accessToken,
    isEmbeddedApp: false,
    hostName: config.shop,
    userAgentPrefix: 'Crossdock',
    // Its texts can carry request headers and bodies, so none of them reaches a log of ours.
    logger: { level: LogSeverity.Error, httpRequests: false, log: () => undefined },
  });
  const graphql = new api.clients.Graphql({ session: api.session.customAppSession(config.shop) });
  const origin = config.baseUrl === undefined ? `https://${config.shop}` : new URL(config.baseUrl).origin;
  const budget = io.budget('graphql');
  /** What each document, at its page size, was said to cost when last asked. */
  const estimates = new Map<string, number>();
  let told = API_VERSION;

  async function query(document: Document, variables: Json, signal?: AbortSignal): Promise<Json> {
    const first = variables['first'];
    const priced = `${document.name}/${typeof first === 'number' ? first : ''}`;
    let estimate = estimates.get(priced);
    if (estimate === undefined) {
      estimate = queryCost(document.text, variables);
      estimates.set(priced, estimate);
    }
    await budget.take(estimate, signal);
    const call: Call = { io, origin, kind: document.kind, signal, thrown: undefined, version: API_VERSION };
    const answer = await calls.run(call, () => exchange(call, document, variables));
    if (call.version !== told) {
      told = call.version;
      if (told !== API_VERSION) otherVersion(told);
    }
    const state = throttleState(answer.extensions);
    if (state !== null) {
      estimates.set(priced, Math.max(1, state.requested));
      budget.observe(state);
    }
    if (answer.errors !== null) {
      const fault = graphqlFault(answer.errors, state, { document, shop: config.shop, now: io.clock.now() });
      if (fault.retryAt !== undefined) budget.refuse(fault.retryAt);
      throw fault;
    }
    return answer.data;
  }

  /** A retired version is answered by the oldest that is left, without an error (https://shopify.dev/docs/api/usage/versioning). */
  function otherVersion(version: string): void {
    io.log.warn('Shopify answers by another API version than the one that is asked for: that one has been retired.', {
      shop: config.shop,
      asked: API_VERSION,
      answered: version,
      remedy: 'Update Crossdock: what fields mean may have changed since.',
    });
  }

  async function exchange(call: Call, document: Document, variables: Json): Promise<Answer> {
    try {
      const answer = await graphql.request(document.text, { variables: { ...variables }, retries: 0 });
      return { data: isObject(answer.data) ? answer.data : {}, errors: null, extensions: answer.extensions };
    } catch (thrown) {
      if (call.thrown !== undefined) {
        if (call.thrown instanceof SyncError && call.thrown.retryAt !== undefined) budget.refuse(call.thrown.retryAt);
        throw asSyncError(call.thrown);
      }
      if (thrown instanceof GraphqlQueryError) {
        const told: unknown = thrown.body?.['errors'];
        const errors = isObject(told) ? told['graphQLErrors'] : undefined;
        return { data: {}, errors: Array.isArray(errors) ? errors : [], extensions: thrown.body?.['extensions'] };
      }
      throw unreadableAnswer(document, config.shop);
    }
  }

  return { query, sameText: (one, other) => api.auth.safeCompare(one, other) };
}

function noSuchEndpoint(shop: string): SyncError {
  return new SyncError('config', `Shopify has no Admin API ${API_VERSION} at ${shop}`, {
    code: 'no-such-shop',
    remedy:
      'Check the shop’s permanent domain (or baseUrl). If it is right, this API version has been retired: update Crossdock.',
  });
}

/** https://shopify.dev/docs/api/usage/response-codes: for the shop's account, or because its limits were passed again and again. */
function locked(shop: string): SyncError {
  return new SyncError('config', `Shopify has locked ${shop} (status 423)`, {
    code: 'shop-locked',
    remedy:
      'Ask the shop’s owner, or Shopify’s support, why it is locked. The connection goes on when it is open again.',
  });
}

interface Answer {
  readonly data: Json;
  readonly errors: readonly unknown[] | null;
  readonly extensions: unknown;
}

/** An answer that is no GraphQL answer: cut short, an HTML page, empty. After a write nobody knows what was done. */
function unreadableAnswer(document: Document, shop: string): SyncError {
  const fault = document.kind === 'write' ? 'unknown' : 'transient';
  return new SyncError(
    fault,
    `Shopify answered ${document.name} for ${shop} with something that is not a GraphQL answer`,
    {
      code: 'malformed-answer',
      remedy:
        'Nothing to do at first: it is tried again. If it goes on, look at https://www.shopifystatus.com and at any proxy in between.',
    },
  );
}
