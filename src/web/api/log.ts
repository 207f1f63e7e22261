import { z } from 'zod';
import { KEPT_LEVELS } from '../../queries/sync-log.ts';
import type { Api, ConsolePorts } from './ports.ts';
import { refusals } from './problem.ts';
import { answerPage, flag, given, instant, iso, name, pageAsk, pageShape, paging, when } from './shapes.ts';

const line = z.strictObject({
  id: z.string(),
  at: instant,
  level: z.enum(['debug', ...KEPT_LEVELS]),
  message: z.string(),
  connection: z.string().nullable(),
  order: z.string().nullable(),
  job: z.string().nullable(),
  run: z.string().nullable(),
  audit: z.boolean().meta({ description: 'It says who did or looked at what, through the API or by a command.' }),
  fields: z.record(z.string(), z.unknown()),
});

export function logRoutes(api: Api, { reads }: ConsolePorts): void {
  api.get(
    '/log',
    {
      schema: {
        tags: ['log'],
        summary: 'The log of all workers, the newest line first.',
        querystring: z.strictObject({
          level: z.enum(KEPT_LEVELS).optional().meta({ description: 'This level and what is worse.' }),
          connection: name.optional(),
          order: name.optional().meta({ description: "Our id, the number that the buyer sees, or the channel's id." }),
          job: z.string().min(1).max(500).optional(),
          run: name.optional(),
          text: z.string().min(1).max(100).optional().meta({ description: 'A part of the message, capitals or not.' }),
          from: when.meta({ description: 'Lines from this instant on.' }),
          to: when.meta({ description: 'Lines before this instant.' }),
          audit: flag.meta({ description: 'Only lines of who did or looked at what.' }),
          ...paging,
        }),
        response: { 200: pageShape(line), ...refusals() },
      },
    },
    async ({ query: { limit, cursor, audit, ...search } }) =>
      answerPage(
        await reads.log({ ...given(search), ...(audit ? { audit: true } : {}), ...pageAsk({ limit, cursor }) }),
        (row) => ({ ...row, at: iso(row.at), fields: { ...row.fields } }),
      ),
  );
}
