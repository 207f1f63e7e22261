import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openRig, LOCATIONS, type Rig } from '../../../test/flows/rig.ts';
import { TEST_SCOPE, testMapping } from '../../../test/flows/order-text.ts';
import { orderId } from '../../domain/ids.ts';
import { wantPullOrders, wantPullStock } from '../../flows/wanted.ts';
import { openReads } from '../../queries/reads.ts';
import type { Store } from '../../store/open-store.ts';
import { testOrder } from '../../store/test-order.ts';
import { testConsole } from '../test-console.ts';
import { openTokens } from '../tokens.ts';

type Server = ReturnType<typeof testConsole>;
type Answer = Awaited<ReturnType<Server['inject']>>;

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const FIRST = orderId(TEST_SCOPE.connection, '1');
const PARKED = `account-order:${orderId(TEST_SCOPE.connection, '4')}`;
const BATCH = 'post:acme|shop|EUR|2026-11-24|1';
/** What of the buyer must be seen by nobody who may not: as the channel told it, and as it was frozen for the provider. */
const PERSONAL = ['Erika', 'Mustermann', 'Heidestraße', 'erika@example.com', '+49 30 1234567'];
let rig: Rig;
let server: Server;
let document: { paths: Record<string, Record<string, Operation>> };

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly responses: Record<string, { readonly content: Record<string, { readonly schema: object }> }>;
  readonly security?: unknown;
}

beforeAll(async () => {
  rig = await openRig({ mapping: testMapping('m1') });
  for (const location of LOCATIONS) rig.stock.set(`A@${location}`, 5);
  rig.channel.tell(
    { id: '1', version: 1, lines: [{ sku: 'A', quantity: 2 }], name: 'Erika Mustermann' },
    { id: '2', version: 2, lines: [{ sku: 'A', quantity: 99, price: 1 }] },
    { id: '4', version: 4, lines: [{ sku: 'A', quantity: 1 }], gateway: 'klarna' },
    { id: '6', version: 6, lines: [{ sku: 'A', quantity: 1 }], broken: true },
  );
  const worker = await rig.worker();
  await worker.enqueue([wantPullStock(TEST_SCOPE.connection)]);
  await rig.quiet();
  await worker.enqueue([wantPullOrders(TEST_SCOPE.connection)]);
  await rig.quiet();
  await worker.stop();
  await seed(rig.store);
  server = testConsole(rig.store);
  document = (await server.inject('/api/v1/openapi.json')).json();
}, 30_000);
afterAll(async () => {
  await server.close();
  await rig.close();
});

/** What the rig's channel does not lead to: a frozen request, a document for an ERP, a compared day, a line of the log. */
async function seed(store: Store): Promise<void> {
  await store.effects.freeze(
    {
      key: `push:${FIRST}:1`,
      connection: 'wms',
      verb: 'push',
      subject: FIRST,
      payload: JSON.stringify({
        key: `push:${FIRST}:1`,
        lines: [{ sku: 'A', quantity: 2 }],
        recipient: {
          name: 'Erika Mustermann',
          email: 'erika@example.com',
          phone: '+49 30 1234567',
          address: { lines: ['Heidestraße 17'] },
        },
      }),
    },
    Date.now(),
  );
  await store.batches.insert({
    _id: BATCH,
    v: 1,
    scope: 'acme|shop|EUR|day|2026-11-24',
    company: 'acme',
    connection: 'shop',
    ledger: 'erp',
    currency: 'EUR',
    date: '2026-11-24',
    version: 1,
    state: 'differs',
    batch: {
      document: {
        key: BATCH,
        company: 'acme',
        kind: 'journal',
        date: '2026-11-24',
        currency: 'EUR',
        memo: 'shop 2026-11-24',
        lines: [
          { account: '1200', debit: 1_999, credit: 0, memo: 'sales', dimensions: { channel: 'shop' } },
          { account: '8400', debit: 0, credit: 1_999, memo: 'sales', dimensions: {} },
        ],
      },
      entries: [],
      evidence: [[], []],
      accounts: 'a1',
    } as never,
    externalId: '77',
    at: new Date(),
    postedAt: new Date(),
    readAt: new Date(),
    differences: [{ account: '1200', kind: 'amount', text: '1200 is 19.00, posted 19.99' } as never],
    left: [{ order: FIRST, number: '#4', cause: 'unmapped-payment' }],
    unmapped: [{ text: 'fees', entries: 2 }],
    cause: null,
  });
  await store.connections.saveCompleteness({
    _id: 'shop|2026-11-24',
    connection: 'shop',
    date: '2026-11-24',
    theirs: 4,
    ours: 3,
    missing: ['9'],
    stale: [],
    parked: [],
    extra: [],
    at: new Date(),
  });
  await store.log.append(
    [
      {
        at: Date.now(),
        n: 1,
        level: 'warn',
        message: 'Parked.',
        fields: { job: PARKED, connection: 'shop', code: 'x' },
      },
    ],
    60_000,
  );
}

async function get(url: string, token = 'reader'): Promise<Answer> {
  return server.inject({ url: `/api/v1${url}`, headers: { authorization: `Bearer ${token}-token-of-the-test` } });
}

async function post(url: string, token: string, payload?: object): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}-token-of-the-test` };
  return server.inject({
    method: 'POST',
    url: `/api/v1${url}`,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
}

/** Fails unless the answer is as the document of the API says that this route answers. */
function expectDocumented(path: string, method: string, answer: Answer): void {
  const operation = document.paths[path]?.[method];
  const documented = operation?.responses[String(answer.statusCode)];
  const type = String(answer.headers['content-type']).split(';')[0] ?? '';
  const schema = documented?.content[type]?.schema;
  expect({ path, method, status: answer.statusCode, type, documented: schema !== undefined }).toMatchObject({
    documented: true,
  });
  const valid = ajv.compile(schema ?? false);
  expect({ path, valid: valid(answer.json()), errors: valid.errors }).toEqual({ path, valid: true, errors: null });
}

const PLACES: Readonly<Record<string, string>> = {
  order: FIRST,
  id: 'shop',
  '/api/v1/jobs/{key}': PARKED,
  '/api/v1/parked/{key}': PARKED,
  '/api/v1/parked/{key}/replay': 'no-such-job',
  '/api/v1/batches/{key}': BATCH,
  '/api/v1/stock/{level}': 'A@east',
};

function placed(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(PLACES[path] ?? PLACES[name] ?? ''));
}

describe('the description of the API', () => {
  it('is a valid OpenAPI 3.1 document, and can be read without a token', async () => {
    const checked = await new Validator().validate(structuredClone(document));
    expect({ valid: checked.valid, errors: checked.errors }).toEqual({ valid: true, errors: undefined });
    expect(Object.keys(document.paths).sort()).toEqual([
      '/api/v1/batches',
      '/api/v1/batches/{key}',
      '/api/v1/completeness',
      '/api/v1/connections',
      '/api/v1/connections/{id}/pull',
      '/api/v1/effects',
      '/api/v1/jobs',
      '/api/v1/jobs/{key}',
      '/api/v1/log',
      '/api/v1/orders',
      '/api/v1/orders/{order}',
      '/api/v1/orders/{order}/timeline',
      '/api/v1/parked',
      '/api/v1/parked/{key}',
      '/api/v1/parked/{key}/replay',
      '/api/v1/runs',
      '/api/v1/stock',
      '/api/v1/stock/{level}',
    ]);
  });

  it('is what every route answers, with things to show, refused and not found', async () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) {
        const url = placed(path).replace('/api/v1', '');
        const ask = method === 'get' ? (token: string) => get(url, token) : (token: string) => post(url, token);
        const answer = await ask('operator');
        expectDocumented(path, method, answer);
        expect([path, answer.statusCode]).toEqual([
          path,
          path.endsWith('/replay') ? 404 : method === 'post' ? 202 : 200,
        ]);
        if (method === 'get' && !path.includes('{')) {
          const { items } = answer.json<{ items: unknown[] }>();
          expect({ path, some: items.length > 0 }).toEqual({ path, some: true });
        }
        expectDocumented(path, method, await ask('nobody'));
        if (path.includes('{') && method === 'get') {
          const none = await get(url.replace(/\/[^/]*?(%3A|%40|ord_|post)[^/]*/, '/none'));
          expectDocumented(path, method, none);
          expect([path, none.statusCode]).toEqual([path, 404]);
        }
      }
    }
  }, 30_000);

  it('lets nothing out that it does not name: an answer with one field more is a fault, not an answer', async () => {
    const reads = openReads(rig.store, {
      limits: [],
      apis: [],
      remoteKinds: [],
      handsOn: { shipsBy: new Map(), push: () => 'off' },
    });
    const leaking = testConsole(rig.store, {
      reads: {
        ...reads,
        levels: async (filter) => {
          const page = await reads.levels(filter);
          return { ...page, items: page.items.map((row) => ({ ...row, email: 'erika@example.com' })) };
        },
      },
    });
    const answer = await leaking.inject({
      url: '/api/v1/stock',
      headers: { authorization: 'Bearer reader-token-of-the-test' },
    });
    expect([answer.statusCode, answer.body.includes('erika')]).toEqual([500, false]);
    await leaking.close();
  });
});

describe('tokens', () => {
  it('are needed: without one, or with an unknown one, every route answers 401 and says what to do', async () => {
    for (const headers of [{}, { authorization: 'Bearer nonsense' }, { authorization: 'Basic cmVhZGVy' }]) {
      const answer = await server.inject({ url: '/api/v1/orders', headers });
      expect([answer.statusCode, answer.headers['www-authenticate'], answer.headers['content-type']]).toEqual([
        401,
        'Bearer realm="crossdock"',
        'application/problem+json',
      ]);
      expect(answer.json<{ remedy: string }>().remedy).toContain('web.tokens');
    }
    expect((await server.inject('/api/v1/no-such-thing')).statusCode).toBe(401);
  });

  it('that are not configured let nobody in, and the answer says how to configure one', async () => {
    const closed = testConsole(rig.store, { tokens: openTokens([]) });
    const answer = await closed.inject({ url: '/api/v1/orders', headers: { authorization: 'Bearer anything' } });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([401, 'no-tokens']);
    expect(answer.json<{ remedy: string }>().remedy).toContain('tokens: [{ name: admin');
    await closed.close();
  });

  it('without the scope that a route needs are answered 403, which names it', async () => {
    const refused = [
      await post(`/parked/${encodeURIComponent(PARKED)}/replay`, 'reader'),
      await post('/connections/shop/pull', 'clerk'),
      await get('/orders', 'robot'),
      await get(`/orders/${FIRST}?personal=true`, 'reader'),
      await get('/effects?payload=true&personal=true', 'operator'),
    ];
    expect(
      refused.map((answer) => [answer.statusCode, /scope "(\w+)"/.exec(answer.body.replaceAll('\\', ''))?.[1]]),
    ).toEqual(['operate', 'operate', 'read', 'personal', 'personal'].map((scope) => [403, scope]));
    expect((await rig.store.jobs.get(PARKED))?.state).toBe('parked');
  });
});

describe('what is personal', () => {
  it('is in no answer to whoever does not ask for it, whatever token they have', async () => {
    let read = 0;
    for (const [path, methods] of Object.entries(document.paths)) {
      if (methods['get'] === undefined) continue;
      for (const query of path === '/api/v1/effects' ? ['', '?payload=true'] : ['']) {
        const { body } = await get(`${placed(path).replace('/api/v1', '')}${query}`, 'clerk');
        read += body.length;
        expect({ path, found: PERSONAL.filter((text) => body.includes(text)) }).toEqual({ path, found: [] });
      }
    }
    expect(read).toBeGreaterThan(3_000);
    const { items } = (await get('/effects?payload=true')).json<{ items: { payload: unknown }[] }>();
    expect(items[0]?.payload).toMatchObject({ lines: [{ sku: 'A', quantity: 2 }], recipient: '(personal)' });
  });

  it('is shown on request with its scope, and each such look is kept in the log before it', async () => {
    const order = (await get(`/orders/${FIRST}?personal=true`, 'clerk')).json<{ personal: { name: string } }>();
    expect(order.personal.name).toBe('Erika Mustermann');
    const effects = await get('/effects?payload=true&personal=true', 'clerk');
    expect(PERSONAL.every((text) => effects.body.includes(text))).toBe(true);
    const { items } = (await get('/log?audit=true')).json<{
      items: { message: string; order: string; fields: { caller: string } }[];
    }>();
    expect(items.slice(0, 2).map(({ message, order: of, fields }) => [message, of, fields.caller])).toEqual([
      ['Payloads with personal data were looked at.', null, 'clerk'],
      ['Personal data of an order was looked at.', FIRST, 'clerk'],
    ]);
  });

  it('is not shown when the look cannot be kept', async () => {
    const deaf = testConsole(rig.store, { audit: () => Promise.reject(new Error('the store is away')) });
    const answer = await deaf.inject({
      url: `/api/v1/orders/${FIRST}?personal=true`,
      headers: { authorization: 'Bearer clerk-token-of-the-test' },
    });
    expect([answer.statusCode, answer.body.includes('Erika')]).toEqual([500, false]);
    await deaf.close();
  });
});

describe('orders', () => {
  it('are found by our id, by the number that the buyer sees and by the id of the channel', async () => {
    const { number } = (await get(`/orders/${FIRST}`)).json<{ number: string }>();
    for (const name of [number, '1']) {
      const answer = await get(`/orders/${encodeURIComponent(name)}`);
      expect(answer.json<{ id: string }>().id).toBe(FIRST);
    }
  });

  it('say what they wait for and what to do, and every hold by the name under which it is let go', async () => {
    expect((await get('/orders/2')).json()).toMatchObject({
      waits: [{ code: 'stock', message: 'Not enough of A is there: it needs 99.' }],
      holds: [],
    });
    const hold = { kind: 'risk', reason: 'high risk', until: null } as const;
    const held = testOrder('ord_held', { stage: 'held', number: '#held' });
    await rig.store.orders.insert([{ ...held, order: { ...held.order, holds: [hold] } }]);
    expect((await get('/orders/ord_held')).json()).toMatchObject({
      waits: [{ code: 'held', message: 'It is held (risk): high risk' }],
      holds: [{ name: 'risk', kind: 'risk', reason: 'high risk', until: null }],
    });
    await rig.store.collections.orders.deleteOne({ _id: 'ord_held' });
  });

  it('have money in the smallest unit of its currency', async () => {
    const { total } = (await get(`/orders/${FIRST}`)).json<{ total: { minor: number; currency: string } }>();
    const [stored] = await rig.store.orders.read([FIRST]);
    expect(total).toEqual({ minor: stored?.order.totals.total.shop, currency: stored?.order.currency.shop });
  });

  it('are read page by page, none twice and none left out, while new ones come in, also where many changed at once', async () => {
    await rig.store.connections.register({ id: 'many', connector: 'test', company: 'acme', mapping: 'm1' });
    const ids = Array.from({ length: 25 }, (_, i) => `ord_many${String(i).padStart(2, '0')}`);
    const order = (id: string, version: number): ReturnType<typeof testOrder> =>
      testOrder(id, { connection: 'many', version, number: id });
    await rig.store.orders.insert(ids.map((id, i) => order(id, i < 20 ? 1_000 : 2_000)));
    const seen: string[] = [];
    let next: string | null = null;
    for (let page = 0; page === 0 || next !== null; page += 1) {
      const answer: Answer = await get(`/orders?connection=many&limit=7${next === null ? '' : `&cursor=${next}`}`);
      const { items, next: further } = answer.json<{ items: { id: string }[]; next: string | null }>();
      seen.push(...items.map(({ id }) => id));
      next = further;
      await rig.store.orders.insert([order(`ord_late${page}`, 3_000 + page)]);
    }
    expect([...seen].sort()).toEqual(ids);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('lists', () => {
  it('refuse a limit above 200, an unknown filter and a cursor that is none, each with what to do', async () => {
    for (const query of ['limit=201', 'limit=0', 'colour=red', 'stage=lost', 'cursor=bm9uc2Vuc2U']) {
      const answer = await get(`/orders?${query}`);
      expect([query, answer.statusCode, answer.json<{ remedy: string }>().remedy === '']).toEqual([query, 400, false]);
    }
  });
});

describe('operating', () => {
  it('replays a parked job and pulls a connection by enqueueing, and keeps who asked for it', async () => {
    const replayed = await post(`/parked/${encodeURIComponent(PARKED)}/replay`, 'operator');
    expect([replayed.statusCode, replayed.json()]).toEqual([202, { replayed: 1, workers: 0 }]);
    expect((await rig.store.jobs.get(PARKED))?.state).toBe('ready');
    const pulled = await post('/connections/shop/pull', 'operator', { externalId: '1' });
    expect([pulled.statusCode, pulled.json()]).toEqual([202, { jobs: ['pull-order:shop:1'] }]);
    expect((await rig.store.jobs.get('pull-order:shop:1'))?.state).toBe('ready');
    expect((await post('/connections/nowhere/pull', 'operator')).statusCode).toBe(404);
    const { items } = (await get('/log?audit=true&limit=3')).json<{ items: { message: string }[] }>();
    expect(items.map(({ message }) => message)).toEqual([
      'A pull was asked for.',
      'A pull was asked for.',
      'A parked job was replayed.',
    ]);
  });
});
