import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import axios, { type AxiosInstance } from 'axios';
import { SyncError } from '../../domain/errors.ts';
import type { Clock, Log } from '../../domain/ports.ts';
import type { Http, HttpRequest, HttpResponse } from '../io.ts';
import { Exchange } from './exchange.ts';
import { faultOfStatus, type Place } from './faults.ts';
import { splitLines } from './lines.ts';
import { placeOf } from './place.ts';
import { retryAfter } from './retry-after.ts';

export interface HttpPolicy {
  /** Whole exchange, connect to last byte, in ms; for `lines` the longest wait for the next bytes. */
  readonly timeoutMs: number;
  /** The largest answer accepted, in bytes after decompression; for `lines` the longest line. */
  readonly maxBytes: number;
  readonly userAgent: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Values that must not appear in any message, wherever a remote makes us put them (a path). */
  readonly secrets?: readonly string[];
  /** `http://[user:password@]host:port`. Absent = direct; the environment is not asked. */
  readonly proxy?: string;
  /** Sockets per host; default 32. */
  readonly maxSockets?: number;
}

/** `Http` with the sockets that it keeps open. */
export interface OpenHttp extends Http {
  /** Cuts idle and busy connections. */
  close(): void;
}

// Many servers drop an idle connection after 5 s; sending on one just then loses the request (Node's own default, too).
const IDLE_SOCKET_MS = 4_000;
const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const REQUEST_IDS = ['x-request-id', 'x-amzn-requestid', 'x-correlation-id'];

/**
 * HTTP under one I/O policy: keep-alive connections, a time-out over the whole exchange, a size limit on what is
 * decompressed, no environment proxies, redirects only of reads and only within one origin, and each failure a
 * SyncError by the table in `faults.ts`. Never retries by itself.
 */
export function openHttp(policy: HttpPolicy): OpenHttp {
  const agent = { keepAlive: true, maxSockets: policy.maxSockets ?? 32, timeout: IDLE_SOCKET_MS };
  const httpAgent = new http.Agent(agent);
  const httpsAgent = new https.Agent(agent);
  const client = axios.create({
    httpAgent,
    httpsAgent,
    proxy: policy.proxy === undefined ? false : proxyOf(policy.proxy),
    responseType: 'stream',
    maxRedirects: 0,
    validateStatus: () => true,
    transformRequest: [(data: unknown) => data],
  });
  const secrets = policy.secrets ?? [];

  return {
    async send(request) {
      const url = addressOf(request);
      const place = placeOf(request.method, url, secrets);
      const started = policy.clock.now();
      const timeoutMs = request.timeoutMs ?? policy.timeoutMs;
      const exchange = new Exchange(place, request, policy.clock, timeoutMs);
      try {
        const { status, headers, stream } = await open(client, policy, exchange, request, url);
        const body = await exchange.collect(stream, request.maxBytes ?? policy.maxBytes);
        policy.log.debug('http exchange', {
          ...place,
          status,
          bytes: body.byteLength,
          ms: policy.clock.now() - started,
        });
        return { status, headers, body };
      } finally {
        exchange.end();
      }
    },
    async *lines(request) {
      const url = addressOf(request);
      const place = placeOf(request.method, url, secrets);
      const exchange = new Exchange(place, request, policy.clock, request.timeoutMs ?? policy.timeoutMs);
      try {
        const { stream } = await open(client, policy, exchange, request, url);
        yield* splitLines(exchange.chunks(stream), request.maxBytes ?? policy.maxBytes, (limit) =>
          exchange.tooLarge(limit),
        );
      } finally {
        exchange.end();
      }
    },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

interface Opened {
  readonly status: number;
  readonly headers: HttpResponse['headers'];
  readonly stream: Readable;
}

/** The answer's status and headers, its body still to be read; a failing status is thrown. */
async function open(
  client: AxiosInstance,
  policy: HttpPolicy,
  exchange: Exchange,
  request: HttpRequest,
  first: URL,
): Promise<Opened> {
  let url = first;
  for (let hop = 0; ; hop++) {
    const answer = await exchange.start(client, request, url, policy.userAgent);
    if (answer.status < 300 || request.accept?.includes(answer.status)) return answer;
    // The body of a failure is not read: it may be large, and nothing of it may reach a message.
    answer.stream.destroy();
    const next = followed(request, url, answer, hop);
    if (next === null) throw failed(exchange.place, request, answer, policy.clock);
    url = next;
  }
}

function failed(place: Place, request: HttpRequest, { status, headers }: Opened, clock: Clock): SyncError {
  const now = clock.now();
  const remoteId = REQUEST_IDS.map((name) => headers[name]).find(
    (id) => id !== undefined && /^[\w.:/=-]{1,128}$/.test(id),
  );
  const retryAt = retryAfter(headers['retry-after'], headers['date'], now);
  return faultOfStatus(place, request.kind, { status, retryAt, remoteId: remoteId ?? null }, now);
}

/** Where a read is redirected to within its own origin; null = not to be followed. */
function followed(request: HttpRequest, from: URL, answer: Opened, hop: number): URL | null {
  const location = answer.headers['location'];
  if (!REDIRECTS.has(answer.status) || location === undefined) return null;
  if (request.method !== 'GET' || request.kind !== 'read' || hop >= MAX_REDIRECTS || !URL.canParse(location, from.href))
    return null;
  const to = new URL(location, from.href);
  return to.origin === from.origin ? to : null;
}

function addressOf(request: HttpRequest): URL {
  const url = URL.canParse(request.url) ? new URL(request.url) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url;
  throw new SyncError(
    'config',
    `${request.method}: the address of a call is not an http(s) URL without credentials in it`,
    {
      code: 'bad-address',
      remedy:
        'Correct the base address of this connection, e.g. `https://shop.example.com`; credentials go to `credentials`.',
    },
  );
}

function proxyOf(proxy: string): {
  protocol: string;
  host: string;
  port: number;
  auth?: { username: string; password: string };
} {
  const url = new URL(proxy);
  const username = decodeURIComponent(url.username);
  return {
    protocol: url.protocol,
    host: url.hostname,
    port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
    ...(username !== '' && { auth: { username, password: decodeURIComponent(url.password) } }),
  };
}
