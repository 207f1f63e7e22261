import type { Sale } from '../../src/connector/sandbox/business/sale.ts';
import { orderTail, readGid } from './sandbox-ids.ts';
import { refused } from './sandbox-pages.ts';

const FIELDS: Readonly<Record<string, (sale: Sale) => number | null>> = {
  updated_at: (sale) => sale.updatedAt,
  created_at: (sale) => sale.placedAt,
  processed_at: (sale) => sale.placedAt,
  cancelled_at: (sale) => sale.cancelledAt,
};

/**
 * The part of Shopify's search syntax that the stand-in answers: `updated_at`, `created_at`, `processed_at`, `cancelled_at` with
 * `>=`, `>`, `<=`, `<` or none, `id:` and `name:`, joined by spaces or AND (https://shopify.dev/docs/api/usage/search-syntax).
 * @throws GraphQLError for anything else: Shopify would ignore the term and list everything, which is never what was meant.
 */
export function searchOf(query: string | null | undefined): (sale: Sale) => boolean {
  if (query === null || query === undefined || query.trim() === '') return () => true;
  const tests: ((sale: Sale) => boolean)[] = [];
  let rest = query.trim();
  while (rest !== '') {
    const term = /^\(?([a-z_]+):(>=|<=|>|<)?(?:'([^']*)'|"([^"]*)"|([^\s()]+))\)?(?:\s+AND\s+|\s+|$)/.exec(rest);
    if (!term) throw refused(`the stand-in cannot search for "${rest}"`);
    const [whole, field = '', compare = '', ...texts] = term;
    tests.push(testOf(field, compare, texts.find((text) => text !== undefined) ?? ''));
    rest = rest.slice(whole.length);
  }
  return (sale) => tests.every((test) => test(sale));
}

function testOf(field: string, compare: string, text: string): (sale: Sale) => boolean {
  if (field === 'id') {
    const tail = readGid(text)?.tail ?? text;
    return (sale) => compared(Number(orderTail(sale)), compare, Number(tail));
  }
  if (field === 'name') return (sale) => `#${sale.number}` === text || String(sale.number) === text;
  const read = FIELDS[field];
  const at = Date.parse(text);
  if (!read || Number.isNaN(at)) throw refused(`the stand-in cannot search for "${field}:${compare}${text}"`);
  return (sale) => {
    const value = read(sale);
    return value !== null && compared(value, compare, at);
  };
}

function compared(value: number, compare: string, against: number): boolean {
  switch (compare) {
    case '>=':
      return value >= against;
    case '>':
      return value > against;
    case '<=':
      return value <= against;
    case '<':
      return value < against;
    default:
      return value === against;
  }
}
