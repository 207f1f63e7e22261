import { z } from 'zod';
import type { StandInAnswer, StandInRequest } from '../../src/connector/sandbox/exchange.ts';
import { REST_PATH } from './rest-journals.ts';
import { Refused, type Asked, type BookedEntry, type Books } from './sandbox-books.ts';
import type { Gate } from './sandbox-gate.ts';
import { decimal, dimensionsIn } from './sandbox-text.ts';

const reference = z.object({ id: z.string() });
const line = z.object({
  account: reference,
  debit: z.number().optional(),
  credit: z.number().optional(),
  memo: z.string().default(''),
  entity: reference.optional(),
  department: reference.optional(),
  class: reference.optional(),
  location: reference.optional(),
});
const journalEntry = z.strictObject({
  externalId: z
    .string()
    .regex(/^[\w-]+$/)
    .optional(),
  tranDate: z.string(),
  currency: reference,
  subsidiary: reference.optional(),
  memo: z.string().default(''),
  line: z.object({ items: z.array(line) }),
});

/** The REST record API over the books. `lost()` says whether an answer leaves without the address of what it made. */
export function answerRest(
  request: StandInRequest,
  origin: string,
  books: Books,
  gate: Gate,
  lost: () => boolean,
): StandInAnswer {
  const url = new URL(request.path, origin);
  if (!gate.admitsHeader(request.headers['authorization'] ?? '', request.method, url)) {
    return problem(401, 'Unauthorized', 'INVALID_LOGIN', 'Invalid login attempt.');
  }
  const { pathname } = url;
  if (!pathname.startsWith(REST_PATH)) return problem(404, 'Not Found', '', `Record type is not known.`);
  const asked = decodeURIComponent(pathname.slice(REST_PATH.length + 1));
  if (request.method === 'POST' && asked === '') return create(request, origin, books, lost);
  if (request.method !== 'GET')
    return problem(405, 'Method Not Allowed', 'INVALID_REQUEST', 'The method is not allowed here.');
  if (asked === '') return json(200, { items: [], count: 0, hasMore: false, offset: 0, totalResults: books.count });
  const entry = asked.startsWith('eid:') ? books.byExternalId(asked.slice(4)) : books.byId(asked);
  if (entry === null) {
    return problem(
      404,
      'Not Found',
      'NONEXISTENT_ID',
      'The record instance does not exist. Provide a valid record instance ID.',
    );
  }
  const expanded = url.searchParams.get('expandSubResources') === 'true';
  return { status: 200, body: written(entry, books, expanded, `${origin}${REST_PATH}/${entry.id}`) };
}

/** NetSuite's refusal when the account's pool is full. */
export function restFull(): StandInAnswer {
  return problem(
    429,
    'Too Many Requests',
    'CONCURRENCY_LIMIT_EXCEEDED',
    'Concurrent request limit exceeded. Request blocked.',
  );
}

function create(request: StandInRequest, origin: string, books: Books, lost: () => boolean): StandInAnswer {
  const parsed = journalEntry.safeParse(parseJson(request.text()));
  if (!parsed.success) return problem(400, 'Bad Request', 'INVALID_CONTENT', z.prettifyError(parsed.error));
  const { externalId, tranDate, currency, subsidiary, memo, line: sublist } = parsed.data;
  const asked: Asked = {
    externalId: externalId ?? null,
    date: tranDate,
    currency: currency.id,
    subsidiary: subsidiary?.id ?? null,
    memo,
    lines: sublist.items.map((item) => ({
      account: item.account.id,
      debit: item.debit === undefined ? '' : String(item.debit),
      credit: item.credit === undefined ? '' : String(item.credit),
      memo: item.memo,
      dimensions: dimensionsIn((name) => item[name]?.id ?? ''),
    })),
  };
  try {
    const { id } = books.post(asked);
    return { status: 204, headers: lost() ? {} : { location: `${origin}${REST_PATH}/${id}` } };
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    // REST hands on what a form would say as USER_ERROR.
    const code = refused.code === 'DUP_RCRD' ? 'USER_ERROR' : refused.code;
    return problem(400, 'Bad Request', code, `Error while accessing a resource. ${refused.message}`);
  }
}

/** Written by hand, so that amounts stay the decimals that they are. */
function written(entry: BookedEntry, books: Books, expanded: boolean, self: string): string {
  const items = entry.lines.map((booked, index) => {
    const amounts = (['debit', 'credit'] as const)
      .filter((side) => booked[side] > 0)
      .map((side) => `"${side}":${decimal(booked[side], entry.currency)},`)
      .join('');
    const placed = Object.fromEntries(Object.entries(booked.dimensions).map(([name, id]) => [name, { id }]));
    const rest = JSON.stringify({ account: { id: booked.account }, line: index + 1, memo: booked.memo, ...placed });
    return `{${amounts}${rest.slice(1)}`;
  });
  const head = JSON.stringify({
    links: [{ rel: 'self', href: self }],
    id: entry.id,
    ...(entry.externalId !== null && { externalId: entry.externalId }),
    tranDate: entry.date,
    tranId: entry.number,
    currency: { id: books.currencyId(entry.currency), refName: entry.currency },
    ...(entry.subsidiary !== null && { subsidiary: { id: entry.subsidiary } }),
    memo: entry.memo,
  });
  const sublist = expanded
    ? `{"items":[${items.join(',')}],"totalResults":${items.length}}`
    : JSON.stringify({ links: [{ rel: 'self', href: `${self}/line` }] });
  return `${head.slice(0, -1)},"line":${sublist}}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problem(status: number, title: string, code: string, detail: string): StandInAnswer {
  const details = code === '' ? [] : [{ detail, 'o:errorCode': code }];
  return json(status, { type: 'about:blank', title, status, 'o:errorDetails': details });
}

function json(status: number, value: unknown): StandInAnswer {
  return { status, body: JSON.stringify(value) };
}
