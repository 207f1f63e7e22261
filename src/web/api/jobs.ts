import { z } from 'zod';
import { JOB_STATES, type JobRow } from '../../queries/jobs.ts';
import type { Api, ConsolePorts } from './ports.ts';
import { notThere, refusals } from './problem.ts';
import { answerPage, cause, causeOf, given, instant, iso, name, pageAsk, pageShape, paging } from './shapes.ts';

export const job = z.strictObject({
  key: z.string(),
  kind: z.string(),
  connection: z.string().nullable(),
  subject: z.string().meta({ description: 'The record, SKU or level that the work is about.' }),
  state: z.enum(JOB_STATES),
  due: instant,
  attempts: z.int(),
  at: instant.meta({ description: 'Since when it is wanted.' }),
  why: cause.nullable().meta({ description: 'Why it is parked, or failed the last time.' }),
});

export const jobKey = z.strictObject({ key: z.string().min(1).max(500) });

export function jobRoutes(api: Api, { reads }: ConsolePorts): void {
  api.get(
    '/jobs',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Work that is to be done, under way or parked, by its key. Finished work is not there any more.',
        querystring: z.strictObject({
          state: z.enum(JOB_STATES).optional(),
          kind: name.optional(),
          connection: name.optional(),
          order: name.optional().meta({ description: 'Our id of an order.' }),
          code: name.optional().meta({ description: 'Only those parked for this cause.' }),
          ...paging,
        }),
        response: { 200: pageShape(job), ...refusals() },
      },
    },
    async ({ query: { limit, cursor, ...filter } }) =>
      answerPage(await reads.jobs({ ...given(filter), ...pageAsk({ limit, cursor }) }), jobOf),
  );
  api.get(
    '/jobs/:key',
    {
      schema: {
        tags: ['jobs'],
        summary: 'One job.',
        params: jobKey,
        response: { 200: job, ...refusals(404) },
      },
    },
    async ({ params: { key } }) => {
      const found = await reads.job(key);
      if (found !== null) return jobOf(found);
      throw notThere('job', key, 'It is done, or never was. List them with /api/v1/jobs.');
    },
  );
}

export function jobOf({ _id, connection, cause: parked, last, ...row }: JobRow): z.output<typeof job> {
  return {
    key: _id,
    kind: row.kind,
    connection: connection === '' ? null : connection,
    subject: row.subject,
    state: row.state,
    due: iso(row.due),
    attempts: row.attempts,
    at: iso(row.at),
    why: causeOf(parked ?? last),
  };
}
