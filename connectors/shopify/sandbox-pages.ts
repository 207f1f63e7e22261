import { GraphQLError } from 'graphql';

export interface PageArgs {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
  readonly reverse?: boolean | null;
}

export interface Connection<T> {
  readonly nodes: readonly T[];
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

export const LARGEST_PAGE = 250;

/** How entries are named by cursors, and how a cursor's place is found again when its entry has moved or gone. */
export interface Order<T> {
  cursorOf(entry: T): string;
  /** Index of the first entry behind the cursor. @throws GraphQLError when it is not a cursor of this list. */
  behind(entries: readonly T[], cursor: string): number;
}

/** One page of a list. @throws GraphQLError as Shopify refuses: no size, both sizes, more than 250. */
export function pageOf<Entry, T>(
  all: readonly Entry[],
  args: PageArgs,
  order: Order<Entry>,
  show: (entry: Entry) => T,
  whole = false,
): Connection<T> {
  const entries = args.reverse ? all.toReversed() : all;
  const size = whole ? entries.length : sizeOf(args);
  let from = args.after ? order.behind(entries, args.after) : 0;
  let to = args.before ? order.behind(entries, args.before) - 1 : entries.length;
  if (args.last !== null && args.last !== undefined) from = Math.max(from, to - size);
  else to = Math.min(to, from + size);
  const cut = entries.slice(from, to);
  const nodes = cut.map(show);
  const [first, last] = [cut[0], cut.at(-1)];
  return {
    nodes,
    get edges() {
      return cut.map((entry, at) => ({ cursor: order.cursorOf(entry), node: nodes[at] as T }));
    },
    pageInfo: {
      hasNextPage: to < entries.length,
      hasPreviousPage: from > 0,
      startCursor: first === undefined ? null : order.cursorOf(first),
      endCursor: last === undefined ? null : order.cursorOf(last),
    },
  };
}

function sizeOf({ first, last }: PageArgs): number {
  const size = first ?? last;
  if (size === null || size === undefined) throw refused('you must provide one of first or last');
  if (first !== null && first !== undefined && last !== null && last !== undefined)
    throw refused('providing both first and last is not supported');
  if (size < 0) throw refused('first and last must be positive');
  if (size > LARGEST_PAGE)
    throw refused(`${first === undefined || first === null ? 'last' : 'first'} cannot exceed ${LARGEST_PAGE}`);
  return size;
}

export function refused(message: string, code = 'BAD_REQUEST'): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

/** Cursors of a list whose entries have ids and keep their order: the id, wrapped so that nobody reads it. */
export const byId: Order<Readonly<Record<string, unknown>>> = {
  cursorOf: (entry) => wrap(String(entry['id'])),
  behind(entries, cursor) {
    const id = unwrap(cursor);
    const at = entries.findIndex((entry) => entry['id'] === id);
    if (at < 0) throw refused(`Invalid cursor for current pagination sort: ${cursor}`);
    return at + 1;
  },
};

export function wrap(text: string): string {
  return Buffer.from(text).toString('base64url');
}

export function unwrap(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString();
}
