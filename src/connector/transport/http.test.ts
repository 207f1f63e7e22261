import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { SyncError } from '../../domain/errors.ts';
import type { Clock, Log } from '../../domain/ports.ts';
import type { HttpRequest } from '../io.ts';
import { openStandIn, type StandIn, type StandInOptions } from '../sandbox/stand-in.ts';
import { openHttp, type HttpPolicy, type OpenHttp } from './http.ts';

const clock: Clock = { now: () => Date.now(), sleep: (ms, signal) => wait(ms, undefined, { signal }) };
const logged: string[] = [];
const write = (message: string, fields?: unknown): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
const log: Log = { debug: write, info: write, warn: write, error: write, with: () => log };

const toClose: { close(): unknown }[] = [];
function http(policy: Partial<HttpPolicy> = {}): OpenHttp {
  const opened = openHttp({ timeoutMs: 200, maxBytes: 100_000, userAgent: 'crossdock-test', log, clock, ...policy });
  toClose.push(opened);
  return opened;
}
async function remote(answer: StandInOptions['answer']): Promise<StandIn> {
  const standIn = await openStandIn({ name: 'remote', clock, answer });
  toClose.push(standIn);
  return standIn;
}
async function bare(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toClose.push({ close: () => (server.closeAllConnections(), server.close()) });
  return at(server);
}
function at(server: net.Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return `http://127.0.0.1:${address.port}`;
}
async function failure(promise: Promise<unknown>): Promise<SyncError> {
  const thrown: unknown = await promise.then(
    () => new Error('it went well'),
    (cause: unknown) => cause,
  );
  if (!(thrown instanceof SyncError)) throw thrown;
  return thrown;
}
const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  kind: 'read',
  ...more,
});
const post = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url,
  kind: 'write',
  body: '{"refund":1}',
  ...more,
});

beforeEach(() => void logged.splice(0));
afterEach(async () => {
  for (const open of toClose.splice(0).reverse()) await open.close();
});

describe('an answer', () => {
  it('comes with lower-case headers and its bytes, and the request goes out as given', async () => {
    let seen: unknown;
    const standIn = await remote((request) => {
      seen = [request.method, request.path, request.headers['x-key'], request.headers['content-type'], request.text()];
      return { status: 201, headers: { 'X-Thing': 'a' }, body: 'grün' };
    });
    const answer = await http().send(post(`${standIn.url}/r?q=1`, { headers: { 'X-Key': 'k' } }));
    expect([answer.status, answer.headers['x-thing'], Buffer.from(answer.body).toString()]).toEqual([201, 'a', 'grün']);
    expect(seen).toEqual(['POST', '/r?q=1', 'k', undefined, '{"refund":1}']);
  });

  it('uses one connection for calls that follow each other', async () => {
    const ports = new Set<number | undefined>();
    const url = await bare((incoming, outgoing) => (ports.add(incoming.socket.remotePort), outgoing.end('ok')));
    const client = http();
    for (let i = 0; i < 5; i++) await client.send(get(url));
    expect(ports.size).toBe(1);
  });

  it('is given as it is for a status that the caller accepts', async () => {
    const standIn = await remote(() => ({ status: 422, body: 'why' }));
    expect((await http().send(post(standIn.url, { accept: [422] }))).status).toBe(422);
  });

  it('is decompressed', async () => {
    const url = await bare((_, outgoing) => {
      outgoing.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('packed'));
    });
    expect(Buffer.from((await http().send(get(url))).body).toString()).toBe('packed');
  });
});

describe('an exchange that breaks', () => {
  it.each([
    ['timeout', 'timed-out', /no whole answer within 200 ms/],
    ['slow', 'timed-out', /no whole answer within 200 ms/],
    ['cut-before-apply', 'cut', /connection broke before the answer was whole/],
    ['cut-after-apply', 'cut', /connection broke before the answer was whole/],
  ] as const)('by %s is transient on a read and unknown on a write', async (kind, code, says) => {
    const standIn = await remote(() => ({ body: '{"a":"0123456789"}' }));
    standIn.fail({ kind, times: 2 });
    const client = http();
    const read = await failure(client.send(get(`${standIn.url}/orders`)));
    const lost = await failure(client.send(post(`${standIn.url}/orders`)));
    expect([read.fault, read.code, lost.fault, lost.code]).toEqual(['transient', code, 'unknown', code]);
    expect(read.message).toMatch(says);
    expect(lost.message).toMatch(/whether it was done is unknown$/);
    expect(lost.remedy).not.toBe('');
  });

  it('in the middle of the body is seen though the headers were good', async () => {
    const url = await bare((_, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '100' });
      outgoing.write('half', () => outgoing.destroy());
    });
    expect((await failure(http().send(get(url)))).code).toBe('cut');
    expect((await failure(http().send(post(url)))).fault).toBe('unknown');
  });

  it('before a byte was sent is transient even for a write', async () => {
    const gone = await remote(() => ({}));
    await gone.close();
    const refused = await failure(http().send(post(gone.url)));
    expect([refused.fault, refused.code]).toEqual(['transient', 'unreachable']);
    expect(refused.message).toBe(`POST ${new URL(gone.url).host}/: the remote cannot be reached (ECONNREFUSED)`);
    const nowhere = await failure(http({ timeoutMs: 5_000 }).send(post('http://no-such-host.invalid/x')));
    expect([nowhere.fault, nowhere.code]).toEqual(['transient', 'unreachable']);
  });

  it('by an answer that is no HTTP is unknown on a write', async () => {
    const server = net.createServer((socket) => socket.end('SMTP ready\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    toClose.push({ close: () => server.close() });
    expect((await failure(http().send(post(at(server))))).fault).toBe('unknown');
    expect((await failure(http().send(get(at(server))))).fault).toBe('transient');
  });

  it('by a port without TLS behind https is a matter of configuration', async () => {
    const url = (await bare((_, outgoing) => outgoing.end())).replace('http:', 'https:');
    const broke = await failure(http().send(post(url)));
    expect([broke.fault, broke.code]).toEqual(['config', 'no-tls']);
  });

  it('by our own stop is transient on a read, unknown on a write under way, transient on one not begun', async () => {
    const standIn = await remote(() => ({}));
    standIn.fail({ kind: 'timeout', times: 'always' });
    const stop = AbortSignal.timeout(30);
    const [read, lost] = await Promise.all([
      failure(http().send(get(standIn.url, { signal: stop }))),
      failure(http().send(post(standIn.url, { signal: stop }))),
    ]);
    const early = await failure(http().send(post(standIn.url, { signal: AbortSignal.abort() })));
    expect([read.fault, lost.fault, early.fault]).toEqual(['transient', 'unknown', 'transient']);
    expect([read.code, lost.code, early.code]).toEqual(['stopped', 'stopped', 'stopped']);
  });
});

describe('the size limit', () => {
  it('cuts a huge body off and names the limit', async () => {
    let written = 0;
    const url = await bare((_, outgoing) => {
      const more = (): void => {
        while (!outgoing.destroyed && written < 200_000_000) {
          written += 65_536;
          if (!outgoing.write(Buffer.alloc(65_536))) return void outgoing.once('drain', more);
        }
        outgoing.end();
      };
      more();
    });
    const large = await failure(http({ timeoutMs: 5_000 }).send(get(url)));
    expect([large.fault, large.code]).toEqual(['data', 'answer-too-large']);
    expect(large.message).toContain('larger than the 100000 bytes');
    expect(written).toBeLessThan(50_000_000);
  });

  it('counts what a gzip bomb becomes, not what was sent', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const url = await bare((_, outgoing) => outgoing.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    const before = process.memoryUsage().arrayBuffers;
    expect((await failure(http({ timeoutMs: 5_000 }).send(get(url)))).code).toBe('answer-too-large');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    expect((await failure(http({ timeoutMs: 5_000 }).send(post(url)))).fault).toBe('unknown');
  });

  it('lets an answer of exactly that size pass', async () => {
    const standIn = await remote(() => ({ body: 'x'.repeat(100) }));
    expect((await http({ maxBytes: 100 }).send(get(standIn.url))).body.byteLength).toBe(100);
    expect((await failure(http({ maxBytes: 99 }).send(get(standIn.url)))).code).toBe('answer-too-large');
  });
});

describe('redirects', () => {
  async function redirecting(): Promise<StandIn> {
    const other = await remote(() => ({ body: 'the other host' }));
    return remote(({ url }) => {
      if (url.pathname === '/near') return { status: 302, headers: { location: '/here?x=1' } };
      if (url.pathname === '/loop') return { status: 302, headers: { location: '/loop' } };
      if (url.pathname === '/far') return { status: 302, headers: { location: `${other.url}/` } };
      return { body: `${url.pathname}${url.search}` };
    });
  }
  it('are followed by a read within one origin', async () => {
    const standIn = await redirecting();
    expect(Buffer.from((await http().send(get(`${standIn.url}/near`))).body).toString()).toBe('/here?x=1');
  });
  it.each([
    ['to another host', 'GET', '/far'],
    ['without end', 'GET', '/loop'],
    ['of a write', 'POST', '/near'],
  ] as const)('%s are a matter of configuration', async (_, method, path) => {
    const standIn = await redirecting();
    const request = method === 'GET' ? get(standIn.url + path) : post(standIn.url + path);
    const redirected = await failure(http().send(request));
    expect([redirected.fault, redirected.code]).toEqual(['config', 'redirected']);
  });
});

describe('secrets', () => {
  const secret = 'shpat_c0ffee';
  it('are in no message, cause or log line of any failure', async () => {
    const standIn = await remote(() => ({ status: 404, body: `no ${secret}`, headers: { 'x-echo': secret } }));
    const client = http({ secrets: [secret] });
    const request = post(`${standIn.url}/hook/${secret}/eva%40example.com?token=${secret}#${secret}`, {
      headers: { authorization: `Bearer ${secret}` },
      body: secret,
    });
    const errors = [await failure(client.send(request))];
    for (const kind of ['401', '429', '5xx', 'timeout', 'cut-after-apply'] as const) {
      standIn.fail({ kind });
      errors.push(await failure(client.send(request)));
    }
    await client.send({ ...request, accept: [404] });
    expect(errors.map((error) => error.fault)).toEqual([
      'data',
      'config',
      'throttled',
      'unknown',
      'unknown',
      'unknown',
    ]);
    for (const error of errors) {
      const everything = JSON.stringify([
        error.message,
        error.remedy,
        error.stack,
        String(error.cause),
        error,
        error.remoteId,
      ]);
      expect(everything).not.toMatch(/c0ffee|token=|example\.com/);
      expect(error.message).toContain(`${new URL(standIn.url).host}/hook/…/…`);
    }
    expect(logged.join()).not.toMatch(/c0ffee|token=|example\.com/);
    expect(logged).toHaveLength(1);
  });

  it('in an address are refused before anything is sent', async () => {
    const refused = await failure(http().send(get(`http://user:${secret}@127.0.0.1:1/`)));
    expect([refused.fault, refused.code]).toEqual(['config', 'bad-address']);
    expect(refused.message).not.toContain(secret);
  });
});

describe('a proxy', () => {
  it('of the environment is not used', async () => {
    const standIn = await remote(() => ({ body: 'direct' }));
    process.env['http_proxy'] = 'http://127.0.0.1:9';
    try {
      expect(Buffer.from((await http().send(get(standIn.url))).body).toString()).toBe('direct');
    } finally {
      delete process.env['http_proxy'];
    }
  });
  it('that is configured gets the whole address', async () => {
    const proxy = await bare((incoming, outgoing) => outgoing.end(`via proxy: ${incoming.url ?? ''}`));
    const answer = await http({ proxy }).send(get('http://shop.example.com/orders'));
    expect(Buffer.from(answer.body).toString()).toBe('via proxy: http://shop.example.com/orders');
  });
});

describe('lines', () => {
  async function all(lines: AsyncIterable<string>): Promise<string[]> {
    const found: string[] = [];
    for await (const line of lines) found.push(line);
    return found;
  }

  it('come whole, whatever pieces they were sent in', async () => {
    const bytes = Buffer.from('{"a":"ü"}\r\n\n{"b":"€"}\nlast');
    const url = await bare(async (_, outgoing) => {
      for (const byte of bytes) {
        outgoing.write(Buffer.of(byte));
        await wait(0);
      }
      outgoing.end();
    });
    expect(await all(http().lines(get(url)))).toEqual(['{"a":"ü"}', '', '{"b":"€"}', 'last']);
  });

  it('of a file far larger than the limit are read without holding it', async () => {
    const line = `${'x'.repeat(999)}\n`;
    const url = await bare((_, outgoing) => {
      let left = 50_000;
      const more = (): void => {
        while (left-- > 0) if (!outgoing.write(line)) return void outgoing.once('drain', more);
        outgoing.end();
      };
      more();
    });
    let count = 0;
    for await (const one of http({ timeoutMs: 5_000 }).lines(get(url))) count += one.length === 999 ? 1 : 0;
    expect(count).toBe(50_000);
  });

  it('are cut off by a limit on one line, a stall, a cut or a bad status', async () => {
    const url = await bare((incoming, outgoing) => {
      if (incoming.url === '/long') return void outgoing.end('y'.repeat(100_001));
      if (incoming.url === '/401') return void outgoing.writeHead(401).end();
      outgoing.write('one\n', () => incoming.url === '/cut' && outgoing.destroy());
    });
    const codes: string[] = [];
    for (const path of ['/long', '/401', '/cut', '/stall'])
      codes.push((await failure(all(http().lines(get(url + path))))).code);
    expect(codes).toEqual(['answer-too-large', 'unauthorized', 'cut', 'timed-out']);
  });

  it('wait for a caller that works longer than the time-out', async () => {
    const standIn = await remote(() => ({ body: 'a\nb\nc' }));
    const found: string[] = [];
    for await (const line of http({ timeoutMs: 60 }).lines(get(standIn.url))) {
      await wait(100);
      found.push(line);
    }
    expect(found).toEqual(['a', 'b', 'c']);
  });

  it('let go of the connection when the caller stops early', async () => {
    let closed = (): void => undefined;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const url = await bare((_, outgoing) => {
      outgoing.on('close', closed);
      outgoing.write('one\ntwo\n');
    });
    for await (const line of http().lines(get(url))) {
      expect(line).toBe('one');
      break;
    }
    await gone;
  });
});
