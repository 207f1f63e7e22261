import { z } from 'zod';
import type { Case } from '../../queries/cases.ts';
import { job, jobKey, jobOf } from './jobs.ts';
import type { Api, ConsolePorts } from './ports.ts';
import { notThere, refusals } from './problem.ts';
import { answerPage, given, instant, iso, name, pageAsk, pageShape, paging } from './shapes.ts';

const parked = z.strictObject({
  code: z.string(),
  fault: z.enum(['transient', 'throttled', 'unknown', 'config', 'data', 'bug']),
  who: z.enum(['operations', 'finance', 'admins']).meta({ description: 'Who can mend it.' }),
  message: z.string().meta({ description: 'The cause as the oldest of them says it.' }),
  remedy: z.string(),
  needs: z.array(z.string()).meta({ description: 'Mapping entries that would mend all of them.' }),
  count: z.int(),
  oldest: instant,
  connections: z.array(z.string()),
  keys: z.array(z.string()).meta({ description: 'The first of their jobs.' }),
});

export function parkedRoutes(api: Api, ports: ConsolePorts): void {
  const { reads } = ports;
  api.get(
    '/parked',
    {
      schema: {
        tags: ['parked'],
        summary: 'What waits for a person, in cases of one cause, with what to do.',
        description: 'The jobs of a case: /api/v1/jobs?state=parked&code=…',
        querystring: z.strictObject({
          connection: name.optional(),
          who: z.enum(['operations', 'finance', 'admins']).optional(),
          ...paging,
        }),
        response: { 200: pageShape(parked), ...refusals() },
      },
    },
    async ({ query: { connection, who, ...asked } }) => {
      const { limit, after } = pageAsk(asked);
      const cases = (await reads.cases(given({ connection })))
        .filter((one) => who === undefined || one.who === who)
        .map((one) => ({ one, place: placeOf(one) }))
        .sort((a, b) => (a.place < b.place ? -1 : 1))
        .filter(({ place }) => after === undefined || place > after);
      const shown = cases.slice(0, limit);
      const next = cases.length > limit ? (shown.at(-1)?.place ?? null) : null;
      return answerPage({ items: shown, next }, ({ one }) => caseOf(one));
    },
  );
  api.get(
    '/parked/:key',
    {
      schema: {
        tags: ['parked'],
        summary: 'One parked job with its cause.',
        params: jobKey,
        response: { 200: job, ...refusals(404) },
      },
    },
    async ({ params: { key } }) => {
      const found = await reads.job(key);
      if (found?.state === 'parked') return jobOf(found);
      throw notThere('parked job', key, 'It goes on or is done. List what is parked with /api/v1/parked.');
    },
  );
  api.post(
    '/parked/:key/replay',
    {
      schema: {
        tags: ['parked'],
        summary: 'Lets a parked job run again. What is still wrong is parked again.',
        params: jobKey,
        response: {
          202: z.strictObject({ replayed: z.int(), workers: z.int().meta({ description: 'Who can run it now.' }) }),
          ...refusals(404),
        },
      },
      config: { scope: 'operate' },
    },
    async ({ params: { key }, caller }, reply) => {
      const found = await reads.job(key);
      if (found?.state !== 'parked')
        throw notThere('parked job', key, 'It goes on or is done. List what is parked with /api/v1/parked.');
      await ports.audit('A parked job was replayed.', {
        caller: caller?.name,
        job: key,
        connection: found.connection,
      });
      return reply.code(202).send({ replayed: await ports.replay([key]), workers: await reads.workers() });
    },
  );
}

/** Where a case stands in the list: what it is, whatever its number grows to. */
function placeOf({ code, needs, message, fault }: Case): string {
  return JSON.stringify([code, needs, fault, needs.length > 0 ? '' : message]);
}

function caseOf(one: Case): z.output<typeof parked> {
  return {
    ...one,
    needs: [...one.needs],
    connections: one.connections.filter((id) => id !== ''),
    keys: [...one.keys],
    oldest: iso(one.oldest),
  };
}
