import { z, type ZodType } from 'zod';
import type { Hint, Observed, Sink, Source, WebhookSource } from '../../src/connector/contract.ts';
import type { HttpRequest, Io } from '../../src/connector/io.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { TOKEN, toyDelivery, toyOrder, toySignature, type ToyOrder, type ToyRemote } from './toy-remote.ts';

/** What a connector can get wrong. Each is caught by a rule of the contract. */
export type Flaw =
  | 'none'
  | 'ties are skipped'
  | 'cursor runs ahead'
  | 'second page is the last'
  | 'changes are not listed'
  | 'another normal form each time'
  | 'a line is dropped'
  | 'a bare error for a bad record'
  | 'every failure is a bare error'
  | 'every failure is transient'
  | 'throttling is a failure like others'
  | 'a failure is an empty page'
  | 'unknown ids throw'
  | 'ids have a gap'
  | 'get gives another record'
  | 'secret in the log'
  | 'secret in the address'
  | 'past the port'
  | 'signature is not looked at'
  | 'signature is compared as far as it goes'
  | 'the body is not signed'
  | 'deliveries are refused'
  | 'a key of its own each time'
  | 'writes are called reads'
  | 'look-up finds nothing'
  | 'look-up finds what is not there'
  | 'an id of its own';

export function toySource(remote: ToyRemote, io: Io, flaw: Flaw): Source<unknown> {
  const call = caller(remote, io, flaw);
  const observed = (order: ToyOrder): Observed => ({
    id: order.id,
    version: order.updated,
    body: JSON.stringify(order),
  });
  let normalized = 0;
  return {
    async *pull(since) {
      let after = since ?? '0/';
      for (let page = 1; ; page++) {
        let orders: ToyOrder[];
        try {
          orders = await call(z.array(toyOrder), get(`/orders?after=${encodeURIComponent(after)}`));
        } catch (cause) {
          if (flaw !== 'a failure is an empty page') throw cause;
          orders = [];
        }
        if (flaw === 'changes are not listed') orders = orders.filter((order) => order.updated < 9_000);
        const last = orders.at(-1);
        if (last === undefined) return;
        const own = flaw === 'ties are skipped' ? `${last.updated}/~` : `${last.updated}/${last.id}`;
        // Ahead = a page is passed over when the pull is resumed, though not while it goes on.
        const next = flaw === 'cursor runs ahead' ? `${last.updated + 10}/~` : own;
        yield { records: orders.map(observed), next };
        after = own;
        if (flaw === 'second page is the last' && page === 2) return;
      }
    },
    async get(id) {
      try {
        const order = await call(toyOrder, get(`/orders/${id}`));
        return observed(
          flaw === 'get gives another record' ? { ...order, updated: order.updated + 1, lines: [1] } : order,
        );
      } catch (cause) {
        if (flaw !== 'unknown ids throw' && cause instanceof SyncError && cause.code === 'not-found') return null;
        throw cause;
      }
    },
    async *ids(window) {
      let skipped = flaw !== 'ids have a gap';
      for await (const { records } of this.pull(null)) {
        for (const { id, version } of records) {
          if (version < window.from || version >= window.to) continue;
          if (skipped) yield { id, version };
          skipped = true;
        }
      }
    },
    normalize({ body }, mapping) {
      const order = toyOrder.parse(JSON.parse(body));
      if (flaw === 'a bare error for a bad record') throw new TypeError('cannot read it');
      const lines = flaw === 'a line is dropped' ? order.lines.slice(1) : order.lines;
      const often = flaw === 'another normal form each time' ? { often: ++normalized } : {};
      return { id: order.id, lines, total: order.total, place: mapping.code('locations', '9'), ...often };
    },
  };
}

export function toySink(remote: ToyRemote, io: Io, flaw: Flaw, by: 'native' | 'find' | 'none'): Sink<unknown> {
  const call = caller(remote, io, flaw);
  return {
    uniqueness: by === 'native' ? { by, forMs: 86_400_000 } : by === 'find' ? { by, settleMs: 5 } : { by },
    async send(_item, key) {
      const sent = flaw === 'a key of its own each time' ? `${key}#${Math.floor(io.random.next() * 1e9)}` : key;
      const native = by === 'native' && flaw !== 'an id of its own';
      const body = JSON.stringify({ key: sent, native });
      const kind = flaw === 'writes are called reads' ? 'read' : 'write';
      const answer = await call(z.object({ id: z.string() }), { method: 'POST', url: '/shipments', kind, body });
      return { id: flaw === 'an id of its own' ? `mine-${answer.id}` : answer.id, state: 'done' };
    },
    async find(key) {
      if (by === 'none') return flaw === 'look-up finds what is not there' ? 's0' : 'unsure';
      if (flaw === 'look-up finds nothing') return 'absent';
      if (flaw === 'look-up finds what is not there') return 's0';
      const found = await call(z.array(z.string()), get(`/shipments?key=${encodeURIComponent(key)}`));
      return found[0] ?? 'absent';
    },
  };
}

export function toyWebhooks(flaw: Flaw): WebhookSource {
  return {
    verify: (headers, bytes) => {
      const right = genuine(headers['x-toy-signature'] ?? '', bytes, flaw);
      if (!right || flaw === 'deliveries are refused') return Promise.resolve(null);
      const hint: Hint = { delivery: headers['x-toy-delivery'] ?? '', topic: 'orders', kind: 'order', id: 'o01' };
      return Promise.resolve(hint);
    },
  };
}

function genuine(given: string, bytes: Uint8Array, flaw: Flaw): boolean {
  switch (flaw) {
    case 'signature is not looked at':
      return true;
    case 'signature is compared as far as it goes':
      return toySignature(bytes).startsWith(given);
    case 'the body is not signed':
      return given === toySignature(toyDelivery().bytes);
    default:
      return given === toySignature(bytes);
  }
}

type Call = <T>(schema: ZodType<T>, request: HttpRequest) => Promise<T>;

function get(url: string): HttpRequest {
  return { method: 'GET', url, kind: 'read' };
}

function caller(remote: ToyRemote, io: Io, flaw: Flaw): Call {
  return async (schema, request) => {
    const token = flaw === 'secret in the address' ? `${request.url.includes('?') ? '&' : '?'}token=${TOKEN}` : '';
    const url = `${remote.url}${request.url}${token}`;
    const headers = { authorization: `Bearer ${TOKEN}` };
    if (flaw === 'secret in the log') io.log.info('calling', headers);
    if (flaw === 'past the port') await fetch(url, { headers }).catch(() => undefined);
    try {
      const answer = await io.http.send({ ...request, url, headers });
      return schema.parse(parsed(request, Buffer.from(answer.body).toString(), io));
    } catch (cause) {
      if (flaw === 'every failure is a bare error') throw new Error('it failed', { cause });
      const throttled = cause instanceof SyncError && cause.fault === 'throttled';
      if (flaw === 'every failure is transient' || (flaw === 'throttling is a failure like others' && throttled)) {
        throw new SyncError('transient', 'it failed', { remedy: 'Nothing to do.' });
      }
      throw cause;
    }
  };
}

function parsed({ kind }: HttpRequest, text: string, io: Io): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new SyncError(kind === 'write' ? 'unknown' : 'transient', 'the answer is no JSON', {
      remedy: 'Nothing to do.',
    });
  }
  if (typeof answer === 'object' && answer !== null && 'error' in answer) {
    throw new SyncError('throttled', 'the remote asks us to slow down', {
      remedy: 'Nothing to do.',
      retryAt: io.clock.now() + 500,
    });
  }
  return answer;
}
