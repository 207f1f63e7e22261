import { afterEach, describe, it, expect } from '@jest/globals';
import { ask, closeAll, codeOf, goOn, LIST, shop } from './sandbox-asking.ts';

afterEach(closeAll);

describe('the door of the stand-in', () => {
  it('refuses a wrong token with 401, another version with 404 and a body that is no request with 400', async () => {
    const standIn = await shop();
    expect((await ask(standIn, '{ shop { name } }', {}, { 'x-shopify-access-token': 'wrong' })).status).toBe(401);
    const old = await fetch(`${standIn.url}/admin/api/2023-01/graphql.json`, { method: 'POST', body: '{}' });
    expect(old.status).toBe(404);
    const broken = await fetch(`${standIn.url}/admin/api/2026-10/graphql.json`, {
      method: 'POST',
      body: '{',
      headers: { 'x-shopify-access-token': standIn.credentials.accessToken },
    });
    expect(broken.status).toBe(400);
  });

  it('refuses unknown fields, pages over 250, pages without a size and searches that it does not know', async () => {
    const standIn = await shop();
    const messages = async (query: string): Promise<string> => {
      const { errors } = (await ask(standIn, query)).body;
      return Array.isArray(errors) ? (errors[0]?.message ?? '') : '';
    };
    expect(await messages('{ orders(first: 1) { nodes { nickname } } }')).toContain(
      'Cannot query field "nickname" on type "Order".',
    );
    expect(await messages('{ orders(first: 251) { nodes { id } } }')).toBe('first cannot exceed 250');
    expect(await messages('{ orders { nodes { id } } }')).toBe('you must provide one of first or last');
    expect(await messages('{ orders(first: 1, query: "colour:blue") { nodes { id } } }')).toBe(
      'the stand-in cannot search for "colour:blue"',
    );
  });

  it('refuses what a missing scope would show, and a document over 1,000 points', async () => {
    const standIn = await shop({ scopes: ['read_inventory'] });
    const denied = await ask(standIn, '{ orders(first: 1) { nodes { id } } }');
    expect([denied.status, codeOf(denied)]).toEqual([200, 'ACCESS_DENIED']);
    expect(codeOf(await ask(standIn, '{ shop { name } }'))).toBeUndefined();
    await standIn.tell('scopes', { scopes: ['read_orders'] });
    expect(codeOf(await ask(standIn, '{ orders(first: 1) { nodes { id } } }'))).toBeUndefined();
    const dear = await ask(
      standIn,
      '{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { id taxLines { title } } } refunds { refundLineItems(first: 250) { nodes { lineItem { id } } } } returns(first: 250) { nodes { returnLineItems(first: 250) { nodes { id } } } } } } }',
      {},
    );
    expect(codeOf(dear)).toBe('MAX_COST_EXCEEDED');
  });
});

describe('the cost bucket of the stand-in', () => {
  it('reserves what is asked, charges what came back, refills with time and says THROTTLED inside 200 when empty', async () => {
    const standIn = await shop({ plan: 'standard' });
    const first = await ask(standIn, LIST, { first: 20, query: 'name:1001' });
    expect(first.body.extensions?.cost).toEqual({
      requestedQueryCost: 7,
      actualQueryCost: 3,
      throttleStatus: { maximumAvailable: 2_000, currentlyAvailable: 1_997, restoreRate: 100 },
    });
    await standIn.tell('bucket', { available: 5 });
    const refused = await ask(standIn, LIST, { first: 20 });
    expect([refused.status, codeOf(refused), refused.body.extensions?.cost.throttleStatus.currentlyAvailable]).toEqual([
      200,
      'THROTTLED',
      5,
    ]);
    goOn(20);
    expect((await ask(standIn, LIST, { first: 20 })).body.errors).toBeUndefined();
  });
});

describe('faults of the stand-in, over real HTTP', () => {
  const query = '{ shop { name } }';

  it.each([
    ['429', { status: 429 }],
    ['5xx', { status: 502 }],
    ['401', { status: 401 }],
  ] as const)('%s is its status', async (kind, expected) => {
    const standIn = await shop();
    standIn.control.fail({ kind });
    const answer = await fetch(`${standIn.url}/admin/api/2026-10/graphql.json`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(expected.status);
    expect((await ask(standIn, query)).status).toBe(200);
  });

  it('throttled is Shopify’s own refusal inside 200', async () => {
    const standIn = await shop();
    standIn.control.fail({ kind: 'throttled' });
    const refused = await ask(standIn, query);
    expect([refused.status, codeOf(refused)]).toEqual([200, 'THROTTLED']);
  });

  it.each(['timeout', 'timeout-after-apply', 'cut-before-apply', 'cut-after-apply', 'malformed', 'slow'] as const)(
    '%s gives the caller no whole answer',
    async (kind) => {
      const standIn = await shop();
      standIn.control.fail({ kind });
      await expect(ask(standIn, query)).rejects.toThrow();
      expect((await ask(standIn, query)).status).toBe(200);
    },
  );

  it('cut after applying has taken effect, cut before has not', async () => {
    const standIn = await shop();
    const subscribe =
      'mutation Add { webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: { uri: "https://hooks.example.com/shopify" }) { webhookSubscription { id } userErrors { message } } }';
    standIn.control.fail({ kind: 'cut-before-apply' });
    await expect(ask(standIn, subscribe)).rejects.toThrow();
    expect(standIn.books().subscriptions).toHaveLength(0);
    standIn.control.fail({ kind: 'cut-after-apply' });
    await expect(ask(standIn, subscribe)).rejects.toThrow();
    expect(standIn.books().subscriptions).toHaveLength(1);
    const again = (await ask(standIn, subscribe)).body.data?.['webhookSubscriptionCreate'];
    expect(again?.userErrors?.[0]?.message).toBe('Address for this topic has already been taken');
  });

  it('are told over the control endpoint as well', async () => {
    const standIn = await shop();
    await fetch(`${standIn.url}/__stand-in/faults`, {
      method: 'POST',
      body: JSON.stringify({ kind: '5xx', match: { body: 'shop' } }),
    });
    expect(
      (
        await fetch(`${standIn.url}/__stand-in/do/tick`, {
          method: 'POST',
          body: '{"orders":1,"changes":0,"counts":0}',
        })
      ).status,
    ).toBe(200);
    await expect(ask(standIn, query)).resolves.toMatchObject({ status: 502 });
    const books = (await (await fetch(`${standIn.url}/__stand-in/books`)).json()) as {
      orders: unknown[];
      requests: unknown[];
    };
    expect([books.orders.length, books.requests.length]).toEqual([70, 1]);
  });
});
