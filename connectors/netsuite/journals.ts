import type { ExternalId } from '../../src/domain/ids.ts';
import type { Instant } from '../../src/domain/time.ts';
import type { Journal, StoredJournal } from './journal.ts';

/** By which of its two ids a journal entry is asked for. */
export type JournalRef = { readonly id: ExternalId } | { readonly externalId: string };

/** NetSuite's journal entries, by SOAP or by REST. */
export interface Journals {
  /**
   * Creates; never overwrites. Resolves with the internal id.
   * @throws SyncError `data` where NetSuite refuses, also because the external id is taken; `unknown` where the reply is lost.
   */
  add(journal: Journal, signal?: AbortSignal): Promise<ExternalId>;
  /** Null = there is none. */
  get(ref: JournalRef, signal?: AbortSignal): Promise<StoredJournal | null>;
  /** A cheap call that proves address, credentials and permission. Resolves with NetSuite's time where it tells it. */
  greet(signal?: AbortSignal): Promise<Instant | null>;
}
