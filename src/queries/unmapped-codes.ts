import type { CodeTable, Mapping } from '../connector/mapping/mapping.ts';
import type { ConnectionId } from '../domain/ids.ts';
import type { OrderDocument } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';

/** A code that a channel used and that no table names. */
export interface UnmappedCode {
  readonly table: CodeTable;
  readonly code: string;
  /** In how many of the orders that were looked at. */
  readonly orders: number;
  /** One of them. */
  readonly example: string;
}

/** The codes in a connection's newest orders that its mapping does not name, the most frequent first. */
export async function unmappedCodes(
  store: Store,
  connection: ConnectionId,
  mapping: Mapping,
  last: number,
): Promise<UnmappedCode[]> {
  const found = new Map<string, { table: CodeTable; code: string; orders: number; example: string }>();
  const rows = store.collections.orders
    .find({ connection })
    .sort({ connection: -1, version: -1 })
    .limit(last)
    .project<Pick<OrderDocument, 'number' | 'order'>>({ number: 1, order: 1 });
  for await (const { number, order } of rows) {
    const seen = new Set<string>();
    for (const [table, code] of codesOf(order, mapping)) {
      const key = JSON.stringify([table, code]);
      if (seen.has(key)) continue;
      seen.add(key);
      const known = found.get(key) ?? { table, code, orders: 0, example: number };
      found.set(key, { ...known, orders: known.orders + 1 });
    }
  }
  return [...found.values()].sort((a, b) => b.orders - a.orders || (a.code < b.code ? -1 : 1));
}

function codesOf(
  { payments, refunds, assignments, shipping, method }: OrderDocument['order'],
  mapping: Mapping,
): [CodeTable, string][] {
  const missing = (table: CodeTable, code: string | null): boolean =>
    code !== null && mapping.code(table, code) === null;
  const paid = [...payments, ...refunds.flatMap((refund) => refund.payments)].filter(
    ({ status }) => status === 'success',
  );
  const chosen = method === undefined ? shipping.find(({ removed }) => !removed) : undefined;
  return [
    ...paid.flatMap(({ gateway }): [CodeTable, string][] =>
      missing('payments', gateway) ? [['payments', gateway]] : [],
    ),
    ...assignments.flatMap(({ remoteLocation }): [CodeTable, string][] =>
      remoteLocation !== null && missing('locations', remoteLocation) ? [['locations', remoteLocation]] : [],
    ),
    ...(chosen !== undefined &&
    missing('methods', chosen.title) &&
    (chosen.code === null || missing('methods', chosen.code))
      ? [['methods', chosen.code ?? chosen.title] satisfies [CodeTable, string]]
      : []),
  ];
}
