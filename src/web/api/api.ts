import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import { asSyncError, SyncError } from '../../domain/errors.ts';
import { batchRoutes } from './batches.ts';
import { completenessRoutes } from './completeness.ts';
import { connectionRoutes } from './connections.ts';
import { effectRoutes } from './effects.ts';
import { jobRoutes } from './jobs.ts';
import { logRoutes } from './log.ts';
import { orderRoutes } from './orders.ts';
import { parkedRoutes } from './parked.ts';
import type { ConsolePorts } from './ports.ts';
import { notThere, Refusal, sendProblem } from './problem.ts';
import { runRoutes } from './runs.ts';
import { requireScope } from './scope.ts';
import { stockRoutes } from './stock.ts';

const PREFIX = '/api/v1';

/** The JSON API under `/api/v1`: every request is checked, and every answer shaped, by the schemas that describe it. */
export async function registerApi(root: FastifyInstance, ports: ConsolePorts): Promise<void> {
  await root.register(
    async (plain) => {
      const api = plain.withTypeProvider<ZodTypeProvider>();
      api.setValidatorCompiler(validatorCompiler);
      api.setSerializerCompiler(serializerCompiler);
      api.decorateRequest('caller', null);
      api.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
        try {
          done(null, body === '' ? undefined : JSON.parse(String(body)));
        } catch {
          done(new Refusal(400, 'bad-request', 'The body is no JSON.', 'Send a JSON object, or no body at all.'));
        }
      });
      api.addHook('onRequest', async (request) => authorize(request, ports));
      api.setNotFoundHandler(async (request) => {
        await authorize(request, ports);
        throw notThere('resource', request.url.split('?')[0] ?? '', `See ${PREFIX}/openapi.json for what there is.`);
      });
      api.setErrorHandler(async (error, request, reply) => {
        if (error instanceof Refusal) {
          if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="crossdock"');
          return sendProblem(reply, error.status, error);
        }
        return answerError(error, request, reply, ports);
      });
      await api.register(swagger, {
        openapi: {
          openapi: '3.1.0',
          info: {
            title: 'Crossdock',
            version: '1',
            description:
              'Orders, stock, work and books as Crossdock holds them. Instants are ISO 8601 in UTC, money is in the smallest unit of its currency, lists come in pages.',
          },
          servers: [{ url: '/' }],
          components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
          security: [{ token: [] }],
        },
        transform: jsonSchemaTransform,
      });
      await api.register(async (routes) => {
        const typed = routes.withTypeProvider<ZodTypeProvider>();
        for (const register of [
          orderRoutes,
          stockRoutes,
          jobRoutes,
          parkedRoutes,
          effectRoutes,
          runRoutes,
          logRoutes,
          connectionRoutes,
          batchRoutes,
          completenessRoutes,
        ])
          register(typed, ports);
        typed.get(
          '/openapi.json',
          {
            schema: { hide: true, response: { 200: z.looseObject({}) } },
            config: { open: true },
          },
          async () => ({ ...api.swagger() }),
        );
      });
    },
    { prefix: PREFIX },
  );
}

/** @throws Refusal 401 without a token that is known, 403 where it lacks the scope of the route */
async function authorize(request: FastifyRequest, { tokens }: ConsolePorts): Promise<void> {
  const { scope = 'read', open = false } = request.routeOptions.config;
  if (open) return;
  if (!tokens.any)
    throw new Refusal(
      401,
      'no-tokens',
      'No token is configured, so nobody may use the API.',
      'Add one to the configuration and restart: `web: { tokens: [{ name: admin, token: { env: CROSSDOCK_TOKEN }, scopes: [read, operate] }] }`.',
    );
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const caller = token === undefined ? null : tokens.callerOf(token);
  if (caller === null)
    throw new Refusal(
      401,
      token === undefined ? 'no-token' : 'unknown-token',
      token === undefined ? 'The request has no bearer token.' : 'The token is not known.',
      'Send `Authorization: Bearer <token>` with a token of `web.tokens` in the configuration.',
    );
  request.caller = caller;
  requireScope(caller, scope);
}

function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: Parameters<typeof sendProblem>[0],
  { log }: ConsolePorts,
): ReturnType<typeof sendProblem> {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const mistakes = error.validation.map(({ instancePath, message }) => `${instancePath || '/'}: ${message ?? ''}`);
    return sendProblem(reply, 400, {
      code: 'bad-request',
      message: `The ${error.validationContext ?? 'request'} is not right: ${mistakes.join('; ')}`,
      remedy: `See ${PREFIX}/openapi.json for what this route takes.`,
    });
  }
  if (error instanceof SyncError && error.code === 'bad-cursor') return sendProblem(reply, 400, error);
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : 500;
  if (status === 413 || (typeof status === 'number' && status >= 400 && status < 500))
    return sendProblem(reply, status === 413 ? 413 : 400, {
      code: 'bad-request',
      message: 'The request was refused as it is.',
      remedy: `See ${PREFIX}/openapi.json for what this route takes.`,
    });
  const known = asSyncError(error);
  log.error('A request of the API failed.', { route: request.routeOptions.url, reason: known.message });
  if (known.fault === 'transient')
    return sendProblem(reply, 503, { code: known.code, message: 'The store does not answer.', remedy: known.remedy });
  return sendProblem(reply, 500, {
    code: 'bug',
    message: 'The request failed.',
    remedy: 'The log says why: crossdock log --level error. Report it with that line.',
  });
}
