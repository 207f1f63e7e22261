import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import type { AxiosInstance, AxiosRequestConfig } from 'axios';
import { SyncError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import { mayLeave } from '../../domain/run-signal.ts';
import type { HttpRequest } from '../io.ts';
import { faultOfBreak, type Break, type Place } from './faults.ts';

/** Made once: an abort without a reason makes an exception with a stack, and every exchange ends with two aborts. */
const OVER = new Error('over');

/** One exchange: its deadline, whether a byte may have left, and why it broke. */
export class Exchange {
  readonly place: Place;
  readonly #request: HttpRequest;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #abort = new AbortController();
  #deadline = new AbortController();
  #reason: Break['reason'] = 'network';
  #sent = false;
  readonly #stopped = (): void => this.#break('stopped');

  constructor(place: Place, request: HttpRequest, clock: Clock, timeoutMs: number) {
    this.place = place;
    this.#request = request;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    request.signal?.addEventListener('abort', this.#stopped, { once: true });
    if (request.signal?.aborted) this.#stopped();
    this.#arm();
  }

  /** Sends, and resolves with status, headers and the unread body. @throws SyncError by the table. */
  async start(
    client: AxiosInstance,
    request: HttpRequest,
    url: URL,
    userAgent: string,
  ): Promise<{ status: number; headers: Record<string, string>; stream: Readable }> {
    const config: Tracked = {
      method: request.method,
      url: url.href,
      // `false` keeps axios from adding a content type of its own to a body that comes without one.
      headers: { 'Content-Type': false, 'User-Agent': userAgent, ...request.headers },
      data: typeof request.body === 'string' ? Buffer.from(request.body) : request.body,
      signal: this.#abort.signal,
      transport: { request: (options, answered) => this.#track(options, answered) },
    };
    try {
      const answer = await client.request<Readable>(config);
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(answer.headers)) {
        if (value !== undefined && value !== null) headers[name.toLowerCase()] = String(value);
      }
      // The stream may break before anyone reads it; whoever reads it is told then.
      answer.data.on('error', () => undefined);
      return { status: answer.status, headers, stream: answer.data };
    } catch (cause) {
      throw this.#broken(cause);
    }
  }

  /** The whole body. @throws SyncError when it breaks, comes too slowly or is larger than `maxBytes`. */
  async collect(stream: Readable, maxBytes: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const part of stream) {
        if (!(part instanceof Uint8Array)) continue;
        bytes += part.byteLength;
        if (bytes > maxBytes) throw this.tooLarge(maxBytes);
        parts.push(part);
      }
    } catch (cause) {
      throw this.#broken(cause);
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, bytes);
  }

  /** The body piece by piece; the time-out counts only while we wait for the remote, not while the caller works. */
  async *chunks(stream: Readable): AsyncIterable<Uint8Array> {
    try {
      for await (const part of stream) {
        this.#disarm();
        if (part instanceof Uint8Array) yield part;
        this.#arm();
      }
    } catch (cause) {
      throw this.#broken(cause);
    }
  }

  /** Breaks the exchange because the answer is larger than `limit` bytes. */
  tooLarge(limit: number): SyncError {
    this.#break('too-large');
    return faultOfBreak(this.place, this.#request.kind, { reason: 'too-large', sent: true, code: null, limit });
  }

  /** Lets go of timer and signal; cuts what is still under way. */
  end(): void {
    this.#disarm();
    this.#request.signal?.removeEventListener('abort', this.#stopped);
    this.#abort.abort(OVER);
  }

  #track(options: https.RequestOptions, answered: (answer: http.IncomingMessage) => void): http.ClientRequest {
    const secure = options.protocol === 'https:';
    const request = (secure ? https : http).request(options, answered);
    // Until the socket is open (for TLS: until the handshake is done) not one byte of the request can have left.
    request.once('socket', (socket) => {
      if (!socket.connecting) this.#leave(request);
      else
        socket.once(secure ? 'secureConnect' : 'connect', () => {
          this.#leave(request);
        });
    });
    return request;
  }

  /** The last moment at which a write can be kept from leaving: a budget, a slot or a connection may have been waited for. */
  #leave(request: http.ClientRequest): void {
    if (this.#request.kind === 'read' || mayLeave(this.#request.signal)) {
      this.#sent = true;
      return;
    }
    this.#break('stopped');
    request.destroy(OVER);
  }

  #arm(): void {
    this.#deadline = new AbortController();
    this.#clock.sleep(this.#timeoutMs, this.#deadline.signal).then(
      () => this.#break('timeout'),
      () => undefined,
    );
  }

  #disarm(): void {
    this.#deadline.abort(OVER);
  }

  #break(reason: Break['reason']): void {
    if (this.#reason === 'network') this.#reason = reason;
    this.#abort.abort(OVER);
  }

  /** What the caller is told: never axios's own error, which carries headers, body and the whole URL. */
  #broken(cause: unknown): SyncError {
    if (cause instanceof SyncError) return cause;
    const code = this.#reason === 'network' ? codeOf(cause) : null;
    const broke: Break = { reason: this.#reason, sent: this.#sent, code, limit: this.#timeoutMs };
    return faultOfBreak(this.place, this.#request.kind, broke);
  }
}

/** axios takes a transport, but its types do not say so. */
interface Tracked extends AxiosRequestConfig {
  readonly transport: {
    request(options: https.RequestOptions, answered: (answer: http.IncomingMessage) => void): http.ClientRequest;
  };
}

/** A code is a constant of Node, OpenSSL or axios; anything else could carry what was sent. */
function codeOf(cause: unknown): string | null {
  if (typeof cause !== 'object' || cause === null || !('code' in cause) || typeof cause.code !== 'string') return null;
  return /^[A-Z][A-Z0-9_]{1,63}$/.test(cause.code) ? cause.code : null;
}
