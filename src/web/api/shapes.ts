import { z } from 'zod';
import { parseAmount } from '../../domain/money.ts';
import type { Page } from '../../queries/page.ts';

/** The most items of one answer. */
export const MOST = 200;

export const instant = z.iso
  .datetime()
  .meta({ description: 'An instant in UTC (ISO 8601).', examples: ['2026-11-25T08:00:00.000Z'] });

export const money = z
  .strictObject({
    minor: z.int().meta({ description: 'In the smallest unit of the currency: 1999 = 19.99 EUR.' }),
    currency: z.string().meta({ description: 'ISO 4217.', examples: ['EUR'] }),
  })
  .meta({ description: 'An amount of money.' });

export const date = z.iso.date().meta({ description: 'A business day.', examples: ['2026-11-25'] });

/** Why something waits for a person, or failed the last time. */
export const cause = z.strictObject({
  code: z.string(),
  fault: z.enum(['transient', 'throttled', 'unknown', 'config', 'data', 'bug']),
  message: z.string(),
  remedy: z.string().meta({ description: 'What a person should do.' }),
  field: z.string().nullable(),
  needs: z.array(z.string()).meta({ description: 'Mapping entries that would mend it.' }),
  remoteId: z.string().nullable(),
  at: instant,
});

/** What every list is asked with beside its own filters. */
export const paging = {
  limit: z.coerce.number().pipe(z.int().min(1).max(MOST)).default(50).meta({ description: 'At most so many items.' }),
  cursor: z.string().max(2_000).optional().meta({ description: '`next` of the page before, as it is.' }),
};

/** A flag in a query string. */
export const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');

/** An instant in a query string, with any time zone. */
export const when = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .optional();

export const name = z.string().min(1).max(200);

/** A list with what continues it. */
export function pageShape<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().nullable().meta({ description: 'Pass it as `cursor` for what comes next; null = that was all.' }),
  });
}

/** A page as it is answered: its place in the list is nobody's business but ours. */
export function answerPage<Row, Item>(
  page: Page<Row>,
  item: (row: Row) => Item,
): { items: Item[]; next: string | null } {
  return {
    items: page.items.map(item),
    next: page.next === null ? null : Buffer.from(page.next).toString('base64url'),
  };
}

/** The limit and the place of a query. */
export function pageAsk({ limit, cursor }: { limit: number; cursor?: string | undefined }): {
  limit: number;
  after?: string;
} {
  return { limit, ...(cursor === undefined ? {} : { after: Buffer.from(cursor, 'base64url').toString() }) };
}

/** Without what was not given: our filters tell "not asked for" by its absence. */
export function given<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
export function given(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

export function iso(at: number | Date): string {
  return new Date(at).toISOString();
}

export function isoOrNull(at: number | Date | null): string | null {
  return at === null ? null : iso(at);
}

/** The decimal text of a read model as an amount in the smallest unit. */
export function amountOf(text: string, currency: string): z.output<typeof money> {
  return { minor: parseAmount(text, currency), currency };
}

export function causeOf<Known extends { at: Date; needs: readonly string[] }>(
  known: Known | null,
): (Omit<Known, 'at' | 'needs'> & { at: string; needs: string[] }) | null {
  return known === null ? null : { ...known, needs: [...known.needs], at: iso(known.at) };
}
