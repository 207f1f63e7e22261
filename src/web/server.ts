import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { asSyncError, SyncError } from '../domain/errors.ts';
import type { Clock, Log } from '../domain/ports.ts';
import type { Readiness } from '../queries/readiness.ts';
import { registerApi } from './api/api.ts';
import type { ConsolePorts } from './api/ports.ts';
import { openMetrics, type MetricsPorts } from './metrics.ts';
import { registerPage, type PagePorts } from './page/page.ts';
import { openIntake, type Answer, type IntakePorts } from './webhook-intake.ts';

/** The largest webhook taken, in bytes. */
const MOST_BYTES = 2 * 1_024 * 1_024;
/** What a process that died has kept and not read is read by another at the latest after this. */
const READ_EVERY_MS = 5_000;

export interface WebPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly intake: Omit<IntakePorts, 'log'>;
  readonly metrics: MetricsPorts;
  /** The API and the page; absent = neither is served. */
  readonly console?: ConsolePorts & PagePorts;
  readiness(): Promise<Readiness>;
}

export interface Web {
  /** Where it listens, e.g. `http://127.0.0.1:8377`. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves health, readiness, metrics and webhooks. It asks and enqueues, and does no work itself.
 *
 * @param port 0 = any that is free
 * @throws SyncError `config`, code `web-address`, when the address cannot be listened on
 */
export async function startWeb(
  ports: WebPorts,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Web> {
  const server = openServer(ports);
  const intake = server.intake;
  let address: string;
  try {
    address = await server.app.listen({ host, port });
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new SyncError('config', `The web server cannot listen on ${host}:${port}: ${reason}`, {
      code: 'web-address',
      remedy: 'Stop what listens there, or set web.port in the configuration to another port (0 = any that is free).',
      cause: thrown,
    });
  }
  const over = new AbortController();
  const sweeping = (async () => {
    while (!over.signal.aborted) {
      await intake.readUnread();
      await ports.clock.sleep(READ_EVERY_MS, over.signal).catch(() => undefined);
    }
  })();
  return {
    address,
    async close() {
      over.abort(new Error('the web server is closing'));
      await server.app.close();
      await sweeping;
      await intake.readUnread();
    },
  };
}

/** The server with its routes, not listening yet: for `inject`. */
export function openServer(ports: WebPorts): {
  readonly app: FastifyInstance;
  readonly intake: ReturnType<typeof openIntake>;
} {
  const app = Fastify({
    logger: false,
    bodyLimit: MOST_BYTES,
    forceCloseConnections: 'idle',
    // A job's key stands in an address, and can be long.
    routerOptions: { maxParamLength: 500 },
  });
  const intake = openIntake({ ...ports.intake, log: ports.log });
  const metrics = openMetrics(ports.metrics);
  // A signature is over the bytes as they came: nothing may parse them first.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  if (ports.console !== undefined) {
    const { console } = ports;
    void app.register(async (root) => registerApi(root, console));
    void app.register(async (root) => registerPage(root, console));
  }
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const { ready, problems } = await ports.readiness();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'not ready', problems });
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()));
  app.post<{ Params: { connection: string } }>('/webhooks/:connection', async (request, reply) => {
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    try {
      return await answerWith(reply, await intake.receive(request.params.connection, headersOf(request), bytes));
    } catch (thrown) {
      // Not kept: the sender is to send it again.
      ports.log.error('A webhook could not be kept.', {
        connection: request.params.connection,
        reason: asSyncError(thrown).message,
      });
      return reply.code(503).header('retry-after', '5').send();
    }
  });
  app.setErrorHandler((error, _request, reply) => {
    const status =
      typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
    if (status >= 400 && status < 500) return reply.code(status).send({ error: 'The request was refused.' });
    ports.log.error('A request failed.', { reason: asSyncError(error).message });
    return reply.code(500).send({ error: 'The request failed. The log says why.' });
  });
  return { app, intake };
}

const STATUS: Readonly<Record<Answer, number>> = { kept: 200, repeated: 200, forged: 401, unknown: 404 };

async function answerWith(reply: FastifyReply, answer: Answer): Promise<FastifyReply> {
  return reply.code(STATUS[answer]).send();
}

function headersOf({ headers }: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}
