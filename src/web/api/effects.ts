import { z } from 'zod';
import { EFFECT_STATES } from '../../queries/effects.ts';
import { requireScope } from './scope.ts';
import type { Api, ConsolePorts } from './ports.ts';
import { Refusal, refusals } from './problem.ts';
import { answerPage, flag, given, instant, name, pageAsk, pageShape, paging } from './shapes.ts';

const effect = z.strictObject({
  key: z.string(),
  connection: z.string(),
  verb: z.string(),
  state: z.enum(EFFECT_STATES),
  order: z.string().nullable().meta({ description: 'What the buyer sees, where it is about one order.' }),
  at: instant,
  externalId: z.string().nullable(),
  cause: z.string().nullable(),
  remedy: z.string().nullable(),
  payload: z
    .unknown()
    .meta({ description: 'With `payload=true`: what was or would be sent; null where it was erased.' }),
});

export function effectRoutes(api: Api, ports: ConsolePorts): void {
  api.get(
    '/effects',
    {
      schema: {
        tags: ['effects'],
        summary: 'Requests to remotes, the newest first: what was sent, is unsure, was refused, or would be sent.',
        querystring: z.strictObject({
          connection: name.optional(),
          verb: name.optional(),
          state: z.enum(EFFECT_STATES).optional(),
          payload: flag.meta({ description: 'Also what is sent, without what is personal.' }),
          personal: flag.meta({ description: 'The payload whole; each such look is kept in the log.' }),
          ...paging,
        }),
        response: { 200: pageShape(effect), ...refusals() },
      },
    },
    async ({ query: { payload, personal, connection, verb, state, ...page }, caller }) => {
      if (personal) {
        requireScope(caller, 'personal');
        if (!payload)
          throw new Refusal(400, 'bad-request', 'Only a payload has something personal.', 'Add payload=true.');
        await ports.audit('Payloads with personal data were looked at.', {
          caller: caller?.name,
          ...given({ connection, verb, state }),
        });
      }
      return answerPage(
        await ports.reads.effects({
          ...given({ connection, verb, state }),
          ...pageAsk(page),
          payload: personal ? 'whole' : payload ? 'masked' : 'none',
        }),
        (row) => ({ ...row }),
      );
    },
  );
}
