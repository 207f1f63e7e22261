import { describe, expect, it } from '@jest/globals';
import { SyncError } from '../../src/domain/errors.ts';
import { openClient } from './client.ts';
import { CHECK, SUBSCRIBE } from './documents.ts';
import { refuseUserErrors } from './user-errors.ts';
import { cost, SECRET, TOKEN } from './test-shop.ts';
import type { Answer } from './test-shop.ts';
import { testShops } from './test-shops.ts';

const shop = testShops();

async function failure(action: Promise<unknown>): Promise<SyncError> {
  const thrown: unknown = await action.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof SyncError)) throw new Error(`expected a SyncError, got ${String(thrown)}`);
  return thrown;
}

const fine: Answer = () => ({ data: { shop: { myshopifyDomain: 'harbour-us.myshopify.com' } } });

describe('a call to Shopify', () => {
  it('goes to the pinned version at the configured address with the token as header only', async () => {
    const to = await shop(fine);
    const data = await openClient(to.config, to.io).query(CHECK, {});
    expect(data).toEqual({ shop: { myshopifyDomain: 'harbour-us.myshopify.com' } });
    const { request } = to.asked[0] ?? { request: undefined };
    expect(request?.path).toBe('/admin/api/2026-10/graphql.json');
    expect(request?.headers['x-shopify-access-token']).toBe(TOKEN);
  });

  it('takes the estimated cost first, tells the budget what Shopify said, and takes what it was said to cost the next time', async () => {
    const to = await shop(() => ({ data: {}, extensions: cost(7, 1993) }));
    const client = openClient(to.config, to.io);
    await client.query(CHECK, {});
    await client.query(CHECK, {});
    expect(to.budget.taken).toEqual([3, 7]);
    expect(to.budget.observed[0]).toEqual({ available: 1993, perSecond: 100, capacity: 2000 });
  });

  it('runs connections side by side, each on its own transport and token', async () => {
    const names = ['one', 'two', 'three'];
    const shops = await Promise.all(
      names.map((name) => shop(() => ({ data: { name } }), { accessToken: `token-${name}` })),
    );
    const clients = shops.map((each) => openClient(each.config, each.io));
    const rounds = Array.from({ length: 20 }, () => clients.map((client) => client.query(CHECK, {})));
    const answers = await Promise.all(rounds.flat());
    expect(answers.map((answer) => answer['name'])).toEqual(Array.from({ length: 20 }, () => names).flat());
    shops.forEach((each, at) => {
      expect(each.asked).toHaveLength(20);
      expect(new Set(each.asked.map(({ request }) => request.headers['x-shopify-access-token']))).toEqual(
        new Set([`token-${names[at]}`]),
      );
    });
  });

  it('refuses to be THROTTLED before the bucket holds the cost again: (requested − available) / restore rate', async () => {
    const to = await shop(fine);
    to.server.fail({ kind: 'throttled' });
    const error = await failure(openClient(to.config, to.io).query(CHECK, {}));
    expect([error.fault, error.code, error.retryAt]).toEqual(['throttled', 'throttled', to.io.clock.now() + 500]);
    expect(to.budget.refused).toEqual([to.io.clock.now() + 500]);
  });

  it.each([
    ['401', 'config', 'unauthorized'],
    ['429', 'throttled', 'throttled'],
    ['5xx', 'transient', undefined],
    ['cut-before-apply', 'transient', undefined],
    ['malformed', 'transient', 'malformed-answer'],
  ] as const)('on a read: %s is %s, as the transport says it', async (kind, fault, code) => {
    const to = await shop(fine);
    to.server.fail({ kind });
    const error = await failure(openClient(to.config, to.io).query(CHECK, {}));
    expect(error.fault).toBe(fault);
    if (code !== undefined) expect(error.code).toBe(code);
    expect(to.asked.length).toBeLessThanOrEqual(1);
  });

  it.each(['5xx', 'cut-after-apply', 'malformed'] as const)(
    'on a write: after %s nobody knows what was done',
    async (kind) => {
      const to = await shop(() => ({ data: { webhookSubscriptionCreate: { userErrors: [] } } }));
      to.server.fail({ kind });
      const error = await failure(
        openClient(to.config, to.io).query(SUBSCRIBE, { topic: 'ORDERS_CREATE', webhookSubscription: {} }),
      );
      expect(error.fault).toBe('unknown');
    },
  );

  it('gives the very error that the transport threw', async () => {
    const to = await shop(fine);
    const thrown = new SyncError('transient', 'the line was cut', { remedy: 'none' });
    const io = { ...to.io, http: { ...to.io.http, send: () => Promise.reject(thrown) } };
    expect(await failure(openClient(to.config, io).query(CHECK, {}))).toBe(thrown);
  });

  it('says that a 404 means a wrong shop or a retired version', async () => {
    const to = await shop(() => ({ status: 404, body: '{"errors":"Not Found"}' }));
    const error = await failure(openClient(to.config, to.io).query(CHECK, {}));
    expect([error.fault, error.code]).toEqual(['config', 'no-such-shop']);
  });

  it('pauses the connection of a shop that Shopify has locked, and parks no record of it', async () => {
    const to = await shop(() => ({ status: 423, body: '{"errors":"Locked"}' }));
    for (const document of [CHECK, SUBSCRIBE]) {
      const error = await failure(openClient(to.config, to.io).query(document, {}));
      expect([error.fault, error.code]).toEqual(['config', 'shop-locked']);
    }
  });

  it('says once that Shopify answers by another version than the one that was asked for', async () => {
    const answered = (version: string): Answer => {
      const headers = { 'x-shopify-api-version': version, 'content-type': 'application/json' };
      return () => ({ headers, body: '{"data":{}}' });
    };
    const to = await shop(answered('2027-01'));
    const client = openClient(to.config, to.io);
    await client.query(CHECK, {});
    await client.query(CHECK, {});
    expect(to.logged.filter((line) => line.includes('2027-01'))).toHaveLength(1);
    const right = await shop(answered('2026-10'));
    await openClient(right.config, right.io).query(CHECK, {});
    expect(right.logged.filter((line) => line.includes('version'))).toEqual([]);
  });

  it('takes an HTML page of status 200 for no answer', async () => {
    const to = await shop(() => ({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<html>maintenance</html>',
    }));
    expect((await failure(openClient(to.config, to.io).query(CHECK, {}))).fault).toBe('transient');
  });

  it('names the scope and the field that ACCESS_DENIED is about', async () => {
    const extensions = { code: 'ACCESS_DENIED', requiredAccess: '`read_returns` access scope.' };
    const to = await shop(() => ({
      data: { order: null },
      errors: [{ message: 'Access denied for returns field.', path: ['order', 'returns'], extensions }],
    }));
    const error = await failure(openClient(to.config, to.io).query(CHECK, {}));
    expect([error.fault, error.code, error.field]).toEqual(['config', 'missing-scope', 'order.returns']);
    expect(error.message).toBe(
      'Shopify denied order.returns in Check for harbour-us.myshopify.com: it needs read_returns',
    );
  });

  it.each([
    ['MAX_COST_EXCEEDED', 'bug', 'bug'],
    ['INTERNAL_SERVER_ERROR', 'transient', 'unknown'],
    ['SHOP_INACTIVE', 'config', 'config'],
    ['undefinedField', 'bug', 'bug'],
  ])('maps the error code %s to %s on a read and %s on a write', async (code, read, write) => {
    const to = await shop(() => ({ errors: [{ message: 'no', extensions: { code } }] }));
    const client = openClient(to.config, to.io);
    expect((await failure(client.query(CHECK, {}))).fault).toBe(read);
    expect((await failure(client.query(SUBSCRIBE, {}))).fault).toBe(write);
  });

  it('makes user errors a data error that names the fields, without quoting what was sent', () => {
    const payload = {
      userErrors: [{ field: ['webhookSubscription', 'uri'], message: 'robin@example.com is not a URL' }],
    };
    let thrown: unknown = null;
    try {
      refuseUserErrors(payload, SUBSCRIBE);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      fault: 'data',
      field: 'webhookSubscription.uri',
      message: 'Shopify refused Subscribe: webhookSubscription.uri',
    });
  });

  it('lets no token, secret or body into an error or the log', async () => {
    const answers: Answer = () => ({
      errors: [{ message: `bad ${TOKEN} robin@example.com`, extensions: { code: 'argumentLiteralsIncompatible' } }],
    });
    const to = await shop(answers);
    const client = openClient(to.config, to.io);
    const texts: string[] = [];
    for (const kind of ['401', '429', '5xx', 'malformed', 'cut-before-apply', null] as const) {
      if (kind !== null) to.server.fail({ kind });
      const error = await failure(client.query(CHECK, {}));
      texts.push(error.message, error.remedy, String(error.stack), JSON.stringify(error), String(error.cause));
    }
    const everything = [...texts, ...to.logged].join('\n');
    for (const secret of [TOKEN, SECRET, 'robin@example.com']) expect(everything).not.toContain(secret);
  });
});
