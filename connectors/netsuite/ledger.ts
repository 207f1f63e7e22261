import type { LedgerSink } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { LedgerDocument } from '../../src/domain/fulfillment.ts';
import type { ExternalId, Key } from '../../src/domain/ids.ts';
import type { NetsuiteConfig } from './config.ts';
import { externalIdOf } from './external-id.ts';
import { differenceOf, documentOf, journalOf } from './journal.ts';
import type { Journals } from './journals.ts';

/** Where batches are posted as journal entries, the same whichever interface carries them. */
export function openLedger(journals: Journals, config: NetsuiteConfig, io: Io): LedgerSink {
  const { company } = io.connection;

  /** The id of what NetSuite holds under this key, if it is what we would post; null = nothing is there. */
  async function held(document: LedgerDocument, key: Key, signal?: AbortSignal): Promise<ExternalId | null> {
    const stored = await journals.get({ externalId: externalIdOf(key) }, signal);
    if (stored === null) return null;
    const difference = differenceOf(document, documentOf(stored, company, config));
    if (difference === null) return stored.id;
    throw new SyncError('data', `NetSuite already has journal entry ${stored.id} for this batch, but ${difference}`, {
      code: 'posted-differently',
      remedy:
        'Compare the two in NetSuite. Correct it back there and replay, or settle the request as sent with its id: what differs is then listed with the books.',
      remoteId: stored.id,
    });
  }

  return {
    // An external id is taken for as long as the record is there.
    uniqueness: { by: 'native', forMs: Number.MAX_SAFE_INTEGER },
    async send(document, key, signal) {
      const journal = journalOf(document, key, config);
      try {
        return { id: await journals.add(journal, signal), state: 'done' };
      } catch (thrown) {
        if (!(thrown instanceof SyncError) || thrown.fault !== 'data') throw thrown;
        // Whatever is refused may be refused because it is there: NetSuite does not say so by one code, and names a
        // period closed since then first.
        const id = await held(document, key, signal);
        if (id === null) throw thrown;
        return { id, state: 'done' };
      }
    },
    async find(key, _document, signal) {
      return (await journals.get({ externalId: externalIdOf(key) }, signal))?.id ?? 'absent';
    },
    async read(id, signal) {
      const stored = await journals.get({ id }, signal);
      return stored === null ? null : documentOf(stored, company, config);
    },
  };
}
