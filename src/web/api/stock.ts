import { z } from 'zod';
import type { Api, ConsolePorts } from './ports.ts';
import { refusals } from './problem.ts';
import { answerPage, given, instant, name, pageAsk, pageShape, paging } from './shapes.ts';

const level = z.strictObject({
  sku: z.string(),
  location: z.string(),
  onHand: z.int(),
  reserved: z.int(),
  free: z.int().meta({ description: 'Below zero: more is reserved than is there, and is planned again.' }),
  backlog: z.boolean().meta({ description: 'Older orders wait for it: new ones queue behind them.' }),
  countedAt: instant,
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
}
