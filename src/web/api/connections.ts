import { z } from 'zod';
import type { ConnectionHealth } from '../../queries/connection-health.ts';
import type { Api, ConsolePorts } from './ports.ts';
import { notThere, Refusal, refusals } from './problem.ts';
import { answerPage, instant, iso, isoOrNull, name, pageAsk, pageShape, paging } from './shapes.ts';

const connection = z.strictObject({
  id: z.string(),
  connector: z.string(),
  state: z
    .enum(['ok', 'paused', 'away'])
    .meta({ description: 'away = its remote did not answer, and is asked again.' }),
  cause: z.string().nullable(),
  remedy: z.string().nullable(),
  lastPull: instant.nullable(),
  lagMs: z.int().nullable().meta({ description: 'What the remote had so many milliseconds ago is here.' }),
  budgets: z.array(
    z.strictObject({ name: z.string(), left: z.int(), capacity: z.int(), closedUntil: instant.nullable() }),
  ),
  api: z
    .strictObject({
      version: z.string(),
      sunset: z.iso.date().nullable().meta({ description: 'The day its vendor removes it; null = none is published.' }),
      daysLeft: z.int().nullable().meta({ description: 'Until that day; negative after it.' }),
    })
    .nullable()
    .meta({ description: 'The API that it speaks; null = it is not configured any more.' }),
  lastError: z.strictObject({ at: instant, verb: z.string(), message: z.string() }).nullable(),
});

export function connectionRoutes(api: Api, ports: ConsolePorts): void {
  api.get(
    '/connections',
    {
      schema: {
        tags: ['connections'],
        summary: 'Every connection: how it is, how far behind, what is left of its rate limits, its last error.',
        querystring: z.strictObject(paging),
        response: { 200: pageShape(connection), ...refusals() },
      },
    },
    async ({ query }) => {
      const { limit, after } = pageAsk(query);
      const rest = (await ports.reads.connections()).filter(({ id }) => after === undefined || id > after);
      const items = rest.slice(0, limit);
      return answerPage({ items, next: rest.length > limit ? (items.at(-1)?.id ?? null) : null }, connectionOf);
    },
  );
  api.post(
    '/connections/:id/pull',
    {
      schema: {
        tags: ['connections'],
        summary: 'Pulls now: what is new, or one record by the id that the channel gives it.',
        params: z.strictObject({ id: name }),
        body: z.strictObject({ externalId: name.optional() }).nullish(),
        response: {
          202: z.strictObject({ jobs: z.array(z.string()).meta({ description: 'Look at /api/v1/jobs/{key}.' }) }),
          ...refusals(404, 409),
        },
      },
      config: { scope: 'operate' },
    },
    async ({ params: { id }, body, caller }, reply) => {
      const externalId = body?.externalId ?? null;
      await ports.audit('A pull was asked for.', { caller: caller?.name, connection: id, externalId });
      const jobs = await ports.pull(id, externalId);
      if (jobs === null) throw notThere('connection', id, 'List them with /api/v1/connections.');
      if (jobs.length === 0)
        throw new Refusal(
          409,
          'nothing-to-pull',
          `${id} is no source of ${externalId === null ? 'orders, stock or shipments' : 'orders'}.`,
          'Ask a connection that is: /api/v1/connections.',
        );
      return reply.code(202).send({ jobs: [...jobs] });
    },
  );
}

function connectionOf({
  lastPull,
  lagMs,
  budgets,
  lastError,
  ...known
}: ConnectionHealth): z.output<typeof connection> {
  return {
    ...known,
    lastPull: isoOrNull(lastPull),
    lagMs: lagMs === null ? null : Math.round(lagMs),
    budgets: budgets.map((budget) => ({ ...budget, closedUntil: isoOrNull(budget.closedUntil) })),
    lastError: lastError === null ? null : { ...lastError, at: iso(lastError.at) },
  };
}
