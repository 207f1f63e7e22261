import type { LedgerSink } from '../connector/contract.ts';
import { asSyncError } from '../domain/errors.ts';
import { dayWindow } from '../domain/time.ts';
import { parkCause } from '../jobs/ending.ts';
import { isStoreAway } from '../store/faults.ts';
import type { BatchDocument } from '../store/ledger-documents.ts';
import { makeEffect } from './effect.ts';
import { frozenDocument } from './frozen.ts';
import type { Posting } from './posting.ts';

/**
 * Brings one document from where it stands to the ERP: claims its entries, then sends it, once. Whoever is killed in
 * between leaves it to be brought on from there.
 * @returns the document if it was posted by this call
 */
export async function postDocument(posting: Posting, before: BatchDocument): Promise<BatchDocument[]> {
  const { flow } = posting;
  let batch: BatchDocument | null = before;
  if (batch.state === 'dissolved') {
    // Killed between the two: what it had claimed is still to be freed. Freeing twice frees nothing of another's.
    await flow.store.facts.free(batch._id);
    return [];
  }
  if (batch.state === 'claiming') batch = await claimed(posting, batch);
  if (batch?.state !== 'ready') return [];
  return send(posting, batch);
}

/** Its entries are its own from here on. One that another document has is a fault: nothing is sent then. */
async function claimed({ flow }: Posting, batch: BatchDocument): Promise<BatchDocument | null> {
  const { facts, batches } = flow.store;
  const has = await facts.claim(batch._id, batch.batch.entries);
  // Made by a worker that was late: another document has some of them. It is given up, and what is left is gathered anew.
  if (has !== batch.batch.entries.length) {
    const given = await batches.change(batch, { state: 'dissolved' });
    if (given !== null) await facts.free(batch._id);
    flow.log.warn('A document was given up because another has some of its entries.', {
      connection: batch.ledger,
      batch: batch._id,
    });
    return null;
  }
  return batches.change(batch, { state: 'ready' });
}

async function send(posting: Posting, batch: BatchDocument): Promise<BatchDocument[]> {
  const { flow, context, ledger, accounts } = posting;
  const sink = ledger.capabilities.ledger;
  if (sink === undefined) return [];
  const { batches, effects, facts } = flow.store;
  const refused = await effects.get(batch._id);
  try {
    const mended = refused?.state === 'rejected' && batch.batch.accounts !== accounts.version;
    if (mended && (await isAbsent(batch, sink, context.signal))) {
      // The ERP has not taken it, and its accounts have been put right since: its entries go into a new one.
      const given = await batches.change(batch, { state: 'dissolved' });
      if (given !== null) await facts.free(batch._id);
      return [];
    }
    const made = await makeEffect(
      flow,
      context,
      {
        connection: ledger,
        verb: 'post',
        switchOf: 'post',
        key: batch._id,
        subject: batch._id,
        item: batch.batch.document,
        again: true,
        since: dayWindow(batch.date, posting.channel.zone).from,
      },
      sink,
      frozenDocument,
    );
    if (made.made === 'off') return [];
    if (!('externalId' in made)) {
      await batches.change(batch, { state: 'shadow' });
      return [];
    }
    const posted = await batches.change(batch, {
      state: 'posted',
      externalId: made.externalId,
      postedAt: new Date(flow.clock.now()),
      cause: null,
    });
    flow.meter.count('batches_posted', 1, { ledger: ledger.id });
    return posted === null ? [] : [posted];
  } catch (thrown) {
    if (isStoreAway(thrown)) throw thrown;
    await batches.change(batch, { cause: parkCause(asSyncError(thrown), flow.clock.now()) });
    throw thrown;
  }
}

/**
 * Whether the ERP has nothing under the key of a document. One that was refused may be there: edited after an answer that
 * was lost, or posted between a backup and its restore. Its entries are in the books then.
 */
async function isAbsent({ _id, batch }: BatchDocument, sink: LedgerSink, signal: AbortSignal): Promise<boolean> {
  return (await sink.find(_id, batch.document, signal)) === 'absent';
}
