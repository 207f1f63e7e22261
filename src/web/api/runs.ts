import { z } from 'zod';
import type { Api, ConsolePorts } from './ports.ts';
import { refusals } from './problem.ts';
import { answerPage, given, instant, iso, isoOrNull, name, pageAsk, pageShape, paging } from './shapes.ts';

const run = z.strictObject({
  id: z.string(),
  connection: z.string(),
  verb: z.string(),
  startedAt: instant,
  endedAt: instant.nullable(),
  pages: z.int(),
  seen: z.int().meta({ description: 'Records that the remote listed.' }),
  stored: z.int().meta({ description: 'Of these, new observations.' }),
  unchanged: z.int(),
  error: z.string().nullable(),
});

export function runRoutes(api: Api, { reads }: ConsolePorts): void {
  api.get(
    '/runs',
    {
      schema: {
        tags: ['runs'],
        summary: 'What each pull did, the newest first.',
        querystring: z.strictObject({ connection: name.optional(), ...paging }),
        response: { 200: pageShape(run), ...refusals() },
      },
    },
    async ({ query: { connection, ...page } }) =>
      answerPage(
        await reads.runs({ ...given({ connection }), ...pageAsk(page) }),
        ({ _id, startedAt, endedAt, expires: _expires, ...row }) => ({
          id: _id,
          startedAt: iso(startedAt),
          endedAt: isoOrNull(endedAt),
          ...row,
        }),
      ),
  );
}
