import type { ConnectionId, Key } from '../domain/ids.ts';
import { exact, formatAmount } from '../domain/money.ts';
import type { BusinessDate } from '../domain/time.ts';
import type { BatchDocument, BatchState } from '../store/ledger-documents.ts';
import type { Store } from '../store/open-store.ts';
import { pageOf, placed, type Page, type PageAsk } from './page.ts';

/** One document for an ERP, in a list. */
export interface BatchRow {
  readonly key: Key;
  readonly connection: ConnectionId;
  readonly ledger: ConnectionId;
  readonly date: BusinessDate;
  readonly currency: string;
  readonly version: number;
  readonly state: BatchState;
  readonly externalId: string | null;
  readonly entries: number;
  readonly lines: number;
  /** Of each side, as decimal text. */
  readonly amount: string;
  readonly postedAt: string | null;
  readonly differences: number;
  /** Orders of the day that could not be booked when it was made. */
  readonly left: number;
  readonly unmapped: number;
}

/** One line of a document with the orders behind it. */
export interface BatchLine {
  readonly account: string;
  readonly debit: string;
  readonly credit: string;
  readonly memo: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** What buyers see of the orders whose entries are summed here. */
  readonly orders: readonly string[];
}

export interface BatchWhole extends BatchRow {
  readonly memo: string;
  readonly accounts: string;
  readonly documentLines: readonly BatchLine[];
  readonly found: readonly { readonly account: string | null; readonly kind: string; readonly text: string }[];
  readonly leftOut: readonly { readonly number: string; readonly cause: string }[];
  readonly withoutAccount: readonly { readonly text: string; readonly entries: number }[];
  readonly cause: string | null;
  readonly remedy: string | null;
}

export interface BatchFilter extends PageAsk {
  readonly connection?: ConnectionId;
  readonly state?: BatchState;
  readonly from?: BusinessDate;
}

/** How a document can stand. */
export const BATCH_STATES = [
  'claiming',
  'ready',
  'posted',
  'shadow',
  'agreed',
  'differs',
  'dissolved',
] as const satisfies readonly BatchState[];

/** Documents for ERPs, the newest day first. */
export async function listBatches(store: Store, filter: BatchFilter): Promise<BatchRow[]> {
  return [...(await pageBatches(store, filter)).items];
}

/** A page of documents for ERPs, the newest day first. */
export async function pageBatches(store: Store, filter: BatchFilter): Promise<Page<BatchRow>> {
  const { after, limit, ...by } = filter;
  const [day, key] = after === undefined ? [] : placed(after);
  const page = pageOf(
    await store.batches.list({
      ...by,
      ...(day === undefined || key === undefined ? {} : { behind: { date: dateOf(day), key } }),
      limit: limit + 1,
    }),
    limit,
    ({ date, _id }) => `${date.replaceAll('-', '')}~${_id}`,
  );
  return { items: page.items.map(rowOf), next: page.next };
}

function dateOf(day: number): BusinessDate {
  const digits = String(day).padStart(8, '0');
  return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
}

/** One document with its lines, and behind each line the orders that it is made of (I7); null = there is none. */
export async function showBatch(store: Store, key: Key): Promise<BatchWhole | null> {
  const document = await store.batches.get(key);
  if (document === null) return null;
  const facts = new Map((await store.facts.claimedBy(key)).map((fact) => [fact._id, fact.fact.number]));
  const { batch, currency } = document;
  return {
    ...rowOf(document),
    memo: batch.document.memo,
    accounts: batch.accounts,
    documentLines: batch.document.lines.map(({ account, debit, credit, memo, dimensions }, index) => ({
      account,
      debit: formatAmount(debit, currency),
      credit: formatAmount(credit, currency),
      memo,
      dimensions,
      orders: [...new Set((batch.evidence[index] ?? []).map((id) => facts.get(id) ?? id))].sort(),
    })),
    found: document.differences.map(({ account, kind, text }) => ({ account, kind, text })),
    leftOut: document.left.map(({ number, cause }) => ({ number, cause })),
    withoutAccount: document.unmapped,
    cause: document.cause?.message ?? null,
    remedy: document.cause?.remedy ?? null,
  };
}

function rowOf(document: BatchDocument): BatchRow {
  const { lines } = document.batch.document;
  const debit = lines.reduce((sum, line) => exact(sum + line.debit), 0);
  return {
    key: document._id,
    connection: document.connection,
    ledger: document.ledger,
    date: document.date,
    currency: document.currency,
    version: document.version,
    state: document.state,
    externalId: document.externalId,
    entries: document.batch.entries.length,
    lines: lines.length,
    amount: formatAmount(debit, document.currency),
    postedAt: document.postedAt?.toISOString() ?? null,
    differences: document.differences.length,
    left: document.left.length,
    unmapped: document.unmapped.reduce((sum, { entries }) => sum + entries, 0),
  };
}
