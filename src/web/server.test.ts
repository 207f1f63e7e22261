import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Gauges } from '../queries/gauges.ts';
import { systemClock } from '../system/clock.ts';
import { silentLog } from '../system/log.ts';
import { openServer, startWeb, type Web, type WebPorts } from './server.ts';
import type { UnreadDelivery } from './webhook-intake.ts';

const SECRET = 'the secret of the test';

/** An inbox in memory that can fail, and what became jobs. */
class Inbox {
  readonly kept = new Map<string, UnreadDelivery & { body: string; read: boolean }>();
  readonly jobs: string[] = [];
  /** Writes wait for it. */
  held: Promise<void> = Promise.resolve();
  /** How many deliveries each write kept. */
  readonly writes: number[] = [];
  /** What happened, in order. */
  readonly events: string[] = [];
  away = false;
  deaf = false;
  ready = true;

  get ports(): WebPorts {
    return {
      clock: systemClock,
      log: silentLog,
      readiness: async () => ({ ready: this.ready, problems: this.ready ? [] : ['The store does not answer.'] }),
      metrics: {
        counts: () => [
          { name: 'orders_pulled', labels: { connection: 'shop' }, total: 3 },
          { name: 'orders_normalized', labels: {}, total: 2 },
        ],
        gauges: async () => {
          if (this.away) throw new Error('away');
          return GAUGES;
        },
      },
      intake: {
        verifier: (connection) =>
          connection !== 'shop'
            ? null
            : async (headers, bytes) => {
                const signature = createHmac('sha256', SECRET).update(bytes).digest('hex');
                if (headers['x-signature'] !== signature) return null;
                return { delivery: headers['x-delivery'] ?? '', topic: 'orders/updated', kind: 'order', id: '17' };
              },
        keep: async (deliveries) => {
          if (this.away) throw new Error('the store is away');
          await this.held;
          this.writes.push(deliveries.length);
          return deliveries.map(({ delivery, connection, kind, externalId, body }) => {
            const id = `${connection}|${delivery}`;
            if (this.kept.has(id)) return false;
            this.kept.set(id, { id, connection, kind, externalId, body, read: false });
            this.events.push('kept');
            return true;
          });
        },
        unread: async (limit) => [...this.kept.values()].filter(({ read }) => !read).slice(0, limit),
        enqueue: async (hints) => {
          if (this.deaf) throw new Error('the queue is away');
          this.events.push('enqueued');
          this.jobs.push(...hints.map(({ connection, externalId }) => `${connection} ${externalId}`));
        },
        markRead: async (ids) => {
          for (const id of ids) {
            const one = this.kept.get(id);
            if (one !== undefined) this.kept.set(id, { ...one, read: true });
          }
        },
      },
    };
  }
}

const GAUGES: Gauges = {
  jobs: [{ kind: 'pull-orders', state: 'ready', count: 4 }],
  lateSeconds: 1.5,
  doubtful: [
    { state: 'unsure', count: 3 },
    { state: 'rejected', count: 0 },
  ],
  parked: [{ code: 'unmapped-payment', count: 2 }],
  budgets: [{ budget: 'shop/graphql', tokens: 10, slots: 1 }],
  connections: [{ connection: 'shop', paused: true, lastPullSeconds: null }],
  apis: [{ connection: 'shop', daysLeft: 90 }],
  workers: 1,
  unread: 0,
  roundTrips: 9,
};

function signed(body: string | Buffer, delivery = 'd1'): { headers: Record<string, string>; payload: string | Buffer } {
  return {
    headers: {
      'content-type': 'application/json',
      'x-delivery': delivery,
      'x-signature': createHmac('sha256', SECRET).update(body).digest('hex'),
    },
    payload: body,
  };
}

describe('webhooks', () => {
  it('are kept, then answered 200, then become one job', async () => {
    const inbox = new Inbox();
    const { app, intake } = openServer(inbox.ports);
    const answer = await app.inject({ method: 'POST', url: '/webhooks/shop', ...signed('{"id": 17}') });
    await intake.readUnread();
    expect(answer.statusCode).toBe(200);
    expect(inbox.events).toEqual(['kept', 'enqueued']);
    expect(inbox.jobs).toEqual(['shop 17']);
    expect(inbox.kept.get('shop|d1')?.body).toBe('{"id": 17}');
  });

  it('are verified over the bytes as they came, whatever they say of themselves', async () => {
    const inbox = new Inbox();
    const { app } = openServer(inbox.ports);
    const bytes = Buffer.from('{ "not": json,\r\n "é": 1 }  ');
    expect((await app.inject({ method: 'POST', url: '/webhooks/shop', ...signed(bytes) })).statusCode).toBe(200);
  });

  it('with a wrong signature are answered 401 and leave nothing', async () => {
    const inbox = new Inbox();
    const { app } = openServer(inbox.ports);
    const { headers } = signed('{"id": 17}');
    const answer = await app.inject({ method: 'POST', url: '/webhooks/shop', headers, payload: '{"id": 18}' });
    expect([answer.statusCode, inbox.kept.size, inbox.events]).toEqual([401, 0, []]);
  });

  it('delivered again are answered 200 and do nothing', async () => {
    const inbox = new Inbox();
    const { app, intake } = openServer(inbox.ports);
    for (let time = 0; time < 3; time += 1) {
      expect((await app.inject({ method: 'POST', url: '/webhooks/shop', ...signed('{}') })).statusCode).toBe(200);
      await intake.readUnread();
    }
    expect(inbox.jobs).toEqual(['shop 17']);
  });

  it('that could not be kept are answered 503, so that they are sent again', async () => {
    const inbox = new Inbox();
    inbox.away = true;
    const { app } = openServer(inbox.ports);
    const answer = await app.inject({ method: 'POST', url: '/webhooks/shop', ...signed('{}') });
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5']);
  });

  it('that were kept by a process that died before it read them are read by the next', async () => {
    const inbox = new Inbox();
    inbox.deaf = true;
    const { app, intake } = openServer(inbox.ports);
    expect((await app.inject({ method: 'POST', url: '/webhooks/shop', ...signed('{}') })).statusCode).toBe(200);
    await intake.readUnread();
    expect(inbox.jobs).toEqual([]);
    inbox.deaf = false;
    await openServer(inbox.ports).intake.readUnread();
    expect(inbox.jobs).toEqual(['shop 17']);
  });

  it('that come while another is being kept are kept together, each answered by what became of it', async () => {
    const inbox = new Inbox();
    const { app } = openServer(inbox.ports);
    let release: () => void = () => undefined;
    inbox.held = new Promise((resolve) => {
      release = resolve;
    });
    const asked = ['d1', 'd2', 'd3', 'd2', 'd4'].map((delivery) =>
      app.inject({ method: 'POST', url: '/webhooks/shop', ...signed('{}', delivery) }),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    release();
    expect((await Promise.all(asked)).map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
    expect([inbox.writes, inbox.kept.size]).toEqual([[1, 4], 4]);
  });

  it('of many deliveries at once all become jobs', async () => {
    const inbox = new Inbox();
    const { app, intake } = openServer(inbox.ports);
    await Promise.all(
      Array.from({ length: 450 }, (_, n) =>
        app.inject({ method: 'POST', url: '/webhooks/shop', ...signed('{}', `d${n}`) }),
      ),
    );
    await intake.readUnread();
    expect(inbox.jobs).toHaveLength(450);
    expect([...inbox.kept.values()].every(({ read }) => read)).toBe(true);
  });

  it('for a connection that takes none are answered 404, and larger ones than 2 MiB 413', async () => {
    const { app } = openServer(new Inbox().ports);
    expect((await app.inject({ method: 'POST', url: '/webhooks/other', ...signed('{}') })).statusCode).toBe(404);
    const most = 2 * 1_024 * 1_024;
    expect(
      (await app.inject({ method: 'POST', url: '/webhooks/shop', ...signed(Buffer.alloc(most)) })).statusCode,
    ).toBe(200);
    expect(
      (await app.inject({ method: 'POST', url: '/webhooks/shop', ...signed(Buffer.alloc(most + 1)) })).statusCode,
    ).toBe(413);
  });
});

describe('health', () => {
  it('/healthz says that the process lives, /readyz what is in the way of work', async () => {
    const inbox = new Inbox();
    inbox.ready = false;
    const { app } = openServer(inbox.ports);
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok' });
    const answer = await app.inject('/readyz');
    expect([answer.statusCode, answer.json()]).toEqual([
      503,
      { status: 'not ready', problems: ['The store does not answer.'] },
    ]);
    inbox.ready = true;
    expect((await app.inject('/readyz')).statusCode).toBe(200);
  });
});

describe('metrics', () => {
  it('show counts and gauges by name and label', async () => {
    const { app } = openServer(new Inbox().ports);
    const lines = (await app.inject('/metrics')).payload.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'crossdock_orders_pulled_total{connection="shop"} 3',
        'crossdock_orders_normalized_total 2',
        'crossdock_jobs{kind="pull-orders",state="ready"} 4',
        'crossdock_parked{code="unmapped-payment"} 2',
        'crossdock_requests_doubtful{state="unsure"} 3',
        'crossdock_requests_doubtful{state="rejected"} 0',
        'crossdock_budget_tokens{budget="shop/graphql"} 10',
        'crossdock_connection_paused{connection="shop"} 1',
        'crossdock_api_days_left{connection="shop"} 90',
        'crossdock_store_round_trips_total 9',
        'crossdock_store_up 1',
      ]),
    );
  });

  it('say the same at every look, and that the store is away when it is', async () => {
    const inbox = new Inbox();
    const { app } = openServer(inbox.ports);
    await app.inject('/metrics');
    expect((await app.inject('/metrics')).payload.split('\n')).toContain(
      'crossdock_orders_pulled_total{connection="shop"} 3',
    );
    inbox.away = true;
    const answer = await app.inject('/metrics');
    expect([answer.statusCode, answer.payload.split('\n').includes('crossdock_store_up 0')]).toEqual([200, true]);
    expect(answer.payload).not.toContain('unmapped-payment');
  });
});

describe('startWeb', () => {
  let web: Web | null = null;
  afterEach(async () => {
    await web?.close();
    web = null;
  });

  it('listens, and reads at its start what was left unread', async () => {
    const inbox = new Inbox();
    inbox.kept.set('shop|old', {
      id: 'shop|old',
      connection: 'shop',
      kind: 'order',
      externalId: '5',
      body: '{}',
      read: false,
    });
    web = await startWeb(inbox.ports, { host: '127.0.0.1', port: 0 });
    expect((await fetch(`${web.address}/healthz`)).status).toBe(200);
    expect(inbox.jobs).toEqual(['shop 5']);
  });

  it('says what to do when its port is taken', async () => {
    web = await startWeb(new Inbox().ports, { host: '127.0.0.1', port: 0 });
    const port = Number(new URL(web.address).port);
    await expect(startWeb(new Inbox().ports, { host: '127.0.0.1', port })).rejects.toMatchObject({
      fault: 'config',
      code: 'web-address',
    });
  });
});
