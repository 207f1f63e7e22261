import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it, expect } from '@jest/globals';
import { ask, closeAll, connect, opened, shop, type Listed } from './sandbox-asking.ts';

afterEach(closeAll);

describe('bulk exports of the stand-in', () => {
  const run =
    'mutation Run($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: true) { bulkOperation { id status } userErrors { code message } } }';
  const state = 'query State($id: ID!) { bulkOperation(id: $id) { id status url objectCount rootObjectCount } }';

  it('give every object a line, children behind their parent and with its id', async () => {
    const standIn = await shop();
    const started = await ask(standIn, run, {
      query: '{ orders { edges { node { id lineItems { edges { node { id sku } } } } } } }',
    });
    const id = started.body.data?.['bulkOperationRunQuery']?.bulkOperation?.id;
    let found: Listed | undefined;
    const states: unknown[] = [];
    do {
      found = (await ask(standIn, state, { id })).body.data?.['bulkOperation'];
      states.push(found?.status);
    } while (found?.status !== 'COMPLETED');
    expect(states).toEqual(['RUNNING', 'COMPLETED']);
    const text = await (await fetch(found.url ?? '')).text();
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; __parentId?: string });
    const books = standIn.books().orders;
    expect(
      lines
        .filter((line) => line.__parentId === undefined)
        .map((line) => line.id)
        .toSorted(),
    ).toEqual(books.map((order) => order.id).toSorted());
    expect(lines.filter((line) => line.__parentId !== undefined)).toHaveLength(
      books.flatMap((order) => order.lines).length,
    );
    let parent = '';
    for (const line of lines) {
      if (line.__parentId === undefined) parent = line.id;
      else expect(line.__parentId).toBe(parent);
    }
  });

  it('are refused without a connection, with one inside a list, and beyond five at a time', async () => {
    const standIn = await shop();
    const errors = async (query: string) =>
      (await ask(standIn, run, { query })).body.data?.['bulkOperationRunQuery']?.userErrors ?? [];
    expect((await errors('{ shop { name } }'))[0]?.message).toBe('Bulk queries must contain at least one connection.');
    expect(
      (await errors('{ orders { edges { node { refunds { transactions { edges { node { id } } } } } } } }'))[0]
        ?.message,
    ).toBe('Queries that contain a connection field within a list field are not supported.');
    for (let at = 0; at < 5; at++) expect(await errors('{ orders { edges { node { id } } } }')).toEqual([]);
    expect((await errors('{ orders { edges { node { id } } } }'))[0]?.code).toBe('LIMIT_REACHED');
  });
});

describe('webhooks of the stand-in', () => {
  interface Received {
    readonly topic: string;
    readonly event: string;
    readonly delivery: string;
    readonly genuine: boolean;
    readonly id: number;
  }

  async function receiver(secret: string): Promise<{ readonly address: string; readonly received: Received[] }> {
    const received: Received[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const header = (name: string): string => String(request.headers[name]);
        const genuine = header('x-shopify-hmac-sha256') === createHmac('sha256', secret).update(bytes).digest('base64');
        received.push({
          topic: header('x-shopify-topic'),
          event: header('x-shopify-event-id'),
          delivery: header('x-shopify-webhook-id'),
          genuine,
          id: (JSON.parse(bytes.toString()) as { id: number }).id,
        });
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push({ close: () => new Promise((resolve) => server.close(resolve)) });
    return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`, received };
  }

  it('are signed over their bytes as Node computes it, and with another secret when told to', async () => {
    const standIn = await shop();
    const { address, received } = await receiver(standIn.credentials.webhookSecret);
    await standIn.tell('tick', { orders: 1, changes: 0, counts: 0 });
    await standIn.tell('deliver', { address });
    await standIn.tell('tick', { orders: 1, changes: 0, counts: 0 });
    await standIn.tell('deliver', { address, badHmac: true });
    expect(received.map(({ topic, genuine }) => [topic, genuine])).toEqual([
      ['orders/create', true],
      ['orders/create', false],
    ]);
  });

  it('come twice with one event id, and newest first, when told to', async () => {
    const standIn = await shop();
    const { address, received } = await receiver(standIn.credentials.webhookSecret);
    await standIn.tell('tick', { orders: 2, changes: 0, counts: 0 });
    await standIn.tell('deliver', { address, duplicate: true, reversed: true });
    expect(received.map((each) => each.event)).toEqual(['ev-3', 'ev-3', 'ev-2', 'ev-2']);
    expect(new Set(received.map((each) => each.delivery)).size).toBe(4);
  });

  it('go to whoever subscribed to the topic, and to nobody else', async () => {
    const standIn = await shop();
    const { address, received } = await receiver(standIn.credentials.webhookSecret);
    await ask(
      standIn,
      'mutation Add($uri: String!) { webhookSubscriptionCreate(topic: ORDERS_CANCELLED, webhookSubscription: { uri: $uri }) { userErrors { message } } }',
      { uri: address },
    );
    await standIn.tell('change', { order: '#1003', kind: 'cancel' });
    await standIn.tell('deliver');
    expect(received.map((each) => each.topic)).toEqual(['orders/cancelled']);
  });

  it('are accepted by the connector’s own check, and with one byte more they are not', async () => {
    const standIn = await shop();
    const secret = standIn.credentials.webhookSecret;
    const { webhooks } = connect(standIn).capabilities;
    const body = Buffer.from('{"id":1,"admin_graphql_api_id":"gid://shopify/Order/1"}');
    const headers = {
      'x-shopify-hmac-sha256': createHmac('sha256', secret).update(body).digest('base64'),
      'x-shopify-topic': 'orders/create',
      'x-shopify-shop-domain': 'harbour-us.myshopify.com',
      'x-shopify-api-version': '2026-10',
      'x-shopify-webhook-id': 'wh-1',
      'x-shopify-event-id': 'ev-1',
      'x-shopify-triggered-at': '2026-11-20T12:00:00Z',
    };
    expect(await webhooks?.verify(headers, body)).toMatchObject({ kind: 'order' });
    expect(await webhooks?.verify(headers, Buffer.concat([body, Buffer.from(' ')]))).toBeNull();
  });
});
