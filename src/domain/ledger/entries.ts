import { SyncError } from '../errors.ts';
import type { CompanyId, ConnectionId, ExternalId, LocationId, OrderId } from '../ids.ts';
import { derivedId } from '../ids.ts';
import { exact } from '../money.ts';
import type { BusinessDate, Instant } from '../time.ts';
import type { AccountKind, Fact, FactKind } from './fact.ts';

/** One leg of an entry, in minor units of the entry's currency: a positive debit or a positive credit, never both. */
export interface Posting {
  readonly kind: AccountKind;
  /** Our payment method, for clearing; null for any other kind. */
  readonly gateway: string | null;
  /** For tax; null for any other kind. */
  readonly jurisdiction: string | null;
  readonly location: LocationId | null;
  readonly debit: number;
  readonly credit: number;
}

/** One fact in the words of accounting: Σ debit = Σ credit. Which accounts of the ERP these are is the account map's. */
export interface JournalEntry {
  readonly id: string;
  readonly fact: string;
  readonly factKind: FactKind;
  readonly order: OrderId;
  readonly number: string;
  readonly company: CompanyId;
  readonly connection: ConnectionId;
  readonly currency: string;
  readonly date: BusinessDate;
  readonly at: Instant;
  readonly source: ExternalId;
  readonly postings: readonly Posting[];
}

/**
 * The balanced entry of a fact; null for a fact that moves nothing (a void, a gift). Its id is derived from the fact's:
 * one fact, one entry.
 * @throws SyncError `bug` when the fact does not balance.
 */
export function entryOf(fact: Fact): JournalEntry | null {
  const { id, kind, order, number, company, connection, currency, date, at, source, location } = fact;
  const postings: Posting[] = [];
  if (fact.tender !== null) {
    const { gateway, giftCard, minor } = fact.tender;
    if (giftCard) post(postings, minor, { kind: 'gift-cards' });
    else post(postings, minor, { kind: 'clearing', gateway });
  }
  post(postings, 0 - fact.deposit, { kind: 'deposit' });
  post(postings, fact.receivable, { kind: 'receivable' });
  for (const { kind: account, jurisdiction, minor } of fact.parts) {
    post(postings, 0 - minor, { kind: account, jurisdiction, location });
  }
  const sides = sidesOf(postings);
  if (sides.debit !== sides.credit) {
    throw new SyncError(
      'bug',
      `The entry of fact ${id} does not balance: debit ${sides.debit}, credit ${sides.credit}`,
      {
        code: 'entry-unbalanced',
        remedy: 'This is a fault in Crossdock. Report it with the order at hand; nothing of it is posted.',
      },
    );
  }
  if (postings.length === 0) return null;
  return {
    id: derivedId('jen', id),
    fact: id,
    factKind: kind,
    order,
    number,
    company,
    connection,
    currency,
    date,
    at,
    source,
    postings,
  };
}

/** The entries of facts, in their order. @throws SyncError as `entryOf`. */
export function entriesOf(facts: readonly Fact[]): JournalEntry[] {
  return facts.map(entryOf).filter((entry) => entry !== null);
}

/** Σ of the debits and of the credits. @throws SyncError `bug` past the safe integers. */
export function sidesOf(legs: readonly { readonly debit: number; readonly credit: number }[]): {
  readonly debit: number;
  readonly credit: number;
} {
  let [debit, credit] = [0, 0];
  for (const leg of legs) {
    debit = exact(debit + leg.debit);
    credit = exact(credit + leg.credit);
  }
  return { debit, credit };
}

/** Adds a leg of `minor`, positive = debit; lines of one account and cause become one leg. Zero adds none. */
function post(postings: Posting[], minor: number, but: Partial<Posting> & Pick<Posting, 'kind'>): void {
  if (minor === 0) return;
  const leg: Posting = {
    gateway: null,
    jurisdiction: null,
    location: null,
    ...but,
    debit: Math.max(0, minor),
    credit: Math.max(0, 0 - minor),
  };
  const at = postings.findIndex(
    (known) =>
      known.kind === leg.kind &&
      known.gateway === leg.gateway &&
      known.jurisdiction === leg.jurisdiction &&
      known.location === leg.location &&
      known.debit > 0 === leg.debit > 0,
  );
  const known = postings[at];
  if (known === undefined) postings.push(leg);
  else {
    postings[at] = { ...known, debit: exact(known.debit + leg.debit), credit: exact(known.credit + leg.credit) };
  }
}
