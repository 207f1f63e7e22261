import type { CompanyId, ConnectionId, ExternalId, Key, OrderId } from '../domain/ids.ts';
import type { Batch } from '../domain/ledger/batch.ts';
import type { JournalEntry } from '../domain/ledger/entries.ts';
import type { Fact } from '../domain/ledger/fact.ts';
import type { LedgerDifference } from '../domain/ledger/reconcile.ts';
import type { BusinessDate } from '../domain/time.ts';
import type { ParkCause } from './documents.ts';

/**
 * One fact of an order with its entry. `_id` is `<order>#<n>`: the facts of an order are one chain, each made knowing all
 * before it, so two workers that book the same order at once cannot both append.
 */
export interface FactDocument {
  _id: string;
  order: OrderId;
  n: number;
  company: CompanyId;
  connection: ConnectionId;
  currency: string;
  date: BusinessDate;
  fact: Fact;
  /** Null for a fact that moves nothing. */
  entry: JournalEntry | null;
  /** The document that it is posted in; null until one claims it. */
  batch: Key | null;
  /** Stands while an entry is in no batch, and only then: what the index of open ones holds. */
  open?: true;
  at: Date;
}

/**
 * `claiming` = its entries are being claimed; `ready` = complete, to be sent; `posted` = the ERP has it; `shadow` = it
 * would have been posted; nothing was; `dissolved` = refused, and its entries are free for another; `differs` = read back, and not as posted; `agreed` = read back, and the same.
 */
export type BatchState = 'claiming' | 'ready' | 'posted' | 'shadow' | 'agreed' | 'differs' | 'dissolved';

/** A document for the ERP with what it is made of. `_id` is its key. */
export interface BatchDocument {
  _id: Key;
  v: number;
  /** `<company>|<connection>|<currency>|<mode>|<of>` */
  scope: string;
  company: CompanyId;
  /** The connection that sold. */
  connection: ConnectionId;
  /** The connection of the ERP. */
  ledger: ConnectionId;
  currency: string;
  date: BusinessDate;
  version: number;
  state: BatchState;
  batch: Batch;
  externalId: ExternalId | null;
  at: Date;
  postedAt: Date | null;
  /** When it was last read back. */
  readAt: Date | null;
  differences: LedgerDifference[];
  /** Orders of the day that could not be booked when it was made: they follow in a supplement. */
  left: { order: OrderId; number: string; cause: string }[];
  /** Kinds of postings that no rule of the account map mapped, with how many entries wait. */
  unmapped: { text: string; entries: number }[];
  cause: ParkCause | null;
}

/** What a channel was last told is left of one listing at one location. `_id` is `<connection>|<location>|<listing>`. */
export interface PublishedDocument {
  _id: string;
  v: number;
  connection: ConnectionId;
  listing: string;
  item: ExternalId;
  location: ExternalId;
  /** What the channel showed when it was last read, and when that was. */
  seen: number;
  seenAt: Date;
  /** What it was last made to show; null = never. */
  sent: number | null;
  sentAt: Date | null;
  /** What it is to show, where that may only be told once every order up to `seenAt` is here; null = nothing is to be told. */
  wanted: number | null;
  /** How often somebody else was faster. */
  lost: number;
  /** Why the channel does not take a number for it; null = it does. */
  refused: string | null;
  /** The channel no longer keeps it there: nothing is told of it, and `sent` is the number that there was when it was missed. */
  gone?: boolean;
}
