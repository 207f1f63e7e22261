import { z } from 'zod';
import type { CompletenessLine } from '../../queries/completeness.ts';
import type { Api, ConsolePorts } from './ports.ts';
import { refusals } from './problem.ts';
import { answerPage, date, instant, iso, name, pageAsk, pageShape, paging } from './shapes.ts';

const ids = z.array(z.string()).meta({ description: "The channel's ids." });

const day = z.strictObject({
  connection: z.string(),
  date,
  theirs: z.int().meta({ description: 'Orders that the channel says it has.' }),
  ours: z.int(),
  missing: ids,
  stale: ids,
  extra: ids,
  parked: ids,
  at: instant.meta({ description: 'When they were compared.' }),
});

export function completenessRoutes(api: Api, { reads }: ConsolePorts): void {
  api.get(
    '/completeness',
    {
      schema: {
        tags: ['orders'],
        summary: 'What each channel says it has against what we have, per business day, the newest first.',
        querystring: z.strictObject({
          connection: name.optional(),
          from: z.iso.date().optional(),
          to: z.iso.date().optional(),
          ...paging,
        }),
        response: { 200: pageShape(day), ...refusals() },
      },
    },
    async ({ query: { connection, from, to, ...asked } }) => {
      const { limit, after } = pageAsk(asked);
      const rest = (await reads.completeness())
        .filter((line) => connection === undefined || line.connection === connection)
        .filter((line) => (from === undefined || line.date >= from) && (to === undefined || line.date <= to))
        .sort((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
        .filter((line) => after === undefined || placeOf(line) < after);
      const items = rest.slice(0, limit);
      const last = items.at(-1);
      return answerPage({ items, next: rest.length > limit && last !== undefined ? placeOf(last) : null }, dayOf);
    },
  );
}

function placeOf({ date: on, connection }: CompletenessLine): string {
  return `${on}~${connection}`;
}

function dayOf({ at, missing, stale, extra, parked, ...known }: CompletenessLine): z.output<typeof day> {
  return {
    ...known,
    missing: [...missing],
    stale: [...stale],
    extra: [...extra],
    parked: [...parked],
    at: iso(at),
  };
}
