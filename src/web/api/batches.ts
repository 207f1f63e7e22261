import { z } from 'zod';
import { BATCH_STATES, type BatchRow } from '../../queries/books.ts';
import type { Api, ConsolePorts } from './ports.ts';
import { notThere, refusals } from './problem.ts';
import { amountOf, answerPage, date, given, instant, money, name, pageAsk, pageShape, paging } from './shapes.ts';

const fields = {
  key: z.string(),
  connection: z.string().meta({ description: 'The channel that sold.' }),
  ledger: z.string().meta({ description: 'The ERP that it is posted to.' }),
  date,
  version: z.int(),
  state: z.enum(BATCH_STATES).meta({ description: 'agreed = read back as posted; differs = not.' }),
  externalId: z.string().nullable(),
  entries: z.int(),
  lines: z.int(),
  amount: money.meta({ description: 'Of each side.' }),
  postedAt: instant.nullable(),
  differences: z.int(),
  left: z.int().meta({ description: 'Orders of the day that could not be booked when it was made.' }),
  unmapped: z.int(),
};

const row = z.strictObject(fields);

const whole = z.strictObject({
  ...fields,
  memo: z.string(),
  accounts: z.string().meta({ description: 'The version of the account map.' }),
  documentLines: z.array(
    z.strictObject({
      account: z.string(),
      debit: money,
      credit: money,
      memo: z.string(),
      dimensions: z.record(z.string(), z.string()),
      orders: z.array(z.string()).meta({ description: 'Numbers of the orders behind the line.' }),
    }),
  ),
  found: z
    .array(z.strictObject({ account: z.string().nullable(), kind: z.string(), text: z.string() }))
    .meta({ description: 'How the document in the ERP differs from what was posted.' }),
  leftOut: z.array(z.strictObject({ number: z.string(), cause: z.string() })),
  withoutAccount: z.array(z.strictObject({ text: z.string(), entries: z.int() })),
  cause: z.string().nullable(),
  remedy: z.string().nullable(),
});

export function batchRoutes(api: Api, { reads }: ConsolePorts): void {
  api.get(
    '/batches',
    {
      schema: {
        tags: ['books'],
        summary: 'Documents for ERPs, the newest day first. `state=differs`: what reconciliation found.',
        querystring: z.strictObject({
          connection: name.optional(),
          state: z.enum(BATCH_STATES).optional(),
          from: z.iso.date().optional(),
          ...paging,
        }),
        response: { 200: pageShape(row), ...refusals() },
      },
    },
    async ({ query: { connection, state, from, ...page } }) =>
      answerPage(await reads.batches({ ...given({ connection, state, from }), ...pageAsk(page) }), rowOf),
  );
  api.get(
    '/batches/:key',
    {
      schema: {
        tags: ['books'],
        summary: 'One document: its lines, the orders behind each, and every difference that reading it back found.',
        params: z.strictObject({ key: z.string().min(1).max(500) }),
        response: { 200: whole, ...refusals(404) },
      },
    },
    async ({ params: { key } }) => {
      const found = await reads.batch(key);
      if (found === null) throw notThere('document', key, 'List them with /api/v1/batches.');
      const { documentLines, ...known } = found;
      return {
        ...rowOf(known),
        memo: known.memo,
        accounts: known.accounts,
        documentLines: documentLines.map(({ debit, credit, dimensions, orders, account, memo }) => ({
          account,
          debit: amountOf(debit, known.currency),
          credit: amountOf(credit, known.currency),
          memo,
          dimensions: { ...dimensions },
          orders: [...orders],
        })),
        found: known.found.map((one) => ({ ...one })),
        leftOut: known.leftOut.map((one) => ({ ...one })),
        withoutAccount: known.withoutAccount.map((one) => ({ ...one })),
        cause: known.cause,
        remedy: known.remedy,
      };
    },
  );
}

function rowOf(known: BatchRow): z.output<typeof row> {
  const { key, connection, ledger, date: day, version, state, externalId, entries, lines } = known;
  const { postedAt, differences, left, unmapped } = known;
  const amount = amountOf(known.amount, known.currency);
  return {
    key,
    connection,
    ledger,
    date: day,
    version,
    state,
    externalId,
    entries,
    lines,
    amount,
    postedAt,
    differences,
    left,
    unmapped,
  };
}
