import { afterEach, describe, expect, it } from '@jest/globals';
import net from 'node:net';
import { gzipSync } from 'node:zlib';
import { runSignal } from '../../domain/run-signal.ts';
import type { StandIn } from '../sandbox/stand-in.ts';
import { at, bare, closeAll, failure, get, http, logged, post, remote, toClose } from './loopback.ts';

afterEach(closeAll);

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

describe('a write of a worker whose lease ends before its first byte', () => {
  it.each(['new', 'kept open'])('does not leave, also where it waited for a connection (%s)', async (connection) => {
    const came: string[] = [];
    const url = await bare((incoming, outgoing) => {
      came.push(`${incoming.method}`);
      outgoing.end('ok');
    });
    const client = http();
    let alive = true;
    const signal = runSignal(new AbortController().signal, () => alive);
    if (connection === 'kept open') await client.send(post(url, { signal }));
    const sent = failure(client.send(post(url, { signal })));
    alive = false;
    const stopped = await sent;
    expect([stopped.fault, stopped.code]).toEqual(['transient', 'stopped']);
    expect((await client.send(get(url, { signal }))).status).toBe(200);
    expect(came).toEqual(connection === 'new' ? ['GET'] : ['POST', 'GET']);
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
