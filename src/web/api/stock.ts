import { z } from 'zod';
import type { Api, ConsolePorts } from './ports.ts';
import { notThere, refusals } from './problem.ts';
import { answerPage, given, instant, name, pageAsk, pageShape, paging } from './shapes.ts';

const fields = {
  sku: z.string(),
  location: z.string(),
  onHand: z.int(),
  reserved: z.int(),
  free: z.int().meta({ description: 'Below zero: more is reserved than is there, and is planned again.' }),
  backlog: z.boolean().meta({ description: 'Older orders wait for it: new ones queue behind them.' }),
  countedAt: instant,
};

const level = z.strictObject(fields);

const moved = z.strictObject({ change: z.int(), after: z.int() });

const story = z.strictObject({
  ...fields,
  reservations: z
    .array(
      z.strictObject({
        order: z.string(),
        number: z.string().nullable(),
        stage: z.string().nullable(),
        line: z.string(),
        units: z.int(),
      }),
    )
    .meta({ description: 'Who holds what of it, the longest held first.' }),
  moreReserved: z.int().meta({ description: 'Further reservations that were not asked for.' }),
  movements: z
    .array(
      z.strictObject({
        v: z.int(),
        at: instant,
        kind: z.string().meta({ examples: ['counted', 'reserved', 'released', 'shipped'] }),
        onHand: moved,
        free: moved,
        orders: z.array(z.strictObject({ order: z.string(), number: z.string().nullable(), units: z.int() })),
        cause: z.string().meta({ description: 'The job or the count that made it.' }),
      }),
    )
    .meta({ description: 'Every change of the level, newest first.' }),
  older: z.int().meta({ description: 'Older changes that were not asked for.' }),
});

export function stockRoutes(api: Api, { reads }: ConsolePorts): void {
  api.get(
    '/stock',
    {
      schema: {
        tags: ['stock'],
        summary: 'Stock levels by SKU and location.',
        querystring: z.strictObject({ sku: name.optional(), location: name.optional(), ...paging }),
        response: { 200: pageShape(level), ...refusals() },
      },
    },
    async ({ query: { sku, location, ...page } }) =>
      answerPage(await reads.levels({ ...given({ sku, location }), ...pageAsk(page) }), (row) => ({ ...row })),
  );
  api.get(
    '/stock/:level',
    {
      schema: {
        tags: ['stock'],
        summary: 'One stock level, `<SKU>@<location>`: who holds what of it, and every change with its cause.',
        params: z.strictObject({ level: z.string().min(3).max(500) }),
        querystring: z.strictObject({ limit: paging.limit }),
        response: { 200: story, ...refusals(404) },
      },
    },
    async ({ params: { level: id }, query: { limit } }) => {
      const found = await reads.level(id, limit);
      if (found === null) throw notThere('stock level', id, 'List them with /api/v1/stock.');
      return {
        ...found,
        reservations: [...found.reservations],
        movements: found.movements.map((each) => ({ ...each, orders: [...each.orders] })),
      };
    },
  );
}
