import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openTestStore, type TestStore } from '../../store/test-store.ts';
import { systemClock } from '../../system/clock.ts';
import { testConsole } from '../test-console.ts';
import { openTokens } from '../tokens.ts';

type Server = ReturnType<typeof testConsole>;
type Answer = Awaited<ReturnType<Server['inject']>>;

let opened: TestStore;
let server: Server;

beforeAll(async () => {
  opened = await openTestStore();
  server = testConsole(opened.store);
});
afterAll(async () => {
  await server.close();
  await opened.close();
});
afterEach(() => opened.clear());

function logIn(token: string, to = server): Promise<Answer> {
  return to.inject({
    method: 'POST',
    url: '/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ token }).toString(),
  });
}

async function session(to = server): Promise<string> {
  const [cookie = ''] = [(await logIn('reader-token-of-the-test', to)).headers['set-cookie']].flat();
  return cookie.split(';')[0] ?? '';
}

async function page(query = '', headers: Record<string, string> = {}): Promise<Answer> {
  return server.inject({ url: `/${query}`, headers: { cookie: await session(), ...headers } });
}

describe('the page', () => {
  it('is shown to nobody who has not logged in: neither without, nor with a forged or foreign session', async () => {
    const foreign = testConsole(opened.store);
    for (const cookie of ['', 'crossdock=abc', 'crossdock=abc.def', await session(foreign)]) {
      const answer = await server.inject({ url: '/', headers: { cookie } });
      expect([answer.statusCode, answer.headers.location, answer.body]).toEqual([303, '/login', '']);
    }
    await foreign.close();
  });

  it('is entered with a token that may read, by a cookie that scripts and other sites never get', async () => {
    const entered = await logIn(' reader-token-of-the-test ');
    expect([entered.statusCode, entered.headers.location]).toEqual([303, '/']);
    const cookie = String(entered.headers['set-cookie']);
    expect(cookie).toMatch(/^crossdock=[\w-]{32}\.[^;]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain('reader');
    expect((await page()).statusCode).toBe(200);
  });

  it('refuses a token that is not known or may not read, and says which of the two', async () => {
    const unknown = await logIn('<script>');
    expect([unknown.statusCode, unknown.headers['set-cookie']]).toEqual([401, undefined]);
    expect(unknown.body).toContain('This token is not known.');
    const robot = await logIn('robot-token-of-the-test');
    expect([robot.statusCode, robot.headers['set-cookie']]).toEqual([403, undefined]);
    expect(robot.body).toContain('The token robot lacks the scope &quot;read&quot;.');
  });

  it('is closed where no token is configured, and says how to open it', async () => {
    const closed = testConsole(opened.store, { tokens: openTokens([]) });
    expect((await closed.inject('/login')).body).toContain('<code>web.tokens</code>');
    expect((await logIn('', closed)).statusCode).toBe(401);
    await closed.close();
  });

  it('is left by logging out, which ends the session also for who has kept its cookie', async () => {
    const cookie = await session();
    const left = await server.inject({ method: 'POST', url: '/logout', headers: { cookie } });
    expect([left.statusCode, left.headers.location]).toEqual([303, '/login']);
    expect((await server.inject({ url: '/', headers: { cookie } })).statusCode).toBe(303);
  });

  it('ends a session after twelve hours', async () => {
    let now = systemClock.now();
    const clocked = testConsole(opened.store, { clock: { ...systemClock, now: () => now } });
    const cookie = await session(clocked);
    now += 12 * 3_600_000 - 1;
    expect((await clocked.inject({ url: '/', headers: { cookie } })).statusCode).toBe(200);
    now += 1;
    expect((await clocked.inject({ url: '/', headers: { cookie } })).statusCode).toBe(303);
    await clocked.close();
  });

  it('lets nothing run or load but what stands in it, and works without a script', async () => {
    const { headers, body } = await page();
    const policy = String(headers['content-security-policy']);
    const [, nonce = 'none'] = /script-src 'nonce-([^']+)'/.exec(policy) ?? [];
    expect(policy).toBe(
      `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    );
    expect(body.match(new RegExp(`nonce="${nonce.replaceAll(/[+/=]/g, '\\$&')}"`, 'g'))?.length).toBe(2);
    expect(body).toMatch(/<noscript\s*><meta http-equiv="refresh" content="15" \/><\/noscript\s*>/);
    expect(body).not.toMatch(/ style="| on\w+="|https?:\/\//);
    expect(headers['cache-control']).toBe('no-store');
    expect((await page()).headers['content-security-policy']).not.toBe(policy);
  });

  it('has a language, one title, landmarks, and headers for every column and row of its tables', async () => {
    await opened.store.connections.register({ id: 'shop', connector: 'test', company: 'acme', mapping: 'm1' });
    const { body } = await page();
    expect(body).toContain('<html lang="en">');
    expect([body.match(/<h1/g)?.length, body.match(/<main/g)?.length, body.match(/<header/g)?.length]).toEqual([
      1, 1, 1,
    ]);
    expect(body).not.toMatch(/<th(?![a-z])(?![^>]*scope=)/);
  });

  it('tells of a connection whose API its vendor has removed, or is about to, and what to do', async () => {
    await opened.store.connections.register({ id: 'shop', connector: 'test', company: 'acme', mapping: 'm1' });
    const fresh = testConsole(opened.store);
    const { body } = await fresh.inject({ url: '/', headers: { cookie: await session(fresh) } });
    expect(body).toContain('test was to remove its API 2024-01 on 2025-01-01');
    expect(body).toContain('Install a Crossdock that speaks a newer one now.');
    await fresh.close();
  });

  it('says what it means where there is nothing yet', async () => {
    const { body } = await page('?level=error');
    for (const text of [
      'No connection has been used yet.',
      'No order has come in yet.',
      'Nothing is parked',
      'Not compared yet.',
      'of every request to a remote the outcome is known',
      'Nothing was pulled yet.',
      'No such lines are kept.',
    ])
      expect(body.replaceAll(/\s+/g, ' ')).toContain(text);
  });

  it('counts all requests that are unsure, also more than it shows, and says where the others are', async () => {
    await opened.store.connections.register({ id: 'shop', connector: 'test', company: 'acme', mapping: 'm1' });
    for (let n = 0; n < 23; n += 1) {
      const request = { key: `push:${n}`, connection: 'shop', verb: 'push', subject: `ord_${n}`, payload: 'null' };
      await opened.store.effects.freeze(request, Date.now(), { state: n < 21 ? 'unsure' : 'rejected', settleAt: null });
    }
    const fresh = testConsole(opened.store);
    const { body } = await fresh.inject({ url: '/', headers: { cookie: await session(fresh) } });
    const text = body.replaceAll(/\s+/g, ' ');
    expect(text).toContain('21 requests are unsure.');
    expect(text).toContain('Requests unsure or refused<span>23</span>');
    expect(text).toContain('The newest 20. All: crossdock effects list --state unsure, or rejected');
    await fresh.close();
  });

  it('shows the largest cases of thousands, and counts all', async () => {
    const { jobs } = opened.store;
    const keys = Array.from({ length: 40 }, (_, n) => `normalize-order:ord_${n}`);
    await jobs.enqueue(
      keys.map((key) => ({ key, kind: 'normalize-order', lane: key, connection: 'shop', subject: key, prio: 0 })),
      Date.now(),
    );
    for (const [n, _id] of keys.entries()) {
      const cause = { fault: 'data', code: 'unmapped-sku', message: `SKU ${n}`, remedy: 'Map it.' } as const;
      const more = { field: null, needs: [`listings/SKU-${n}`], remoteId: null, at: new Date() };
      await opened.store.collections.jobs.updateOne(
        { _id },
        { $set: { state: 'parked', cause: { ...cause, ...more } } },
      );
    }
    const fresh = testConsole(opened.store);
    const { body } = await fresh.inject({ url: '/', headers: { cookie: await session(fresh) } });
    const text = body.replaceAll(/\s+/g, ' ');
    expect(text).toContain('40 parked for a person.');
    expect(text.match(/1 × unmapped-sku/g)?.length).toBe(25);
    expect(text).toContain('The 25 largest of 40 cases. All: crossdock parked list');
    await fresh.close();
  });

  it('says that orders are missing, also of a day before the newest', async () => {
    const day = {
      connection: 'shop',
      theirs: 3,
      ours: 3,
      missing: [],
      stale: [],
      extra: [],
      parked: [],
      at: new Date(),
    };
    const { connections } = opened.store;
    await connections.saveCompleteness({ ...day, _id: 'shop|2026-11-23', date: '2026-11-23' });
    await connections.saveCompleteness({
      ...day,
      _id: 'shop|2026-11-24',
      date: '2026-11-24',
      ours: 1,
      missing: ['7', '8'],
    });
    await connections.saveCompleteness({ ...day, _id: 'shop|2026-11-25', date: '2026-11-25' });
    const fresh = testConsole(opened.store);
    const { body } = await fresh.inject({ url: '/', headers: { cookie: await session(fresh) } });
    expect(body).toContain('2 orders are missing.');
    expect([body.includes('2026-11-23'), body.includes('2026-11-24'), body.includes('2026-11-25')]).toEqual([
      false,
      true,
      true,
    ]);
    await fresh.close();
  });

  it('breaks the name of a connection where it is too long for a line of a phone', async () => {
    const long = 'a-connection-of-the-second-subsidiary';
    for (const id of ['shop', long])
      await opened.store.connections.register({ id, connector: 'test', company: 'acme', mapping: 'm1' });
    const fresh = testConsole(opened.store);
    const { body } = await fresh.inject({ url: '/', headers: { cookie: await session(fresh) } });
    expect(body).toContain('<span class="id">shop</span>');
    expect(body).toContain(`<span class="">${long}</span>`);
    await fresh.close();
  });

  it('escapes all that comes from outside: a cause, a log line and what stands in its own address', async () => {
    const evil = `<img src=x onerror="alert('1')">&`;
    const escaped = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;';
    const now = Date.now();
    await opened.store.connections.register({ id: 'shop', connector: evil, company: 'acme', mapping: 'm1' });
    await opened.store.connections.pause('shop', {
      fault: 'config',
      code: 'x',
      message: `cause ${evil}`,
      remedy: `remedy ${evil}`,
      field: null,
      needs: [],
      remoteId: null,
      at: new Date(now),
    });
    await opened.store.log.append(
      [{ at: now, n: 1, level: 'error', message: `line ${evil}`, fields: { reason: `field ${evil}` } }],
      60_000,
    );
    // The overview of the test before is shown for two seconds.
    const fresh = testConsole(opened.store);
    const headers = { cookie: await session(fresh) };
    const { body } = await fresh.inject({ url: '/', headers });
    for (const place of ['cause', 'remedy', 'line', 'reason=field']) expect(body).toContain(`${place} ${escaped}`);
    expect(body).not.toContain('<img');
    const { body: chosen } = await fresh.inject({ url: `/?connection=${encodeURIComponent(evil)}`, headers });
    expect(chosen).not.toContain('<img');
    await fresh.close();
  });

  it('shows of the log what is chosen by level and connection, and ignores a choice that is none', async () => {
    const now = Date.now();
    const line = (n: number, level: 'info' | 'warn', connection: string): Promise<void> =>
      opened.store.log.append([{ at: now, n, level, message: `said-${n}`, fields: { connection } }], 60_000);
    await line(1, 'info', 'shop');
    await line(2, 'warn', 'shop');
    await line(3, 'warn', 'erp');
    const said = async (query: string): Promise<string[]> => [...((await page(query)).body.match(/said-\d/g) ?? [])];
    expect(await said('')).toEqual(['said-3', 'said-2', 'said-1']);
    expect(await said('?level=warn')).toEqual(['said-3', 'said-2']);
    expect(await said('?level=warn&connection=shop')).toEqual(['said-2']);
    expect(await said('?level=nonsense')).toEqual(['said-3', 'said-2', 'said-1']);
  });

  it('gives its own script the main part alone', async () => {
    const { body, headers } = await page('', { 'x-part': 'main' });
    expect([body.startsWith('<main>'), body.includes('<script'), headers['cache-control']]).toEqual([
      true,
      false,
      'no-store',
    ]);
  });

  it('says so when the store does not answer, and tries again', async () => {
    const away = testConsole(opened.store, {
      reads: new Proxy({} as never, {
        get: () => () => Promise.reject(new Error('away')),
      }),
    });
    const answer = await away.inject({ url: '/', headers: { cookie: await session(away) } });
    expect([answer.statusCode, answer.body.includes('The store does not answer.')]).toEqual([503, true]);
    await away.close();
  });
});
