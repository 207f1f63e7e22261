import { SyncError } from '../../src/domain/errors.ts';
import type { LedgerDocument, LedgerLine } from '../../src/domain/fulfillment.ts';
import type { CompanyId, ExternalId, Key } from '../../src/domain/ids.ts';
import { exact, exponent, formatAmount, parseAmount } from '../../src/domain/money.ts';
import type { NetsuiteConfig } from './config.ts';
import { externalIdOf, keyIfOurs } from './external-id.ts';

/** The dimensions of a line that a journal entry has fields for, in the order of the schema. */
export const DIMENSIONS = ['entity', 'department', 'class', 'location'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** A journal entry as both interfaces carry it: references by internal id, amounts as decimal text. */
export interface Journal {
  readonly externalId: string;
  /** `YYYY-MM-DD` in the account. */
  readonly date: string;
  readonly currency: string;
  readonly subsidiary: string | null;
  readonly memo: string;
  readonly lines: readonly JournalLine[];
}

export interface JournalLine {
  readonly account: string;
  /** One of the two; the other is null. */
  readonly debit: string | null;
  readonly credit: string | null;
  readonly memo: string;
  readonly dimensions: Readonly<Partial<Record<Dimension, string>>>;
}

/** A journal entry that NetSuite has. */
export interface StoredJournal extends Journal {
  readonly id: ExternalId;
}

/**
 * The entry of a document. Nothing leaves for NetSuite that does not balance.
 * @throws SyncError `bug` for a document that does not balance or a line that is not one positive amount; `config` for a
 * currency that is not configured; `data` for a dimension that a journal entry has no field for.
 */
export function journalOf(document: LedgerDocument, key: Key, config: NetsuiteConfig): Journal {
  const { currency } = document;
  const id = config.currencies[currency];
  if (id === undefined) {
    throw new SyncError('config', `NetSuite's currency for ${currency} is not configured`, {
      code: 'unmapped-currency',
      field: `currencies.${currency}`,
      remedy: `Add ${currency} with its internal id (Lists → Accounting → Currencies) to \`currencies\` of this connection.`,
    });
  }
  let balance = 0;
  const lines = document.lines.map((line, index): JournalLine => {
    if (!isAmount(line.debit) || !isAmount(line.credit) || line.debit > 0 === line.credit > 0) {
      throw wrong(`line ${index + 1} is not one positive amount on one side`, `lines[${index}]`);
    }
    balance = exact(balance + line.debit - line.credit);
    return {
      account: line.account,
      debit: line.debit > 0 ? formatAmount(line.debit, currency) : null,
      credit: line.credit > 0 ? formatAmount(line.credit, currency) : null,
      memo: line.memo,
      dimensions: dimensionsOf(line, index),
    };
  });
  if (lines.length === 0) throw wrong('it has no lines', 'lines');
  if (balance !== 0) throw wrong(`debit and credit differ by ${formatAmount(balance, currency)} ${currency}`, 'lines');
  return {
    externalId: externalIdOf(key),
    date: document.date,
    currency: id,
    subsidiary: config.subsidiary ?? null,
    memo: document.memo,
    lines,
  };
}

/**
 * What NetSuite holds, as the document that it would have been made from. Its key and company are what NetSuite says, so that
 * a changed external id or subsidiary is a difference to be named.
 * @throws SyncError `data` for a currency that is not configured
 */
export function documentOf(journal: StoredJournal, company: CompanyId, config: NetsuiteConfig): LedgerDocument {
  const currency = Object.entries(config.currencies).find(([, id]) => id === journal.currency)?.[0];
  if (currency === undefined) {
    throw new SyncError(
      'data',
      `Journal entry ${journal.id} in NetSuite is in a currency (id ${journal.currency}) that is not configured`,
      {
        code: 'unmapped-currency',
        remedy: 'Add the currency to `currencies` of this connection, or correct the entry in NetSuite.',
        remoteId: journal.id,
      },
    );
  }
  const amount = (text: string | null, field: string): number =>
    text === null ? 0 : parseAmount(plain(text, currency), currency, field);
  return {
    key: keyIfOurs(journal.externalId) ?? (journal.externalId === '' ? 'none' : journal.externalId),
    company: companyOf(journal, company, config),
    kind: 'journal',
    date: journal.date,
    currency,
    memo: journal.memo,
    lines: journal.lines.map((line, index) => ({
      account: line.account,
      debit: amount(line.debit, `lines[${index}].debit`),
      credit: amount(line.credit, `lines[${index}].credit`),
      memo: line.memo,
      dimensions: line.dimensions,
    })),
  };
}

/** Ours where the entry stands in the subsidiary that is configured, or none is; else what NetSuite says, for a person. */
function companyOf({ subsidiary }: StoredJournal, company: CompanyId, config: NetsuiteConfig): CompanyId {
  if (config.subsidiary === undefined || subsidiary === config.subsidiary) return company;
  return subsidiary === null ? 'no subsidiary' : `subsidiary ${subsidiary}`;
}

/** How NetSuite's document differs from ours, in words; null = it is the same. Memos may be cut there and do not count. */
export function differenceOf(ours: LedgerDocument, theirs: LedgerDocument): string | null {
  if (ours.company !== theirs.company) return `it is of ${theirs.company}, ours of ${ours.company}`;
  if (ours.date !== theirs.date) return `it is dated ${theirs.date}, ours ${ours.date}`;
  if (ours.currency !== theirs.currency) return `it is in ${theirs.currency}, ours in ${ours.currency}`;
  const left = ours.lines.map(lineText).toSorted();
  const right = theirs.lines.map(lineText).toSorted();
  if (left.length !== right.length) return `it has ${right.length} lines, ours ${left.length}`;
  const at = left.findIndex((line, index) => line !== right[index]);
  return at < 0 ? null : `it has ${right[at] ?? 'nothing'} where ours has ${left[at] ?? 'nothing'}`;
}

function lineText({ account, debit, credit, dimensions }: LedgerLine): string {
  const placed = Object.entries(dimensions)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, id]) => ` ${name} ${id}`)
    .join('');
  return `account ${account} ${debit > 0 ? `debit ${debit}` : `credit ${credit}`} (minor units)${placed}`;
}

function dimensionsOf({ dimensions }: LedgerLine, index: number): JournalLine['dimensions'] {
  const known: Partial<Record<Dimension, string>> = {};
  for (const name of DIMENSIONS) if (dimensions[name] !== undefined) known[name] = dimensions[name];
  const foreign = Object.keys(dimensions).find((name) => !DIMENSIONS.some((dimension) => dimension === name));
  if (foreign === undefined) return known;
  throw new SyncError('data', `A line of a journal entry in NetSuite has no field "${foreign}"`, {
    code: 'unknown-dimension',
    field: `lines[${index}].dimensions.${foreign}`,
    remedy: `Use ${DIMENSIONS.join(', ')} in the account map, each with NetSuite's internal id.`,
  });
}

function isAmount(minor: number): boolean {
  return Number.isSafeInteger(minor) && minor >= 0;
}

/** NetSuite counts in doubles and may show more zeros than the currency has places, or leave out a leading one. */
function plain(text: string, currency: string): string {
  const whole = text.trim().replace(/^(-?)\./, '$10.');
  return exponent(currency) === 0 ? whole.replace(/\.0+$/, '') : whole.replace(/\.$/, '');
}

function wrong(what: string, field: string): SyncError {
  return new SyncError('bug', `A document was to be posted to NetSuite that is no journal entry: ${what}`, {
    code: 'document-malformed',
    field,
    remedy: 'This is a fault in Crossdock: nothing was sent. Report it with the key of the batch.',
  });
}
