import { SyncError } from '../errors.ts';
import type { LedgerDocument, LedgerLine } from '../fulfillment.ts';
import type { CompanyId, ConnectionId, Key } from '../ids.ts';
import { exact } from '../money.ts';
import type { BusinessDate } from '../time.ts';
import type { AccountMap, MappedAccount, PostingFacts } from './account-map.ts';
import { accountFor, describePosting, factsOfPosting } from './account-map.ts';
import type { JournalEntry, Posting } from './entries.ts';

/** What one batch is for: a business day, a payout or one order of a connection, in one currency. */
export interface BatchScope {
  readonly company: CompanyId;
  readonly connection: ConnectionId;
  readonly currency: string;
  readonly mode: 'day' | 'payout' | 'order';
  /** The business date, or the payout's or order's id. */
  readonly of: string;
  /** The date that the document bears. */
  readonly date: BusinessDate;
  /** 1, then one more for each supplement of the same scope. */
  readonly version: number;
}

/** A document with what it is made of. */
export interface Batch {
  readonly scope: BatchScope;
  readonly part: number;
  readonly document: LedgerDocument;
  /** The version of the account map by which it was made. */
  readonly accounts: string;
  /** Of every entry in it, the evidence: each is in one batch only. */
  readonly entries: readonly string[];
  /** The entries behind each line of the document, by the line's position. */
  readonly evidence: readonly (readonly string[])[];
}

/** A kind of posting that no rule maps, and the entries that wait for it. */
export interface Unmapped {
  readonly wanted: PostingFacts;
  /** For a person. */
  readonly text: string;
  readonly entries: readonly string[];
}

/**
 * The documents of a scope: postings of the same account, dimensions and side are summed, in parts of at most `maxLines`
 * lines, each of which balances. An entry with a posting that is not mapped is left out whole and listed; the rest of
 * the day goes on, and the entry follows in a supplement (`version` + 1 with the entries that no batch has yet).
 * The same entries give the same documents, in whatever order they come.
 * @throws SyncError `bug` for an entry of another scope, `config` where one entry alone needs more than `maxLines`.
 */
export function batchesOf(
  scope: BatchScope,
  entries: readonly JournalEntry[],
  map: AccountMap,
  maxLines: number,
): { readonly batches: readonly Batch[]; readonly unmapped: readonly Unmapped[] } {
  const unmapped = new Map<string, { wanted: PostingFacts; text: string; entries: string[] }>();
  const parts: Gathering[] = [];
  for (const entry of [...entries].sort((a, b) => a.at - b.at || compareText(a.id, b.id))) {
    refuseForeign(scope, entry);
    const legs = mapPostings(entry, map, unmapped);
    if (legs === null) continue;
    const open = parts.at(-1);
    if (open !== undefined && open.linesWith(legs) <= maxLines) open.take(entry, legs);
    else {
      const next = new Gathering();
      next.take(entry, legs);
      if (next.lines > maxLines) throw tooNarrow(entry, next.lines, maxLines);
      parts.push(next);
    }
  }
  const batches = parts.map((gathering, at) => gathering.batch(scope, at + 1, map.version));
  const listed = [...unmapped.values()].sort((a, b) => compareText(a.text, b.text));
  return { batches, unmapped: listed };
}

/** The key of one part of a scope: `post:<company>:<connection>:<currency>:<mode>:<date or payout>:<part>:<version>`. */
export function keyOf(scope: BatchScope, part: number): Key {
  const { company, connection, currency, mode, of, version } = scope;
  return ['post', company, connection, currency, mode, of, part, version].join(':');
}

interface Leg {
  readonly posting: Posting;
  readonly to: MappedAccount;
  readonly key: string;
}

interface Summed {
  readonly to: MappedAccount;
  readonly kinds: Set<string>;
  readonly entries: Set<string>;
  debit: number;
  credit: number;
}

/** The lines of one part while entries are added to it. */
class Gathering {
  private readonly sums = new Map<string, Summed>();
  private readonly taken: string[] = [];

  get lines(): number {
    return this.sums.size;
  }

  linesWith(legs: readonly Leg[]): number {
    return this.sums.size + new Set(legs.map(({ key }) => key).filter((key) => !this.sums.has(key))).size;
  }

  take(entry: JournalEntry, legs: readonly Leg[]): void {
    this.taken.push(entry.id);
    for (const { posting, to, key } of legs) {
      const sum = this.sums.get(key) ?? { to, kinds: new Set(), entries: new Set(), debit: 0, credit: 0 };
      this.sums.set(key, sum);
      sum.debit = exact(sum.debit + posting.debit);
      sum.credit = exact(sum.credit + posting.credit);
      sum.kinds.add([posting.kind, posting.gateway ?? posting.jurisdiction].filter((word) => word !== null).join(' '));
      sum.entries.add(entry.id);
    }
  }

  batch(scope: BatchScope, part: number, accounts: string): Batch {
    const sorted = [...this.sums].sort(([a], [b]) => compareText(a, b)).map(([, sum]) => sum);
    const lines = sorted.map(({ to, kinds, debit, credit }): LedgerLine => {
      return {
        account: to.account,
        debit,
        credit,
        memo: [...kinds].sort(compareText).join(', '),
        dimensions: to.dimensions,
      };
    });
    const { company, connection, currency, date, of, mode } = scope;
    const memo = `${connection} ${mode === 'day' ? of : `${mode} ${of}`} ${currency}, ${this.taken.length} entries`;
    const document = { key: keyOf(scope, part), company, kind: 'journal' as const, date, currency, memo, lines };
    const evidence = sorted.map(({ entries }) => [...entries]);
    return { scope, part, document, accounts, entries: this.taken, evidence };
  }
}

function mapPostings(
  entry: JournalEntry,
  map: AccountMap,
  unmapped: Map<string, { wanted: PostingFacts; text: string; entries: string[] }>,
): Leg[] | null {
  const legs: Leg[] = [];
  let complete = true;
  for (const posting of entry.postings) {
    const wanted = factsOfPosting(entry, posting);
    const to = accountFor(map, wanted);
    if (to !== null) {
      legs.push({ posting, to, key: lineKey(to, posting.debit > 0) });
      continue;
    }
    complete = false;
    const text = describePosting(wanted);
    const known = unmapped.get(text) ?? { wanted, text, entries: [] };
    unmapped.set(text, known);
    if (!known.entries.includes(entry.id)) known.entries.push(entry.id);
  }
  return complete ? legs : null;
}

function lineKey({ account, dimensions }: MappedAccount, debit: boolean): string {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => compareText(a, b));
  return JSON.stringify([account, sorted, debit ? 'debit' : 'credit']);
}

function refuseForeign(scope: BatchScope, entry: JournalEntry): void {
  const foreign = (['company', 'connection', 'currency'] as const).find((field) => entry[field] !== scope[field]);
  const wrong = foreign ?? (scope.mode === 'day' && entry.date !== scope.of ? ('date' as const) : undefined);
  if (wrong === undefined) return;
  const asked = wrong === 'date' ? scope.of : scope[wrong];
  throw new SyncError('bug', `Entry ${entry.id} of ${wrong} ${entry[wrong]} was put into a batch of ${asked}`, {
    code: 'entry-of-another-batch',
    remedy: 'This is a fault in Crossdock. Report it with the batch key; nothing of it is posted.',
  });
}

function tooNarrow(entry: JournalEntry, lines: number, maxLines: number): SyncError {
  return new SyncError('config', `Entry ${entry.id} needs ${lines} lines, a document may have ${maxLines}`, {
    code: 'document-too-narrow',
    remedy: 'Raise the number of lines per document in the ledger’s connection, or map fewer accounts apart.',
  });
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
